//! The body of an answer.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// The body of an answer: nothing, or bytes that are ready.
#[derive(Debug, Default, Clone)]
pub struct Body {
    bytes: Bytes,
}

impl Body {
    /// No bytes.
    pub const fn empty() -> Self {
        Self { bytes: Bytes::new() }
    }

    /// The bytes that are still to be sent.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self { bytes: bytes.into() }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}

/// A request's body, not yet read.
#[derive(Debug)]
pub enum RequestBody {
    /// From the network.
    Network(hyper::body::Incoming),
    /// All there already: from the test client.
    Ready(Bytes),
}

impl Default for RequestBody {
    fn default() -> Self {
        Self::Ready(Bytes::new())
    }
}

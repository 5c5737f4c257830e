//! The bytes' way to PostgreSQL, with a bound on what one message may be.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::failure::Failure;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A socket of either kind. A type of its own, for rustc does not see in a future that a boxed one outlives it.
pub(super) struct Socket(Box<dyn Stream>);

impl Socket {
    pub(super) fn new(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        Self(Box::new(stream))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(cx)
    }
}

/// A stream that ends with an error when a message is announced that is larger than it may be: the driver keeps each one
/// whole in memory (CWE-770).
pub(super) struct Bounded<S> {
    pub(super) inner: S,
    most: usize,
    /// Bytes of the present message that are still to come.
    left: usize,
    head: [u8; 5],
    have: usize,
}

impl<S> Bounded<S> {
    pub(super) fn new(inner: S, most: usize) -> Self {
        Self {
            inner,
            most,
            left: 0,
            head: [0; 5],
            have: 0,
        }
    }

    /// Follows the messages: a letter, the length of what comes with itself, what comes.
    fn follow(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.left > 0 {
                let part = self.left.min(bytes.len());
                self.left -= part;
                bytes = &bytes[part..];
                continue;
            }
            let part = (self.head.len() - self.have).min(bytes.len());
            self.head[self.have..self.have + part].copy_from_slice(&bytes[..part]);
            self.have += part;
            bytes = &bytes[part..];
            if self.have == self.head.len() {
                self.have = 0;
                let [_, length @ ..] = self.head;
                let length = u32::from_be_bytes(length) as usize;
                self.left = length.saturating_sub(4);
                if self.left > self.most {
                    return Err(io::Error::other(Failure::TooLarge));
                }
            }
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let this = &mut *self;
        match Pin::new(&mut this.inner).poll_read(cx, buf) {
            Poll::Ready(Ok(())) => Poll::Ready(this.follow(&buf.filled()[before..])),
            other => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    fn message(length: u32, body: usize) -> Vec<u8> {
        let mut all = vec![b'D'];
        all.extend_from_slice(&length.to_be_bytes());
        all.resize(5 + body, 7);
        all
    }

    async fn read(bytes: Vec<u8>, at_once: usize) -> io::Result<usize> {
        let mut stream = Bounded::new(io::Cursor::new(bytes), 100);
        let mut buffer = vec![0; at_once];
        let mut total = 0;
        loop {
            match stream.read(&mut buffer).await? {
                0 => return Ok(total),
                n => total += n,
            }
        }
    }

    /// CWE-770. Attack: a server, or who stands between, announces a message of a gigabyte.
    #[tokio::test]
    async fn a_message_is_bounded_wherever_its_head_is_cut() {
        for at_once in [1, 3, 5, 64] {
            let mut good = message(104, 100);
            good.extend(message(4, 0));
            good.extend(message(104, 100));
            let length = good.len();
            assert_eq!(read(good.clone(), at_once).await.unwrap(), length);
            good.extend(message(105, 0));
            let error = read(good, at_once).await.unwrap_err();
            assert_eq!(Failure::from(error), Failure::TooLarge, "{at_once} at once");
        }
    }
}

//! Bodies, bounded in size and time (ASVS 4.2.x, 15.2.2, CWE-400, CWE-409, CWE-770).

use std::time::{Duration, Instant};

use ::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use super::budget::{Budget, Room};
use super::guard::Guarded;
use crate::http::{Error, Request, RequestBody, Result};

/// Slowest accepted body after the grace, in bytes per second.
const RATE: u64 = 1024;
/// Time for a body to begin to flow.
const GRACE: Duration = Duration::from_secs(5);

/// Most bytes that this request's body may have: what its view says, else what the settings say.
pub(crate) fn limit_of(cx: &Request) -> usize {
    #[cfg(any(test, feature = "__test_switches"))]
    if cx.site.without.body_limit {
        return usize::MAX;
    }
    cx.route()
        .and_then(|meta| meta.body_limit)
        .unwrap_or(cx.settings().limits.body)
}

/// Bytes with their room, which is free again when the last who holds them has dropped them.
struct Held {
    bytes: Bytes,
    _room: Room,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn held(bytes: Bytes, room: Option<Room>) -> Bytes {
    match room {
        Some(room) => Bytes::from_owner(Held { bytes, _room: room }),
        None => bytes,
    }
}

/// Reads a body of at most `limit` bytes within `time`.
///
/// # Errors
/// 413 if it is larger, before reading if it says so; 415 if it is encoded; 408 if it is too slow; 400 if
/// it breaks off or has two content types; 503 if there is no room for it in time.
pub(crate) async fn read(
    body: RequestBody,
    headers: &HeaderMap,
    limit: usize,
    time: Duration,
    budget: &Budget,
) -> Result<Bytes> {
    let mut pieces = Pieces::new(body, headers, limit, time, budget)?;
    pieces.at_least(usize::MAX).await
}

/// A body on its way, with its bounds.
#[derive(Debug)]
pub(crate) struct Pieces {
    body: RequestBody,
    limit: usize,
    time: Duration,
    start: Instant,
    read: usize,
    budget: Budget,
    /// How long it waited for room: that is not the client's slowness.
    waited: Duration,
}

impl Pieces {
    /// Before anything of it is read.
    ///
    /// # Errors
    /// 413 if it says that it is too large; 415 if it is encoded; 400 if it has two content types.
    pub(crate) fn new(
        body: RequestBody,
        headers: &HeaderMap,
        limit: usize,
        time: Duration,
        budget: &Budget,
    ) -> Result<Self> {
        // CWE-409: an encoded body is small on the wire only.
        if headers
            .get_all(header::CONTENT_ENCODING)
            .iter()
            .any(|v| !v.as_bytes().eq_ignore_ascii_case(b"identity"))
        {
            return Err(Error::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send the body without a content encoding.",
            ));
        }
        // CWE-436: two content types are two readings of one body.
        if headers.get_all(header::CONTENT_TYPE).iter().nth(1).is_some() {
            return Err(Error::bad_request("The body has more than one content type."));
        }
        let announced = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.parse::<usize>().ok());
        if announced.is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        Ok(Self {
            body,
            limit,
            time,
            start: Instant::now(),
            read: 0,
            budget: budget.clone(),
            waited: Duration::ZERO,
        })
    }

    /// The next piece; `None` at its end.
    ///
    /// # Errors
    /// 413 if it is larger than its limit; 408 if it is too slow; 400 if it breaks off; 503 if there is no room for it.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        Ok(self.piece().await?.map(|(piece, room)| held(piece, room)))
    }

    /// The next `bytes` and what came with them, in one; less at its end only.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub(crate) async fn at_least(&mut self, bytes: usize) -> Result<Bytes> {
        let Some((first, mut room)) = self.piece().await? else {
            return Ok(Bytes::new());
        };
        let mut keep = |more: Option<Room>| match (&mut room, more) {
            (Some(room), Some(more)) => room.add(more),
            (room, more) => *room = room.take().or(more),
        };
        if first.len() >= bytes {
            return Ok(held(first, room));
        }
        let Some((second, more)) = self.piece().await? else {
            return Ok(held(first, room));
        };
        keep(more);
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while all.len() < bytes
            && let Some((piece, more)) = self.piece().await?
        {
            keep(more);
            all.extend_from_slice(&piece);
        }
        Ok(held(all.freeze(), room))
    }

    /// The next piece and its room; none is counted for what was in memory before.
    async fn piece(&mut self) -> Result<Option<(Bytes, Option<Room>)>> {
        loop {
            let incoming = match &mut self.body {
                RequestBody::Ready(bytes) if bytes.is_empty() => return Ok(None),
                RequestBody::Ready(bytes) => {
                    let piece = std::mem::take(bytes);
                    return self.count(piece).map(|piece| Some((piece, None)));
                }
                RequestBody::Network(incoming) => incoming,
            };
            let flown = Duration::from_secs(self.read as u64 / RATE);
            let allowed = self.time.min(GRACE + flown + self.waited);
            let left = allowed.saturating_sub(self.start.elapsed());
            // CWE-400: a body that trickles keeps memory and a connection busy.
            let Ok(frame) = Guarded::new(Box::pin(incoming.frame()), left).await else {
                return Err(Error::new(StatusCode::REQUEST_TIMEOUT, ""));
            };
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|_| Error::bad_request("The body broke off."))?;
            if let Ok(piece) = frame.into_data()
                && !piece.is_empty()
            {
                let piece = self.count(piece)?;
                let since = Instant::now();
                let left = self.time.saturating_sub(self.start.elapsed());
                let room = self.budget.room(piece.len(), self.read, left).await;
                let room = room.ok_or_else(|| Error::new(StatusCode::SERVICE_UNAVAILABLE, ""))?;
                self.waited += since.elapsed();
                return Ok(Some((piece, Some(room))));
            }
        }
    }

    /// CWE-770: what was not announced is counted.
    fn count(&mut self, piece: Bytes) -> Result<Bytes> {
        self.read += piece.len();
        if self.read > self.limit {
            return Err(too_large());
        }
        Ok(piece)
    }
}

fn too_large() -> Error {
    Error::new(StatusCode::PAYLOAD_TOO_LARGE, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-436: a proxy that reads the last content type and a site that reads the first see two requests.
    #[tokio::test]
    async fn a_body_has_one_content_type() {
        let read = async |types: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for kind in types {
                headers.append(header::CONTENT_TYPE, (*kind).parse().unwrap());
            }
            let body = RequestBody::Ready(Bytes::from_static(b"a=1"));
            let read = read(body, &headers, 10, Duration::from_secs(1), &Budget::new(10, 10)).await;
            read.map_err(|error| error.status())
        };
        let form = "application/x-www-form-urlencoded";
        assert!(read(&[form]).await.is_ok());
        assert_eq!(
            read(&[form, "text/plain"]).await.unwrap_err(),
            StatusCode::BAD_REQUEST
        );
        assert_eq!(read(&[form, form]).await.unwrap_err(), StatusCode::BAD_REQUEST);
    }
}

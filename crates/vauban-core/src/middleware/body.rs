//! Bodies, bounded in size and time (ASVS 4.2.x, 15.2.2, CWE-400, CWE-409, CWE-770).

use std::time::{Duration, Instant};

use ::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use super::guard::Guarded;
use crate::http::{Error, Result};

/// A request's body, not yet read.
#[derive(Debug)]
pub enum RequestBody {
    /// From the network.
    Network(hyper::body::Incoming),
    /// All there already: from the test client.
    Ready(Bytes),
}

/// Slowest accepted body after the grace, in bytes per second.
const RATE: u64 = 1024;
/// Time for a body to begin to flow.
const GRACE: Duration = Duration::from_secs(5);

/// Reads a body of at most `limit` bytes within `time`.
///
/// # Errors
/// 413 if it is larger, before reading if it says so; 415 if it is encoded; 408 if it is too slow; 400 if
/// it breaks off or has two content types.
pub(crate) async fn read(
    body: RequestBody,
    headers: &HeaderMap,
    limit: usize,
    time: Duration,
) -> Result<Bytes> {
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
    let mut incoming = match body {
        RequestBody::Ready(bytes) if bytes.len() > limit => return Err(too_large()),
        RequestBody::Ready(bytes) => return Ok(bytes),
        RequestBody::Network(incoming) => incoming,
    };
    let (start, mut read) = (Instant::now(), 0_usize);
    let mut first: Option<Bytes> = None;
    let mut more = BytesMut::new();
    loop {
        let allowed = time.min(GRACE + Duration::from_secs(read as u64 / RATE));
        let left = allowed.saturating_sub(start.elapsed());
        // CWE-400: a body that trickles keeps memory and a connection busy.
        let Ok(frame) = Guarded::new(Box::pin(incoming.frame()), left).await else {
            return Err(Error::new(StatusCode::REQUEST_TIMEOUT, ""));
        };
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|_| Error::bad_request("The body broke off."))?;
        let Ok(data) = frame.into_data() else { continue };
        read += data.len();
        if read > limit {
            return Err(too_large());
        }
        match &first {
            None if more.is_empty() => first = Some(data),
            _ => {
                if let Some(first) = first.take() {
                    more.extend_from_slice(&first);
                }
                more.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| more.freeze()))
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
            let read = read(body, &headers, 10, Duration::from_secs(1)).await;
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

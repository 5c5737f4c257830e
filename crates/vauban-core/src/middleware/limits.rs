//! Limits of a request's head (ASVS 15.2.2, CWE-400, CWE-770). The server's parser has bounded its bytes
//! before; what is checked here holds for the test client too.

use ::http::StatusCode;

use super::{SecurityEvent, Site};
use crate::http::{Cx, Error, Result};

/// Refuses too long a target, too many fields, too large a head.
///
/// # Errors
/// 414 or 431.
pub(crate) fn check_head(site: &Site, cx: &Cx) -> Result<()> {
    let limits = &site.settings.limits;
    let target = cx.path().len() + cx.query().len();
    let status = if target > limits.target {
        StatusCode::URI_TOO_LONG
    } else if cx.head().count() > limits.headers || head_bytes(cx) > limits.header_bytes {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    } else {
        return Ok(());
    };
    SecurityEvent::LIMIT_EXCEEDED.log(Some(cx));
    Err(Error::new(status, ""))
}

fn head_bytes(cx: &Cx) -> usize {
    cx.head()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum()
}

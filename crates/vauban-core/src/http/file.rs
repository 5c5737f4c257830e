//! A file as an answer, inert in a browser.

use ::http::{HeaderValue, StatusCode, header};
use bytes::Bytes;

use super::{Request, Respond, Response};

/// A file to be saved: sent as an attachment, so that a browser does not run what is in it (CWE-79, CWE-434).
#[derive(Debug, Clone)]
pub struct File {
    name: String,
    content_type: &'static str,
    bytes: Bytes,
}

impl File {
    /// A file under the name that the browser proposes for saving it.
    pub fn attachment(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self {
            name: name.into(),
            content_type: "application/octet-stream",
            bytes: bytes.into(),
        }
    }

    /// The same with a content type, which is a literal of the application.
    #[must_use]
    pub fn content_type(mut self, content_type: &'static str) -> Self {
        self.content_type = content_type;
        self
    }
}

impl Respond for File {
    fn respond(self, _: &Request) -> Response {
        const BINARY: HeaderValue = HeaderValue::from_static("application/octet-stream");
        const ATTACHMENT: HeaderValue = HeaderValue::from_static("attachment");
        let disposition = HeaderValue::from_str(&disposition(&self.name)).unwrap_or(ATTACHMENT);
        Response::new(StatusCode::OK, self.bytes)
            .set(
                header::CONTENT_TYPE,
                HeaderValue::from_str(self.content_type).unwrap_or(BINARY),
            )
            .set(header::CONTENT_DISPOSITION, disposition)
    }

    fn commits(&self) -> bool {
        true
    }
}

/// `Content-Disposition` (RFC 6266): an ASCII name for old clients, the real one percent-encoded (RFC 8187).
fn disposition(name: &str) -> String {
    // CWE-22, CWE-113: no separators, quotes or controls reach the header.
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '/' | '\\' | '"' | '\u{202a}'..='\u{202e}') {
                '_'
            } else {
                c
            }
        })
        .collect();
    let plain: String = name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let mut text = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        text.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(byte as char);
            } else {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_stays_a_name() {
        assert_eq!(disposition("a.txt"), "attachment; filename=\"a.txt\"");
        assert_eq!(
            disposition("../a\"\r\nX: y"),
            "attachment; filename=\".._a___X: y\""
        );
        assert_eq!(
            disposition("ü"),
            "attachment; filename=\"_\"; filename*=UTF-8''%C3%BC"
        );
        assert!(HeaderValue::from_str(&disposition("\u{202e}gpj.exe\u{7f}")).is_ok());
    }
}

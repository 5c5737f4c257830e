//! A file as an answer, inert in a browser.

use ::http::{HeaderValue, StatusCode, header};
use bytes::Bytes;
use vauban_text::{Lines, without_invisible};

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
    // CWE-22, CWE-113: no separators, quotes or controls reach the header. CWE-451: nor what nobody sees or what turns the
    // reading order round, by which a program looks like a picture.
    let name: String = without_invisible(name, Lines::One)
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '/' | '\\' | '"') {
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

    /// CWE-451. Attack: a program whose name reads as a picture's where the browser shows it.
    #[test]
    fn cwe_451_a_program_does_not_look_like_a_picture() {
        for turned in
            "\u{202a}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{200e}\u{200f}\u{61c}\u{200b}\u{feff}\u{ad}"
                .chars()
        {
            let text = disposition(&format!("photo{turned}gpj.exe"));
            assert_eq!(
                text, "attachment; filename=\"photogpj.exe\"",
                "U+{:04X}",
                turned as u32
            );
        }
        // A joiner that shows is a letter's.
        assert!(disposition("\u{646}\u{200c}\u{647}").contains("%E2%80%8C"));
    }
}

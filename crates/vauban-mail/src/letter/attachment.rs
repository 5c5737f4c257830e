//! Files that go along with a mail.

use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use vauban::http::{Error, Result};

/// The most attachments of a mail.
pub const MAX_ATTACHMENTS: usize = 10;
/// Bytes of all of them together, at most: what most servers take, with what the encoding adds.
pub const MAX_ATTACHED: usize = 10 << 20;
/// The longest name, in bytes.
const MAX_NAME: usize = 100;

/// A file that goes along with a mail.
///
/// ```
/// use vauban_mail::Attachment;
///
/// let bill = Attachment::new("bill-7.pdf", "application/pdf", b"%PDF-1.7 ".to_vec()).unwrap();
/// assert!(Attachment::new("../bill.pdf", "application/pdf", Vec::new()).is_err()); // CWE-22
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attachment {
    pub(crate) name: String,
    pub(crate) media_type: String,
    #[serde(with = "as_base64")]
    pub(crate) bytes: Vec<u8>,
}

impl Attachment {
    /// A file with its name, its media type (`application/pdf`) and its bytes.
    ///
    /// # Errors
    /// A name that could be more than a name where it is saved (CWE-22, CWE-93): with a slash, a control character, a dot at
    /// its start, or longer than 100 bytes; a media type that is none, or `message/*` and `multipart/*`, which are mails.
    pub fn new(name: &str, media_type: &str, bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let is_name = !name.is_empty()
            && name.len() <= MAX_NAME
            && name.trim() == name
            && !name.starts_with('.')
            && !name.contains(['/', '\\', ':', '"', '<', '>', '|', '?', '*', ';'])
            && super::words::Line::exactly(name, MAX_NAME).is_some();
        if !is_name {
            return Err(Error::internal(format!(
                "`{}` is no name for an attachment: write a plain file name of at most {MAX_NAME} bytes, such as bill-7.pdf",
                name.escape_debug()
            )));
        }
        if !is_media_type(media_type) {
            return Err(Error::internal(format!(
                "`{}` is no media type for an attachment: write one such as application/pdf",
                media_type.escape_debug()
            )));
        }
        Ok(Self {
            name: name.to_owned(),
            media_type: media_type.to_ascii_lowercase(),
            bytes: bytes.into(),
        })
    }

    /// What it is saved as.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// RFC 6838: two names, without parameters.
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        (1..=127).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let Some((kind, subtype)) = text.split_once('/') else {
        return false;
    };
    is_name(kind)
        && is_name(subtype)
        && !kind.eq_ignore_ascii_case("multipart")
        && !kind.eq_ignore_ascii_case("message")
}

mod as_base64 {
    use super::STANDARD;
    use base64::Engine as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-22, CWE-93. Attack: what somebody calls a file goes into a header, and is a path where it is saved.
    #[test]
    fn cwe_93_a_name_is_a_name() {
        for name in [
            "",
            ".bashrc",
            "../x",
            "a/b",
            "a\\b",
            "a\r\nBcc: eve@evil.example",
            "a\nb",
            "a\0b",
            "a\"; filename=\"b.exe",
            "con\u{202e}fdp.exe",
            " a",
        ] {
            assert!(
                Attachment::new(name, "text/plain", Vec::new()).is_err(),
                "{name:?}"
            );
        }
        for kind in [
            "",
            "text",
            "text/plain\r\nX: y",
            "multipart/mixed",
            "message/rfc822",
            "text/plain; charset=x",
        ] {
            assert!(Attachment::new("a.txt", kind, Vec::new()).is_err(), "{kind:?}");
        }
        assert!(Attachment::new("Übersicht 2026.pdf", "application/pdf", Vec::new()).is_ok());
        assert!(Attachment::new(&"x".repeat(101), "text/plain", Vec::new()).is_err());
    }
}

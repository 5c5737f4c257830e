//! The text of a settings file.

use std::fs;
use std::path::Path;

use super::problem::{InvalidSetting, Source};

/// A text file as editors write it: a byte order mark is not part of it. Other encodings are named.
pub(super) fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("is UTF-16, not UTF-8: save it as UTF-8".into());
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8: save it as UTF-8".to_owned())?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// A settings file's text; nothing if there is no such file.
pub(super) fn file_text(path: &Path) -> Result<Option<String>, String> {
    #[allow(clippy::disallowed_methods)] // the operator's own file, by a name that is ours
    match fs::read(path) {
        Ok(bytes) => text_of(bytes).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// A settings file that cannot be read.
pub(super) fn unreadable(what: &str, source: Source, error: &str) -> InvalidSetting {
    InvalidSetting {
        setting: what.to_owned(),
        source,
        found: error.trim().to_owned(),
        write: "Correct the file, or remove it: every setting has a default or an environment variable."
            .into(),
    }
}

//! `multipart/form-data` without files (RFC 7578, RFC 2046 §5.1).
//!
//! Strict: CRLF line ends, one `Content-Disposition: form-data; name="…"` per part, no transfer encoding, and the
//! last boundary must be there, so that a body cut short is refused and not half believed (CWE-130).

use memchr::memmem;

use super::form_data::{DataError, FormLimits};

/// Names and values of a body of parts.
pub(crate) fn parse(
    boundary: &str,
    body: &[u8],
    limits: &FormLimits,
) -> Result<Vec<(String, String)>, DataError> {
    if !is_boundary(boundary) {
        return Err(DataError::Multipart);
    }
    let first = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let finder = memmem::Finder::new(between.as_bytes());

    // Browsers write no preamble, and one could hide a part from another reader: the boundary comes first.
    let mut rest = body.strip_prefix(first.as_bytes()).ok_or(DataError::Multipart)?;
    let mut fields = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix(b"--") {
            // Nothing but an optional line end may follow the end.
            return if after.is_empty() || after == b"\r\n" {
                Ok(fields)
            } else {
                Err(DataError::Multipart)
            };
        }
        rest = rest.strip_prefix(b"\r\n").ok_or(DataError::Multipart)?;
        // CWE-770: counted before anything is kept.
        if fields.len() == limits.fields {
            return Err(DataError::TooManyFields);
        }
        let (name, content) = header(rest, limits)?;
        let end = finder.find(content).ok_or(DataError::Multipart)?;
        let value = std::str::from_utf8(&content[..end]).map_err(|_| DataError::NotUtf8)?;
        fields.push((name, value.to_owned()));
        rest = &content[end + between.len()..];
    }
}

/// RFC 2046 §5.1.1: 1 to 70 characters of a small set, not ending in a space.
fn is_boundary(text: &str) -> bool {
    (1..=70).contains(&text.len())
        && !text.ends_with(' ')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b))
}

/// A part's name, and what follows its headers.
fn header<'a>(part: &'a [u8], limits: &FormLimits) -> Result<(String, &'a [u8]), DataError> {
    // CWE-400: the search for the headers' end is bounded, whatever follows.
    let window = &part[..part.len().min(limits.part_header_bytes)];
    let Some(end) = memmem::find(window, b"\r\n\r\n") else {
        let cut = window.len() < limits.part_header_bytes;
        return Err(if cut {
            DataError::Multipart
        } else {
            DataError::PartHeaderTooLong
        });
    };
    let text = std::str::from_utf8(&window[..end]).map_err(|_| DataError::NotUtf8)?;
    let mut name = None;
    for line in text.split("\r\n") {
        let (key, value) = line.split_once(':').ok_or(DataError::Multipart)?;
        if key.eq_ignore_ascii_case("content-disposition") {
            if name.is_some() {
                return Err(DataError::Multipart);
            }
            name = Some(disposition(value, limits)?);
        } else if key.eq_ignore_ascii_case("content-type") {
            let plain = value.split(';').next().unwrap_or_default().trim();
            if !plain.eq_ignore_ascii_case("text/plain") {
                return Err(DataError::MediaType);
            }
            parameters(
                value.split_once(';').map_or("", |(_, rest)| rest),
                |key, value| {
                    let foreign = key == "charset" && !value.eq_ignore_ascii_case("utf-8");
                    if foreign { Err(DataError::Charset) } else { Ok(()) }
                },
            )?;
        } else {
            // Content-Transfer-Encoding is deprecated (RFC 7578 §4.7), and every other header means nothing here.
            return Err(DataError::Multipart);
        }
    }
    Ok((name.ok_or(DataError::Multipart)?, &part[end + 4..]))
}

/// `form-data; name="…"`.
fn disposition(value: &str, limits: &FormLimits) -> Result<String, DataError> {
    let (kind, rest) = value.split_once(';').ok_or(DataError::Multipart)?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return Err(DataError::Multipart);
    }
    let mut name = None;
    parameters(rest, |key, value| match key {
        "name" if name.is_some() => Err(DataError::Multipart),
        "name" if value.len() > limits.name_bytes => Err(DataError::NameTooLong),
        "name" => {
            name = Some(value);
            Ok(())
        }
        "filename" | "filename*" => Err(DataError::File),
        // `name*` would be a second name to some readers (CWE-436).
        _ => Err(DataError::Multipart),
    })?;
    name.ok_or(DataError::Multipart)
}

/// Reads `; key=value; key="quoted"` and hands each pair, key in lower case, to `each`.
pub(super) fn parameters(
    text: &str,
    mut each: impl FnMut(&str, String) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or(DataError::Multipart)?;
        let key = key.trim().to_ascii_lowercase();
        let (value, after) = if let Some(quoted) = after.strip_prefix('"') {
            unquote(quoted)?
        } else {
            let end = after.find(';').unwrap_or(after.len());
            (after[..end].trim().to_owned(), &after[end..])
        };
        each(&key, value)?;
        rest = after.trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(';').ok_or(DataError::Multipart)?.trim_start();
        }
    }
    Ok(())
}

/// The text up to the closing quote, and what follows it. Browsers write a quote in a name as `%22`, a line break as
/// `%0D%0A` (WHATWG HTML); both are undone, and so is the older backslash before a quote or a backslash.
fn unquote(text: &str) -> Result<(String, &str), DataError> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => {
                let value = value
                    .replace("%22", "\"")
                    .replace("%0D", "\r")
                    .replace("%0A", "\n");
                return Ok((value, &text[at + 1..]));
            }
            '\\' => match letters.next() {
                Some((_, next @ ('"' | '\\'))) => value.push(next),
                _ => return Err(DataError::Multipart),
            },
            other if other.is_control() => return Err(DataError::Multipart),
            other => value.push(other),
        }
    }
    Err(DataError::Multipart)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::FormData;

    fn read(body: &str) -> Result<Vec<(String, String)>, DataError> {
        let kind = Some("multipart/form-data; boundary=X");
        FormData::parse(kind, body.as_bytes(), &FormLimits::DEFAULT)
            .map(|data| data.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect())
    }

    fn part(name: &str, value: &str) -> String {
        format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    }

    #[test]
    fn reads_what_browsers_send() {
        let body = part("title", "a\r\nb") + &part("q%22", "é") + &part("empty", "") + "--X--\r\n";
        let expected = [("title", "a\r\nb"), ("q\"", "é"), ("empty", "")];
        let expected: Vec<_> = expected
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        assert_eq!(read(&body), Ok(expected));
        assert_eq!(read("--X--"), Ok(vec![]));
    }

    #[test]
    fn what_only_looks_like_a_boundary_is_text() {
        let body = part("a", "--X\r\n-X\r\n--Y") + "--X--\r\n";
        assert_eq!(
            read(&body).map(|f| f[0].1.clone()),
            Ok("--X\r\n-X\r\n--Y".to_owned())
        );
    }

    #[test]
    fn a_body_cut_short_is_refused() {
        // CWE-130: at every length, a prefix is never taken for a shorter form.
        let body = part("a", "1") + &part("b", "2") + "--X--";
        for cut in 0..body.len() {
            assert!(read(&body[..cut]).is_err(), "{cut}");
        }
        assert!(read(&body).is_ok());
    }

    #[test]
    fn files_and_foreign_parts_are_refused() {
        let with = |disposition: &str| read(&format!("--X\r\n{disposition}\r\n\r\nv\r\n--X--\r\n"));
        for (bad, error) in [
            (
                "Content-Disposition: form-data; name=\"f\"; filename=\"a.txt\"",
                DataError::File,
            ),
            (
                "Content-Disposition: form-data; name=\"f\"; filename*=utf-8''a",
                DataError::File,
            ),
            (
                "Content-Disposition: form-data; name=\"a\"; name=\"b\"",
                DataError::Multipart,
            ),
            (
                "Content-Disposition: form-data; name*=utf-8''a",
                DataError::Multipart,
            ),
            (
                "Content-Disposition: attachment; name=\"a\"",
                DataError::Multipart,
            ),
            ("Content-Disposition: form-data", DataError::Multipart),
            (
                "Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64",
                DataError::Multipart,
            ),
            (
                "Content-Disposition: form-data; name=\"a\"\r\nContent-Type: text/html",
                DataError::MediaType,
            ),
            (
                "Content-Disposition: form-data; name=\"a\"\r\nContent-Type: text/plain; charset=utf-7",
                DataError::Charset,
            ),
            // What a browser sends for a file field in which nothing was chosen.
            (
                "Content-Disposition: form-data; name=\"f\"; filename=\"\"\r\nContent-Type: application/octet-stream",
                DataError::File,
            ),
            ("X: y", DataError::Multipart),
        ] {
            assert_eq!(with(bad), Err(error), "{bad}");
        }
        assert!(with("Content-Disposition: form-data; name=a\r\nContent-Type: text/plain").is_ok());
    }

    #[test]
    fn preamble_epilogue_and_bare_line_feeds_are_refused() {
        assert_eq!(
            read(&format!("hello\r\n{}--X--", part("a", "1"))),
            Err(DataError::Multipart)
        );
        assert_eq!(
            read(&format!("{}--X--\r\nmore", part("a", "1"))),
            Err(DataError::Multipart)
        );
        assert_eq!(
            read(&part("a", "1").replace("\r\n", "\n")),
            Err(DataError::Multipart)
        );
    }

    #[test]
    fn counts_and_lengths_are_bounded() {
        // dos-0061 (CWE-770).
        assert_eq!(
            read(&(part("p", "").repeat(100_000) + "--X--")),
            Err(DataError::TooManyFields)
        );
        assert_eq!(
            read(&(part(&"k".repeat(2049), "") + "--X--")),
            Err(DataError::NameTooLong)
        );
        assert_eq!(
            read(&(part(&"k".repeat(9000), "") + "--X--")),
            Err(DataError::PartHeaderTooLong)
        );
        for boundary in ["", &"b".repeat(71), "a\u{e9}", "a;b"] {
            let kind = format!("multipart/form-data; boundary=\"{boundary}\"");
            assert!(
                FormData::parse(Some(&kind), b"", &FormLimits::DEFAULT).is_err(),
                "{boundary:?}"
            );
        }
        assert_eq!(
            FormData::parse(Some("multipart/form-data"), b"--X--", &FormLimits::DEFAULT),
            Err(DataError::Multipart)
        );
    }

    #[test]
    fn not_utf8_is_refused() {
        let body = b"--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--X--";
        let kind = Some("multipart/form-data; boundary=X");
        assert_eq!(
            FormData::parse(kind, body, &FormLimits::DEFAULT),
            Err(DataError::NotUtf8)
        );
    }
}

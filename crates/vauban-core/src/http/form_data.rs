//! What a request's body said: names and values, in the order sent.
//!
//! Two encodings are understood, those of HTML forms: `application/x-www-form-urlencoded` (WHATWG URL §5.1) and
//! `multipart/form-data` without files (RFC 7578). The rules, for both:
//!
//! | what | rule |
//! |---|---|
//! | more than 1,000 fields, a name over 2 KiB | refused (413) |
//! | bytes that are not UTF-8, `%` without two hexadecimal digits | refused (400), never repaired |
//! | a charset other than UTF-8, another media type | refused (415) |
//! | a file part | refused (415): this version takes no uploads |
//! | the same name twice | kept here; [`FormData::once`] refuses it (400), and forms ask with that |
//! | an unknown name | kept here; a form never looks at a name it does not declare |
//!
//! Work and memory are linear in the body, whose size the pipeline has bounded before (CWE-400).

use super::multipart;

/// The name of the field with a form's token.
pub(crate) const TOKEN_FIELD: &str = "csrfmiddlewaretoken";

/// Bounds on what one body may hold. The body's own size is bounded by the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormLimits {
    /// Number of fields.
    pub fields: usize,
    /// Bytes of one decoded name.
    pub name_bytes: usize,
    /// Bytes of one part's headers (multipart).
    pub part_header_bytes: usize,
}

impl FormLimits {
    /// The bounds every form gets: 1,000 fields, names up to 2 KiB, part headers up to 4 KiB.
    pub const DEFAULT: Self = Self {
        fields: 1000,
        name_bytes: 2048,
        part_header_bytes: 4096,
    };
}

impl Default for FormLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Names and values of a form, decoded once (ASVS 1.1.1), in the order sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FormData {
    fields: Vec<(String, String)>,
}

/// Names only: a value may be a password (CWE-532).
impl std::fmt::Debug for FormData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.fields.iter().map(|(name, _)| name))
            .finish()
    }
}

/// Why a body is not a form. The client's fault, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataError {
    /// More fields than [`FormLimits::fields`].
    TooManyFields,
    /// A name longer than [`FormLimits::name_bytes`].
    NameTooLong,
    /// Part headers longer than [`FormLimits::part_header_bytes`].
    PartHeaderTooLong,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// A `%` without two hexadecimal digits.
    BadPercent,
    /// A media type that forms do not use.
    MediaType,
    /// A charset other than UTF-8.
    Charset,
    /// A file where none is asked for.
    File,
    /// Multipart text that breaks RFC 7578, or ends before its last boundary.
    Multipart,
    /// A name sent more than once where one value is asked for.
    Duplicate,
}

impl DataError {
    /// The HTTP status that says so.
    pub const fn status(self) -> u16 {
        match self {
            Self::TooManyFields | Self::NameTooLong | Self::PartHeaderTooLong => 413,
            Self::MediaType | Self::Charset | Self::File => 415,
            Self::NotUtf8 | Self::BadPercent | Self::Multipart | Self::Duplicate => 400,
        }
    }
}

impl std::fmt::Display for DataError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooManyFields => "This form has too many fields.",
            Self::NameTooLong => "The name of one of this form's fields is too long.",
            Self::PartHeaderTooLong => "The headers of one of this form's parts are too long.",
            Self::NotUtf8 => "This form is not in UTF-8, the encoding that pages of this site are sent in.",
            Self::BadPercent => {
                "In this form a percent sign is not followed by two hexadecimal digits: a percent sign itself is %25."
            }
            Self::MediaType => {
                "This is not a form: forms are sent as application/x-www-form-urlencoded or multipart/form-data."
            }
            Self::Charset => "This form is sent in another encoding than UTF-8: charset=utf-8 is the only one.",
            Self::File => "This form takes no files, not even an empty file field.",
            Self::Multipart => "This multipart form is malformed, or it ends before its last boundary.",
            Self::Duplicate => "One of this form's fields was sent twice.",
        })
    }
}

impl std::error::Error for DataError {}

impl FormData {
    /// Reads a body by its content type. An empty body without a content type is an empty form.
    ///
    /// # Errors
    /// As the table of this module says.
    pub fn parse(content_type: Option<&str>, body: &[u8], limits: &FormLimits) -> Result<Self, DataError> {
        let Some(content_type) = content_type else {
            return if body.is_empty() {
                Ok(Self::default())
            } else {
                Err(DataError::MediaType)
            };
        };
        let media = MediaType::parse(content_type)?;
        if media
            .essence
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        {
            // CWE-176: another charset would make the same bytes other text for us than for who sent them.
            match media.charset.as_deref() {
                None => {}
                Some(charset) if charset.eq_ignore_ascii_case("utf-8") => {}
                Some(_) => return Err(DataError::Charset),
            }
            Self::urlencoded(body, limits)
        } else if media.essence.eq_ignore_ascii_case("multipart/form-data") {
            let boundary = media.boundary.ok_or(DataError::Multipart)?;
            multipart::parse(&boundary, body, limits).map(|fields| Self { fields })
        } else {
            Err(DataError::MediaType)
        }
    }

    /// The fields that have come whole, of a body of which more is to come.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub(crate) fn beginning(content_type: &str, body: &[u8], limits: &FormLimits) -> Result<Self, DataError> {
        let Some(boundary) = MediaType::parse(content_type)?.boundary else {
            let end = memchr::memrchr(b'&', body).unwrap_or(0);
            return Self::parse(Some(content_type), &body[..end], limits);
        };
        let between = format!("\r\n--{boundary}");
        let end = memchr::memmem::rfind(body, between.as_bytes()).ok_or(DataError::Multipart)?;
        let whole = [&body[..end], between.as_bytes(), b"--"].concat();
        Self::parse(Some(content_type), &whole, limits)
    }

    /// Reads `name=value&name=value`; also what stands behind the `?` of a URL.
    ///
    /// # Errors
    /// Too many fields, too long a name, a bad percent sign, not UTF-8.
    pub fn urlencoded(text: &[u8], limits: &FormLimits) -> Result<Self, DataError> {
        let mut fields = Vec::new();
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            // CWE-770: the count is checked before anything is kept.
            if fields.len() == limits.fields {
                return Err(DataError::TooManyFields);
            }
            let equals = memchr::memchr(b'=', pair).unwrap_or(pair.len());
            let name = decode(&pair[..equals])?;
            if name.len() > limits.name_bytes {
                return Err(DataError::NameTooLong);
            }
            let value = decode(pair.get(equals + 1..).unwrap_or_default())?;
            fields.push((name, value));
        }
        Ok(Self { fields })
    }

    /// The value of `name` if it was sent exactly once.
    ///
    /// # Errors
    /// [`DataError::Duplicate`] when it was sent twice: two readers would disagree on which counts (CWE-235).
    pub fn once<'a>(&'a self, name: &str) -> Result<Option<&'a str>, DataError> {
        let mut all = self.all(name);
        match (all.next(), all.next()) {
            (_, Some(_)) => Err(DataError::Duplicate),
            (value, None) => Ok(value),
        }
    }

    /// Every value sent for `name`, in order.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every name and value, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first field: in a multipart form the token has to be it.
    pub fn first(&self) -> Option<(&str, &str)> {
        self.iter().next()
    }

    /// Pairs that were decoded elsewhere.
    pub(crate) fn of(fields: Vec<(String, String)>) -> Self {
        Self { fields }
    }

    /// What was sent under names that may have a form's prefix.
    pub(crate) fn prefixed(&self) -> Self {
        let fields = self.fields.iter().filter(|(name, _)| name.contains('-')).cloned();
        Self {
            fields: fields.collect(),
        }
    }

    /// How many fields were sent.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// `+` is a space, `%xx` a byte, everything else itself; the result must be UTF-8.
fn decode(text: &[u8]) -> Result<String, DataError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            // CWE-172: decoded once, and what is not an escape is refused rather than taken as it stands.
            b'%' => match (
                rest.next().and_then(|d| hex(*d)),
                rest.next().and_then(|d| hex(*d)),
            ) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(DataError::BadPercent),
            },
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| DataError::NotUtf8)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// `type/subtype` and the two parameters that matter here (RFC 9110 §8.3.1).
struct MediaType<'a> {
    essence: &'a str,
    charset: Option<String>,
    boundary: Option<String>,
}

impl<'a> MediaType<'a> {
    fn parse(text: &'a str) -> Result<Self, DataError> {
        // CWE-400: a media type is short, so the loop below is too.
        if text.len() > 512 {
            return Err(DataError::MediaType);
        }
        let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
        let (mut charset, mut boundary) = (None, None);
        multipart::parameters(parameters, |name, value| {
            let slot = match name {
                "charset" => &mut charset,
                "boundary" => &mut boundary,
                _ => return Ok(()),
            };
            // CWE-436: a parameter given twice means two things to two readers.
            if slot.replace(value).is_some() {
                Err(DataError::MediaType)
            } else {
                Ok(())
            }
        })?;
        Ok(Self {
            essence: essence.trim(),
            charset,
            boundary,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<(String, String)>, DataError> {
        FormData::urlencoded(body.as_bytes(), &FormLimits::DEFAULT).map(|data| data.fields)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn decodes_what_browsers_send() {
        assert_eq!(read(""), Ok(vec![]));
        assert_eq!(
            read("title=a+b%26c&body=%C3%A9%0D%0Ax&&flag"),
            Ok(pairs(&[("title", "a b&c"), ("body", "é\r\nx"), ("flag", "")]))
        );
        assert_eq!(read("=v&a=b=c"), Ok(pairs(&[("", "v"), ("a", "b=c")])));
        // Only `&` separates: a `;` would let one reader see two fields where another sees one (CWE-436).
        assert_eq!(read("a=1;b=2"), Ok(pairs(&[("a", "1;b=2")])));
    }

    #[test]
    fn decodes_once_only() {
        // ASVS 1.1.1: `%253C` is the text `%3C`, not `<`.
        assert_eq!(read("a=%253Cscript%253E"), Ok(pairs(&[("a", "%3Cscript%3E")])));
    }

    #[test]
    fn refuses_what_is_not_an_escape_or_not_utf8() {
        for bad in ["a=%", "a=%4", "a=%zz", "%=a", "a=100%"] {
            assert_eq!(read(bad), Err(DataError::BadPercent), "{bad}");
        }
        for bad in ["a=%ff", "a=%C0%AF", "%ED%A0%80=x"] {
            assert_eq!(read(bad), Err(DataError::NotUtf8), "{bad}");
        }
        assert_eq!(
            FormData::urlencoded(b"a=\xff", &FormLimits::DEFAULT).map(|d| d.len()),
            Err(DataError::NotUtf8)
        );
    }

    #[test]
    fn counts_fields_and_bounds_names() {
        assert_eq!(read(&"a=1&".repeat(1000)).map(|f| f.len()), Ok(1000));
        // dos-0069 (CWE-770).
        assert_eq!(read(&"a=1&".repeat(100_000)), Err(DataError::TooManyFields));
        assert!(read(&format!("{}=1", "k".repeat(2048))).is_ok());
        assert_eq!(
            read(&format!("{}=1", "k".repeat(2049))),
            Err(DataError::NameTooLong)
        );
        assert_eq!(
            read(&format!("{}=1", "%6b".repeat(2049))),
            Err(DataError::NameTooLong)
        );
    }

    #[test]
    fn a_name_sent_twice_is_refused_when_one_is_asked_for() {
        let data = FormData::urlencoded(b"role=member&x=1&role=admin", &FormLimits::DEFAULT).unwrap();
        assert_eq!(data.once("role"), Err(DataError::Duplicate)); // CWE-235
        assert_eq!(data.once("x"), Ok(Some("1")));
        assert_eq!(data.once("absent"), Ok(None));
        assert_eq!(data.all("role").collect::<Vec<_>>(), ["member", "admin"]);
    }

    #[test]
    fn only_form_media_types_in_utf8() {
        let parse = |kind: &str| FormData::parse(Some(kind), b"a=1", &FormLimits::DEFAULT).map(|d| d.len());
        for good in [
            "application/x-www-form-urlencoded",
            "Application/X-WWW-Form-Urlencoded; charset=UTF-8",
            "application/x-www-form-urlencoded;charset=\"utf-8\"",
        ] {
            assert_eq!(parse(good), Ok(1), "{good}");
        }
        for bad in [
            "text/plain",
            "application/json",
            "",
            "application/x-www-form-urlencoded; charset=utf-7; charset=utf-8",
            "application/x-www-form-urlencoded, text/plain",
        ] {
            assert_eq!(parse(bad), Err(DataError::MediaType), "{bad}");
        }
        for charset in ["utf-16", "ISO-8859-1", "windows-1252", ""] {
            let kind = format!("application/x-www-form-urlencoded; charset={charset}");
            assert_eq!(parse(&kind), Err(DataError::Charset), "{charset}");
        }
        // dos-0051: a long quoted parameter.
        assert_eq!(
            parse(&format!("text/plain; x=\"{}\"", ";".repeat(5000))),
            Err(DataError::MediaType)
        );
        assert!(
            FormData::parse(None, b"", &FormLimits::DEFAULT)
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            FormData::parse(None, b"a=1", &FormLimits::DEFAULT),
            Err(DataError::MediaType)
        );
    }

    #[test]
    fn debug_output_holds_no_values() {
        let data = FormData::urlencoded(b"password=hunter2", &FormLimits::DEFAULT).unwrap();
        assert_eq!(format!("{data:?}"), "[\"password\"]"); // CWE-532
    }
}

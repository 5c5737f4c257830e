//! Where in a URL a value stands.

/// The part of a URL that was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlPart {
    /// Nothing written yet.
    Start,
    /// Literal text that may still turn into a scheme or a path.
    Prefix(String),
    /// A value was written at the start; a delimiter has to follow.
    AfterValue,
    /// Exactly one slash was written.
    Root,
    /// Two slashes or more, and no host yet: browsers skip the third and every further one.
    Slashes,
    /// In the authority: the host.
    Host,
    /// In the path.
    Path,
    /// After `?` or `#`.
    Query,
    /// After a literal scheme without an authority (`mailto:`).
    Opaque,
    /// After an address from a route, which may be a single slash.
    AfterTyped,
    /// After a slash and a value, which may be empty: at the root, or in the path.
    RootValue,
    /// Behind an address in a `srcset`: its width or density.
    Descriptor,
    /// Branches came to different parts; true if a value may stand at the start.
    Unknown(bool),
}

/// Schemes that may stand literally before a value.
const SCHEMES: &[&str] = &["http", "https", "mailto", "tel", "sms", "geo"];

/// Why a URL cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlError {
    /// Literal text glued to a value that stood at the start.
    GluedToValue,
    /// A literal scheme that takes no value.
    Scheme,
}

impl UrlPart {
    /// Moves over literal text, with character references already decoded.
    ///
    /// # Errors
    /// Text that makes the meaning of an earlier value unclear.
    pub fn advance(self, text: &str) -> Result<Self, UrlError> {
        let mut part = self;
        for c in text.chars() {
            // Browsers drop tabs and newlines inside URLs and spaces round them.
            if matches!(c, '\t' | '\n' | '\r') {
                continue;
            }
            part = match part {
                Self::Start => match c {
                    c if c <= ' ' => Self::Start,
                    '/' | '\\' => Self::Root,
                    '?' | '#' => Self::Query,
                    _ => Self::Prefix(c.to_string()),
                },
                Self::Prefix(mut text) => match c {
                    ':' => {
                        let scheme = text.to_ascii_lowercase();
                        match scheme.as_str() {
                            "http" | "https" => Self::Prefix(format!("{scheme}:")),
                            _ if text.ends_with(':') => Self::Prefix(text),
                            _ if SCHEMES.contains(&scheme.as_str()) => Self::Opaque,
                            _ => Self::Prefix(format!("{text}:")),
                        }
                    }
                    '/' | '\\' if text == "http:" || text == "https:" => Self::Prefix(format!("{text}/")),
                    '/' | '\\' if text == "http:/" || text == "https:/" => Self::Slashes,
                    '/' | '\\' if text.contains(':') => Self::Prefix(text + "/"),
                    '/' | '\\' => Self::Path,
                    '?' | '#' if !text.contains(':') => Self::Query,
                    _ => {
                        text.push(c);
                        Self::Prefix(text)
                    }
                },
                Self::AfterValue => match c {
                    // The value may have been empty, or a slash.
                    '/' => Self::RootValue,
                    '?' | '#' | '&' => Self::Query,
                    _ => return Err(UrlError::GluedToValue),
                },
                Self::Unknown(true) => match c {
                    '/' | '?' | '#' | '&' => Self::Unknown(false),
                    _ => return Err(UrlError::GluedToValue),
                },
                Self::Root | Self::AfterTyped => match c {
                    '/' | '\\' => Self::Slashes,
                    '?' | '#' => Self::Query,
                    _ => Self::Path,
                },
                Self::RootValue => match c {
                    // Written only if it is not the second one.
                    '/' => Self::RootValue,
                    '\\' => Self::Slashes,
                    '?' | '#' => Self::Query,
                    _ => Self::Path,
                },
                Self::Slashes if matches!(c, '/' | '\\') => Self::Slashes,
                Self::Slashes | Self::Host => match c {
                    '/' | '\\' => Self::Path,
                    '?' | '#' => Self::Query,
                    _ => Self::Host,
                },
                Self::Path => match c {
                    '?' | '#' => Self::Query,
                    _ => Self::Path,
                },
                Self::Opaque if matches!(c, '?' | '#') => Self::Query,
                other => other,
            };
        }
        Ok(part)
    }

    /// Joins two branches.
    pub fn join(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        // A value there looks at what was written.
        let rooted =
            |part: &Self| matches!(part, Self::Root | Self::AfterTyped | Self::RootValue | Self::Path);
        if rooted(&self) && rooted(&other) {
            return Self::RootValue;
        }
        let value = |part: &Self| matches!(part, Self::AfterValue | Self::Unknown(true));
        Self::Unknown(value(&self) || value(&other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> UrlPart {
        UrlPart::Start.advance(text).unwrap()
    }

    #[test]
    fn parts() {
        assert_eq!(part(""), UrlPart::Start);
        assert_eq!(part("/"), UrlPart::Root);
        assert_eq!(part("//"), UrlPart::Slashes);
        assert_eq!(part("/p/"), UrlPart::Path);
        assert_eq!(part("/p?q="), UrlPart::Query);
        assert_eq!(part("#x"), UrlPart::Query);
        assert_eq!(part("https://"), UrlPart::Slashes);
        assert_eq!(part("https://h/"), UrlPart::Path);
        assert_eq!(part("HTTPS:\\\\"), UrlPart::Slashes);
        assert_eq!(part("https:///"), UrlPart::Slashes);
        assert_eq!(part("/\\/"), UrlPart::Slashes);
        assert_eq!(part("///h"), UrlPart::Host);
        assert_eq!(part("mailto:"), UrlPart::Opaque);
        assert_eq!(part("javascript:"), UrlPart::Prefix("javascript:".into()));
        assert_eq!(part("java\nscript:"), UrlPart::Prefix("javascript:".into()));
        assert_eq!(part("p/"), UrlPart::Path);
    }

    /// `{{ scheme }}://host`: the value would be a scheme.
    #[test]
    fn text_glued_to_a_value_is_refused() {
        assert_eq!(UrlPart::AfterValue.advance("://h/"), Err(UrlError::GluedToValue));
        assert_eq!(
            UrlPart::AfterValue.advance("script:"),
            Err(UrlError::GluedToValue)
        );
        assert_eq!(UrlPart::AfterValue.advance("/x"), Ok(UrlPart::Path));
        // Also if it stood in one branch only.
        let either = UrlPart::AfterValue.join(part("https"));
        assert_eq!(either.advance("://h/"), Err(UrlError::GluedToValue));
        assert_eq!(
            UrlPart::AfterValue.join(part("")).advance(":x"),
            Err(UrlError::GluedToValue)
        );
    }

    /// CWE-601: what stands before may be empty, or a single slash.
    #[test]
    fn a_slash_behind_a_value_may_be_the_first() {
        assert_eq!(UrlPart::AfterValue.advance("/"), Ok(UrlPart::RootValue));
        assert_eq!(UrlPart::RootValue.advance("/"), Ok(UrlPart::RootValue));
        assert_eq!(part("/").join(part("/x/")), UrlPart::RootValue);
        assert_eq!(part("/").join(part("//")), UrlPart::Unknown(false));
        assert_eq!(UrlPart::AfterTyped.advance("/"), Ok(UrlPart::Slashes));
        assert_eq!(UrlPart::AfterTyped.advance("x"), Ok(UrlPart::Path));
        assert_eq!(part("\u{b}/"), UrlPart::Root);
    }
}

//! JSON that is written in an attribute: `data-chart='{"title": "{{ title }}"}'`. Whether an attribute holds JSON is said by how
//! it begins; values in it are then JSON values, or parts of JSON strings (CWE-74).

/// Where in an attribute's text the reader has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Json {
    /// Nothing but space so far.
    #[default]
    Start,
    /// Behind what may be empty, and true behind brackets then: if it is, what follows may be JSON.
    Perhaps(bool),
    /// Brackets alone, so many: of JSON, or of a text.
    Brackets(u16),
    /// Text that is no JSON.
    Text,
    /// Between the strings of JSON: open brackets, and whether a value may come next.
    Between(u16, bool),
    /// In a string, with so many brackets open and, behind a backslash, so many characters of the escape to come.
    Quoted(u16, u8),
    /// Behind the bracket that closes all.
    Done,
    /// It began as JSON and is none.
    Lost,
}

impl Json {
    /// Moves over a character, of an attribute that is named as data or of another.
    pub(super) fn advance(self, c: char, data: bool) -> Self {
        let white = matches!(c, ' ' | '\t' | '\n' | '\r');
        match self {
            Self::Start if white => Self::Start,
            Self::Start if matches!(c, '{' | '[') => Self::Brackets(1),
            Self::Start | Self::Text => Self::Text,
            Self::Perhaps(brackets) => match c {
                _ if white => self,
                '{' | '[' if data => Self::Lost,
                '{' | '[' => Self::Perhaps(true),
                '"' if brackets => Self::Lost,
                // Of a list whose first item is a value.
                ',' if brackets => self,
                _ => Self::Text,
            },
            Self::Brackets(n) => match c {
                _ if white => self,
                '{' | '[' => Self::Brackets(n.saturating_add(1)),
                '"' => Self::Quoted(n, 0),
                // An attribute that is named as data is taken for JSON sooner than one that people read.
                _ if data => Self::Between(n, true).advance(c, data),
                _ => Self::Text,
            },
            Self::Between(n, ready) => match c {
                _ if white => self,
                '"' if ready => Self::Quoted(n, 0),
                '{' | '[' if ready => Self::Between(n.saturating_add(1), true),
                '}' | ']' if n <= 1 => Self::Done,
                '}' | ']' => Self::Between(n - 1, false),
                ',' | ':' => Self::Between(n, true),
                '"' | '{' | '[' | '\'' | '`' => Self::Lost,
                _ => Self::Between(n, false),
            },
            Self::Quoted(n, 0) => match c {
                '"' => Self::Between(n, false),
                '\\' => Self::Quoted(n, 5),
                _ => self,
            },
            Self::Quoted(n, 5) => Self::Quoted(n, if c == 'u' { 4 } else { 0 }),
            Self::Quoted(n, left) => Self::Quoted(n, left - 1),
            Self::Done if white => Self::Done,
            Self::Done | Self::Lost => Self::Lost,
        }
    }

    /// Where branches meet.
    pub(super) fn join(self, other: Self) -> Self {
        match (self, other) {
            _ if self == other => self,
            (Self::Start | Self::Text, Self::Start | Self::Text) => Self::Perhaps(false),
            (Self::Perhaps(a), Self::Perhaps(b)) => Self::Perhaps(a || b),
            (it @ Self::Perhaps(_), Self::Start | Self::Text)
            | (Self::Start | Self::Text, it @ Self::Perhaps(_)) => it,
            (Self::Brackets(_), it @ Self::Perhaps(true)) | (it @ Self::Perhaps(true), Self::Brackets(_)) => {
                it
            }
            // Behind a value or before one: another needs a comma, which stands in the list's branch.
            (Self::Between(a, _), Self::Between(b, _)) if a == b => Self::Between(a, false),
            // An opening bracket, or a comma.
            (Self::Brackets(a), Self::Between(b, ready)) | (Self::Between(b, ready), Self::Brackets(a))
                if a == b =>
            {
                Self::Between(a, ready)
            }
            _ => Self::Lost,
        }
    }

    /// Whether it is JSON, and not over.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::Brackets(_) | Self::Between(..) | Self::Quoted(..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_json_is_said_by_its_beginning() {
        let read = |text: &str, data| text.chars().fold(Json::Start, |json, c| json.advance(c, data));
        assert_eq!(read(" {\"a\": \"x\\u00", true), Json::Quoted(1, 2));
        assert_eq!(read("[[1, ", true), Json::Between(2, true));
        assert_eq!(read("[[1, ", false), Json::Text);
        assert_eq!(read("{\"a\": [1], \"b\": {}}", false), Json::Done);
        assert_eq!(read("[a] b", true), Json::Lost);
        assert_eq!(read("{'a': ", true), Json::Lost);
        assert_eq!(read("a {\"b\": ", true), Json::Text);
    }

    /// CWE-74: behind what may be empty, the beginning may be still to come.
    #[test]
    fn what_may_be_empty_says_nothing() {
        let read = |text: &str, data| {
            let start = Json::Start.join(Json::Text);
            text.chars().fold(start, |json, c| json.advance(c, data))
        };
        assert_eq!(read(" {", true), Json::Lost);
        assert_eq!(read(" [", false), Json::Perhaps(true));
        assert_eq!(read("[{\"a\": ", false), Json::Lost);
        assert_eq!(read(" [a", false), Json::Text);
        assert_eq!(read("a {\"b\": ", true), Json::Text);
        assert_eq!(Json::Perhaps(true).join(Json::Start), Json::Perhaps(true));
        assert_eq!(Json::Perhaps(true).join(Json::Brackets(2)), Json::Perhaps(true));
        assert_eq!(Json::Perhaps(false).join(Json::Brackets(2)), Json::Lost);
    }
}

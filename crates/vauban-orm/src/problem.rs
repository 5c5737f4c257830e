//! What is wrong with a value, as a code with arguments and an English text, so that it can be said in another language.

use std::borrow::Cow;
use std::fmt;

/// What is wrong with a value, for the person who typed it. Never contains the value.
///
/// A translation looks the [code](Self::code) up and puts the [arguments](Self::arguments) into its own sentence;
/// [`Display`](fmt::Display) writes the English one.
///
/// ```
/// use vauban_orm::Problem;
///
/// const POSTCODE: Problem = Problem::new("postcode", "A postcode has five digits.");
///
/// let long = Problem::new("max_length", "At most {max} characters.").with("max", 200);
/// assert_eq!(long.to_string(), "At most 200 characters.");
/// assert_eq!(long.code(), "max_length");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    code: &'static str,
    english: Cow<'static, str>,
    arguments: Vec<(&'static str, Argument)>,
}

/// A value that stands in a problem's sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Argument {
    /// A number, by which a language chooses singular or plural.
    Number(i64),
    /// A text: a name or a date, never what was typed.
    Text(Cow<'static, str>),
}

impl Problem {
    /// The code of a sentence that an application wrote without one: its English text is its name.
    pub const UNNAMED: &'static str = "";

    /// A problem: a code that stays the same when the sentence is reworded, and the English sentence with
    /// `{name}` where an argument stands.
    pub const fn new(code: &'static str, english: &'static str) -> Self {
        Self {
            code,
            english: Cow::Borrowed(english),
            arguments: Vec::new(),
        }
    }

    /// With a value for `{name}`.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Argument>) -> Self {
        self.arguments.push((name, value.into()));
        self
    }

    /// What kind of problem it is, or [`UNNAMED`](Self::UNNAMED).
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The English sentence with `{name}` where an argument stands: what a translation looks an unnamed problem up by.
    pub fn english(&self) -> &str {
        &self.english
    }

    /// The arguments by name, in the order in which they were given.
    pub fn arguments(&self) -> &[(&'static str, Argument)] {
        &self.arguments
    }

    /// Writes a sentence, in whatever language, with the arguments in it. What is no argument's name stays as it is,
    /// and an argument's own braces mean nothing.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_in(&self, sentence: &str, out: &mut impl fmt::Write) -> fmt::Result {
        let mut rest = sentence;
        while let Some(open) = rest.find('{') {
            out.write_str(&rest[..open])?;
            rest = &rest[open..];
            let argument = rest.find('}').and_then(|close| {
                let name = &rest[1..close];
                let found = self.arguments.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (value, close))
            });
            match argument {
                Some((value, close)) => {
                    write!(out, "{value}")?;
                    rest = &rest[close + 1..];
                }
                None => {
                    out.write_str("{")?;
                    rest = &rest[1..];
                }
            }
        }
        out.write_str(rest)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_in(&self.english, f)
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// What people read, in English.
impl PartialEq<&str> for Problem {
    fn eq(&self, english: &&str) -> bool {
        let said = self.to_string();
        said == *english
    }
}

impl From<&'static str> for Problem {
    fn from(english: &'static str) -> Self {
        Self::new(Self::UNNAMED, english)
    }
}
impl From<String> for Problem {
    fn from(english: String) -> Self {
        Self::from(Cow::Owned(english))
    }
}
impl From<Cow<'static, str>> for Problem {
    fn from(english: Cow<'static, str>) -> Self {
        Self {
            code: Self::UNNAMED,
            english,
            arguments: Vec::new(),
        }
    }
}

impl From<&'static str> for Argument {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}
impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

macro_rules! numbers {
    ($($from:ty)+) => { $(
        impl From<$from> for Argument {
            fn from(number: $from) -> Self {
                Self::Number(i64::from(number))
            }
        }
    )+ };
}
numbers!(u8 u16 u32 i8 i16 i32 i64);

impl From<usize> for Argument {
    /// More than an `i64` holds is said as the greatest that it holds.
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_stand_where_the_sentence_names_them() {
        let problem = Problem::new("between", "From {min} to {max}, not {other} or {.")
            .with("min", 1_u32)
            .with("max", "{min}");
        assert_eq!(problem.to_string(), "From 1 to {min}, not {other} or {.");
        let mut german = String::new();
        problem.write_in("Bis {max}, ab {min}: ä{", &mut german).unwrap();
        assert_eq!(german, "Bis {min}, ab 1: ä{");
    }
}

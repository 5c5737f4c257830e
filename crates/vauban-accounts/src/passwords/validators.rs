//! What is too weak to be a password: Django's four validators, with a longer minimum, and a fifth one against what
//! only looks long (`predictable.rs`).
//!
//! There is no rule about kinds of characters (ASVS 6.2.5) and no expiry (6.2.10).

use std::fmt;

use vauban::Problem;

use super::common::is_common;
use super::password::Password;
use super::predictable::{is_predictable, repeated};
use super::similarity::is_similar;

/// The rules that a new password must meet.
///
/// ```
/// use vauban_accounts::{Attribute, Password, PasswordRules, Weakness};
/// let rules = PasswordRules::default();
/// let found = rules.check(&Password::new("123456789012").unwrap(), &[]);
/// assert!(found.contains(&Weakness::EntirelyNumeric));
/// ```
#[derive(Debug, Clone)]
pub struct PasswordRules {
    /// The fewest characters. Default 12; never below 8 (ASVS 6.2.1).
    pub min_length: usize,
    /// How alike an attribute a password may be, from 0.1 to 1.0, whatever is said. Default 0.7, as in Django.
    pub max_similarity: f64,
    /// Words that passwords of this site must not be alike, such as its name (ASVS 6.2.11).
    pub context_words: Vec<String>,
}

/// Something known of the owner: its name for the message, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// As it is named to people: "e-mail address".
    pub name: String,
    /// The value.
    pub value: String,
}

impl Attribute {
    /// That of an account's address.
    pub(crate) fn address(email: &crate::Email) -> Self {
        Self {
            name: "e-mail address".into(),
            value: email.to_string(),
        }
    }
}

/// Why a password is refused. `code` gives Django's name of it, `Display` a sentence for the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Weakness {
    /// Too alike the named attribute.
    TooSimilar(String),
    /// Fewer characters than this.
    TooShort(usize),
    /// On the list of common passwords, or one of them over and over.
    TooCommon,
    /// A repetition, a row of letters or digits, a run on the keyboard.
    TooPredictable,
    /// Digits only.
    EntirelyNumeric,
    /// Stolen from another site, as `accounts.password_filter` knows.
    Breached,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self {
            min_length: 12,
            max_similarity: 0.7,
            context_words: Vec::new(),
        }
    }
}

impl PasswordRules {
    /// CWE-521, ASVS 6.2.1: whatever is configured, no rule is switched off by it.
    pub(crate) fn bounded(self) -> Self {
        let alike = self.max_similarity;
        Self {
            min_length: self.min_length.max(8),
            // What is no number is compared with as nothing.
            max_similarity: if alike <= 1.0 { alike.max(0.1) } else { 1.0 },
            ..self
        }
    }

    /// Everything that is wrong with a new password; empty where nothing is.
    pub fn check(&self, password: &Password, attributes: &[Attribute]) -> Vec<Weakness> {
        let text = password.reveal();
        let mut found = Vec::new();
        found.extend(self.similarity(text, attributes));
        found.extend(self.length(text));
        found.extend(common(text));
        found.extend(predictable(text));
        found.extend(numeric(text));
        found
    }

    // CWE-521: each of the following stops one kind of guessable password.

    /// The first attribute or context word that it is too alike.
    fn similarity(&self, text: &str, attributes: &[Attribute]) -> Option<Weakness> {
        let limit = self.max_similarity;
        let attribute = attributes
            .iter()
            .find(|a| is_similar(text, &a.value, limit))
            .map(|a| a.name.as_str());
        let context = || {
            self.context_words
                .iter()
                .any(|w| is_similar(text, w, limit))
                .then_some("site's name")
        };
        attribute
            .or_else(context)
            .map(|name| Weakness::TooSimilar(name.to_owned()))
    }

    /// Counted in characters (Unicode scalar values), as people do.
    fn length(&self, text: &str) -> Option<Weakness> {
        (text.chars().count() < self.min_length).then_some(Weakness::TooShort(self.min_length))
    }
}

fn common(text: &str) -> Option<Weakness> {
    (is_common(text) || is_common(repeated(text))).then_some(Weakness::TooCommon)
}

fn predictable(text: &str) -> Option<Weakness> {
    is_predictable(text).then_some(Weakness::TooPredictable)
}

/// Digits of every script, and other signs that are numbers.
fn numeric(text: &str) -> Option<Weakness> {
    (!text.is_empty() && text.chars().all(char::is_numeric)).then_some(Weakness::EntirelyNumeric)
}

impl Weakness {
    /// Django's code: `password_too_short` and so on.
    pub fn code(&self) -> &'static str {
        Problem::from(self).code()
    }
}

impl From<&Weakness> for Problem {
    fn from(weakness: &Weakness) -> Self {
        match weakness {
            Weakness::TooSimilar(name) => Self::new(
                "password_too_similar",
                "This password is too similar to the {name}.",
            )
            .with("name", name.clone()),
            Weakness::TooShort(least) => Self::new(
                "password_too_short",
                "This password is too short. It must contain at least {min} characters.",
            )
            .with("min", *least),
            Weakness::TooCommon => Self::new("password_too_common", "This password is too common."),
            Weakness::TooPredictable => Self::new(
                "password_too_predictable",
                "This password repeats itself or follows a row of letters, digits or keys: such passwords are guessed first.",
            ),
            Weakness::EntirelyNumeric => {
                Self::new("password_entirely_numeric", "This password is entirely numeric.")
            }
            Weakness::Breached => Self::new(
                "password_breached",
                "This password is on a list of passwords that were stolen elsewhere: whoever guesses tries it first. Choose another one.",
            ),
        }
    }
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Problem::from(self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use vauban::vectors;

    /// Django's `user` of a case, as attributes in the validator's order.
    fn attributes(case: &Value) -> Vec<Attribute> {
        let names = case["options"]["user_attributes"].as_array().map_or_else(
            || {
                ["username", "first_name", "last_name", "email"]
                    .map(str::to_owned)
                    .to_vec()
            },
            |names| names.iter().map(|n| n.as_str().unwrap().to_owned()).collect(),
        );
        let user = &case["user"];
        names
            .into_iter()
            .filter_map(|name| {
                user[&name].as_str().map(|v| Attribute {
                    name,
                    value: v.to_owned(),
                })
            })
            .collect()
    }

    fn run(case: &Value) -> Vec<String> {
        // The raw text, not a `Password`: NFC could change the count that Django sees.
        let text = case["password"].as_str().unwrap();
        let options = &case["options"];
        let rules = PasswordRules {
            min_length: options["min_length"]
                .as_u64()
                .map_or(8, |n| usize::try_from(n).unwrap()),
            max_similarity: options["max_similarity"].as_f64().unwrap_or(0.7),
            context_words: Vec::new(),
        };
        let attributes = attributes(case);
        let found: Vec<Option<Weakness>> = match case["validator"].as_str().unwrap() {
            "similarity" => vec![rules.similarity(text, &attributes)],
            "min_length" => vec![rules.length(text)],
            "common" => vec![common(text)],
            "numeric" => vec![numeric(text)],
            "all" => {
                vec![
                    rules.similarity(text, &attributes),
                    rules.length(text),
                    common(text),
                    numeric(text),
                ]
            }
            other => panic!("unknown validator {other}"),
        };
        found.into_iter().flatten().map(|w| w.code().to_owned()).collect()
    }

    /// Where we refuse and Django does not, one of these must say why.
    fn stricter(code: &str, text: &str) -> Option<&'static str> {
        match code {
            "password_entirely_numeric" if text.chars().all(char::is_numeric) => {
                Some("number signs that are not digits (fractions, Roman numerals) are as guessable")
            }
            "password_too_common" if is_common(repeated(text)) => {
                Some("a common password over and over is no better")
            }
            _ => None,
        }
    }

    #[test]
    fn vectors_password_validators() {
        let sample = include_str!("../../tests/samples/password_validators.json");
        let cases = vectors::cases("password_validators.json", sample);
        let (mut ran, mut tighter) = (0, 0);
        for case in &cases {
            let expected: Vec<String> = serde_json::from_value(case["expect_codes"].clone()).unwrap();
            let got = run(case);
            ran += 1;
            for code in &expected {
                assert!(got.contains(code), "looser than Django: {case}\ngot {got:?}");
            }
            for code in got.iter().filter(|code| !expected.contains(code)) {
                tighter += 1;
                let text = case["password"].as_str().unwrap();
                assert!(
                    stricter(code, text).is_some(),
                    "stricter without a written reason: {case}\ngot {got:?}"
                );
            }
        }
        if cases.len() == 80 {
            assert_eq!((ran, tighter), (80, 3));
        }
    }

    /// ASVS 6.2.1, 6.2.5: twelve characters of any kind will do.
    #[test]
    fn the_default_asks_for_twelve_characters_of_any_kind() {
        let rules = PasswordRules::default();
        let weak = |text: &str| rules.check(&Password::new(text).unwrap(), &[]);
        assert_eq!(weak("elevenchars"), [Weakness::TooShort(12)]);
        assert_eq!(weak("twelve chars"), []);
        assert_eq!(weak("🦀🐙🦑🦐🦞🐚🐌🐛🦋🐝🐞🕷"), []);
        assert_eq!(weak("            "), [Weakness::TooPredictable]);
    }

    /// CWE-521. Options that would switch a rule off do not.
    #[test]
    fn cwe_521_no_option_switches_a_rule_off() {
        let own = [Attribute {
            name: "e-mail address".into(),
            value: "ann.of.the.hill@example.com".into(),
        }];
        for max_similarity in [1.1, f64::NAN, f64::INFINITY, -1.0] {
            let rules = PasswordRules {
                min_length: 0,
                max_similarity,
                context_words: Vec::new(),
            };
            let rules = rules.bounded();
            let found = rules.check(&Password::new("ann.of.the.hill@example.com").unwrap(), &own);
            assert!(matches!(found[..], [Weakness::TooSimilar(_)]), "{max_similarity}");
            let found = rules.check(&Password::new("qzjxvkw").unwrap(), &[]);
            assert_eq!(found, [Weakness::TooShort(8)]);
        }
    }

    /// ASVS 6.2.11.
    #[test]
    fn context_words_count_like_attributes() {
        let rules = PasswordRules {
            context_words: vec!["Gardening Society".into()],
            ..PasswordRules::default()
        };
        let found = rules.check(&Password::new("gardeningsociety").unwrap(), &[]);
        assert!(matches!(found[..], [Weakness::TooSimilar(_)]));
    }
}

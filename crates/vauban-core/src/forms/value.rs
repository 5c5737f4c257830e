//! From what was typed to typed values, and back.
//!
//! Each type that a form can ask for implements [`FieldValue`]. Cleaning is positive: a value is accepted because it
//! has the type's shape and is within the field's limits (ASVS 2.2.1, CWE-20).

use std::borrow::Cow;

use vauban_orm::Problem;
use vauban_text::{Lines, is_blank, without_invisible};

use super::problems::{
    CONTROL, NOT_A_NUMBER, NOT_A_TICK, NOT_A_UUID, NOT_AN_ADDRESS, NOT_AN_IP, NOT_AN_IPV4, NOT_AN_IPV6,
    NOT_WHOLE, REQUIRED, out_of_range, too_long, too_short,
};
use super::spec::{Choice, FieldSpec, Widget};
use crate::Secret;
use crate::email::{Email, MAX_EMAIL_BYTES};
use crate::routing::PathText;
use crate::scalar::{read_bool, read_float};

/// A type that a form's field can have.
///
/// Ready: `String`, `bool`, the integers up to 64 bits, `f64`, `Decimal`, `Date`, `Time`, `DateTime`, `Duration`, `Slug`, [`HttpUrl`](super::HttpUrl), `IpAddress`, `IpAddr`, `Ipv4Addr`,
/// `Ipv6Addr`, `Uuid`, `Id<M>`, `ForeignKey<M>`, `Secret<String>`, enums with `derive(Choices)`, and `Option` of each; and `Vec` of
/// what is chosen from a list: `Vec<Id<M>>`, `Vec` of an enum.
#[diagnostic::on_unimplemented(
    message = "a form's field cannot be a `{Self}`",
    label = "no form knows how to read this type",
    note = "use `String`, `bool`, an integer, `Slug`, `Id<M>`, `Secret<String>`, an enum with `#[derive(Choices)]`, \
            an `Option` of one of them, a `Vec` of ids or choices; or implement `vauban::forms::FieldValue` for your own type"
)]
pub trait FieldValue: Sized + Send {
    /// The control used when the field names none.
    const WIDGET: Widget;
    /// Whether something must be entered.
    const REQUIRED: bool = true;
    /// The most characters where the field does not say `max_length`.
    const MAX_LENGTH: usize = FieldSpec::SHORT;
    /// Whether the field must say `max_length`: free text has no bound of its own.
    const NEEDS_MAX_LENGTH: bool = false;
    /// Whether the field must say which rows it is chosen from.
    const NEEDS_CHOICES: bool = false;
    /// Whether it is the version of the row that the page was made from.
    #[doc(hidden)]
    const IS_VERSION: bool = false;
    /// Whether every character counts as it was typed, spaces around the value too. Passwords: yes (ASVS 6.2.8).
    const KEEPS_SPACES: bool = false;

    /// How many digits it has behind the point, if that is fixed.
    #[doc(hidden)]
    const PLACES: Option<u32> = None;
    /// Whether `min` and `max` mean something for it: `read` looks at them.
    const HAS_RANGE: bool = false;
    /// Whether the type itself has a list to choose from: [`FieldValue::fixed_choices`].
    const HAS_CHOICES: bool = false;

    /// Whether it has many values, each sent under the same name: `Vec<T>`.
    #[doc(hidden)]
    const MANY: bool = false;

    /// Reads what was typed; it is not empty, has no control characters and is within the field's lengths.
    ///
    /// # Errors
    /// What to enter instead.
    fn read(text: &str, spec: &FieldSpec) -> Result<Self, Problem>;

    /// The value of an empty field, where an empty field is a value. A required field is not asked for it.
    fn blank(_spec: &FieldSpec) -> Option<Self> {
        None
    }

    /// What stands in the control for this value. A secret shows nothing.
    fn shown(&self) -> String;

    /// Cleans all that was sent under the field's name.
    ///
    /// # Errors
    /// The first rule that it breaks.
    #[doc(hidden)]
    fn clean(sent: &[String], spec: &FieldSpec) -> Result<Self, Problem> {
        clean(sent.first().map(String::as_str), spec)
    }

    /// As [`FieldValue::shown`], one text for each value.
    #[doc(hidden)]
    fn shown_values(&self) -> Vec<String> {
        vec![self.shown()]
    }

    /// The list to choose from, where the type itself has one.
    fn fixed_choices() -> Vec<Choice> {
        Vec::new()
    }
}

/// Cleans one value as it was sent: line ends, invisible characters, spaces, control characters, lengths, then the type.
///
/// # Errors
/// The first rule that it breaks.
pub(super) fn clean<T: FieldValue>(sent: Option<&str>, spec: &FieldSpec) -> Result<T, Problem> {
    let lines = spec.widget == Widget::Textarea;
    let text = normal(sent.unwrap_or_default(), lines);
    // CWE-451, CWE-1007: what nobody sees makes two names of one. Only free text has it taken out; a secret is kept as
    // typed, and another type refuses it as it refuses everything that is not of its shape.
    let text = match (T::NEEDS_MAX_LENGTH && !T::KEEPS_SPACES, lines) {
        (true, false) => Cow::Owned(without_invisible(&text, Lines::One).into_owned()),
        (true, true) => Cow::Owned(without_invisible(&text, Lines::Many).into_owned()),
        (false, _) => text,
    };
    let text = match (T::KEEPS_SPACES || !spec.strip, lines) {
        (true, _) => &*text,
        (false, _) if is_blank(&text) => "",
        (false, true) => without_blank_lines(&text),
        (false, false) => text.trim(),
    };
    if text.is_empty() {
        // CWE-602: what the page says is asked here, whatever the type would make of nothing.
        let blank = (!spec.required).then(|| T::blank(spec)).flatten();
        return blank.ok_or(REQUIRED);
    }
    // CWE-158: NUL and its kin mean "the end" to some reader behind us. Tabs are text; line ends only in a textarea.
    let stray = |c: char| c.is_control() && c != '\t' && !(c == '\n' && lines);
    if text.contains(stray) {
        return Err(CONTROL);
    }
    // CWE-770: counted in characters, as databases count, and cut off early.
    let length = text.chars().take(spec.max_length.saturating_add(1)).count();
    if length > spec.max_length {
        return Err(too_long(spec.max_length));
    }
    if length < spec.min_length {
        return Err(too_short(spec.min_length));
    }
    T::read(text, spec)
}

/// A browser sends every line end as CRLF (WHATWG HTML): one form of it is kept.
fn normal(text: &str, lines: bool) -> Cow<'_, str> {
    if lines && text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        text.into()
    }
}

/// Lines without the blank ones at both ends and the spaces at the very end. The first line keeps its indentation: it
/// may be a list, code or a poem.
fn without_blank_lines(text: &str) -> &str {
    let text = text.trim_end();
    let first = text.len() - text.trim_start().len();
    let start = text[..first].rfind('\n').map_or(0, |end| end + 1);
    &text[start..]
}

impl FieldValue for String {
    const WIDGET: Widget = Widget::Text;
    const NEEDS_MAX_LENGTH: bool = true;

    fn read(text: &str, spec: &FieldSpec) -> Result<Self, Problem> {
        if spec.widget == Widget::Email && !looks_like_an_address(text) {
            return Err(NOT_AN_ADDRESS);
        }
        Ok(text.to_owned())
    }

    fn blank(_: &FieldSpec) -> Option<Self> {
        Some(Self::new())
    }

    fn shown(&self) -> String {
        self.clone()
    }
}

/// One `@` with something on both sides and no spaces: what a form can tell without asking. Accounts keep a stricter,
/// normal form of their own.
fn looks_like_an_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !text.contains(char::is_whitespace)
}

impl FieldValue for bool {
    const WIDGET: Widget = Widget::Checkbox;
    const REQUIRED: bool = false;

    /// A checkbox is sent when it is ticked, as `on` unless the page says otherwise.
    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        read_bool(text).ok_or(NOT_A_TICK)
    }

    fn blank(_: &FieldSpec) -> Option<Self> {
        Some(false)
    }

    fn shown(&self) -> String {
        if *self { "on".to_owned() } else { String::new() }
    }
}

macro_rules! integers {
    ($($number:ty),+) => {$(
        impl FieldValue for $number {
            const WIDGET: Widget = Widget::Number;
            const HAS_RANGE: bool = true;

            /// ASCII digits with an optional minus: no other script's digits, no signs, spaces or exponents.
            fn read(text: &str, spec: &FieldSpec) -> Result<Self, Problem> {
                let digits = text.strip_prefix('-').unwrap_or(text);
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(NOT_WHOLE);
                }
                let (min, max) = (spec.min.map(i128::from), spec.max.map(i128::from));
                let refused = || match (min, max) {
                    (None, None) => out_of_range(Some(i128::from(Self::MIN)), Some(i128::from(Self::MAX))),
                    (min, max) => out_of_range(min, max),
                };
                // CWE-190: what does not fit is refused, not wrapped.
                let number: $number = text.parse().map_err(|_| refused())?;
                let wide = i128::from(number);
                let fits = min.is_none_or(|min| wide >= min) && max.is_none_or(|max| wide <= max);
                if fits { Ok(number) } else { Err(refused()) }
            }

            fn shown(&self) -> String {
                self.to_string()
            }
        }
    )+};
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

/// A number with a point, always finite: `NaN`, `inf` and `1e400` are refused (CWE-1286).
impl FieldValue for f64 {
    const WIDGET: Widget = Widget::Decimal;
    const HAS_RANGE: bool = true;

    fn read(text: &str, spec: &FieldSpec) -> Result<Self, Problem> {
        let number = read_float(text).ok_or(NOT_A_NUMBER)?;
        #[allow(clippy::cast_precision_loss)] // bounds are written by hand, far below 2⁵³
        let (min, max) = (spec.min.map(|n| n as Self), spec.max.map(|n| n as Self));
        if min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max) {
            return Ok(number);
        }
        Err(out_of_range(spec.min.map(i128::from), spec.max.map(i128::from)))
    }

    /// Read back as the same number, and short for the large ones, too.
    fn shown(&self) -> String {
        let plain = self.to_string();
        if plain.len() > 24 {
            format!("{self:e}")
        } else {
            plain
        }
    }
}

impl<T: FieldValue> FieldValue for Option<T> {
    const WIDGET: Widget = T::WIDGET;
    const REQUIRED: bool = false;
    const MAX_LENGTH: usize = T::MAX_LENGTH;
    const NEEDS_MAX_LENGTH: bool = T::NEEDS_MAX_LENGTH;
    const NEEDS_CHOICES: bool = T::NEEDS_CHOICES;
    const KEEPS_SPACES: bool = T::KEEPS_SPACES;
    const IS_VERSION: bool = T::IS_VERSION;
    const MANY: bool = T::MANY;
    const PLACES: Option<u32> = T::PLACES;
    const HAS_RANGE: bool = T::HAS_RANGE;
    const HAS_CHOICES: bool = T::HAS_CHOICES;

    fn clean(sent: &[String], spec: &FieldSpec) -> Result<Self, Problem> {
        // CWE-602: nothing is a value where the page asks for none.
        if T::MANY && sent.iter().all(String::is_empty) && !spec.required && spec.min_items == 0 {
            return Ok(None);
        }
        if T::MANY {
            T::clean(sent, spec).map(Some)
        } else {
            clean(sent.first().map(String::as_str), spec)
        }
    }

    fn shown_values(&self) -> Vec<String> {
        match self {
            Some(value) => value.shown_values(),
            None if T::MANY => Vec::new(),
            None => vec![String::new()],
        }
    }

    fn read(text: &str, spec: &FieldSpec) -> Result<Self, Problem> {
        T::read(text, spec).map(Some)
    }

    fn blank(_: &FieldSpec) -> Option<Self> {
        Some(None)
    }

    fn shown(&self) -> String {
        self.as_ref().map(T::shown).unwrap_or_default()
    }

    fn fixed_choices() -> Vec<Choice> {
        T::fixed_choices()
    }
}

macro_rules! addresses {
    ($($address:ty => $problem:expr),+) => {$(
        impl FieldValue for $address {
            const WIDGET: Widget = Widget::Text;

            /// CWE-1389: the spelling that everybody reads alike, so no octal, hexadecimal or short form, and no zone.
            fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
                text.parse().map_err(|_| $problem)
            }

            fn shown(&self) -> String {
                self.to_string()
            }
        }
    )+};
}
addresses!(
    vauban_orm::IpAddress => NOT_AN_IP,
    std::net::IpAddr => NOT_AN_IP,
    std::net::Ipv4Addr => NOT_AN_IPV4,
    std::net::Ipv6Addr => NOT_AN_IPV6
);

impl FieldValue for uuid::Uuid {
    const WIDGET: Widget = Widget::Text;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Self::try_parse(text).map_err(|_| NOT_A_UUID)
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

/// A text that becomes a part of an address: `/`, `.` and `..` are refused while somebody is there to change them.
impl FieldValue for PathText {
    const WIDGET: Widget = Widget::Text;
    const NEEDS_MAX_LENGTH: bool = true;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Self::parse(text).map_err(Problem::from)
    }

    fn shown(&self) -> String {
        self.as_str().to_owned()
    }
}

impl FieldValue for Email {
    const WIDGET: Widget = Widget::Email;
    const MAX_LENGTH: usize = MAX_EMAIL_BYTES;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Self::parse(text).map_err(|_| NOT_AN_ADDRESS)
    }

    fn shown(&self) -> String {
        self.as_str().to_owned()
    }
}

/// What is stored encrypted is typed and shown as what it is: whoever may edit it has it open.
impl<T: FieldValue> FieldValue for vauban_orm::Encrypted<T> {
    const WIDGET: Widget = T::WIDGET;
    const REQUIRED: bool = T::REQUIRED;
    const MAX_LENGTH: usize = T::MAX_LENGTH;
    const NEEDS_MAX_LENGTH: bool = T::NEEDS_MAX_LENGTH;
    const KEEPS_SPACES: bool = T::KEEPS_SPACES;
    const PLACES: Option<u32> = T::PLACES;
    const HAS_RANGE: bool = T::HAS_RANGE;

    fn read(text: &str, spec: &FieldSpec) -> Result<Self, Problem> {
        T::read(text, spec).map(Self::new)
    }

    fn blank(spec: &FieldSpec) -> Option<Self> {
        T::blank(spec).map(Self::new)
    }

    fn shown(&self) -> String {
        self.expose().shown()
    }
}

/// Another secret: spaces count, nothing is ever shown again.
impl FieldValue for Secret<String> {
    const WIDGET: Widget = Widget::Password;
    const NEEDS_MAX_LENGTH: bool = true;
    const KEEPS_SPACES: bool = true;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Ok(Self::new(text.to_owned()))
    }

    // CWE-549: not even the form that is shown again has it.
    fn shown(&self) -> String {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLE: FieldSpec = FieldSpec {
        min_length: 2,
        max_length: 5,
        ..FieldSpec::new("title", "Title", Widget::Text)
    };
    const BODY: FieldSpec = FieldSpec {
        max_length: 20,
        ..FieldSpec::new("body", "Body", Widget::Textarea)
    };
    const COUNT: FieldSpec = FieldSpec {
        min: Some(0),
        max: Some(10),
        ..FieldSpec::new("count", "Count", Widget::Number)
    };

    fn message<T>(result: Result<T, Problem>) -> String {
        result.map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn text_is_trimmed_bounded_and_clean() {
        assert_eq!(clean::<String>(Some("  héy "), &TITLE), Ok("héy".to_owned()));
        assert_eq!(clean::<String>(Some(" \t "), &TITLE), Err(REQUIRED));
        assert_eq!(clean::<String>(None, &TITLE), Err(REQUIRED));
        assert_eq!(
            message(clean::<String>(Some("é"), &TITLE)),
            "Enter at least 2 characters."
        );
        assert_eq!(clean::<String>(Some("ééééé"), &TITLE), Ok("ééééé".to_owned()));
        assert_eq!(
            message(clean::<String>(Some("éééééé"), &TITLE)),
            "Enter at most 5 characters."
        );
        // dos-0057: a million characters cost no more than the bound.
        assert!(clean::<String>(Some(&"\u{fdfa}".repeat(1_000_000)), &TITLE).is_err());
    }

    /// A textarea keeps its lines as they were typed; only blank ones at both ends go.
    #[test]
    fn lines_keep_their_indentation() {
        for (typed, kept) in [
            ("    indented\r\n  less\r\n", "    indented\n  less"),
            ("\r\n \r\n\tcode\r\n\r\n\tmore  \r\n \r\n", "\tcode\n\n\tmore"),
            ("a  \nb", "a  \nb"),
        ] {
            assert_eq!(
                clean::<String>(Some(typed), &BODY),
                Ok(kept.to_owned()),
                "{typed:?}"
            );
        }
        let exact = FieldSpec { strip: false, ..BODY };
        for typed in ["  a \n\n", "\n", " "] {
            assert_eq!(
                clean::<String>(Some(typed), &exact),
                Ok(typed.to_owned()),
                "{typed:?}"
            );
        }
        let exact = FieldSpec {
            strip: false,
            ..TITLE
        };
        assert_eq!(clean::<String>(Some(" a "), &exact), Ok(" a ".to_owned()));
        assert_eq!(clean::<String>(Some(""), &exact), Err(REQUIRED));
    }

    /// CWE-451, CWE-1007: UTS #39, UTR #36.
    #[test]
    fn a_name_has_nothing_invisible_and_a_body_what_its_script_needs() {
        for typed in [
            "Ann\u{200b}",
            "\u{202e}Ann",
            "A\u{ad}nn",
            "Ann\u{2066}",
            "\u{feff}Ann",
        ] {
            assert_eq!(
                clean::<String>(Some(typed), &TITLE),
                Ok("Ann".to_owned()),
                "{typed:?}"
            );
        }
        // Nobody has a name that cannot be seen.
        for blank in ["\u{3164}", "\u{200b}\u{200b}", "\u{2800}", "\u{202e} \u{202c}"] {
            assert_eq!(clean::<String>(Some(blank), &TITLE), Err(REQUIRED), "{blank:?}");
            assert_eq!(clean::<String>(Some(blank), &BODY), Err(REQUIRED), "{blank:?}");
        }
        let body = "می\u{200c}شود 👩\u{200d}💻 क्\u{200d}ष";
        assert_eq!(clean::<String>(Some(body), &BODY), Ok(body.to_owned()));
        assert_eq!(clean::<String>(Some("a\u{202e}b"), &BODY), Ok("ab".to_owned()));
        // A password is what was typed (ASVS 6.2.8), and an integer has no such characters.
        let secret = clean::<Secret<String>>(Some("a\u{200b}b"), &TITLE).unwrap();
        assert_eq!(secret.expose(), "a\u{200b}b");
        assert!(clean::<i32>(Some("7\u{200b}"), &COUNT).is_err());
    }

    /// CWE-1286
    #[test]
    fn floats_are_finite_and_within_bounds() {
        let any = FieldSpec::new("n", "N", Widget::Decimal);
        assert_eq!(clean::<f64>(Some(" 1.5 "), &any), Ok(1.5));
        for bad in ["NaN", "inf", "1e400", "1,5", "٣", "--1"] {
            assert_eq!(
                message(clean::<f64>(Some(bad), &any)),
                "Enter a number, like 3.14.",
                "{bad}"
            );
        }
        assert_eq!(
            message(clean::<f64>(Some("10.5"), &COUNT)),
            "Enter a number from 0 to 10."
        );
    }

    #[test]
    fn control_characters_are_refused_and_line_ends_are_one() {
        for bad in ["a\0b", "a\u{7f}", "a\u{9b}b", "a\nb", "a\rb", "\u{1b}[0"] {
            assert_eq!(
                message(clean::<String>(Some(bad), &TITLE)),
                "Remove the control characters.",
                "{bad:?}"
            );
        }
        assert_eq!(
            clean::<String>(Some("a\r\nb\rc\nd\te"), &BODY),
            Ok("a\nb\nc\nd\te".to_owned())
        );
        assert!(clean::<String>(Some("a\0b"), &BODY).is_err()); // CWE-158
    }

    #[test]
    fn numbers_are_ascii_and_within_bounds() {
        assert_eq!(clean::<i32>(Some(" 7 "), &COUNT), Ok(7));
        for bad in ["+7", "7.0", "1e1", "٧", "0x7", "--7", "-", "7 7", "NaN"] {
            assert_eq!(
                message(clean::<i32>(Some(bad), &COUNT)),
                "Enter a whole number.",
                "{bad}"
            );
        }
        for bad in ["11", "-1", "99999999999999999999"] {
            assert_eq!(
                message(clean::<i32>(Some(bad), &COUNT)),
                "Enter a number from 0 to 10.",
                "{bad}"
            );
        }
        let any = FieldSpec::new("n", "N", Widget::Number);
        assert_eq!(
            message(clean::<u8>(Some("256"), &any)),
            "Enter a number from 0 to 255."
        );
        assert_eq!(clean::<u64>(Some("18446744073709551615"), &any), Ok(u64::MAX));
    }

    #[test]
    fn absent_is_none_false_or_refused() {
        let count = FieldSpec {
            required: false,
            ..COUNT
        };
        assert_eq!(clean::<Option<i32>>(Some(""), &count), Ok(None));
        assert_eq!(clean::<Option<i32>>(Some(""), &COUNT), Err(REQUIRED));
        assert_eq!(clean::<Option<i32>>(Some("3"), &count), Ok(Some(3)));
        assert!(clean::<Option<i32>>(Some("x"), &count).is_err());
        let tick = FieldSpec {
            required: false,
            ..FieldSpec::new("t", "T", Widget::Checkbox)
        };
        assert_eq!(clean::<bool>(None, &tick), Ok(false));
        assert_eq!(clean::<bool>(Some("on"), &tick), Ok(true));
        assert!(clean::<bool>(Some("yes please"), &tick).is_err());
        assert_eq!(
            clean::<bool>(
                None,
                &FieldSpec {
                    required: true,
                    ..tick
                }
            ),
            Err(REQUIRED)
        );
    }

    #[test]
    fn a_secret_keeps_its_spaces_and_shows_nothing() {
        let spec = FieldSpec {
            max_length: 128,
            ..FieldSpec::new("p", "P", Widget::Password)
        };
        let secret = clean::<Secret<String>>(Some("  two  spaces "), &spec).unwrap();
        assert_eq!(secret.expose(), "  two  spaces "); // ASVS 6.2.8
        assert_eq!(secret.shown(), "");
        assert!(clean::<Secret<String>>(Some("a\0b"), &spec).is_err());
    }

    #[test]
    fn an_address_has_one_at_sign() {
        let email = FieldSpec {
            max_length: 320,
            ..FieldSpec::new("email", "E-mail", Widget::Email)
        };
        assert!(clean::<String>(Some("ann@example.com"), &email).is_ok());
        for bad in ["ann", "@example.com", "ann@", "a@b@c", "a b@example.com"] {
            assert!(clean::<String>(Some(bad), &email).is_err(), "{bad}");
        }
    }
}

//! Filters on numbers.

use crate::runtime::escape::Escape;
use crate::runtime::ours::Ours;
use crate::runtime::value::{Plain, View};
use std::borrow::Cow;

/// A number, or text that may be one.
#[derive(Debug, Clone, PartialEq)]
pub enum Number<'a> {
    /// Nothing.
    None,
    /// A whole number.
    Int(i128),
    /// A number.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Text.
    Text(Cow<'a, str>),
}

impl Plain for Number<'_> {
    #[allow(deprecated)]
    const __OURS: Ours<Self> = Ours::__made();
    fn put_plain<C: Escape>(&self, out: &mut String) {
        match self {
            Self::Int(i) => i.put_plain::<C>(out),
            Self::Float(f) => f.put_plain::<C>(out),
            Self::Bool(b) => b.put_plain::<C>(out),
            Self::Text(t) => t.put_plain::<C>(out),
            Self::None => {}
        }
    }
    fn text(&self) -> Cow<'_, str> {
        Cow::Owned(Self::text(self))
    }
    fn view(&self) -> View<'_> {
        match self {
            Self::Int(i) => View::Int(*i),
            Self::Float(f) => View::Float(*f),
            Self::Bool(b) => View::Bool(*b),
            Self::Text(t) => View::Text(Cow::Borrowed(t)),
            Self::None => View::None,
        }
    }
    fn truth(&self) -> bool {
        self.view().truth()
    }
}

impl serde::Serialize for Number<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(i) => to.serialize_i128(*i),
            Self::Float(f) => to.serialize_f64(*f),
            Self::Bool(b) => to.serialize_bool(*b),
            Self::Text(t) => to.serialize_str(t),
            Self::None => to.serialize_none(),
        }
    }
}

impl Number<'_> {
    /// Python's `int(x)`.
    pub fn int(&self) -> Option<i128> {
        match self {
            Self::Int(i) => Some(*i),
            Self::Float(f) if f.is_finite() => Some(f.trunc() as i128),
            Self::Bool(b) => Some(i128::from(*b)),
            Self::Text(t) => integer(t),
            Self::Float(_) | Self::None => None,
        }
    }

    /// Python's `float(x)`.
    pub fn float(&self) -> Option<f64> {
        match self {
            Self::Int(i) => Some(*i as f64),
            Self::Float(f) => Some(*f),
            Self::Bool(b) => Some(f64::from(u8::from(*b))),
            Self::Text(t) => t.trim().replace('_', "").parse().ok(),
            Self::None => None,
        }
    }

    /// Python's `str(x)`.
    pub fn text(&self) -> String {
        match self {
            Self::Int(i) => i.to_string(),
            Self::Float(f) => f.text().into_owned(),
            Self::Bool(b) => b.text().into_owned(),
            Self::Text(t) => t.to_string(),
            Self::None => "None".to_owned(),
        }
    }
}

fn integer(text: &str) -> Option<i128> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return None;
    }
    text.replace('_', "").parse().ok()
}

/// A decimal number: sign, digits, and the power of ten of the last one.
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

/// More digits than this are printed as they came (CVE-2024-41989).
const MAX_DIGITS: u64 = 200;

impl Decimal {
    /// Python's `Decimal(text)`, finite numbers only.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], rest[at + 1..].parse::<i64>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.len() + fraction.len() == 0 || whole.len() + fraction.len() > 100_000 {
            return None;
        }
        let mut digits = Vec::with_capacity(whole.len() + fraction.len());
        for b in whole.bytes().chain(fraction.bytes()) {
            if !b.is_ascii_digit() {
                return None;
            }
            digits.push(b - b'0');
        }
        let zeros = digits
            .iter()
            .take_while(|d| **d == 0)
            .count()
            .min(digits.len() - 1);
        digits.drain(..zeros);
        Some(Self {
            negative,
            digits,
            exponent: exponent.checked_sub(fraction.len() as i64)?,
        })
    }

    fn zero(&self) -> bool {
        self.digits.iter().all(|d| *d == 0)
    }

    /// How many digits it has when all are written, at most.
    ///
    /// CWE-190: whoever typed the number chose its exponent. A sum that wrapped would be a small one.
    fn size(&self) -> u64 {
        self.exponent
            .unsigned_abs()
            .saturating_add(self.digits.len() as u64)
    }

    /// Whether there is nothing but zeros after the point.
    fn whole(&self) -> bool {
        let after = usize::try_from(self.exponent.min(0).unsigned_abs()).unwrap_or(usize::MAX);
        self.digits.iter().rev().take(after).all(|d| *d == 0)
    }

    /// Rounded half up to so many places: digits before the point, and after it.
    fn rounded(&self, places: usize) -> (String, String) {
        let mut digits: Vec<u8> = self.digits.clone();
        let mut exponent = self.exponent;
        while exponent > 0 {
            digits.push(0);
            exponent -= 1;
        }
        let mut point = digits.len() as i64 + exponent;
        while point < 0 {
            digits.insert(0, 0);
            point += 1;
        }
        let mut point = point as usize;
        while digits.len() < point + places {
            digits.push(0);
        }
        let up = digits.get(point + places).is_some_and(|d| *d >= 5);
        digits.truncate(point + places);
        if up {
            let mut at = digits.len();
            loop {
                if at == 0 {
                    digits.insert(0, 1);
                    point += 1;
                    break;
                }
                at -= 1;
                if digits[at] == 9 {
                    digits[at] = 0;
                } else {
                    digits[at] += 1;
                    break;
                }
            }
        }
        let text = |d: &[u8]| d.iter().map(|d| (d + b'0') as char).collect::<String>();
        let mut whole = text(&digits[..point]);
        let zeros = whole
            .bytes()
            .take_while(|b| *b == b'0')
            .count()
            .min(whole.len().saturating_sub(1));
        whole.drain(..zeros);
        if whole.is_empty() {
            whole.push('0');
        }
        (whole, text(&digits[point..]))
    }
}

/// Digits in groups of three.
fn grouped(whole: &str) -> String {
    let mut out = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A number with so many places; a negative argument drops them where they are zero.
pub fn floatformat(number: Number<'_>, argument: Option<&str>) -> String {
    let (places, group) = places_and_group(argument.unwrap_or_default());
    let input = number.text();
    let decimal = match Decimal::parse(&input) {
        Some(decimal) => decimal,
        None => match (&number, number.float()) {
            (_, Some(f)) if !f.is_finite() => return input,
            (Number::Bool(_) | Number::Text(_), Some(f)) => match Decimal::parse(&Number::Float(f).text()) {
                Some(decimal) => decimal,
                None => return String::new(),
            },
            _ => return String::new(),
        },
    };
    let Some(places) = places else {
        return input;
    };
    if decimal.size() > MAX_DIGITS {
        return input;
    }
    let minus = if decimal.negative { "-" } else { "" };
    let write = |whole: &str| if group { grouped(whole) } else { whole.to_owned() };
    if decimal.whole() && places <= 0 {
        let (whole, _) = decimal.rounded(0);
        let minus = if decimal.zero() { "" } else { minus };
        return format!("{minus}{}", write(&whole));
    }
    let places = usize::try_from(places.unsigned_abs())
        .unwrap_or(usize::MAX)
        .min(1000);
    let (whole, fraction) = decimal.rounded(places);
    let zero = whole == "0" && fraction.bytes().all(|b| b == b'0');
    let minus = if zero { "" } else { minus };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{minus}{}{point}{fraction}", write(&whole))
}

/// Whether `floatformat` knows the argument.
pub fn is_floatformat(argument: &str) -> bool {
    places_and_group(argument).0.is_some()
}

/// How many places, `None` for nonsense; whether digits are grouped.
fn places_and_group(argument: &str) -> (Option<i128>, bool) {
    // Without localisation there is no grouping: Django's NUMBER_GROUPING is 0.
    let (places, group) = if let Some(rest) = argument.strip_suffix("gu").or(argument.strip_suffix("ug")) {
        (rest, false)
    } else if let Some(rest) = argument.strip_suffix('g') {
        (rest, true)
    } else {
        (argument.strip_suffix('u').unwrap_or(argument), false)
    };
    (
        if places.is_empty() {
            Some(-1)
        } else {
            integer(places)
        },
        group,
    )
}

/// Bytes for people: `117.7 MB` with a space that does not break.
pub fn filesizeformat(number: Number<'_>) -> String {
    let Some(bytes) = number.int() else {
        return "0\u{a0}bytes".to_owned();
    };
    let minus = if bytes < 0 { "-" } else { "" };
    let bytes = bytes.unsigned_abs();
    if bytes < 1024 {
        let word = if bytes == 1 { "byte" } else { "bytes" };
        return format!("{minus}{bytes}\u{a0}{word}");
    }
    const UNITS: [&str; 5] = ["KB", "MB", "GB", "TB", "PB"];
    let mut unit = 0;
    let mut size: u128 = 1024;
    while unit < 4 && bytes >= size * 1024 {
        size *= 1024;
        unit += 1;
    }
    format!("{minus}{:.1}\u{a0}{}", bytes as f64 / size as f64, UNITS[unit])
}

/// Whether a number divides another.
pub fn divisibleby(number: Number<'_>, by: Number<'_>) -> bool {
    match (number.int(), by.int()) {
        (Some(a), Some(b)) if b != 0 => a.checked_rem(b) == Some(0),
        _ => false,
    }
}

/// The n-th digit from the right.
pub fn get_digit<'a>(number: Number<'a>, at: Number<'_>) -> Number<'a> {
    let (Some(value), Some(at)) = (number.int(), at.int()) else {
        return number;
    };
    if at < 1 {
        return Number::Int(value);
    }
    let text = value.to_string();
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    match text.bytes().rev().nth(at - 1) {
        Some(b'-') => number,
        digit => Number::Int(i128::from(digit.map_or(0, |d| d - b'0'))),
    }
}

/// `value / max * width`, rounded to even as Python does.
pub fn width_ratio(value: Number<'_>, max: Number<'_>, width: Number<'_>) -> String {
    let (Some(value), Some(max), Some(width)) = (value.float(), max.float(), width.int()) else {
        return String::new();
    };
    if max == 0.0 {
        return "0".to_owned();
    }
    let ratio = value / max * width as f64;
    if !ratio.is_finite() {
        return String::new();
    }
    let rounded = ratio.round_ties_even();
    format!("{:.0}", if rounded == 0.0 { 0.0 } else { rounded })
}

/// What `|add` takes: numbers are added, texts and lists are joined.
#[derive(Debug, Clone, PartialEq)]
pub enum Addend<'a> {
    /// A number or text.
    Plain(Number<'a>),
    /// Nothing that can be added.
    None,
}

/// Numbers are added, texts joined; nothing else makes text.
pub fn add(a: Addend<'_>, b: Addend<'_>) -> Number<'static> {
    const NOTHING: Number<'static> = Number::Text(Cow::Borrowed(""));
    let (Addend::Plain(a), Addend::Plain(b)) = (a, b) else {
        return NOTHING;
    };
    if let (Some(x), Some(y)) = (a.int(), b.int())
        && let Some(sum) = x.checked_add(y)
    {
        return Number::Int(sum);
    }
    match (&a, &b) {
        (Number::Text(x), Number::Text(y)) => Number::Text(format!("{x}{y}").into()),
        (Number::Text(_) | Number::None, _) | (_, Number::Text(_) | Number::None) => NOTHING,
        _ => match (a.float(), b.float()) {
            (Some(x), Some(y)) => Number::Float(x + y),
            _ => NOTHING,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ff(text: &str, argument: Option<&str>) -> String {
        floatformat(Number::Text(Cow::Owned(text.to_owned())), argument)
    }

    #[test]
    fn float_formats() {
        assert_eq!(ff("34.23234", None), "34.2");
        assert_eq!(ff("34.00000", None), "34");
        assert_eq!(ff("34.26", Some("3")), "34.260");
        assert_eq!(ff("34.0", Some("-3")), "34");
        assert_eq!(ff("39.56", Some("0")), "40");
        assert_eq!(ff("0.05", Some("1")), "0.1");
        assert_eq!(ff("-0.04", Some("1")), "0.0");
        assert_eq!(ff("10000", Some("g")), "10,000");
        assert_eq!(ff("1e5", Some("2g")), "100,000.00");
        assert_eq!(ff("9.99", Some("1")), "10.0");
        assert_eq!(ff("x", None), "");
        let huge = "9".repeat(300);
        assert_eq!(ff(&huge, Some("2")), huge);
    }

    #[test]
    fn sizes() {
        assert_eq!(filesizeformat(Number::Int(1023)), "1023\u{a0}bytes");
        assert_eq!(filesizeformat(Number::Int(123_456_789)), "117.7\u{a0}MB");
        assert_eq!(filesizeformat(Number::Int(-2048)), "-2.0\u{a0}KB");
    }
}

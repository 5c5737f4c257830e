//! The two sides of a comparison, where one of them is neither plain text nor one of Rust's own numbers: amounts are compared
//! as numbers, whatever their places; days, times, states and ids with what a text means; and what can never be equal is
//! refused while the template is compiled.

use super::put::Probe;
use super::value::{Compare, EqualTo, Plain, Side, View};
use std::cmp::Ordering;
use std::fmt::{Display, LowerExp};
use std::str::FromStr;

/// Marker of probes of what stands on the other side of `==`.
#[derive(Debug, Clone, Copy)]
pub struct Other;

/// The other side, where it is text.
#[derive(Debug)]
pub struct TextSide<'a>(&'a str);
/// The other side, where it is anything else.
#[derive(Debug)]
pub struct Own<'a, T: ?Sized>(&'a T);

impl Side for TextSide<'_> {
    type Value = str;
    fn value(&self) -> &str {
        self.0
    }
}
impl<T: ?Sized> Side for Own<'_, T> {
    type Value = T;
    fn value(&self) -> &T {
        self.0
    }
}

/// Text is told from everything else.
pub trait SideText<'a> {
    /// The text as the other side.
    fn side(&self) -> TextSide<'a>;
}
impl<'a, T: Plain + AsRef<str> + ?Sized, const L: u32, const K: u32, F> SideText<'a>
    for &Probe<'a, T, Other, L, K, F>
{
    fn side(&self) -> TextSide<'a> {
        TextSide(self.0.as_ref())
    }
}
impl<'a, T: ?Sized, const L: u32, const K: u32, F> Probe<'a, T, Other, L, K, F> {
    /// The value as the other side.
    pub fn side(&self) -> Own<'a, T> {
        Own(self.0)
    }
}

/// What is compared with a number that is not one of Rust's own: `Decimal`, and every type with `LowerExp`, which only
/// numbers have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number, and is compared with one (line {L}, column {K} of {F})",
    label = "used in line {L}, column {K} of {F}",
    note = "compare numbers with numbers, without quotes: {{% if price == 3 %}}, {{% if price > limit %}}; or compute a bool in the view"
)]
pub trait NumberAt<const L: u32, const K: u32, F> {
    /// The number as it is written, in decimal digits.
    fn digits_at(&self) -> String;
}
#[diagnostic::do_not_recommend]
impl<T: LowerExp + Display + ?Sized, const L: u32, const K: u32, F> NumberAt<L, K, F> for T {
    fn digits_at(&self) -> String {
        self.to_string()
    }
}

/// Comparisons of amounts, exact: `3`, `3.0` and `3.00` are equal.
pub trait CompareExact<'a, const L: u32, const K: u32, F> {
    /// What comes first, if that can be said.
    fn order<U: NumberAt<L, K, F> + ?Sized>(&self, other: &U) -> Option<Ordering>;
    /// What `==` in a template asks.
    fn equal<S: Side<Value: NumberAt<L, K, F>>>(&self, other: S) -> bool {
        self.order(other.value()) == Some(Ordering::Equal)
    }
    /// What `<` in a template asks.
    fn less<U: NumberAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        self.order(other).is_some_and(Ordering::is_lt)
    }
    /// What `<=` in a template asks.
    fn less_or_equal<U: NumberAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        self.order(other).is_some_and(Ordering::is_le)
    }
    /// What `>` in a template asks.
    fn greater<U: NumberAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        self.order(other).is_some_and(Ordering::is_gt)
    }
    /// What `>=` in a template asks.
    fn greater_or_equal<U: NumberAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        self.order(other).is_some_and(Ordering::is_ge)
    }
    /// The value as it is written.
    fn view_of(&self) -> View<'a>;
    /// As it is sorted, and looked for in a list.
    fn key_of(&self) -> View<'a>;
}
impl<'a, T: LowerExp + Display + ?Sized, const L: u32, const K: u32, F> CompareExact<'a, L, K, F>
    for &&&Probe<'a, T, Compare, L, K, F>
{
    fn order<U: NumberAt<L, K, F> + ?Sized>(&self, other: &U) -> Option<Ordering> {
        order(&self.0.to_string(), &other.digits_at())
    }
    fn view_of(&self) -> View<'a> {
        View::Text(self.0.to_string().into())
    }
    fn key_of(&self) -> View<'a> {
        let digits = self.0.to_string();
        match whole(&digits) {
            Some(number) => View::Int(number),
            None => digits.parse().map_or(View::Text(digits.into()), View::Float),
        }
    }
}

/// A side that a value can be equal to: text, by what it means; else what its type says with `PartialEq`.
pub trait Meant<T: ?Sized, const L: u32, const K: u32, F> {
    /// The text, if the side is one.
    fn words(&self) -> Option<&str>;
    /// Whether a value of another type is equal.
    fn same(&self, value: &T) -> bool;
}
impl<T: ?Sized, const L: u32, const K: u32, F> Meant<T, L, K, F> for TextSide<'_> {
    fn words(&self) -> Option<&str> {
        Some(self.0)
    }
    fn same(&self, _: &T) -> bool {
        false
    }
}
impl<T: EqualTo<U, L, K, F> + ?Sized, U: ?Sized, const L: u32, const K: u32, F> Meant<T, L, K, F>
    for Own<'_, U>
{
    fn words(&self) -> Option<&str> {
        None
    }
    fn same(&self, value: &T) -> bool {
        value.equal_to(self.0)
    }
}

/// Comparison of what has a text and is read from one: `14:30` is the time that is written `14:30:00`.
pub trait CompareRead<'a, T, const L: u32, const K: u32, F> {
    /// What `==` in a template asks.
    fn equal<S: Meant<T, L, K, F>>(&self, other: S) -> bool;
    /// The value as it is written.
    fn view_of(&self) -> View<'a>;
    /// As it is sorted, and looked for in a list.
    fn key_of(&self) -> View<'a> {
        self.view_of()
    }
}
impl<'a, T: Display + FromStr + PartialEq, const L: u32, const K: u32, F> CompareRead<'a, T, L, K, F>
    for &&Probe<'a, T, Compare, L, K, F>
{
    fn equal<S: Meant<T, L, K, F>>(&self, other: S) -> bool {
        match other.words() {
            Some(words) => {
                words.parse::<T>().is_ok_and(|read| read == *self.0) || self.0.to_string() == words
            }
            None => other.same(self.0),
        }
    }
    fn view_of(&self) -> View<'a> {
        View::Text(self.0.to_string().into())
    }
}

/// Comparison of what can be displayed by its text.
pub trait CompareDisplay<'a, T: ?Sized, const L: u32, const K: u32, F> {
    /// What `==` in a template asks.
    fn equal<S: Meant<T, L, K, F>>(&self, other: S) -> bool;
    /// The value as it is written.
    fn view_of(&self) -> View<'a>;
    /// As it is sorted, and looked for in a list.
    fn key_of(&self) -> View<'a> {
        self.view_of()
    }
}
impl<'a, T: Display + ?Sized, const L: u32, const K: u32, F> CompareDisplay<'a, T, L, K, F>
    for &Probe<'a, T, Compare, L, K, F>
{
    fn equal<S: Meant<T, L, K, F>>(&self, other: S) -> bool {
        match other.words() {
            Some(words) => self.0.to_string() == words,
            None => other.same(self.0),
        }
    }
    fn view_of(&self) -> View<'a> {
        View::Text(self.0.to_string().into())
    }
}

/// Which of two numbers is greater, from their digits; by way of a float where one has an exponent.
fn order(a: &str, b: &str) -> Option<Ordering> {
    let (Some(one), Some(other)) = (digits(a), digits(b)) else {
        return a.parse::<f64>().ok()?.partial_cmp(&b.parse::<f64>().ok()?);
    };
    let size = |x: (bool, &str, &str), y: (bool, &str, &str)| {
        let whole = x.1.len().cmp(&y.1.len()).then_with(|| x.1.cmp(y.1));
        // Without zeros at the end, what continues is more.
        whole.then_with(|| x.2.cmp(y.2))
    };
    Some(match (one.0, other.0) {
        (false, false) => size(one, other),
        (true, true) => size(other, one),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    })
}

/// Whether it is below zero, its digits before the point and those behind it, without zeros that say nothing.
fn digits(text: &str) -> Option<(bool, &str, &str)> {
    let (below, size) = text.strip_prefix('-').map_or((false, text), |size| (true, size));
    let (whole, part) = size.split_once('.').unwrap_or((size, ""));
    let all = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all(whole) || !all(part) {
        return None;
    }
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    Some((below && !(whole.is_empty() && part.is_empty()), whole, part))
}

/// A whole number, with zeros behind its point or without.
fn whole(text: &str) -> Option<i128> {
    match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|b| b == b'0') => whole.parse().ok(),
        Some(_) => None,
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_compared_as_numbers() {
        use Ordering::{Equal, Greater, Less};
        for (a, b, found) in [
            ("3.00", "3", Equal),
            ("-0.00", "0", Equal),
            ("3.00", "3.0001", Less),
            ("10.00", "9.50", Greater),
            ("-10.00", "-9.50", Less),
            ("-1", "0.5", Less),
            ("0.10", "0.1", Equal),
            ("0.09", "0.1", Less),
            // More digits than a float has.
            ("9999999999999999.99", "9999999999999999.98", Greater),
            ("1e3", "1000.00", Equal),
        ] {
            assert_eq!(order(a, b), Some(found), "{a} {b}");
            assert_eq!(order(b, a), Some(found.reverse()), "{b} {a}");
        }
        assert_eq!(order("NaN", "1"), None);
        assert_eq!(
            (whole("3.00"), whole("3.50"), whole("-7")),
            (Some(3), None, Some(-7))
        );
    }
}

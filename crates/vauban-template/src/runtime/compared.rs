//! Comparisons with a literal: of text with a number, and of a number with text, nothing is ever true. Refused while the
//! template is compiled; how: see `crate::runtime::without`.

use super::put::Probe;
use super::value::Optional;
use super::without::without;
use std::borrow::Cow;

/// Marker of probes of what is compared with a number.
#[derive(Debug, Clone, Copy)]
pub struct WithNumber;
/// Nothing has this trait: it explains what to do.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is text, which no number equals ({F}, line {L}, column {K})",
    note = "put the number into quotes: {{% if size == \"3\" %}}, or make the field a number"
)]
pub trait HasWithNumber<const L: u32, const K: u32, F> {}
/// Types that are neither equal nor less nor more.
pub trait LacksWithNumber<T: ?Sized, const L: u32, const K: u32, F> {
    /// Does not compile.
    fn has(&self)
    where
        T: HasWithNumber<L, K, F>;
}
without!([str, String, Cow<'_, str>] OnlyText, WithNumber, LacksWithNumber, HasWithNumber);
/// All other types.
pub trait AnyWithNumber {
    /// Nothing to say.
    fn has(&self) {}
}
impl<T: ?Sized, const L: u32, const K: u32, F> AnyWithNumber for &Probe<'_, T, WithNumber, L, K, F> {}

/// Marker of probes of what is compared with text.
#[derive(Debug, Clone, Copy)]
pub struct WithText;
/// Nothing has this trait: it explains what to do.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a number, which no text equals ({F}, line {L}, column {K})",
    note = "leave the quotes out: {{% if count == 3 %}}, or make the field text"
)]
pub trait HasWithText<const L: u32, const K: u32, F> {}
/// Types that are neither equal nor less nor more.
pub trait LacksWithText<T: ?Sized, const L: u32, const K: u32, F> {
    /// Does not compile.
    fn has(&self)
    where
        T: HasWithText<L, K, F>;
}
without!([bool, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64] OnlyNumber, WithText, LacksWithText, HasWithText);
/// All other types.
pub trait AnyWithText {
    /// Nothing to say.
    fn has(&self) {}
}
impl<T: ?Sized, const L: u32, const K: u32, F> AnyWithText for &Probe<'_, T, WithText, L, K, F> {}

/// Marker of probes of what is compared with a text that may be one of a few.
#[derive(Debug, Clone, Copy)]
pub struct Stated;
/// A type with a few values, each of which is one text: an enum with `#[derive(Choices)]`.
pub trait Chosen {}
impl<T: Chosen + ?Sized> Chosen for &T {}
/// The type has a value with the text of this number: see `compiler::number_of`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no choice that is stored like this text, so the comparison is never true ({F}, line {L}, column {K})",
    note = "compare with what is stored: `in_progress` for `InProgress`, or what `#[choice(stored = \"…\")]` says; it is not the label"
)]
pub trait HasChoice<const N: u64, const L: u32, const K: u32, F> {}
#[diagnostic::do_not_recommend]
impl<T: HasChoice<N, L, K, F> + ?Sized, const N: u64, const L: u32, const K: u32, F> HasChoice<N, L, K, F>
    for &T
{
}
/// Types with a few values, each of which has a text.
pub trait StatedChoice<T: ?Sized, const L: u32, const K: u32, F> {
    /// Compiles if one of them has this text.
    fn states<const N: u64>(&self)
    where
        T: HasChoice<N, L, K, F>,
    {
    }
}
impl<T: Chosen + ?Sized, const L: u32, const K: u32, F> StatedChoice<T, L, K, F>
    for &&Probe<'_, T, Stated, L, K, F>
{
}
/// Types with a few values, where one may be missing.
pub trait StatedOption<T, const L: u32, const K: u32, F> {
    /// Compiles if one of them has this text.
    fn states<const N: u64>(&self)
    where
        T: HasChoice<N, L, K, F>,
    {
    }
}
impl<O: Optional<Value: Chosen>, const L: u32, const K: u32, F> StatedOption<O::Value, L, K, F>
    for &Probe<'_, O, Stated, L, K, F>
{
}
impl<T: ?Sized, const L: u32, const K: u32, F> Probe<'_, T, Stated, L, K, F> {
    /// Any other type: nothing to say.
    pub fn states<const N: u64>(&self) {}
}

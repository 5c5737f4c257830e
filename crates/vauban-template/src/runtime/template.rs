//! The trait of a template.

use super::context::{Deeper, RenderContext};
use super::ours::{Derived, Ours};
use super::safe::SafeHtml;

/// A page or a part of one. Written by `#[derive(Template)]`, and by hand nowhere: what it appends is not escaped again.
pub trait Template {
    /// Says so. The scan for waivers tells of those who write it (CWE-79).
    #[doc(hidden)]
    const __DERIVED: Ours<Self, Derived>;
    /// About how many bytes a page has, for reserving them at once.
    const SIZE_HINT: usize;
    /// A form token is written: the page is private and must not be stored.
    const USES_TOKEN: bool;
    /// A nonce is written: the page belongs to one response.
    const USES_NONCE: bool;
    /// The names of the parts that can be rendered alone.
    const FRAGMENTS: &'static [&'static str] = &[];
    /// Of each of them, what a browser needs before it to read it as it stands in the page (rows of a table, say).
    #[doc(hidden)]
    const __INSIDE: &'static [&'static str] = &[];
    /// The other origins that its POST forms go to.
    #[doc(hidden)]
    const __FORMS_TO: &'static [&'static str] = &[];

    /// Appends the page to a text, so that one buffer does for all of its parts.
    fn render_into(&self, cx: &dyn RenderContext, out: &mut String);

    /// Appends one named part. False if there is none of this name, or if the whole page would not show it now: every
    /// `{% if %}`, loop, `{% with %}` and slot round it counts.
    fn fragment_into(&self, name: &str, cx: &dyn RenderContext, out: &mut String) -> bool {
        let _ = (name, cx, out);
        false
    }

    /// The page as a string of its own.
    fn render(&self, cx: &dyn RenderContext) -> String {
        rendered(self, cx)
    }

    /// The page as markup: a part that a view makes and another template shows with `{{ part }}`.
    ///
    /// In a form it does not belong: a form of its own would lose its tag there, as with any markup.
    fn to_html(&self, cx: &dyn RenderContext) -> SafeHtml {
        SafeHtml::checked(rendered(self, cx))
    }

    /// Chooses a part of this page to send instead of the whole.
    fn fragment(self, name: &'static str) -> Fragment<Self>
    where
        Self: Sized,
    {
        Fragment { page: self, name }
    }
}

/// What a page writes.
fn rendered<T: Template + ?Sized>(page: &T, cx: &dyn RenderContext) -> String {
    // CWE-79: what a page or a context appends is not escaped; only the derive's and the framework's pass.
    const { T::__DERIVED.is_so() };
    #[allow(deprecated)]
    let super::context::OfTheFramework { .. } = cx.__of_the_framework();
    let mut out = String::with_capacity(T::SIZE_HINT);
    page.render_into(cx, &mut out);
    out
}

/// How deep components stand in each other. What a row can nest has a bound: each level takes of the stack, and a stack that
/// is used up ends the process.
pub const MAX_DEPTH: usize = 100;

/// Writes a component into the page that has it.
pub fn component<T: Component>(component: &T, cx: &dyn RenderContext, slots: &dyn Slots, out: &mut String) {
    const { T::__DERIVED.is_so() };
    let depth = cx.__depth() + 1;
    // CWE-674: a component that contains itself would go as deep as the data.
    if depth > MAX_DEPTH {
        cx.__unfinished(format!(
            "the component {} stands in more than {MAX_DEPTH} others: its data nests too deep for a page; bound how deep rows may nest \
             where they are written, or hand the template a flat list in which each row has its depth",
            std::any::type_name::<T>(),
        ));
        return;
    }
    component.render_with(&Deeper { cx, depth }, slots, out);
}

/// One named part of a page, for partial updates.
#[derive(Debug)]
pub struct Fragment<T> {
    /// The page whose part it is, with the data of the whole.
    pub page: T,
    /// The part's name.
    pub name: &'static str,
}

impl<T: Template> Template for Fragment<T> {
    #[allow(deprecated)]
    const __DERIVED: Ours<Self, Derived> = {
        T::__DERIVED.is_so();
        Ours::__made()
    };
    const SIZE_HINT: usize = T::SIZE_HINT / 4 + 64;
    const USES_TOKEN: bool = T::USES_TOKEN;
    const USES_NONCE: bool = T::USES_NONCE;

    fn render_into(&self, cx: &dyn RenderContext, out: &mut String) {
        self.page.fragment_into(self.name, cx, out);
    }
}

/// What the caller of a component puts into its slots.
pub trait Slots {
    /// Writes the slot of this name; false if the caller gave none.
    fn write(&self, name: &str, cx: &dyn RenderContext, out: &mut String) -> bool;
}

/// No slots.
impl Slots for () {
    fn write(&self, _name: &str, _cx: &dyn RenderContext, _out: &mut String) -> bool {
        false
    }
}

impl<F: Fn(&str, &dyn RenderContext, &mut String) -> bool> Slots for F {
    fn write(&self, name: &str, cx: &dyn RenderContext, out: &mut String) -> bool {
        self(name, cx, out)
    }
}

/// A template with slots. Written by the derive for every template that has `{% slot %}`.
pub trait Component: Template {
    /// Appends the component with its slots filled.
    fn render_with(&self, cx: &dyn RenderContext, slots: &dyn Slots, out: &mut String);
}

/// A component's field from a value of the template: borrowed where the field borrows, cloned where it owns.
#[diagnostic::on_unimplemented(
    message = "this argument of the component is a `{V}`, but the field is a `{Self}`",
    note = "give the component a value of the field's type; borrow in the struct (`&'a str`, `&'a T`, `&'a [T]`) to save a copy"
)]
pub trait Field<'a, V: ?Sized> {
    /// The field.
    fn of(value: &'a V) -> Self;
}
/// A component's field from a whole number in the template: of any type of number that holds it.
#[diagnostic::on_unimplemented(
    message = "this argument of the component is a whole number, but the field is a `{Self}`",
    note = "give the component a value of the field's type"
)]
pub trait FromInt: Sized {
    /// The least value.
    const MIN: i128;
    /// The largest value.
    const MAX: i128;
    /// The number, which lies between the two.
    fn from_int(number: i64) -> Self;
}
macro_rules! from_int {
    ($($type:ty: $min:expr, $max:expr);+ $(;)?) => {$(
        impl FromInt for $type {
            const MIN: i128 = $min;
            const MAX: i128 = $max;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_lossless, clippy::cast_precision_loss)]
            fn from_int(number: i64) -> Self {
                number as Self
            }
        }
    )+};
}
from_int! {
    i8: i8::MIN as i128, i8::MAX as i128; i16: i16::MIN as i128, i16::MAX as i128;
    i32: i32::MIN as i128, i32::MAX as i128; i64: i64::MIN as i128, i64::MAX as i128;
    i128: i128::MIN, i128::MAX; isize: isize::MIN as i128, isize::MAX as i128;
    u8: 0, u8::MAX as i128; u16: 0, u16::MAX as i128; u32: 0, u32::MAX as i128;
    u64: 0, u64::MAX as i128; u128: 0, i128::MAX; usize: 0, usize::MAX as i128;
    // Whole numbers that a float holds exactly.
    f32: -(1 << 24), 1 << 24; f64: -(1 << 53), 1 << 53;
}
impl<T: FromInt> FromInt for Option<T> {
    const MIN: i128 = T::MIN;
    const MAX: i128 = T::MAX;
    fn from_int(number: i64) -> Self {
        Some(T::from_int(number))
    }
}

/// A whole number of the template as a field.
pub fn int<T: FromInt, const N: i64>() -> T {
    const {
        assert!(
            N as i128 >= T::MIN && N as i128 <= T::MAX,
            "a whole number in {{% component %}} does not fit the type of the field"
        );
    }
    T::from_int(N)
}

impl<'a, V: ?Sized> Field<'a, V> for &'a V {
    fn of(value: &'a V) -> Self {
        value
    }
}
impl<'a, V: Clone> Field<'a, V> for V {
    fn of(value: &'a V) -> Self {
        value.clone()
    }
}
impl<'a> Field<'a, String> for &'a str {
    fn of(value: &'a String) -> Self {
        value
    }
}
impl<'a, 'b> Field<'a, &'b String> for &'b str {
    fn of(value: &'a &'b String) -> Self {
        value
    }
}
impl<'a, 'b> Field<'a, &'b str> for String {
    fn of(value: &'a &'b str) -> Self {
        (*value).to_owned()
    }
}
impl<'a, T> Field<'a, Vec<T>> for &'a [T] {
    fn of(value: &'a Vec<T>) -> Self {
        value
    }
}

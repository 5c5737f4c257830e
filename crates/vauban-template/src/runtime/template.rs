//! The trait of a template.

use super::context::RenderContext;

/// A page or a part of one. Written by `#[derive(Template)]`.
pub trait Template {
    /// About how many bytes a page has, for reserving them at once.
    const SIZE_HINT: usize;
    /// A form token is written: the page is private and must not be stored.
    const USES_TOKEN: bool;
    /// A nonce is written: the page belongs to one response.
    const USES_NONCE: bool;
    /// The names of the parts that can be rendered alone.
    const FRAGMENTS: &'static [&'static str] = &[];

    /// Appends the page.
    fn render_into(&self, cx: &dyn RenderContext, out: &mut String);

    /// Appends one named part. False if there is none of this name.
    fn fragment_into(&self, name: &str, cx: &dyn RenderContext, out: &mut String) -> bool {
        let _ = (name, cx, out);
        false
    }

    /// The page as a string of its own.
    fn render(&self, cx: &dyn RenderContext) -> String {
        let mut out = String::with_capacity(Self::SIZE_HINT);
        self.render_into(cx, &mut out);
        out
    }

    /// Chooses a part of this page to send instead of the whole.
    fn fragment(self, name: &'static str) -> Fragment<Self>
    where
        Self: Sized,
    {
        Fragment { page: self, name }
    }
}

/// One named part of a page, for partial updates.
#[derive(Debug)]
pub struct Fragment<T> {
    /// The page.
    pub page: T,
    /// The part's name.
    pub name: &'static str,
}

impl<T: Template> Template for Fragment<T> {
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

//! The proof that an implementation is Vauban's own.

use std::marker::PhantomData;

/// Says that `T` implements a trait whose implementations are taken at their word: what they append to a page is not
/// escaped again (CWE-79). Deprecated from its birth is the one way to it, so that rustc reports whoever else names it, and
/// what one type says holds for no other, and what the derive says for no trait but its own.
#[doc(hidden)]
#[derive(Debug)]
pub struct Ours<T: ?Sized, By = ByHand>(PhantomData<By>, PhantomData<T>);

impl<T: ?Sized, By> Ours<T, By> {
    /// For the framework and its macros.
    #[deprecated(
        note = "what this trait appends is not escaped, so that only Vauban writes it: derive `Template`, and give it text, `SafeHtml`, `SafeUrl` or `urls::…`"
    )]
    pub const fn __made() -> Self {
        Self(PhantomData, PhantomData)
    }

    /// Asks for it before anything is appended, for `loop {}` has every type.
    pub const fn is_so(&self) {}
}

/// Written by hand, in one of the framework's own crates.
#[doc(hidden)]
#[derive(Debug)]
pub enum ByHand {}

/// Written by `#[derive(Template)]`: of any struct, so that it says nothing of the struct but that its pages are.
#[doc(hidden)]
#[derive(Debug)]
pub enum Derived {}

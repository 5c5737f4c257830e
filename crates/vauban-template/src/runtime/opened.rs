//! What a template looks into: `a.b`, `a.b()` and `{% for x in a %}`.
//!
//! The template's place stands in the type of what is looked into: of a name that is not there rustc tells with that type's
//! name, and still finds names that are near. What has to be opened first (an `Option`, a foreign key, a page of rows) is
//! refused before, with what to write.

use super::put::Probe;
use std::borrow::Cow;
use std::marker::PhantomData;
use std::ops::Deref;

/// A value as line `L` and column `K` of a template use it; `F` is named after the template's file. To read, it is the
/// value: its own fields have names that no template writes, for of those rustc would tell in place of the value's.
#[derive(Debug)]
pub struct InTemplate<'a, F, const L: u32, const K: u32, T: ?Sized> {
    __value: &'a T,
    __file: PhantomData<F>,
}

impl<F, const L: u32, const K: u32, T: ?Sized> Deref for InTemplate<'_, F, L, K, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        self.__value
    }
}

/// A value of which a method is called.
#[inline]
pub fn here<T: ?Sized, const L: u32, const K: u32, F>(value: &T) -> InTemplate<'_, F, L, K, T> {
    InTemplate {
        __value: value,
        __file: PhantomData,
    }
}

/// Marker of probes of what a field is taken of.
#[derive(Debug, Clone, Copy)]
pub struct Field;
/// Marker of probes of what a loop goes through.
#[derive(Debug, Clone, Copy)]
pub struct Rows;

/// A value whose field is taken, or through which a loop goes. Types of other crates that have to be opened first have a
/// method of this name, with a bound that says so: rustc takes the type's own method before a trait's.
pub trait AnyOpened {
    /// The value with its place.
    #[inline]
    fn __in_template<const L: u32, const K: u32, F>(&self) -> InTemplate<'_, F, L, K, Self> {
        here(self)
    }
}
impl<T: ?Sized> AnyOpened for T {}

impl<'a, T: ?Sized, C, const L: u32, const K: u32, F> Probe<'a, T, C, L, K, F> {
    /// Nothing has to be opened first.
    #[inline]
    pub fn __opened(&self) -> &'a T {
        self.0
    }
}

/// Refuses types in a place: the answer is a part of the bound that fails, so that rustc tells of nothing else.
macro_rules! closed {
    ($([$($generics:tt)*] $type:ty),+; $closed:ident, $marker:ident, $way:ident, $bound:ident, $message:literal, $($note:literal),+) => {
        /// The types, or references to them.
        pub trait $closed {}
        $(impl<$($generics)*> $closed for $type {})+
        impl<T: $closed + ?Sized> $closed for &T {}
        /// Nothing has this trait: it explains what to do.
        #[diagnostic::on_unimplemented(message = $message, label = "used in line {L}, column {K} of {F}", $(note = $note),+)]
        pub trait $bound<const L: u32, const K: u32, F> {
            /// What it is when it is open.
            type Open;
            /// What is in it.
            fn __open(&self) -> &Self::Open;
        }
        /// Types that have to be opened first.
        pub trait $way<'a, T: ?Sized, const L: u32, const K: u32, F> {
            /// Does not compile.
            fn __opened(&self) -> &'a T::Open
            where
                T: $bound<L, K, F>;
        }
        impl<'a, T: $closed + ?Sized, const L: u32, const K: u32, F> $way<'a, T, L, K, F>
            for &Probe<'a, T, $marker, L, K, F>
        {
            fn __opened(&self) -> &'a T::Open
            where
                T: $bound<L, K, F>,
            {
                self.0.__open()
            }
        }
    };
}
closed! {
    [T] Option<T>; ClosedField, Field, ClosedForField, IsOpen,
    "`{Self}` may be missing: ask before you look into it (line {L}, column {K} of {F})",
    "write {{% if x %}}{{{{ x.name }}}}{{% endif %}}: inside of it, `x` is what the `Option` holds"
}
closed! {
    [T] Option<T>, [] str, [] String, [] Cow<'_, str>, [] bool, [] char, [] i32, [] i64, [] u32, [] u64, [] usize, [] f64;
    ClosedRows, Rows, ClosedForRows, IsAList,
    "`{Self}` is no list, so no loop goes through it (line {L}, column {K} of {F})",
    "a loop takes what has `iter()`: a Vec, a slice, a map, a set, a page of rows, a form",
    "an `Option` of a list: {{% if x %}}{{% for y in x %}}…{{% endfor %}}{{% endif %}}; a text has |make_list; numbers are counted in the view: `(1..=n).collect::<Vec<_>>()`"
}
closed! {
    [T] Vec<T>, [T] [T], [T, const N: usize] [T; N], [T] std::collections::VecDeque<T>,
    [T, S] std::collections::HashSet<T, S>, [T] std::collections::BTreeSet<T>,
    [V, W, S] std::collections::HashMap<V, W, S>, [V, W] std::collections::BTreeMap<V, W>;
    ClosedList, Field, ClosedForList, HasFields,
    "`{Self}` has no fields and no positions (line {L}, column {K} of {F})",
    "go through it: {{% for x in rows %}}; {{{{ rows|first|default:\"none\" }}}} and {{{{ rows|length }}}} ask of the whole; a method is called with brackets: rows.len(); one row or value that is looked up is a field of the page, which the view fills"
}

//! Functions of the site's own that a template calls: `{% url %}`, `{% call %}`, filters.
//!
//! What rustc tells of a wrong number of arguments names no place in the template. So the number is asked for first, by the
//! function's type, in words that do.

use std::marker::PhantomData;

/// A function that line `L` and column `K` of a template give `N` arguments; `F` is named after the template's file.
#[derive(Debug)]
pub struct Given<Function, const N: usize, const L: u32, const K: u32, F>(Function, PhantomData<F>);

/// A function, with what it is given.
#[inline]
pub fn given<Function, const N: usize, const L: u32, const K: u32, F>(
    function: Function,
) -> Given<Function, N, L, K, F> {
    Given(function, PhantomData)
}

/// Nothing has this trait: it explains what to do.
#[diagnostic::on_unimplemented(
    message = "`{Self}` takes another number of arguments than {N} (line {L}, column {K} of {F})",
    label = "called in line {L}, column {K} of {F}",
    note = "a template writes each of them: {{% url view value %}}, {{% call function value %}}; of a filter, `{{{{ value|filter:other }}}}`, the value is the first"
)]
pub trait Takes<const N: usize, const L: u32, const K: u32, F> {
    /// The function.
    type Function;
    /// The function.
    fn __it(&self) -> Self::Function;
}

/// Functions that take another number of arguments.
pub trait Misfits<Function, const N: usize, const L: u32, const K: u32, F> {
    /// Does not compile.
    fn __function(&self) -> Function::Function
    where
        Function: Takes<N, L, K, F>;
}

impl<Function, const N: usize, const L: u32, const K: u32, F> Misfits<Function, N, L, K, F>
    for Given<Function, N, L, K, F>
{
    fn __function(&self) -> Function::Function
    where
        Function: Takes<N, L, K, F>,
    {
        self.0.__it()
    }
}

/// Functions of as many parameters as they are given.
pub trait Fits<Function, Arguments> {
    /// The function.
    fn __function(&self) -> Function;
}

macro_rules! fits {
    ($($n:literal: $($argument:ident)*;)+) => {$(
        impl<Function, Answer, $($argument,)* const L: u32, const K: u32, F> Fits<Function, ($($argument,)*)>
            for &Given<Function, $n, L, K, F>
        where
            Function: Fn($($argument),*) -> Answer + Copy,
        {
            #[inline]
            fn __function(&self) -> Function {
                self.0
            }
        }
    )+};
}
fits! {
    0: ;
    1: A;
    2: A B;
    3: A B C;
    4: A B C D;
    5: A B C D E;
    6: A B C D E G;
}

/// Of more, rustc's own words have to do.
pub const MOST: usize = 6;

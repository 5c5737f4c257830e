//! Idea 3: every exception is signed. One mechanism for every wall.
//!
//! A [`Waiver`] names its wall in its type and fits no other. Its reason is a literal of at least four
//! words. Outside development builds [`waiver!`] looks its wall, module and reason up in the package's
//! `waivers.lock` while compiling, so an unsigned waiver does not compile.
//!
//! ```
//! use vauban_waiver::{Waiver, walls, waiver};
//!
//! fn unscoped(_signed: Waiver<walls::Unscoped>) {}
//! unscoped(waiver!(Unscoped, "the nightly digest counts all tenants' tasks"));
//! ```

use std::marker::PhantomData;

pub mod lock;
pub mod walls;

pub use walls::Wall;

/// A signed exception from the wall `W`. Made by [`waiver!`] only.
#[derive(Debug, Clone, Copy)]
#[must_use = "a waiver does nothing until it is handed to the function whose wall it lifts"]
pub struct Waiver<W: Wall> {
    reason: &'static str,
    file: &'static str,
    line: u32,
    wall: PhantomData<W>,
}

impl<W: Wall> Waiver<W> {
    /// For [`waiver!`], which has checked the reason. Not part of the public API.
    #[doc(hidden)]
    pub const fn __new(reason: &'static str, file: &'static str, line: u32) -> Self {
        Self {
            reason,
            file,
            line,
            wall: PhantomData,
        }
    }

    /// Why the wall is lifted here.
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    /// The source file that signed.
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// The line that signed.
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// The wall that is passed, as `waivers.lock` names it.
    pub const fn wall(&self) -> &'static str {
        W::NAME
    }
}

/// Signs an exception: `waiver!(Wall, "a reason of at least four words")`.
///
/// The reason is a literal token, because `String::leak` makes a `&'static str` from anything. In a build
/// without `debug_assertions` the entry must stand in the package's `waivers.lock`; the command
/// `waivers --accept` writes it.
#[macro_export]
macro_rules! waiver {
    ($wall:ident, $reason:literal) => {{
        const _: () = ::std::assert!(
            $crate::lock::substantial($reason),
            "a waiver's reason has at least four words: say who needs the exception and why it is safe"
        );
        // Test code needs no signature.
        #[cfg(not(any(debug_assertions, test)))]
        const _: () = ::std::assert!(
            $crate::lock::signed(
                ::std::include_str!(::std::concat!(::std::env!("CARGO_MANIFEST_DIR"), "/waivers.lock")),
                ::std::concat!(
                    ::std::stringify!($wall),
                    " | ",
                    ::std::module_path!(),
                    " | ",
                    $reason,
                    " | "
                )
            ),
            "this waiver is not in waivers.lock: review it, then run the command `waivers --accept`"
        );
        $crate::Waiver::<$crate::walls::$wall>::__new($reason, ::std::file!(), ::std::line!())
    }};
    ($wall:ident, $($reason:tt)*) => {
        ::std::compile_error!(
            "a waiver's reason is a string literal, written out here: `waiver!(Wall, \"why this is safe\")`"
        )
    };
    ($($other:tt)*) => {
        ::std::compile_error!("write `waiver!(Wall, \"a reason of at least four words\")`")
    };
}

//! Idea 3: every exception is signed. One mechanism for every wall.
//!
//! A [`Waiver`] names its wall in its type and fits no other. Its reason is a literal of at least four words. It is
//! bound to the statement that signs it: it cannot be kept, returned, or used twice. In a release [`waiver!`] looks
//! its wall, module and reason up in the package's `waivers.lock` while compiling, so an unsigned waiver does not
//! compile.
//!
//! ```
//! use vauban_waiver::{Waiver, walls, waiver};
//!
//! fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}
//! unscoped(waiver!(Unscoped, "the nightly digest counts all tenants' tasks"));
//! ```

use std::fmt;
use std::marker::PhantomData;

pub mod lock;
#[cfg(all(feature = "scan", debug_assertions))]
pub mod scan;
pub mod walls;

pub use walls::Wall;

/// A signed exception from the wall `W`, at one place. Made by [`waiver!`] only.
///
/// It borrows from a temporary of the statement that signs it, so it stands in the very call that needs it. It is not
/// `Copy` and the functions of a wall take it by value, so it serves once. A function may take one and pass it on:
/// then its callers sign.
///
/// ```
/// use vauban_waiver::{Waiver, waiver, walls};
///
/// fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}
/// fn digest(signed: Waiver<'_, walls::Unscoped>) {
///     unscoped(signed);
/// }
/// digest(waiver!(Unscoped, "the nightly digest counts all tenants' tasks"));
/// ```
///
/// Kept for later, it serves nobody:
///
/// ```compile_fail,E0716
/// use vauban_waiver::{Waiver, waiver, walls};
///
/// fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}
/// let kept = waiver!(Unscoped, "the nightly digest counts all tenants' tasks");
/// unscoped(kept);
/// ```
#[must_use = "a waiver does nothing until it is handed to the function whose wall it lifts"]
pub struct Waiver<'place, W: Wall> {
    place: Place,
    bound: PhantomData<&'place mut Slot>,
    lifts: PhantomData<fn() -> W>,
}

impl<'place, W: Wall> Waiver<'place, W> {
    /// For [`waiver!`], which has checked the reason. Not `const`: neither is a waiver.
    #[doc(hidden)]
    #[deprecated(note = "only `waiver!(Wall, \"why\")` makes a waiver")]
    pub fn __sign(_bound: &'place mut Slot, reason: &'static str, file: &'static str, line: u32) -> Self {
        Self {
            place: Place {
                wall: W::NAME,
                reason,
                file,
                line,
            },
            bound: PhantomData,
            lifts: PhantomData,
        }
    }

    /// Which wall, where and why.
    pub const fn place(&self) -> Place {
        self.place
    }
}

impl<W: Wall> fmt::Debug for Waiver<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Waiver").field(&self.place).finish()
    }
}

/// What a waiver borrows from: a temporary of the statement that signs.
#[doc(hidden)]
#[derive(Debug)]
pub struct Slot(());

impl Slot {
    /// For [`waiver!`]. Not `const`, so that no constant holds a waiver. It opens nothing.
    #[doc(hidden)]
    #[allow(clippy::new_without_default)]
    pub fn __new() -> Self {
        Self(())
    }
}

/// Which wall was lifted, where and why: plain data, which opens nothing.
///
/// What is declared rather than called (`unique_oracle` of a model, a service's rights) is signed by one: the
/// declaration's macro writes it, with the checks of a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    wall: &'static str,
    reason: &'static str,
    file: &'static str,
    line: u32,
}

impl Place {
    /// For declarations' macros.
    #[doc(hidden)]
    #[deprecated(note = "only the declarations of models and services are signed by a place")]
    pub const fn __declared<W: Wall>(reason: &'static str, file: &'static str, line: u32) -> Self {
        Self {
            wall: W::NAME,
            reason,
            file,
            line,
        }
    }

    /// The wall's name as `waivers.lock` writes it: `unscoped`.
    pub const fn wall(&self) -> &'static str {
        self.wall
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
}

/// For [`waiver!`]. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    // CWE-1059: in the crate that signs, `::core` is whatever it calls so, and its `assert!` may hold anything.
    pub use core::marker::PhantomData;
    pub use core::mem::size_of_val;
    pub use core::prelude::v1::test;
    pub use core::{
        assert, cfg, compile_error, concat, env, file, include_str, line, module_path, stringify,
    };
    pub use vauban_waiver_macros::{__beside, __written};

    /// What stands in a test's place where there are no tests.
    #[allow(non_upper_case_globals)]
    pub mod no_test {
        pub const __harness: u8 = 0;
    }
}

/// Signs an exception: `waiver!(Wall, "a reason of at least four words")`.
///
/// The reason is a literal token, because `String::leak` makes a `&'static str` from anything. The waiver is written
/// out, in a file that a `mod` of its name leads to, so that a list finds it. In a release the entry must stand in
/// the package's `waivers.lock`; the command `waivers --accept` writes it. Test code needs no signature.
#[macro_export]
macro_rules! waiver {
    // No block round the value: it would drop what the waiver borrows from.
    ($wall:ident, $reason:literal $(,)?) => {
        match &mut $crate::Slot::__new() {
            #[allow(deprecated)]
            slot => $crate::Waiver::<$crate::walls::$wall>::__sign(
                slot,
                const {
                    $crate::__checks!($wall, $reason);
                    $reason
                },
                $crate::__private::file!(),
                $crate::__private::line!(),
            ),
        }
    };
    ($wall:ident, $($reason:tt)*) => {
        $crate::__private::compile_error!(
            "a waiver's reason is a string literal, written out here: `waiver!(Wall, \"why this is safe\")`"
        )
    };
    ($($other:tt)*) => {
        $crate::__private::compile_error!("write `waiver!(Wall, \"a reason of at least four words\")`")
    };
}

/// For declarations' macros: a [`Place`] with the checks of a waiver, as a constant.
#[doc(hidden)]
#[macro_export]
macro_rules! __place {
    (waiver!($wall:ident, $reason:literal $(,)?)) => {
        $crate::__place!($wall, $reason)
    };
    ($wall:ident, $reason:literal $(,)?) => {
        const {
            $crate::__checks!($wall, $reason);
            #[allow(deprecated)]
            const PLACE: $crate::Place = $crate::Place::__declared::<$crate::walls::$wall>(
                $reason,
                $crate::__private::file!(),
                $crate::__private::line!(),
            );
            PLACE
        }
    };
    ($($other:tt)*) => {
        $crate::__private::compile_error!(
            "write `waiver!(Wall, \"a reason of at least four words\")`, its reason written out here"
        )
    };
}

/// What every signature is checked for. Constants of their own, so that `cargo check` evaluates them.
#[doc(hidden)]
#[macro_export]
macro_rules! __checks {
    ($wall:ident, $reason:literal) => {
        $crate::__reasoned!($reason);
        // CWE-1059: nobody reads what no list finds.
        const _: () = $crate::__private::assert!(
            $crate::__private::__written!($crate, $wall, $reason)
                || $crate::__private::cfg!(test)
                || $crate::lock::placed($crate::__private::module_path!(), $crate::__private::file!()),
            "a waiver stands in a file that no `mod` of its own name leads to (`include!`, `path = …`), where no list of waivers finds it: make the file a module"
        );
        $crate::__real_test!();
        $crate::__signed!($wall, [$crate::__private::module_path!()], $reason);
    };
}

/// A release signs, whatever its profile says of `debug-assertions` (CWE-489).
#[cfg(must_sign)]
#[doc(hidden)]
#[macro_export]
macro_rules! __signed {
    ($wall:ident, [$($module:tt)+], $reason:literal) => {
        #[cfg(not(test))]
        $crate::__look_up!($wall, [$($module)+], $reason);
    };
}

/// A development build signs when it is built without `debug-assertions`; then it has no need of a lock's file.
#[cfg(not(must_sign))]
#[doc(hidden)]
#[macro_export]
macro_rules! __signed {
    ($wall:ident, [$($module:tt)+], $reason:literal) => {
        #[cfg(not(any(debug_assertions, test)))]
        $crate::__look_up!($wall, [$($module)+], $reason);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __look_up {
    ($wall:ident, [$($module:tt)+], $reason:literal) => {
        const _: bool = $crate::__private::__beside!($crate, $reason);
        const _: () = $crate::__private::assert!(
            $crate::lock::signed(
                $crate::__private::include_str!($crate::__private::concat!(
                    $crate::__private::env!("CARGO_MANIFEST_DIR"),
                    "/waivers.lock"
                )),
                $crate::__private::concat!(
                    $crate::__private::stringify!($wall),
                    " | ",
                    $($module)+,
                    " | ",
                    $reason,
                    " | "
                )
            ),
            "this waiver is not in waivers.lock: review it, then run the command `waivers --accept`"
        );
    };
}

/// For templates: `{% waiver CrossOriginForm "why" %}`, signed for the template's file.
#[doc(hidden)]
#[macro_export]
macro_rules! __in_template {
    ($wall:ident, $file:literal, $reason:literal) => {
        const _: $crate::__private::PhantomData<$crate::walls::$wall> = $crate::__private::PhantomData;
        $crate::__reasoned!($reason);
        $crate::__real_test!();
        $crate::__signed!($wall, [$file], $reason);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __reasoned {
    ($reason:literal) => {
        const _: () = $crate::__private::assert!(
            $crate::lock::substantial($reason),
            "a waiver's reason has at least four words: say who needs the exception and why it is safe"
        );
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __real_test {
    () => {
        // CWE-489: a build script may print `rustc-cfg=test`; then `#[test]` still leaves nothing.
        #[cfg(test)]
        const _: () = {
            #[allow(unused_imports)]
            use $crate::__private::no_test::*;
            #[allow(unnameable_test_items, dead_code)]
            #[$crate::__private::test]
            fn __harness() {}
            $crate::__private::assert!(
                $crate::__private::size_of_val(&__harness) == 0,
                "`cfg(test)` was set by hand: only `cargo test` sets it, and only tests need no signature"
            );
        };
    };
}

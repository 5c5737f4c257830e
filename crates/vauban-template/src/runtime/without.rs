//! Types that a place in a template does not take, refused while it is compiled.
//!
//! The generated code calls `has()` on a probe behind three references (see [`crate::runtime::put`]). For the types that
//! are listed, the first method that fits has a bound that nothing fulfils and that says what to do; for all others it
//! does nothing.

macro_rules! without {
    ([$($type:ty),+] $without:ident, $marker:ident, $lacks:ident, $has:ident) => {
        /// The types, or references to them.
        pub trait $without {}
        $(impl $without for $type {})+
        impl<T: $without + ?Sized> $without for &T {}
        impl<T: $without + ?Sized, const L: u32, const K: u32, F> $lacks<T, L, K, F>
            for &&Probe<'_, T, $marker, L, K, F>
        {
            fn has(&self)
            where
                T: $has<L, K, F>,
            {
            }
        }
    };
}
pub(crate) use without;

//! Vauban's template engine: Django's syntax, compiled to Rust, with escaping by context.
//!
//! Templates are parsed as HTML while the program is compiled. Every value is escaped for the place it
//! stands in; a place that no escaper can make safe does not compile. A `String` never becomes markup.
//!
//! The compiler stands behind the feature `compiler` and is used by `vauban-macros`; a site's binary holds
//! only the escapers, the safe types and the filters.

pub mod runtime;

#[cfg(feature = "compiler")]
pub mod compiler;

#[doc(hidden)]
pub use runtime::context::{OWN_COOKIES, is_own_cookie};
pub use runtime::context::{RenderContext, UrlTo, page};
pub use runtime::escape;
pub use runtime::filters;
#[doc(hidden)]
pub use runtime::pattern::{is_literal_segment, is_prefix};
pub use runtime::safe::{Nonce, ResourceUrl, SafeHtml, SafeUrl};
#[cfg(feature = "sanitize")]
pub use runtime::sanitize;
pub use runtime::script::{FRAGMENT_HEADER, FRAGMENTS_JS, FRAGMENTS_PATH, TYPED_JS, TYPED_PATH};
pub use runtime::template::{Component, Fragment, Slots, Template};

/// Calls a literal an address from which code or documents may be loaded: `resource_url!("https://…")`.
#[macro_export]
macro_rules! resource_url {
    ($url:literal) => {
        match () {
            #[allow(deprecated)]
            () => $crate::ResourceUrl::__literal(::std::concat!($url)),
        }
    };
}

/// What generated code uses. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::runtime::compared::{Chosen, HasChoice, Stated, WithNumber, WithText};
    pub use crate::runtime::context::{InForm, NoContext, OfTheFramework, RenderContext, UrlTo};
    pub use crate::runtime::escape;
    pub use crate::runtime::escape::Escape;
    pub use crate::runtime::filters;
    pub use crate::runtime::filters::date_parts::{Calendar, Clock};
    pub use crate::runtime::filters::input::{
        Adding, Counting, Listed, MarkupOrText, Moment, Numeric, Tristately,
    };
    pub use crate::runtime::given::given;
    pub use crate::runtime::opened;
    pub use crate::runtime::opened::here;
    pub use crate::runtime::ours::{Derived, Ours};
    pub use crate::runtime::put::*;
    pub use crate::runtime::safe::SafeHtml;
    pub use crate::runtime::sides::Other;
    pub use crate::runtime::template::{Component, Field, Slots, Template, component, int};
    pub use crate::runtime::value::*;
    pub use vauban_waiver;

    /// Traits whose methods generated code calls.
    pub mod levels {
        pub use crate::runtime::compared::{
            AnyWithNumber, AnyWithText, LacksWithNumber, LacksWithText, StatedChoice, StatedOption,
        };
        pub use crate::runtime::filters::date_parts::{AnyCalendar, AnyClock, LacksCalendar, LacksClock};
        pub use crate::runtime::filters::input::{
            AddingDisplay, AddingPlain, CountList, CountPlain, ListItems, ListText, MarkupDisplay,
            MarkupHtml, MarkupPlain, MomentDated, MomentDisplay, MomentPlain, NumberDisplay, NumberPlain,
            TristateFilled, TristateOption, TristatePlain,
        };
        pub use crate::runtime::given::{Fits, Misfits};
        pub use crate::runtime::opened::{AnyOpened, ClosedForField, ClosedForList, ClosedForRows};
        pub use crate::runtime::put::{
            PutDisplay, PutPlain, PutTrusted, PutUrlAction, PutUrlResource, PutUrlStart,
        };
        pub use crate::runtime::sides::{CompareDisplay, CompareExact, CompareRead, SideText};
        pub use crate::runtime::value::{
            CompareOption, CompareViews, MaybeOption, MaybeReferred, NarrowFilled, NarrowOption,
            NarrowOptionFilled, NarrowOptionPlain, NarrowPlain, TextDisplay, TextPlain,
        };
    }
}

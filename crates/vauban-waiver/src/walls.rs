//! The walls that a waiver can lift, one type each.

mod sealed {
    pub trait Sealed {}
}

/// A wall. Sealed: an application cannot invent one.
pub trait Wall: sealed::Sealed + Send + Sync + 'static {
    /// The name as it stands in `waivers.lock`.
    const NAME: &'static str;
}

macro_rules! walls {
    ($($(#[$doc:meta])+ $name:ident),+ $(,)?) => {
        $(
            $(#[$doc])+
            #[derive(Debug, Clone, Copy)]
            pub enum $name {}
            impl sealed::Sealed for $name {}
            impl Wall for $name { const NAME: &'static str = stringify!($name); }
        )+
        /// Every wall's name.
        pub const ALL: &[&str] = &[$(stringify!($name)),+];
    };
}

walls! {
    /// Reading one model without its policy (CWE-639).
    Unscoped,
    /// Writing one model without its policy (CWE-639).
    UnscopedWrite,
    /// What a service may do beyond the policies (CWE-441).
    ServiceRights,
    /// Calling a string HTML (CWE-79).
    TrustHtml,
    /// Calling a string a URL that may be navigated to (CWE-79).
    TrustUrl,
    /// Calling a string a URL from which code or documents may be loaded (CWE-829).
    TrustResourceUrl,
    /// A POST form that sends its data to another origin (CWE-352).
    CrossOriginForm,
    /// A column whose uniqueness tells that a hidden row exists (CWE-203).
    UniqueOracle,
}

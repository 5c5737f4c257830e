//! What a template may ask of the response it is rendered for.

/// Says that a [`RenderContext`] is the framework's. Deprecated from its birth is the one way to it, so that rustc reports
/// whoever else names it.
#[doc(hidden)]
#[derive(Debug)]
pub struct OfTheFramework(());

impl OfTheFramework {
    /// For the framework's contexts.
    #[deprecated(note = "only the framework says what a page is rendered for: a view takes `cx: &Request`")]
    pub const fn __made() -> Self {
        Self(())
    }
}

/// One response. The framework's `Request` is one, and nothing else: what a context appends is written into the page as
/// it is, so that one by hand would make markup of any text (CWE-79).
pub trait RenderContext {
    /// Says so. Asked before markup is made, so that nothing is written for a context that cannot answer. Deprecated, so
    /// that no other context answers with the framework's.
    #[doc(hidden)]
    #[deprecated(note = "only the framework asks a context whose it is")]
    fn __of_the_framework(&self) -> OfTheFramework;
    /// The Content-Security-Policy nonce of this response.
    fn nonce(&self) -> &str;
    /// Appends a fresh form token for a form with this literal action (base64url text only).
    fn write_csrf_token(&self, action: Option<&str>, out: &mut String);
    /// Appends the hashed URL of a static file.
    fn write_static_url(&self, path: &str, out: &mut String);
    /// The prefix under which a route's table is mounted.
    fn mount(&self, route: &'static str) -> &str;
    /// Who is signed in.
    fn user(&self) -> &page::User;
    /// One-time messages for this visitor, oldest first; showing them uses them up.
    fn messages(&self) -> &[page::Message];
    /// Whether what is written becomes part of a form that was written elsewhere.
    #[doc(hidden)]
    fn __in_form(&self) -> bool {
        false
    }
    /// A signed POST form to another origin was written: the page's policy has to send it there.
    #[doc(hidden)]
    fn __form_leaves(&self, origin: &'static str) {
        let _ = origin;
    }
    /// How many components this one stands in.
    #[doc(hidden)]
    fn __depth(&self) -> usize {
        0
    }
    /// Says that the page could not be written whole, and why.
    #[doc(hidden)]
    fn __unfinished(&self, why: String) {
        let _ = why;
    }
    /// The path of the request.
    fn path(&self) -> &str;
    /// The query string of the request, without `?`.
    fn query(&self) -> &str;
    /// Whether the developer is looking: a debug build, answering on the developer's own machine. In Django's words
    /// `debug`; in a release it is never true.
    fn debug(&self) -> bool {
        false
    }
    /// A cookie of the request, for harmless choices such as a theme: `{{ cookies.theme }}`. Empty if absent.
    fn cookie(&self, name: &str) -> &str {
        let _ = name;
        ""
    }
}

/// No response: for markup that is made outside of one. Nothing that needs a response can be written there.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct NoContext;

impl RenderContext for NoContext {
    #[allow(deprecated)]
    fn __of_the_framework(&self) -> OfTheFramework {
        OfTheFramework::__made()
    }
    fn nonce(&self) -> &str {
        ""
    }
    fn write_csrf_token(&self, _: Option<&str>, _: &mut String) {}
    fn write_static_url(&self, _: &str, _: &mut String) {}
    fn mount(&self, _: &'static str) -> &str {
        ""
    }
    fn user(&self) -> &page::User {
        static NOBODY: page::User = page::User {
            id: None,
            name: String::new(),
            email: String::new(),
            is_signed_in: false,
            can_sign_up: false,
            is_staff: false,
            is_superuser: false,
        };
        &NOBODY
    }
    fn messages(&self) -> &[page::Message] {
        &[]
    }
    fn path(&self) -> &str {
        ""
    }
    fn query(&self) -> &str {
        ""
    }
}

/// The context of a component: of the page, and one deeper.
#[allow(missing_debug_implementations)]
pub(in crate::runtime) struct Deeper<'a> {
    pub(in crate::runtime) cx: &'a dyn RenderContext,
    pub(in crate::runtime) depth: usize,
}

impl RenderContext for Deeper<'_> {
    #[allow(deprecated)]
    fn __of_the_framework(&self) -> OfTheFramework {
        self.cx.__of_the_framework()
    }
    fn __depth(&self) -> usize {
        self.depth
    }
    fn __unfinished(&self, why: String) {
        self.cx.__unfinished(why);
    }
    fn __form_leaves(&self, origin: &'static str) {
        self.cx.__form_leaves(origin);
    }
    fn __in_form(&self) -> bool {
        self.cx.__in_form()
    }
    fn write_csrf_token(&self, action: Option<&str>, out: &mut String) {
        self.cx.write_csrf_token(action, out);
    }
    fn nonce(&self) -> &str {
        self.cx.nonce()
    }
    fn write_static_url(&self, path: &str, out: &mut String) {
        self.cx.write_static_url(path, out);
    }
    fn mount(&self, route: &'static str) -> &str {
        self.cx.mount(route)
    }
    fn user(&self) -> &page::User {
        self.cx.user()
    }
    fn messages(&self) -> &[page::Message] {
        self.cx.messages()
    }
    fn path(&self) -> &str {
        self.cx.path()
    }
    fn query(&self) -> &str {
        self.cx.query()
    }
    fn debug(&self) -> bool {
        self.cx.debug()
    }
    fn cookie(&self, name: &str) -> &str {
        self.cx.cookie(name)
    }
}

/// The context of what stands inside a form but was made elsewhere: a component, or what fills a slot.
///
/// CWE-352: browsers drop a form inside a form, so that its hidden token would be sent wherever the outer form goes.
/// It is not written.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct InForm<'a>(pub &'a dyn RenderContext);

impl RenderContext for InForm<'_> {
    #[allow(deprecated)]
    fn __of_the_framework(&self) -> OfTheFramework {
        self.0.__of_the_framework()
    }
    fn write_csrf_token(&self, _: Option<&str>, _: &mut String) {}
    fn __in_form(&self) -> bool {
        true
    }
    fn __form_leaves(&self, origin: &'static str) {
        self.0.__form_leaves(origin);
    }
    fn __depth(&self) -> usize {
        self.0.__depth()
    }
    fn __unfinished(&self, why: String) {
        self.0.__unfinished(why);
    }
    fn nonce(&self) -> &str {
        self.0.nonce()
    }
    fn write_static_url(&self, path: &str, out: &mut String) {
        self.0.write_static_url(path, out);
    }
    fn mount(&self, route: &'static str) -> &str {
        self.0.mount(route)
    }
    fn user(&self) -> &page::User {
        self.0.user()
    }
    fn messages(&self) -> &[page::Message] {
        self.0.messages()
    }
    fn path(&self) -> &str {
        self.0.path()
    }
    fn query(&self) -> &str {
        self.0.query()
    }
    fn debug(&self) -> bool {
        self.0.debug()
    }
    fn cookie(&self, name: &str) -> &str {
        self.0.cookie(name)
    }
}

/// The address of a route, as `routes!` makes it, and nothing else: it is written wherever an address may stand, as it
/// is. The scan for waivers tells of other implementations, by the name of the method (CWE-79, CWE-601).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the address of a route",
    note = "write {{% url name %}}, or give the template a value from `urls::name()`"
)]
pub trait UrlTo {
    /// Says so. Asked before the address is written.
    #[doc(hidden)]
    const __OURS: super::ours::Ours<Self>;
    /// Appends the path with its mount prefix.
    #[doc(hidden)]
    fn __write_url(&self, cx: &dyn RenderContext, out: &mut String);
}

impl<T: UrlTo + ?Sized> UrlTo for &T {
    #[allow(deprecated)]
    const __OURS: super::ours::Ours<Self> = {
        T::__OURS.is_so();
        super::ours::Ours::__made()
    };
    fn __write_url(&self, cx: &dyn RenderContext, out: &mut String) {
        (**self).__write_url(cx, out);
    }
}

/// Names of cookies that are Vauban's own: neither a page nor an application reads or writes one (CWE-200, CWE-384).
#[doc(hidden)]
pub const OWN_COOKIES: &[&str] = &["session", "csrf", "device", "messages", "kept", "ended"];

/// Whether a cookie's name is one of [`OWN_COOKIES`]; case makes no other name.
#[doc(hidden)]
pub fn is_own_cookie(name: &str) -> bool {
    OWN_COOKIES.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Data that every page has.
pub mod page {
    /// Who is signed in, as far as a page shows it.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct User {
        /// The id as text.
        pub id: Option<String>,
        /// The name to show.
        pub name: String,
        /// The e-mail address, in its normal form.
        pub email: String,
        /// Somebody is signed in.
        pub is_signed_in: bool,
        /// Is not, and may make an account: the site's settings let people sign up.
        pub can_sign_up: bool,
        /// May use the admin site.
        pub is_staff: bool,
        /// Is named as superuser.
        pub is_superuser: bool,
    }

    /// A message that is shown once, on the next page.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Message {
        /// How grave it is.
        pub level: Level,
        /// What it says: text, never markup.
        pub text: String,
    }

    /// How grave a message is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Level {
        /// For who develops the site: the least important level.
        Debug,
        /// Says what is so, and asks for nothing.
        Info,
        /// Says that what was asked for has been done.
        Success,
        /// Says that something wants care, though it was done.
        Warning,
        /// It did not work.
        Error,
    }

    impl std::fmt::Display for Level {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(match self {
                Self::Debug => "debug",
                Self::Info => "info",
                Self::Success => "success",
                Self::Warning => "warning",
                Self::Error => "error",
            })
        }
    }
}

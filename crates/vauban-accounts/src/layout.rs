//! Account pages in the application's own layout.
//!
//! The application wraps: it names a template of its own that is made [`From`] an [`AccountPage`] and puts the
//! page's title and content where it wants them.
//!
//! ```ignore
//! #[derive(Template)]
//! #[template("account.html")]           // {% extends "base.html" %} … {{ page.title }} … {{ page.content }}
//! struct SitePage { page: AccountPage }
//! impl From<AccountPage> for SitePage { fn from(page: AccountPage) -> Self { Self { page } } }
//!
//! App::new(vauban::package!()).account_layout::<SitePage>()
//! ```

use vauban::http::Replaceable;
use vauban::http::StatusCode;
use vauban::{Module, SafeHtml, Template};

use vauban::http::{Caching, Request, Respond, Response};

/// A page of sign-up, sign-in and so on: its title, and its content as HTML that a compiled template wrote.
#[derive(Debug, Clone)]
pub struct AccountPage {
    /// For `<title>`; the content has its own `<h1>`.
    pub title: &'static str,
    /// Heading, form and links.
    pub content: SafeHtml,
}

/// How account pages become whole pages.
#[derive(Clone, Copy)]
pub struct Layout {
    write: fn(AccountPage, &Request) -> Response,
    say: fn(Module) -> Module,
}

impl Layout {
    /// The application's template.
    pub fn of<L: From<AccountPage> + Respond + 'static>() -> Self {
        Self {
            write: |page, cx| L::from(page).respond(cx),
            say: Module::pages_are_written_by::<AccountPage, L>,
        }
    }

    /// CWE-1059: what writes the sign-in page stands in the access matrix.
    pub(crate) fn said(self, module: Module) -> Module {
        (self.say)(module)
    }
}

impl Default for Layout {
    /// A plain page, so that an application without a layout works.
    fn default() -> Self {
        Self {
            // The module's own.
            say: |module| module,
            ..Self::of::<PlainPage>()
        }
    }
}

impl std::fmt::Debug for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Layout")
    }
}

#[derive(Template)]
#[template("accounts/layout.html")]
struct PlainPage {
    page: AccountPage,
}

impl From<AccountPage> for PlainPage {
    fn from(page: AccountPage) -> Self {
        Self { page }
    }
}

/// One account page on its way: rendered inside the layout, unless the site has one of its own; kept by nobody.
pub(super) struct Page<T> {
    pub(super) title: &'static str,
    pub(super) content: T,
    pub(super) layout: Layout,
    pub(super) status: StatusCode,
    /// Seconds, for `Retry-After`.
    pub(super) retry_after: Option<i64>,
}

impl<T: Replaceable> Respond for Page<T> {
    fn respond(self, cx: &Request) -> Response {
        let response = match cx.replacement::<T>() {
            Some(write) => by_the_site(write, self.content, cx),
            None => {
                let page = AccountPage {
                    title: self.title,
                    content: self.content.to_html(cx),
                };
                (self.layout.write)(page, cx)
            }
        };
        let response = response.status_code(self.status).caching(Caching::NoStore);
        match self.retry_after {
            Some(seconds) => response.retry_after(seconds),
            None => response,
        }
    }

    fn commits(&self) -> bool {
        self.status.as_u16() < 400
    }
}

/// A page of the site's own in place of ours.
fn by_the_site<T: Replaceable>(write: fn(T, &Request) -> Response, page: T, cx: &Request) -> Response {
    // Whoever writes one sees it, and so do the site's tests: the prober calls every page.
    #[cfg(any(debug_assertions, feature = "testing"))]
    let ours = page.to_html(cx);
    let response = write(page, cx);
    #[cfg(any(debug_assertions, feature = "testing"))]
    if !response.headers().contains_key("x-fragment")
        && let Some(lacking) = crate::same_forms::lacking(ours.as_str(), response.body().bytes())
    {
        let page = std::any::type_name::<T>();
        vauban::RenderContext::__unfinished(
            cx,
            format!("the site's own page in place of `{page}` {lacking}"),
        );
    }
    response
}

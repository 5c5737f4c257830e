//! What templates ask of a request.

use ::http::{HeaderName, HeaderValue, StatusCode, header};
use vauban_template::{RenderContext, Template, UrlTo, page};

use super::{Request, Response};
use crate::middleware::csrf;
use crate::routing::Url;

impl RenderContext for Request {
    fn nonce(&self) -> &str {
        Self::nonce(self)
    }

    fn write_csrf_token(&self, action: Option<&str>, out: &mut String) {
        csrf::write(self.site(), self, action, out);
    }

    fn write_static_url(&self, path: &str, out: &mut String) {
        self.site().static_files.write_url(path, out);
    }

    fn mount(&self, route: &'static str) -> &str {
        Self::mount(self, route)
    }

    fn user(&self) -> &page::User {
        &self.identity().user
    }

    fn messages(&self) -> &[page::Message] {
        self.take_messages()
    }

    fn path(&self) -> &str {
        Self::path(self)
    }

    fn query(&self) -> &str {
        Self::query(self)
    }

    fn cookie(&self, name: &str) -> &str {
        Self::cookie(self, name).unwrap_or_default()
    }

    fn debug(&self) -> bool {
        // CWE-489: not in a release build, not for others than the developer, and for nobody once the site is shared.
        #[cfg(debug_assertions)]
        {
            self.is_from_developer()
        }
        #[cfg(not(debug_assertions))]
        false
    }
}

impl UrlTo for Url {
    fn __write_url(&self, cx: &dyn RenderContext, out: &mut String) {
        self.push(cx.mount(self.view()), out);
    }
}

/// A page as an answer; what `#[derive(Template)]` calls.
///
/// A request that names one of the page's fragments gets that part alone: what `fragments.js` asks for.
#[doc(hidden)]
pub fn respond_template<T: Template>(page: &T, cx: &Request) -> Response {
    const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
    const FRAGMENT: HeaderName = HeaderName::from_static("x-fragment");
    const VARIES: HeaderValue = HeaderValue::from_static("x-fragment");
    if !T::FRAGMENTS.is_empty()
        && let Some(asked) = cx.headers().get(FRAGMENT)
        // Only a name that the template has: nothing of the request is written into the answer.
        && let Some(name) = T::FRAGMENTS.iter().find(|name| name.as_bytes() == asked.as_bytes())
        && let Ok(confirmed) = HeaderValue::from_str(name)
    {
        let mut out = String::with_capacity(T::SIZE_HINT);
        page.fragment_into(name, cx, &mut out);
        return Response::new(StatusCode::OK, out)
            .set(header::CONTENT_TYPE, HTML)
            .set(header::VARY, VARIES)
            .set(FRAGMENT, confirmed);
    }
    let mut out = String::with_capacity(T::SIZE_HINT + T::SIZE_HINT / 4);
    page.render_into(cx, &mut out);
    let answer = Response::new(StatusCode::OK, out).set(header::CONTENT_TYPE, HTML);
    if T::FRAGMENTS.is_empty() {
        answer
    } else {
        answer.set(header::VARY, VARIES)
    }
}

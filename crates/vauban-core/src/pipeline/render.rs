//! How a page is written: what templates ask of a request, and the pages that a site replaces.

use std::any::type_name;

use ::http::{HeaderName, HeaderValue, StatusCode, header};
use vauban_template::{RenderContext, Template, UrlTo, page};

use super::csrf;
use crate::http::{Error, PagesByType, Replaceable, ReplacedTwice, Request, Response};
use crate::routing::Url;

impl RenderContext for Request {
    #[allow(deprecated)]
    fn __of_the_framework(&self) -> vauban_template::__private::OfTheFramework {
        vauban_template::__private::OfTheFramework::__made()
    }
    fn nonce(&self) -> &str {
        Self::nonce(self)
    }

    fn write_csrf_token(&self, action: Option<&str>, out: &mut String) {
        csrf::write(self.site(), self, action, out);
    }

    fn __form_leaves(&self, origin: &'static str) {
        if !self
            .site()
            .headers
            .document(self.view_type())
            .sends_forms_to(origin)
        {
            self.hold_back(origin);
        }
    }

    fn write_static_url(&self, path: &str, out: &mut String) {
        self.site().static_files.write_url(path, out);
    }

    fn mount(&self, route: &'static str) -> &str {
        Self::mount(self, route)
    }

    fn user(&self) -> &page::User {
        // Not `identity()`: the page of a gate is written before anybody is known.
        &self.identity.user
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

    fn __unfinished(&self, why: String) {
        self.mark_unfinished(why);
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
    #[allow(deprecated)]
    const __OURS: vauban_template::__private::Ours<Self> = vauban_template::__private::Ours::__made();
    fn __write_url(&self, cx: &dyn RenderContext, out: &mut String) {
        self.push(cx.mount(self.view()), out);
    }
}

/// What a part begins with, so that a browser reads it as it does in the page: by the standard, and with the space at its start.
const PART_OF_A_PAGE: &str = "<!doctype html><body>";

/// A page as an answer; what `#[derive(Template)]` calls.
///
/// A request that names one of the page's fragments gets that part alone: what `fragments.js` asks for.
#[doc(hidden)]
pub fn respond_template<T: Template>(page: &T, cx: &Request) -> Response {
    const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
    const FRAGMENT: HeaderName = HeaderName::from_static("x-fragment");
    const VARIES: HeaderValue = HeaderValue::from_static("x-fragment");
    // CWE-79: what a page appends is not escaped; only the derive's pages are written.
    const { T::__DERIVED.is_so() };
    if !T::FRAGMENTS.is_empty()
        && let Some(asked) = cx.headers().get(FRAGMENT)
        // Only a name that the template has: nothing of the request is written into the answer.
        && let Some(at) = T::FRAGMENTS.iter().position(|name| name.as_bytes() == asked.as_bytes())
        && let Ok(confirmed) = HeaderValue::from_str(T::FRAGMENTS[at])
        && let mut out = [PART_OF_A_PAGE, T::__INSIDE.get(at).copied().unwrap_or_default()].concat()
        // CWE-639: a part that the page does not show to this request is no part of it.
        && page.fragment_into(T::FRAGMENTS[at], cx, &mut out)
    {
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

/// CWE-674: a page whose data nests too deep is none, and half of it is not sent.
pub(super) fn whole(cx: &Request, answer: Response) -> Result<Response, Error> {
    match cx.take_unfinished() {
        None => Ok(answer),
        Some(why) => Err(Error::internal(why)),
    }
}

/// What writes a page.
type Write<T> = fn(T, &Request) -> Response;

impl Request {
    /// What writes a page in place of `T`, if the site has one of its own: for a module that puts its pages into something, such as a
    /// layout, where they are its own.
    pub fn replacement<T: Replaceable>(&self) -> Option<fn(T, &Self) -> Response> {
        self.site().pages.find::<T, Write<T>>()
    }
}

impl PagesByType {
    /// `R` is written where a view answers with `T`.
    ///
    /// # Errors
    /// If `T` has a replacement already.
    pub fn replace<T, R>(&mut self) -> Result<(), ReplacedTwice>
    where
        T: Replaceable,
        R: From<T> + Template + 'static,
    {
        // Written as what it is, and not asked again for a replacement of its own: there is no circle.
        let write: Write<T> = |page, cx| respond_template(&R::from(page), cx);
        self.insert::<T, Write<T>>(write, type_name::<R>())
    }
}

/// A replaceable page as an answer; what `#[derive(Template)]` calls.
#[doc(hidden)]
pub fn respond_replaceable<T: Replaceable>(page: T, cx: &Request) -> Response {
    match cx.replacement::<T>() {
        Some(write) => write(page, cx),
        None => respond_template(&page, cx),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::http::{Caching, Respond};
    use crate::settings::{Mode, Settings};
    use crate::signing::Keys;
    use crate::site::Site;
    use crate::site::Wired;
    use vauban_macros::Template;

    #[derive(Template)]
    #[template(
        source = "<p>{{ text }}</p>{% partialdef part inline %}<i>theirs</i>{% endpartialdef %}",
        replaceable
    )]
    struct Theirs {
        text: String,
    }

    #[derive(Template)]
    #[template(
        source = "<h2>{{ theirs.text }}</h2>{% partialdef part inline %}<i>ours</i>{% endpartialdef %}"
    )]
    struct Ours {
        theirs: Theirs,
    }

    impl From<Theirs> for Ours {
        fn from(theirs: Theirs) -> Self {
            Self { theirs }
        }
    }

    pub(in crate::pipeline) fn cx(pages: PagesByType, fragment: Option<&str>) -> Request {
        let package = crate::Package::for_test("test", "", None);
        let settings = Settings::defaults(Mode::Development);
        let wired = Wired {
            pages,
            ..Wired::default()
        };
        let site = Site::of(package, wired, settings, Keys::random(), None).unwrap();
        let mut request = http::Request::get("/")
            .header("host", "localhost:8000")
            .header("accept", "text/html");
        if let Some(name) = fragment {
            request = request.header("x-fragment", name);
        }
        let head = request.body(()).unwrap().into_parts().0;
        Request::new(std::sync::Arc::new(site), head, [127, 0, 0, 1].into(), false)
    }

    fn answer(pages: PagesByType, fragment: Option<&str>) -> String {
        let cx = cx(pages, fragment);
        let page = Theirs {
            text: "<b>".to_owned(),
        };
        assert!(page.commits());
        let answer = Response::of(page)
            .status_code(http::StatusCode::UNPROCESSABLE_ENTITY)
            .render(&cx);
        assert_eq!(
            answer.status(),
            http::StatusCode::UNPROCESSABLE_ENTITY,
            "the view's status stays"
        );
        String::from_utf8(answer.body().bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_page_is_written_by_its_replacement() {
        assert_eq!(
            answer(PagesByType::default(), None),
            "<p>&lt;b&gt;</p><i>theirs</i>"
        );
        let mut pages = PagesByType::default();
        pages.replace::<Theirs, Ours>().unwrap();
        // CWE-79: the replacement escapes as every page.
        assert_eq!(answer(pages, None), "<h2>&lt;b&gt;</h2><i>ours</i>");
    }

    #[derive(Template)]
    #[template(
        source = "<table><tr><td>{% if user.is_staff %}{% fragment notes %}secret{% endfragment %}{% endif %}</td></tr>{% fragment rows %}<tr><td>1</td></tr>{% endfragment %}</table>"
    )]
    struct Guarded {}

    /// CWE-639: the attack is the name of a part that the page hides from this caller.
    #[test]
    fn a_part_that_the_page_hides_is_none() {
        let answer = |name| {
            let cx = cx(PagesByType::default(), Some(name));
            let answer = Response::of(Guarded {}).render(&cx);
            let confirmed = answer.headers().get("x-fragment").cloned();
            (
                String::from_utf8(answer.body().bytes().to_vec()).unwrap(),
                confirmed,
            )
        };
        assert_eq!(answer("notes"), answer("nothing"));
        assert!(answer("notes").0.starts_with("<table><tr><td></td>"));
        // A row comes with what a browser needs to read it as one.
        let (rows, confirmed) = answer("rows");
        assert_eq!(
            rows,
            "<!doctype html><body><table data-fragment-part><tr><td>1</td></tr>"
        );
        assert_eq!(confirmed.unwrap(), "rows");
    }

    #[test]
    fn a_part_of_a_page_is_the_replacements() {
        let mut pages = PagesByType::default();
        pages.replace::<Theirs, Ours>().unwrap();
        assert_eq!(answer(pages, Some("part")), "<!doctype html><body><i>ours</i>");
    }

    #[derive(serde::Serialize)]
    struct Row {
        below: Vec<Row>,
    }

    impl Row {
        fn nested(depth: usize) -> Self {
            (0..depth).fold(Self { below: Vec::new() }, |row, _| Self { below: vec![row] })
        }
    }

    #[derive(Template)]
    #[template(
        source = "<li>{% for row in row.below %}{% component Thread row=row %}{% endcomponent %}{% endfor %}</li>"
    )]
    struct Thread<'a> {
        row: &'a Row,
    }

    #[derive(Template)]
    #[template(source = "<ul>{% component Thread row=row %}{% endcomponent %}</ul>")]
    struct Threads {
        row: Row,
    }

    #[derive(Template)]
    #[template(source = "<i data-rows=\"[{{ row }}]\"></i><script>const rows = {{ row }};</script>")]
    struct Scripted {
        row: Row,
    }

    /// CWE-674: the attack is a thread of answers that is so deep that writing it uses up the stack, which ends the process.
    #[test]
    fn rows_that_nest_too_deep_make_no_page_and_end_no_process() {
        let cx = cx(PagesByType::default(), None);
        let mut out = String::new();
        Threads { row: Row::nested(99) }.render_into(&cx, &mut out);
        assert_eq!(out.matches("<li>").count(), 100);
        assert_eq!(cx.take_unfinished(), None);
        Scripted { row: Row::nested(60) }.render_into(&cx, &mut out);
        assert_eq!(cx.take_unfinished(), None);
        Threads {
            row: Row::nested(5_000),
        }
        .render_into(&cx, &mut out);
        let why = cx.take_unfinished().unwrap();
        assert!(why.contains("Thread") && why.contains("flat list"), "{why}");
        Scripted {
            row: Row::nested(5_000),
        }
        .render_into(&cx, &mut out);
        let why = cx.take_unfinished().unwrap();
        assert!(why.contains("Row") && why.contains("too deep"), "{why}");
        // Nor an answer in JSON.
        let json = |levels| crate::routing::Json(Row::nested(levels)).respond(&cx).status();
        assert_eq!(json(60), StatusCode::OK);
        assert_eq!(json(5_000), StatusCode::INTERNAL_SERVER_ERROR);
        // And the client is told that there is no page.
        cx.mark_unfinished(why);
        let half = Response::new(StatusCode::OK, "half a page");
        assert_eq!(
            super::whole(&cx, half).unwrap_err().status(),
            StatusCode::INTERNAL_SERVER_ERROR
        );
    }

    /// CWE-525: a cache that knows no `Vary` would give a part to who asks for the page.
    #[test]
    fn a_part_of_a_page_that_everybody_keeps_is_kept_by_nobody_else() {
        let public = Caching::Public {
            seconds: 60,
            immutable: false,
        };
        let kept = |fragment| {
            let cx = cx(PagesByType::default(), fragment);
            Response::of(Theirs { text: String::new() })
                .caching(public)
                .render(&cx)
                .caching
        };
        assert_eq!(kept(None), public);
        assert_eq!(kept(Some("part")), Caching::Auto);
    }

    #[test]
    fn a_page_is_replaced_once() {
        let mut pages = PagesByType::default();
        pages.replace::<Theirs, Ours>().unwrap();
        let told = pages.replace::<Theirs, Ours>().unwrap_err().to_string();
        assert!(told.contains("Theirs is replaced twice, by"), "{told}");
    }
}

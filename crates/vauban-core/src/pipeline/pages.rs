//! Error pages: the app's own where it has one, else a plain one. A client learns the status and, if it is our
//! fault, the incident's number (ASVS 16.5.1, CWE-209).

use std::borrow::Cow;

use ::http::{HeaderValue, Method, StatusCode, header};

use vauban_macros::Template;
use vauban_template::SafeHtml;

use super::guard::caught;
use super::origin;
use super::render::respond_template;
use super::typed;
use crate::http::{
    ByStatus, Caching, Error, ErrorFacts, Kept, LocalUrl, Redirect, Refusal, Request, Respond, Response,
    Saved, SecurityEvent,
};
use crate::site::Site;

/// A page of the app's own for an error: a template that is made from the facts.
pub trait ErrorPage: Respond + 'static {
    /// Makes the page.
    fn for_error(facts: ErrorFacts) -> Self;
}

/// The app's own error pages.
pub type ErrorPages = ByStatus<fn(ErrorFacts, &Request) -> Response>;

impl ErrorPages {
    /// The page for one status.
    pub fn set<P: ErrorPage>(&mut self, status: StatusCode) {
        self.insert(status, |facts, cx| P::for_error(facts).respond(cx));
    }

    /// The page for every status without one of its own.
    pub fn set_other<P: ErrorPage>(&mut self) {
        self.insert_other(|facts, cx| P::for_error(facts).respond(cx));
    }
}

/// What an error of ours says that comes after the commit.
const SAVED: &str =
    "What you sent was saved; only the page that follows could not be shown. Do not send it again.";
/// What it says where the commit did not end in time.
const PERHAPS_SAVED: &str = "What you sent may have been saved. Look before you send it again.";
/// What a refusal says where somebody typed something whose session is over.
const SESSION_OVER: &str = "Your session is over.";

/// The answer to an error.
pub(crate) fn answer(site: &Site, cx: &Request, error: Error) -> Response {
    #[cfg(debug_assertions)]
    let (own, _) = (error.has_answer(), super::explain::error(cx, &error));
    let answer = told(site, cx, error);
    #[cfg(debug_assertions)]
    // A form that is shown again is no refusal.
    let answer = if own {
        answer
    } else {
        super::explain::shown_on(cx, answer)
    };
    answer
}

/// The answer, as everybody gets it.
fn told(site: &Site, cx: &Request, error: Error) -> Response {
    let at = error.place();
    let error = match error.into_answer() {
        Ok(made) => {
            let answer = caught(|| made.render(cx)).map_err(Error::stopped);
            match answer.and_then(|answer| super::render::whole(cx, answer)) {
                Ok(answer) if is_error(answer.status()) => return answer,
                Ok(answer) => no_error(answer.status(), at),
                Err(error) => error,
            }
        }
        Err(error) if is_error(error.status()) => error,
        Err(error) => no_error(error.status(), at),
    };
    page(site, cx, error)
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// CWE-393: what the view wrote is undone, so that an answer that says "done" would not be true.
fn no_error(status: StatusCode, at: (String, u32)) -> Error {
    Error::internal(format!(
        "a view failed with an error whose answer says {status}, and what it wrote is undone: return the answer as \
         `Ok(…)` to have it saved, or give it a status of 400 or above \
         (`.status_code(StatusCode::UNPROCESSABLE_ENTITY)`)"
    ))
    .at(at)
}

/// The page of an error.
fn page(site: &Site, cx: &Request, mut error: Error) -> Response {
    if error.status().is_server_error() {
        // CWE-755: "not done" would have it sent again.
        match cx.saved() {
            Saved::No => {}
            Saved::Perhaps => error.say(PERHAPS_SAVED),
            Saved::Yes => error.say(SAVED),
        }
    }
    if let Some(refusal) = error.refusal() {
        SecurityEvent::ACCESS_REFUSED.log(Some(cx));
        if refusal == Refusal::NotFound {
            cx.hide();
        }
        let backend = site.identity.as_ref();
        let page = match refusal {
            Refusal::SignInRequired if cx.kept() == Some(&Kept::InBrowserOnly) => {
                error.say(SESSION_OVER);
                None
            }
            Refusal::SignInRequired => backend.and_then(|backend| {
                let on_the_way = backend.page_on_the_way(&cx.identity);
                on_the_way.or_else(|| backend.sign_in_page())
            }),
            Refusal::FactorRequired => backend.and_then(|backend| backend.factor_page()),
            Refusal::ProofRequired => backend.and_then(|backend| backend.proof_page()),
            _ => None,
        };
        if let Some(there) = page.and_then(|page| sent_to(page, site, cx)) {
            return there;
        }
    }
    let by_policy = error
        .source()
        .and_then(|source| source.downcast_ref::<vauban_orm::Error>());
    if matches!(by_policy, Some(vauban_orm::Error::Forbidden)) {
        SecurityEvent::POLICY_REFUSED.log(Some(cx));
    }
    let status = error.status();
    if matches!(
        status,
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT
    ) {
        SecurityEvent::LIMIT_EXCEEDED.log(Some(cx));
    }
    let ours = status.is_server_error();
    if ours {
        log(cx, &error);
        #[cfg(debug_assertions)]
        // An error that says itself what to tell (a closed counter, 503) has nothing to debug.
        if (error.source().is_some() || error.message().is_empty())
            && cx.is_from_developer()
            && accepts_html(cx)
        {
            let typed = typed::for_page(cx, status);
            return super::debug_page::page(site, cx, &error, typed.as_ref()).caching(Caching::NoStore);
        }
    }
    let facts = ErrorFacts {
        status,
        message: error.message().to_owned(),
        incident: ours.then(|| cx.request_id().to_owned()),
        typed: accepts_html(cx).then(|| typed::for_page(cx, status)).flatten(),
    };
    if error.refusal() == Some(Refusal::TokenRequired) {
        // RFC 6750 §3
        return plain(&facts).set(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if !accepts_html(cx) {
        return with_retry(plain(&facts), error.retry_after(), cx);
    }
    let own = site.error_pages.get(status);
    // A page that fails must not take the answer with it.
    let shown = own.and_then(|page| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            page(facts.clone(), cx).render(cx)
        }))
        .ok()
    });
    // What somebody typed is on the page, whoever made it.
    let shown = shown.filter(|page| facts.typed.as_ref().is_none_or(|typed| has_text(page, typed)));
    let response = with_retry(
        shown.unwrap_or_else(|| simple(&facts, cx)).status_code(status),
        error.retry_after(),
        cx,
    );
    match facts.typed {
        // CWE-524
        Some(_) => response.caching(Caching::NoStore),
        None => response,
    }
}

fn has_text(page: &Response, text: &SafeHtml) -> bool {
    memchr::memmem::find(page.body().bytes(), text.as_str().as_bytes()).is_some()
}

/// What is only busy says when to come again (RFC 9110 §10.2.3), and so does an error that knows it; an answer that says so
/// itself is left alone. CWE-837: what is saved, or may be, is not sent again by a client that obeys.
fn with_retry(mut response: Response, after: Option<u64>, cx: &Request) -> Response {
    if cx.saved() != Saved::No {
        response.headers.remove(header::RETRY_AFTER);
        return response;
    }
    let busy = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    match after.or(busy.then_some(2)) {
        Some(seconds) if !response.headers().contains_key(header::RETRY_AFTER) => {
            response.set(header::RETRY_AFTER, HeaderValue::from(seconds))
        }
        _ => response,
    }
}

/// Sends a browser to a page from where it comes back: the sign-in, or the one that asks for a proof.
fn sent_to(mut url: crate::routing::Url, site: &Site, cx: &Request) -> Option<Response> {
    if !accepts_html(cx) {
        return None;
    }
    let here = match cx.query() {
        "" => Cow::Borrowed(cx.path()),
        query => Cow::Owned(format!("{}?{query}", cx.path())),
    };
    let next = match cx.kept() {
        Some(Kept::At(kept)) => Some(Cow::Borrowed(kept.as_str())),
        _ if *cx.method() == Method::GET => Some(here),
        // Where the form stands that was sent. CWE-204: nothing is asked about this address itself, at which there may be a page
        // that is hidden from who asks.
        _ => origin::own_page(site, cx).map(Cow::Borrowed),
    };
    // CWE-598: what opens something and stands in one address does not stand in another's: it would be in logs and the `Referer`.
    let next = next.filter(|next| !site.router.has_secret(next.split('?').next().unwrap_or_default()));
    if let Some(next) = next.and_then(|next| LocalUrl::parse(&next, cx)) {
        url = url.query("next", next.as_str());
    }
    Some(Redirect::to(url).respond(cx))
}

/// CWE-209: what went wrong is for the log.
fn log(cx: &Request, error: &Error) {
    tracing::error!(
        target: "vauban::error",
        event = SecurityEvent::INTERNAL_ERROR.name(),
        incident = cx.request_id(),
        method = %cx.method(),
        path = cx.logged_path(),
        view = cx.route().map(|route| route.id),
        at = %format_args!("{}:{}", error.location().0, error.location().1),
        error = error.source().map(ToString::to_string),
        "a request failed"
    );
}

/// Whether a page is wanted: by anybody who does not say what is, and by who names HTML or anything.
fn accepts_html(cx: &Request) -> bool {
    let mut lines = cx.headers().get_all(header::ACCEPT).iter().peekable();
    lines.peek().is_none() || lines.any(|line| line.as_bytes().split(|byte| *byte == b',').any(names_html))
}

/// One media range (RFC 9110 §12.5.1): names have no case, and a weight of zero means "not this".
fn names_html(range: &[u8]) -> bool {
    let mut parts = range.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let name = parts.next().unwrap_or_default();
    let html = [&b"text/html"[..], b"text/*", b"*/*", b"*"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
    let refused = parts.any(|part| {
        let weight = part
            .strip_prefix(b"q=")
            .or_else(|| part.strip_prefix(b"Q="))
            .map(<[u8]>::trim_ascii);
        weight.is_some_and(|weight| !weight.is_empty() && weight.iter().all(|b| matches!(b, b'0' | b'.')))
    });
    html && !refused
}

fn plain(facts: &ErrorFacts) -> Response {
    let mut text = facts.status.to_string();
    if !facts.message.is_empty() {
        text.push('\n');
        text.push_str(&facts.message);
    }
    if let Some(incident) = &facts.incident {
        text.push_str("\nIncident ");
        text.push_str(incident);
    }
    text.push('\n');
    Response::new(facts.status, text).set(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    )
}

/// A page without style or script: what is left when the app has none.
#[derive(Template)]
#[template("error.html")]
struct Simple<'a> {
    title: &'static str,
    say: &'a str,
    /// Empty if it is not our fault.
    incident: &'a str,
    typed: Option<&'a SafeHtml>,
}

fn simple(facts: &ErrorFacts, cx: &Request) -> Response {
    let page = Simple {
        title: facts.status.canonical_reason().unwrap_or("Error"),
        say: if facts.message.is_empty() {
            explain(facts.status)
        } else {
            &facts.message
        },
        incident: facts.incident.as_deref().unwrap_or_default(),
        typed: facts.typed.as_ref(),
    };
    respond_template(&page, cx)
}

fn explain(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "There is nothing at this address.",
        StatusCode::FORBIDDEN => "You may not do this.",
        StatusCode::METHOD_NOT_ALLOWED => "This address does not take requests of this kind.",
        StatusCode::CONFLICT => "This was changed since it was shown to you. Go back, reload and try again.",
        StatusCode::PAYLOAD_TOO_LARGE => "What you sent is too large.",
        StatusCode::TOO_MANY_REQUESTS => "That was too often. Wait a little before you try again.",
        StatusCode::REQUEST_TIMEOUT => "What you sent took too long to arrive.",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "What you sent is in a form that this page does not read.",
        StatusCode::SERVICE_UNAVAILABLE => "The site is busy. Try again in a moment.",
        status if status.is_server_error() => "Something went wrong on our side. It has been recorded.",
        _ => "The request could not be understood.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_range_has_no_case_and_a_weight() {
        for yes in [
            "text/html",
            "TEXT/HTML",
            " Text/Html;q=0.9",
            "*/*",
            "text/*;q=0.1",
            "*",
        ] {
            assert!(names_html(yes.as_bytes()), "{yes}");
        }
        for no in [
            "application/json",
            "text/html;q=0",
            "text/html; Q=0.000",
            "text/plain",
            "text/htmlx",
            "",
        ] {
            assert!(!names_html(no.as_bytes()), "{no}");
        }
    }

    /// CWE-79: whatever an error says is text, on the page for everybody and on the developer's.
    #[test]
    fn what_an_error_says_is_text() {
        let shown = |error: Error, client: [u8; 4]| {
            let mut cx = crate::pipeline::render::tests::cx(crate::http::PagesByType::default(), None);
            cx.client = client.into();
            let answer = answer(&cx.site, &cx, error);
            String::from_utf8(answer.body().bytes().to_vec()).unwrap()
        };
        let page = shown(Error::bad_request("<b>no</b>"), [192, 0, 2, 1]);
        assert_eq!(
            page,
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\"><title>Bad Request</title>\
             </head><body><main><h1>Bad Request</h1><p>&lt;b&gt;no&lt;/b&gt;</p></main></body></html>\n"
        );
        #[cfg(debug_assertions)]
        {
            let page = shown(Error::internal("<i>broken</i>"), [127, 0, 0, 1]);
            assert!(page.contains("<h1>&lt;i&gt;broken&lt;/i&gt;</h1>"), "{page}");
            assert!(
                page.contains("<style nonce=\""),
                "the answer's own policy lets its style in"
            );
            assert!(
                page.contains("<mark>") && page.contains("pages.rs:"),
                "the line is shown"
            );
            assert!(
                page.contains("<th>VAUBAN_SECRET_KEY</th>") || page.contains("secret_key"),
                "{page}"
            );
        }
    }
}

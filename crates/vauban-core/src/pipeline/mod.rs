//! The way of a request: the controls that every one passes, one file each. The order is fixed here and, for what
//! needs the view, in `routing/driver.rs`, and nowhere else; a cheap refusal comes before an expensive one, and every
//! answer leaves through the same finisher.

mod access_log;
pub(crate) mod body;
pub(crate) mod budget;
pub(crate) mod csrf;
#[cfg(debug_assertions)]
mod debug_page;
#[cfg(debug_assertions)]
pub(crate) mod explain;
mod finish;
#[cfg(any(test, feature = "testing"))]
mod for_tests;
mod guard;
mod headers;
mod hidden;
mod hosts;
mod https;
mod isolation;
pub(crate) mod kept;
mod layers;
mod lent;
mod limits;
pub(crate) mod origin;
pub(crate) mod pages;
mod proxies;
mod render;
mod spelling;
mod typed;
#[cfg(test)]
mod wire;
#[cfg(any(test, feature = "__test_switches"))]
pub mod without;

pub use crate::site::Next;
pub(crate) use finish::bare;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub use for_tests::{actor_for_test, session_for_test, sign_in_for_test, token_for_test, view_for_test};
pub(crate) use guard::{Guarded, Stopped, caught, watch_panics};
pub(crate) use headers::Headers;
pub use layers::{Gate, Middleware};
pub use pages::{ErrorPage, ErrorPages};
#[doc(hidden)]
pub use render::{respond_replaceable, respond_template};

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderValue, Method, StatusCode, header};

use hidden::Hidden;
use layers::Gates;
use vauban_orm::engine::rendering;

use crate::http::{Body, Error, Request, RequestBody, Response, Result, Saved, form_held_back};
use crate::routing::{Found, Target};
use crate::site::{Asking, Site};

/// Answers one request that `peer` sent; `tls` if the connection itself is encrypted.
#[doc(hidden)]
#[deprecated(
    note = "only the framework serves: write `vauban::main(app)`; in a test ask with `vauban::testing::Client`"
)]
pub async fn answer(
    site: &Arc<Site>,
    peer: IpAddr,
    tls: bool,
    request: ::http::Request<RequestBody>,
) -> ::http::Response<Body> {
    let (head, mut body) = request.into_parts();
    let mut cx = Request::new(Arc::clone(site), head, peer, tls);
    let start = access_log::start(site);
    let next = enter(site, &mut cx, &mut body).await;
    let cx = Arc::new(cx);
    let response = match next {
        Ok(Way::View(target)) => call(&cx, target, body).await,
        Ok(Way::Answer(response)) => response,
        Err(error) => pages::answer(site, &cx, error),
    };
    let response = match cx.held_back() {
        None => response,
        // A form that browsers do not send is a dead button: the page fails where somebody sees why.
        Some(origin) => pages::answer(site, &cx, Error::internal(form_held_back(origin))),
    };
    let answer = finish::finish(site, &cx, response);
    access_log::write(site, &cx, answer.status(), start);
    answer
}

/// The controls before the view, in order.
async fn enter(site: &Site, cx: &mut Request, body: &mut RequestBody) -> Result<Way> {
    // CWE-778, CWE-614: who asks, and how, is known before anything is refused.
    let client = proxies::find_client(site, cx);
    // What was sent is measured; CWE-601: the page that says so has the path as every page has it.
    let head = client.and_then(|()| limits::check_head(site, cx));
    spelling::spell(cx);
    head?;
    hosts::check(site, cx)?;
    if let Some(redirect) = https::require(site, cx)? {
        return Ok(Way::Answer(redirect));
    }
    if let Some(file) = site.static_files.answer(&cx.method, cx.uri.path(), &cx.headers) {
        return Ok(Way::Answer(file));
    }
    let sender = origin::check(site, cx)?;
    // CWE-204: whether a frame of another site is allowed is known with the view that answers.
    isolation::check(cx, true)?;
    let (mut hidden, mut gates) = (Hidden::default(), Gates::default());
    loop {
        // CWE-248: what a segment is read as is the site's own code.
        let found = caught(|| site.router.find(&cx.method, cx.uri.path(), hidden.views()));
        let found = found.map_err(Error::stopped)?;
        let view = match &found {
            Found::View(target, _) => Some(target.meta),
            _ => None,
        };
        cx.route = view;
        // CWE-204: until it is known whether the view is there for who asks, no answer has anything of it: no gate's either, at
        // whichever view, or what it has at a public one would tell of one that is hidden beside it.
        cx.show_view(view.is_none());
        // CWE-288: a gate is asked about each view that may answer, and about there being none.
        let passed = pass_gates(cx, &mut gates).await;
        if let (Some(view), Err(error)) = (view, &passed)
            && layers::says_not_found(error)
        {
            hidden.add(view.view_type);
            cx.start_over();
            continue;
        }
        let framed = matches!(passed, Ok(None))
            && view.is_some_and(|view| site.headers.document(Some(view.view_type)).is_framed_elsewhere());
        isolation::check(cx, framed).inspect_err(|_| cx.start_over())?;
        match passed {
            Ok(None) => {}
            Ok(Some(answer)) => return Ok(Way::Answer(answer)),
            Err(error) => {
                if layers::says_not_found(&error) {
                    // As at an address without a view, where it is found out who asks.
                    Asking::by_session().load(cx, body).await?;
                }
                return Err(error);
            }
        }
        // Who asks: by the credential of the view's rule, and no other.
        if !sender.is_enough_for(is_ambient(cx, &found)) {
            // CWE-352: what a browser sends by itself proves nothing here, and is not looked up. CWE-204: a view that is hidden
            // from who proves nothing is not what refuses.
            match &found {
                Found::View(target, _) if !hidden.is_there_for_strangers(cx, target)? => {}
                _ => return Err(origin::refused(cx)),
            }
        } else if let Found::View(target, params) = found {
            if hidden.is_there(cx, body, &target, None).await? {
                cx.show_view(true);
                target.asking.load(cx, body).await?;
                cx.params = params;
                return Ok(Way::View(target));
            }
        } else if !hidden.by_gates(cx, &gates, &found).await?
            && let Some(response) = elsewhere(cx, body, found, &mut hidden).await?
        {
            return Ok(Way::Answer(response));
        }
        // CWE-204: it was not there for who asks, so what is found without it answers, and nothing is left of having asked.
        cx.start_over();
    }
}

/// Whether the request would be let in by what a browser sends by itself: where there is no such view, too, which the
/// session is asked about.
fn is_ambient(cx: &Request, found: &Found) -> bool {
    match found {
        Found::View(target, _) => (target.asking.is_ambient)(cx),
        Found::Other(_) | Found::Slash(..) | Found::Nothing => true,
    }
}

/// The app's own gates; an answer, if one gives it.
async fn pass_gates(cx: &mut Request, gates: &mut Gates) -> Result<Option<Response>> {
    if cx.site.before.is_empty() {
        return Ok(None);
    }
    // CWE-248, CWE-400: a gate is the site's own code.
    let limit = cx.settings().timeouts.request;
    let ended = Guarded::new(Box::pin(gates.ask(cx)), limit).await;
    let answer = ended.map_err(|stopped| {
        gates.put_back(cx);
        Error::stopped(stopped)
    })?;
    cx.is_asked_in_time("a gate")?;
    answer
}

/// What needs the view: the layers around it, and then, in `routing/driver.rs`, its access rule, the body, the token,
/// the parameters, the view itself, the commit, the page.
async fn call(cx: &Arc<Request>, target: Target, body: RequestBody) -> Response {
    let mut view = Guarded::new(layers::view(cx, target, body), cx.time_limit());
    let mut ended = (&mut view).await;
    if matches!(ended, Err(Stopped::Overrun)) && cx.saved() == Saved::Perhaps {
        // What is on its way to the disk is not called back: whoever sent it learns what became of it.
        view.extend(COMMIT);
        ended = (&mut view).await;
    }
    match ended {
        // CWE-248: the page is the site's own code, too.
        Ok(response) => caught(|| rendering(cx.method.is_safe(), || response.render(cx)))
            .map_err(Error::stopped)
            .and_then(|answer| render::whole(cx, answer))
            .unwrap_or_else(|error| pages::answer(&cx.site, cx, error)),
        Err(stopped) => {
            if cx.saved() == Saved::No {
                // What the view wrote was undone when it was dropped; what it said and set goes the same way.
                cx.forget_effects();
            }
            pages::answer(&cx.site, cx, Error::stopped(stopped))
        }
    }
}

/// How long a commit may take that has begun when the view's time is over.
const COMMIT: Duration = Duration::from_secs(10);

/// Longest time for everything of a request: more than its parts may take, so that what ends one says what became of it
/// (CWE-837), where one view is hidden. Gates and who asks have `timeouts.request` each, again where a view turned out to be hidden.
pub(crate) fn whole_request(site: &Site) -> Duration {
    let request = site.settings.timeouts.request;
    let of_views = site.routes.iter().filter_map(|route| route.meta.timeout);
    let longest = of_views.map(|seconds| Duration::from_secs(seconds.into()));
    let view = longest.fold(request, Duration::max);
    request
        .saturating_mul(4)
        .saturating_add(view)
        .saturating_add(COMMIT)
}

enum Way {
    View(Target),
    Answer(Response),
}

/// What no view answers; `None` if it was not there for who asks.
async fn elsewhere(
    cx: &mut Request,
    body: &mut RequestBody,
    found: Found,
    hidden: &mut Hidden,
) -> Result<Option<Response>> {
    let response = match found {
        Found::Other(targets) => {
            let (mut methods, mut all) = (Vec::new(), true);
            for target in &targets {
                all &= hidden.is_there(cx, body, target, None).await?;
                if !methods.contains(&target.meta.method) {
                    methods.push(target.meta.method.clone());
                }
            }
            if !all {
                return Ok(None);
            }
            Asking::by_session().load(cx, body).await?;
            of_other_methods(cx, methods)
        }
        Found::Slash(path, target) => {
            if !hidden.is_there(cx, body, &target, Some(&path)).await? {
                return Ok(None);
            }
            Asking::by_session().load(cx, body).await?;
            with_slash(cx, path)?
        }
        // CWE-862: a view is called above, with who asks; from here it is not.
        Found::View(..) | Found::Nothing => {
            Asking::by_session().load(cx, body).await?;
            #[cfg(debug_assertions)]
            if hidden.is_empty() {
                explain::elsewhere(cx, false);
            }
            return Err(Error::not_found());
        }
    };
    Ok(Some(response))
}

fn of_other_methods(cx: &Request, methods: Vec<Method>) -> Response {
    #[cfg(debug_assertions)]
    explain::elsewhere(cx, true);
    let allow = allow(methods);
    let response = match cx.method {
        Method::OPTIONS => Response::new(StatusCode::NO_CONTENT, Body::empty()),
        _ => pages::answer(&cx.site, cx, Error::new(StatusCode::METHOD_NOT_ALLOWED, "")),
    };
    response.set(header::ALLOW, allow)
}

fn with_slash(cx: &Request, path: String) -> Result<Response> {
    let location = match cx.uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let location = HeaderValue::try_from(location).map_err(|_| Error::not_found())?;
    let redirect = Response::new(StatusCode::MOVED_PERMANENTLY, Body::empty());
    Ok(redirect.set(header::LOCATION, location))
}

/// `Allow` (RFC 9110 §10.2.1).
fn allow(mut methods: Vec<Method>) -> HeaderValue {
    if methods.contains(&Method::GET) {
        methods.push(Method::HEAD);
    }
    methods.push(Method::OPTIONS);
    let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    HeaderValue::try_from(names.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}

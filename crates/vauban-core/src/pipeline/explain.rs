//! In development a refusal explains itself: which rule refused, whether a row is absent or hidden, which part of the
//! address could not be read, which routes there are. For the developer's own machine only, and not compiled into a
//! release (CWE-489, CWE-204: who may not see a row is not told that it is there).

use ::http::header;
use vauban_orm::engine::{Found as Row, Refused};
use vauban_template::escape::text;

use crate::http::{Body, Caching, Error, Request, Response, Why};

/// The most routes that a page lists.
const ROUTES: usize = 100;

impl Why {
    pub(crate) fn new(say: impl Into<String>) -> Self {
        Self {
            say: say.into(),
            more: Vec::new(),
        }
    }

    fn with(mut self, more: impl IntoIterator<Item = String>) -> Self {
        self.more.extend(more);
        self
    }

    /// The access rule of a view let nobody of this kind in.
    pub(crate) fn rule(cx: &Request, rule: &str, view: &str) -> Self {
        let who = match cx.identity.user_id() {
            Some(user) => format!("user {user}"),
            None => "nobody who is signed in".to_owned(),
        };
        Self::new(format!(
            "The access rule `{rule}` of the view {view} refused: who asks is {who}."
        ))
    }

    /// A row was not given, or not written.
    fn row(refused: &Refused) -> Self {
        let model = &refused.model;
        let rule = format!("{model}.{}", action(refused));
        let say = match refused.found {
            Row::Absent => format!("No `{model}` fits the query: the row is absent."),
            Row::Hidden => format!("A `{model}` fits the query, but `{rule}` hides it from who asks."),
            Row::Seen => format!("`{rule}` does not let who asks do this to the `{model}`."),
            Row::Unknown => format!("No `{model}` fits the query, or `{rule}` hides it."),
        };
        let policy = (refused.found != Row::Absent).then(|| format!("{rule}: {}", refused.rule));
        let sql = (!refused.sql.is_empty()).then(|| format!("The query: {}", refused.sql));
        Self::new(say).with(policy.into_iter().chain(sql))
    }

    /// No route answers this address.
    fn nothing(cx: &Request) -> Self {
        let missed = cx.site.routes.missed(cx.path());
        let mut why = Self::new(match &missed[..] {
            [] => "No route answers this address.".to_owned(),
            [first, ..] => format!(
                "The route `{}` ({}) would answer, but its `{{{}}}` is a `{}`, and what stands there is none.",
                first.route.name,
                first.route.pattern(),
                first.param.name,
                first.param.type_name
            ),
        });
        why.more.extend(missed.iter().skip(1).map(|one| {
            format!(
                "neither is it a `{}` for {}",
                one.param.type_name,
                one.route.pattern()
            )
        }));
        let near = cx.site.routes.nearest_first(cx.path());
        let left = near.len().saturating_sub(ROUTES);
        why.more.extend(
            near.iter()
                .take(ROUTES)
                .map(|route| format!("{} {}  {}", route.meta.method, route.pattern(), route.name)),
        );
        if left > 0 {
            why.more.push(format!("… and {left} more"));
        }
        why
    }

    /// Routes answer this address, of other methods.
    fn method(cx: &Request) -> Self {
        let others = cx.site.routes.at(cx.path());
        let others = others
            .iter()
            .map(|route| format!("{} {}", route.meta.method, route.meta.told()));
        Self::new(format!(
            "No view answers {} at this address; others do.",
            cx.method()
        ))
        .with(others)
    }
}

fn action(refused: &Refused) -> &'static str {
    use vauban_orm::actor::Action;
    match refused.action {
        Action::View => "view",
        Action::Add => "add",
        Action::Change => "change",
        Action::Delete => "delete",
        Action::Grant => "set",
    }
}

/// Notes why an error is one, as far as the error itself tells.
pub(super) fn error(cx: &Request, error: &Error) {
    if !cx.explains() || !error.status().is_client_error() || error.has_answer() {
        return;
    }
    let (file, line) = error.location();
    // Where the view gave up; of what the framework refused, its own words say more.
    if cx.whys().is_empty() || error.source().is_some() {
        let view = cx
            .route()
            .map_or_else(String::new, |view| format!(" for the view {}", view.told()));
        cx.explain(Why::new(format!(
            "The answer {}{view} came to be at {file}:{line}.",
            error.status().as_u16()
        )));
    }
}

/// Notes why no view answers.
pub(super) fn elsewhere(cx: &Request, of_other_methods: bool) {
    if cx.explains() {
        cx.explain(match of_other_methods {
            true => Why::method(cx),
            false => Why::nothing(cx),
        });
    }
}

/// Notes what the request's unit of work was not given.
pub(crate) fn rows(cx: &Request, refused: &[Refused]) {
    for refused in refused {
        cx.explain(Why::row(refused));
    }
}

/// What the log says of it.
pub(super) fn logged(cx: &Request) -> Option<String> {
    let whys = cx.whys();
    let said: Vec<&str> = whys.iter().map(|why| why.say.as_str()).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// The answer with the explanation at its end: on the page that everybody gets, not in its place.
pub(super) fn shown_on(cx: &Request, answer: Response) -> Response {
    let whys = cx.whys();
    if whys.is_empty() || !cx.explains() || !answer.status().is_client_error() {
        return answer;
    }
    let kind = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let is = |essence: &str| kind.is_some_and(|kind| kind.starts_with(essence));
    let said = if is("text/html") && !answer.headers().contains_key("x-fragment") {
        html(&whys, cx.nonce())
    } else if is("text/plain") {
        plain(&whys)
    } else {
        return answer;
    };
    let Ok(page) = std::str::from_utf8(answer.body().bytes()) else {
        return answer;
    };
    let at = page
        .rfind("</body>")
        .filter(|_| is("text/html"))
        .unwrap_or(page.len());
    let page = format!("{}{said}{}", &page[..at], &page[at..]);
    let mut answer = answer.caching(Caching::NoStore);
    answer.body = Body::from(page);
    answer
}

const TITLE: &str = "Why (shown in development only, and to this machine)";

fn html(whys: &[Why], nonce: &str) -> String {
    // The page around it may have any stylesheet, or none.
    let style = ".why { padding: 1rem 2rem; border-top: 2px solid; overflow-wrap: anywhere }";
    let mut out = format!("<section class=\"why\"><style nonce=\"{nonce}\">{style}</style><h2>{TITLE}</h2>");
    for why in whys {
        out.push_str("<p>");
        // CWE-79: an address is anybody's text.
        text(&why.say, &mut out);
        out.push_str("</p>");
        if !why.more.is_empty() {
            out.push_str("<ul>");
            for more in &why.more {
                out.push_str("<li><code>");
                text(more, &mut out);
                out.push_str("</code></li>");
            }
            out.push_str("</ul>");
        }
    }
    out.push_str("</section>");
    out
}

fn plain(whys: &[Why]) -> String {
    let mut out = format!("\n{TITLE}\n");
    for why in whys {
        out.push_str(&why.say);
        out.push('\n');
        for more in &why.more {
            out.push_str("- ");
            out.push_str(more);
            out.push('\n');
        }
    }
    out
}

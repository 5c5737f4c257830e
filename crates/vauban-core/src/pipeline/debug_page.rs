//! The development server's page for an error of ours: source line, request and settings, secrets hidden.
//! This file is not compiled into a release (CWE-489, CWE-215).

use std::fmt::Write;

use ::http::{HeaderValue, header};

use super::pages::escape;
use crate::http::{Error, Request, Response};
use crate::site::Site;

/// Header fields whose values are never shown.
const HIDDEN: &[&str] = &["cookie", "authorization", "proxy-authorization", "x-csrftoken"];

pub(super) fn page(site: &Site, cx: &Request, error: &Error) -> Response {
    let mut out = String::with_capacity(16 * 1024);
    let title = error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string);
    let _ = write!(
        out,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style nonce=\"{1}\">\
         :root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}}\
         pre{{overflow:auto;padding:1rem;border:1px solid #8888}}table{{border-collapse:collapse}}\
         th,td{{text-align:left;vertical-align:top;padding:.1rem 1rem .1rem 0;overflow-wrap:anywhere}}mark{{font-weight:bold}}\
         </style></head><body><p>Development only: a release shows the incident's number and nothing else.</p><h1>{0}</h1>",
        escape(&title),
        cx.nonce()
    );
    if !error.message().is_empty() {
        let _ = write!(out, "<p>{}</p>", escape(error.message()));
    }
    causes(&mut out, error);
    source(&mut out, error);
    request(&mut out, cx);
    queries(&mut out, cx);
    settings(&mut out, site);
    out.push_str("</body></html>\n");
    Response::new(error.status(), out).set(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    )
}

fn causes(out: &mut String, error: &Error) {
    let mut cause = error.source().and_then(|source| source.source());
    while let Some(source) = cause {
        let _ = write!(out, "<p>caused by: {}</p>", escape(&source.to_string()));
        cause = source.source();
    }
}

fn source(out: &mut String, error: &Error) {
    const AROUND: usize = 5;
    let (file, line) = error.location();
    let _ = write!(out, "<h2>{}:{line}</h2>", escape(file));
    let Some(text) = read(file) else { return };
    let line = line as usize;
    out.push_str("<pre>");
    for (i, text) in text
        .lines()
        .enumerate()
        .skip(line.saturating_sub(AROUND + 1))
        .take(2 * AROUND + 1)
    {
        let number = i + 1;
        let text = escape(text);
        let _ = if number == line {
            writeln!(out, "<mark>{number:5}  {text}</mark>")
        } else {
            writeln!(out, "{number:5}  {text}")
        };
    }
    out.push_str("</pre>");
}

/// The compiler names files from the workspace's folder, which is the working folder or one above it.
#[allow(clippy::disallowed_methods)] // the development server shows the program's own source
fn read(file: &str) -> Option<String> {
    let here = std::env::current_dir().ok()?;
    here.ancestors()
        .take(4)
        .find_map(|folder| std::fs::read_to_string(folder.join(file)).ok())
}

fn request(out: &mut String, cx: &Request) {
    out.push_str("<h2>Request</h2><table>");
    let mut row = |name: &str, value: &str| {
        let _ = write!(
            out,
            "<tr><th>{}</th><td>{}</td></tr>",
            escape(name),
            escape(value)
        );
    };
    row("method", cx.method().as_str());
    row("path", cx.path());
    // CWE-598: what stands in a query may be a secret; its names help enough.
    let names: Vec<&str> = cx
        .query()
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .collect();
    row("query's fields", &names.join(", "));
    row("client", &cx.client_ip().to_string());
    row("user", cx.user_id().unwrap_or("nobody"));
    row("view", cx.route().map_or("none", |route| route.id));
    row("request", cx.request_id());
    for (name, value) in cx.headers() {
        let hidden = HIDDEN.contains(&name.as_str());
        row(
            name.as_str(),
            if hidden {
                "(hidden)"
            } else {
                value.to_str().unwrap_or("(not text)")
            },
        );
    }
    out.push_str("</table>");
}

fn queries(out: &mut String, cx: &Request) {
    out.push_str("<h2>Queries</h2><table>");
    for query in cx.queries() {
        let _ = write!(
            out,
            "<tr><td>{:?}</td><td><code>{}</code></td></tr>",
            query.time,
            escape(&query.sql)
        );
    }
    out.push_str("</table>");
}

fn settings(out: &mut String, site: &Site) {
    out.push_str("<h2>Settings</h2><table>");
    for setting in site.settings.list() {
        let _ = write!(
            out,
            "<tr><th>{}</th><td>{}</td><td>{}</td></tr>",
            escape(&setting.name),
            escape(&setting.value),
            escape(&setting.source.to_string())
        );
    }
    out.push_str("</table>");
}

//! The development server's page for an error of ours: source line, request and settings, secrets hidden.
//! This file is not compiled into a release (CWE-489, CWE-215).

use vauban_macros::Template;
use vauban_template::SafeHtml;

use super::render::respond_template;
use crate::http::{Error, Request, Response};
use crate::site::Site;

/// Header fields whose values are never shown.
const HIDDEN: &[&str] = &["cookie", "authorization", "proxy-authorization", "x-csrftoken"];

#[derive(Template)]
#[template("debug.html")]
struct DebugPage<'a> {
    title: String,
    message: String,
    causes: Vec<String>,
    file: String,
    line: u32,
    source: Vec<Line>,
    typed: Option<&'a SafeHtml>,
    request: Vec<Row>,
    queries: Vec<Row>,
    settings: Vec<SettingRow>,
}

/// A line of the source, with its number.
struct Line {
    text: String,
    here: bool,
}

struct Row {
    name: String,
    value: String,
}

struct SettingRow {
    name: String,
    value: String,
    source: String,
}

pub(super) fn page(site: &Site, cx: &Request, error: &Error, typed: Option<&SafeHtml>) -> Response {
    let (file, line) = error.location();
    let settings = site.settings.list().into_iter().map(|setting| SettingRow {
        name: setting.name.to_string(),
        value: setting.value.to_string(),
        source: setting.source.to_string(),
    });
    let queries = cx.queries().into_iter().map(|query| Row {
        name: format!("{:?}", query.time),
        value: query.sql.to_string(),
    });
    let page = DebugPage {
        title: error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string),
        message: error.message().to_owned(),
        causes: causes(error),
        file: file.to_owned(),
        line,
        source: source(file, line),
        typed,
        request: request(cx),
        queries: queries.collect(),
        settings: settings.collect(),
    };
    respond_template(&page, cx).status_code(error.status())
}

fn causes(error: &Error) -> Vec<String> {
    let first = error.source().and_then(|source| source.source());
    std::iter::successors(first, |cause| cause.source())
        .map(ToString::to_string)
        .collect()
}

/// The lines around the one where the error came to be; none if the file is not there.
fn source(file: &str, line: u32) -> Vec<Line> {
    const AROUND: usize = 5;
    let Some(text) = read(file) else {
        return Vec::new();
    };
    let line = line as usize;
    text.lines()
        .zip(1..)
        .skip(line.saturating_sub(AROUND + 1))
        .take(2 * AROUND + 1)
        .map(|(text, number)| Line {
            text: format!("{number:5}  {text}"),
            here: number == line,
        })
        .collect()
}

/// The compiler names files from the workspace's folder, which is the working folder or one above it.
#[allow(clippy::disallowed_methods)] // the development server shows the program's own source
fn read(file: &str) -> Option<String> {
    let here = std::env::current_dir().ok()?;
    here.ancestors()
        .take(4)
        .find_map(|folder| std::fs::read_to_string(folder.join(file)).ok())
}

fn request(cx: &Request) -> Vec<Row> {
    let row = |name: &str, value: &str| Row {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    // CWE-598: what stands in a query may be a secret; its names help enough.
    let names: Vec<&str> = cx
        .query()
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .collect();
    let mut rows = vec![
        row("method", cx.method().as_str()),
        row("path", cx.path()),
        row("query's fields", &names.join(", ")),
        row("client", &cx.client.to_string()),
        row("user", cx.identity.user_id().unwrap_or("nobody")),
        row("view", cx.route().map_or("none", |route| route.id)),
        row("request", cx.request_id()),
    ];
    rows.extend(cx.headers().iter().map(|(name, value)| {
        let hidden = HIDDEN.contains(&name.as_str());
        let shown = value.to_str().unwrap_or("(not text)");
        row(name.as_str(), if hidden { "(hidden)" } else { shown })
    }));
    rows
}

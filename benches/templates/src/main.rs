//! The page with layout and 100 rows of 5 escaped columns, and the fortunes page (12 rows), in each engine.
//! Rounds are interleaved; the median per engine is printed: page, engine, microseconds, bytes. `run.py` compares.
//! `-- only ENGINE PAGE N` renders one of them N times, for callgrind.

use maud::{DOCTYPE, Markup, html};
use serde::Serialize;
use std::hint::black_box;
use std::time::Instant;
use vauban_template::{RenderContext, page};

#[derive(Serialize, Clone)]
struct Row {
    id: i64,
    title: String,
    author: String,
    score: i64,
    email: String,
    hot: bool,
}

#[derive(Serialize, Clone)]
struct Fortune {
    id: i64,
    message: String,
}

mod ask {
    use super::{Fortune, Row};
    #[derive(askama::Template)]
    #[template(path = "page.html")]
    pub struct Page<'a> {
        pub title: &'a str,
        pub rows: &'a [Row],
    }
    #[derive(askama::Template)]
    #[template(path = "fortunes.html")]
    pub struct Fortunes<'a> {
        pub fortunes: &'a [Fortune],
    }
}

mod ours {
    use super::{Fortune, Row};
    use vauban_macros::Template;
    #[derive(Template)]
    #[template("page.html", crate = vauban_template)]
    pub struct Page<'a> {
        pub title: &'a str,
        pub rows: &'a [Row],
    }
    #[derive(Template)]
    #[template("fortunes.html", crate = vauban_template)]
    pub struct Fortunes<'a> {
        pub fortunes: &'a [Fortune],
    }
}

struct Request(page::User);

impl RenderContext for Request {
    #[allow(deprecated)]
    fn __of_the_framework(&self) -> vauban_template::__private::OfTheFramework {
        vauban_template::__private::OfTheFramework::__made()
    }
    fn nonce(&self) -> &str {
        "r4nd0mr4nd0mr4nd0mr4nd"
    }
    fn write_csrf_token(&self, _: Option<&str>, out: &mut String) {
        out.push_str("token");
    }
    fn write_static_url(&self, path: &str, out: &mut String) {
        out.push_str(path);
    }
    fn mount(&self, _: &'static str) -> &str {
        ""
    }
    fn user(&self) -> &page::User {
        &self.0
    }
    fn messages(&self) -> &[page::Message] {
        &[]
    }
    fn path(&self) -> &str {
        "/"
    }
    fn query(&self) -> &str {
        ""
    }
}

fn base(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (title) } link rel="stylesheet" href="/static/site.css"; }
            body {
                header { nav { a href="/" { "Home" } " " a href="/list" { "Posts" } } }
                main { (content) }
                footer { p { "Footer text of the site, the same on every page." } }
            }
        }
    }
}

fn maud_page(title: &str, rows: &[Row]) -> String {
    base(title, html! {
        h1 { (title) }
        table {
            @for r in rows {
                tr class=[r.hot.then_some("hot")] {
                    td { (r.id) } td { a href={ "/post/" (r.id) } { (r.title) } } td { (r.author) }
                    td { @if r.score > 90 { b { (r.score) } } @else { (r.score) } } td { (r.email) }
                }
            }
        }
    })
    .into_string()
}

fn maud_fortunes(fortunes: &[Fortune]) -> String {
    base("Fortunes", html! {
        table {
            tr { th { "id" } th { "message" } }
            @for f in fortunes { tr { td { (f.id) } td { (f.message) } } }
        }
    })
    .into_string()
}

fn main() {
    let rows: Vec<Row> = (0..100)
        .map(|i| Row {
            id: i,
            title: format!("Post <{i}> on \"secure\" frameworks & more"),
            author: format!("Author O'Name {i}"),
            score: (i * 37) % 101,
            email: format!("user{i}@example.com"),
            hot: i % 7 == 0,
        })
        .collect();
    let fortunes: Vec<Fortune> = (0..12)
        .map(|i| Fortune { id: i, message: format!("Fortune number {i}: <script>alert(\"XSS {i}\");</script> & so on") })
        .collect();
    let cx = Request(page::User::default());
    let mut environment = minijinja::Environment::new();
    for (name, text) in [
        ("base.html", include_str!("../templates/base.html")),
        ("page.html", include_str!("../templates/page.html")),
        ("fortunes.html", include_str!("../templates/fortunes.html")),
    ] {
        environment.add_template(name, text).expect("a template");
    }
    #[derive(Serialize)]
    struct Data<'a> {
        title: &'a str,
        rows: &'a [Row],
        fortunes: &'a [Fortune],
    }
    let title = "Posts & things";
    let data = Data { title, rows: &rows, fortunes: &fortunes };
    let mini = |name: &str| {
        environment.get_template(name).and_then(|t| t.render(minijinja::value::Serde(&data))).expect("renders")
    };
    type Engine<'a> = (&'a str, &'a str, Box<dyn Fn() -> String + 'a>);
    let engines: Vec<Engine<'_>> = vec![
        ("vauban", "rows", Box::new(|| vauban_template::Template::render(&ours::Page { title, rows: &rows }, &cx))),
        ("askama", "rows", Box::new(|| askama::Template::render(&ask::Page { title, rows: &rows }).expect("renders"))),
        ("maud", "rows", Box::new(|| maud_page(title, &rows))),
        ("minijinja", "rows", Box::new(|| mini("page.html"))),
        ("vauban", "fortunes", Box::new(|| vauban_template::Template::render(&ours::Fortunes { fortunes: &fortunes }, &cx))),
        ("askama", "fortunes", Box::new(|| askama::Template::render(&ask::Fortunes { fortunes: &fortunes }).expect("renders"))),
        ("maud", "fortunes", Box::new(|| maud_fortunes(&fortunes))),
        ("minijinja", "fortunes", Box::new(|| mini("fortunes.html"))),
    ];
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, only, engine, page, n] = arguments.as_slice()
        && only == "only"
    {
        for (name, which, run) in &engines {
            if name == engine && which == page {
                for _ in 0..n.parse::<usize>().unwrap_or(1) {
                    black_box(run());
                }
            }
        }
        return;
    }
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); engines.len()];
    for round in 0..12 {
        for (k, (_, which, run)) in engines.iter().enumerate() {
            let n = if *which == "rows" { 1500 } else { 6000 };
            let start = Instant::now();
            for _ in 0..n {
                black_box(run());
            }
            if round > 0 {
                times[k].push(start.elapsed().as_secs_f64() / f64::from(n) * 1e6);
            }
        }
    }
    let medians: Vec<f64> = times
        .into_iter()
        .map(|mut t| {
            t.sort_by(f64::total_cmp);
            t[t.len() / 2]
        })
        .collect();
    for ((name, which, run), median) in engines.iter().zip(medians) {
        println!("{which}\t{name}\t{median:.2}\t{}", run().len());
    }
}

//! `text.json`, `dos.json` and the tables of `contextual_escaping.json` through the functions themselves.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::match_same_arms,
    clippy::nonminimal_bool,
    clippy::print_stdout
)]
#![cfg(feature = "compiler")]

#[path = "support/judge_text.rs"]
mod judge_text;

use judge_text::{load, same_text};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use vauban_macros::safe_html;
use vauban_template::SafeHtml;
use vauban_template::compiler::html::attributes::{Kind, kind};
use vauban_template::compiler::html::context_after;
use vauban_template::compiler::html::ir::Context;
use vauban_template::compiler::html::state::Mode;
use vauban_template::escape;
use vauban_template::filters::input::Markup;
use vauban_template::filters::number::Number;
use vauban_template::filters::{html, number, text, url, urlize};

/// One case of `text.json`: what the function says, or `None` where the kind is not known.
fn run(case: &Value) -> Option<String> {
    let input = case.get("input").and_then(Value::as_str).unwrap_or_default();
    let n = case.get("n").and_then(Value::as_i64).unwrap_or_default();
    let plain = || Markup::Text(Cow::Borrowed(input));
    // `autoescape: false` means that the input is trusted markup.
    let trusted = case.get("autoescape").and_then(Value::as_bool) == Some(false);
    let markup = || {
        if trusted {
            Markup::Html(Cow::Owned(checked(input.to_owned())))
        } else {
            plain()
        }
    };
    Some(match case["kind"].as_str()? {
        "escape" | "conditional_escape" => SafeHtml::text(input).as_str().to_owned(),
        "escapejs" => text::escapejs(input),
        "strip_tags" => html::strip_tags(input),
        "truncate_chars" => text::truncatechars(input, Number::Int(i128::from(n))),
        "truncate_words" => text::truncate_words(input, n),
        "truncate_chars_html" => html::truncate_chars_html(input, n),
        "truncate_words_html" => html::truncate_words_html(input, n),
        "slugify" if case.get("allow_unicode").and_then(Value::as_bool) == Some(true) => {
            text::slugify_unicode(input)
        }
        "slugify" => text::slugify(input),
        "wrap" => text::wordwrap(input, Number::Int(i128::from(case["width"].as_i64()?))),
        "iri_to_uri" => url::iriencode(input),
        "smart_urlquote" => url::smart_urlquote(input),
        "linebreaks" => html::linebreaks(markup()).as_str().to_owned(),
        "strip_spaces_between_tags" => html::strip_spaces_between_tags(input),
        "normalize_newlines" => html::normalize_newlines(input),
        "json_script" => html::json_script(&case["value"], case.get("element_id").and_then(Value::as_str))
            .as_str()
            .to_owned(),
        "urlize" => {
            let limit = case
                .get("trim_url_limit")
                .and_then(Value::as_u64)
                .map(|n| n as usize);
            let nofollow = case.get("nofollow").and_then(Value::as_bool).unwrap_or(false);
            urlize::link(&markup(), limit, nofollow).as_str().to_owned()
        }
        _ => return None,
    })
}

/// Where the result may differ from Django's, and why it is no looser.
fn text_rule(case: &Value, actual: &str) -> Option<&'static str> {
    match case["kind"].as_str()? {
        "format_html" => {
            Some("format_html is the macro safe_html!, whose literal is read while compiling: tested below")
        }
        "strip_tags" if case["expect"].is_null() => {
            Some("strip_tags: Django raises on deep nesting, here the tags are gone")
        }
        // The result is text and escaped wherever it is written; broken markup may be cut elsewhere.
        "strip_tags" => Some(
            "strip_tags: broken markup is read as HTML says, not as Python's parser does; the result is text",
        ),
        "slugify" if case["input"].as_str().is_some_and(|input| !input.is_ascii()) && actual.is_ascii() => {
            Some("slugify: other scripts are transliterated, where Django drops them")
        }
        "json_script" => Some("json_script: a number is spelled as Rust does"),
        "truncate_chars_html" | "truncate_words_html" if !actual.contains("<script") => {
            Some("truncate_html: broken markup is read as HTML says, not as Python's parser does")
        }
        _ => None,
    }
}

#[test]
fn text_json() {
    let file = load("text.json");
    let (mut equal, mut rules, mut failures) = (0, BTreeMap::<&str, usize>::new(), Vec::new());
    let cases = file["cases"].as_array().unwrap();
    for case in cases {
        let expected = case["expect"].as_str();
        let actual = run(case);
        match (&actual, expected) {
            (Some(actual), Some(expected)) if same_text(actual, expected) => equal += 1,
            _ => match text_rule(case, actual.as_deref().unwrap_or_default()) {
                Some(rule) => *rules.entry(rule).or_default() += 1,
                None => failures.push(format!("{case}\n   {actual:?}")),
            },
        }
    }
    println!("{} cases, {equal} equal, {rules:#?}", cases.len());
    assert!(
        failures.is_empty(),
        "{} failures\n{}",
        failures.len(),
        failures.join("\n")
    );
    if cases.len() == 517 {
        assert_eq!((equal, rules.values().sum::<usize>()), (509, 8));
    }
}

#[test]
fn format_html() {
    let show = |html: SafeHtml| html.as_str().to_owned();
    assert_eq!(
        show(safe_html!(crate = vauban_template, "<b>{}</b>", "\"")),
        "<b>&quot;</b>"
    );
    assert_eq!(
        show(safe_html!(crate = vauban_template, "{0}{0}", "<")),
        "&lt;&lt;"
    );
    // The argument stands in a URL: Django only escapes quotes there.
    assert_eq!(
        show(safe_html!(
            crate = vauban_template,
            "<a href=\"{}\">{}</a>",
            "x\" onclick=\"y",
            "<i>"
        )),
        "<a href=\"x%22%20onclick=%22y\">&lt;i&gt;</a>"
    );
    assert_eq!(
        show(safe_html!(
            crate = vauban_template,
            "<a href=\"{}\">x</a>",
            "javascript:alert(1)"
        )),
        "<a href=\"about:invalid#blocked\">x</a>"
    );
    let inner = safe_html!(crate = vauban_template, "<i>{}</i>", 3);
    assert_eq!(
        show(safe_html!(crate = vauban_template, "<b>{}</b>{{}}", inner)),
        "<b><i>3</i></b>{}"
    );
}

/// CVE-2024-53907, CVE-2024-38875, CVE-2023-43665 and their families: every generator ends in bounded time.
#[test]
fn dos_json() {
    let file = load("dos.json");
    let mut run = 0;
    for case in file["cases"].as_array().unwrap() {
        let part = |name: &str| case[name].as_str().unwrap_or_default();
        let repeat = case["repeat"].as_u64().unwrap_or(0) as usize;
        let input = format!(
            "{}{}{}",
            part("prefix"),
            part("unit").repeat(repeat),
            part("suffix")
        );
        let start = Instant::now();
        match part("target") {
            "strip_tags" => drop(html::strip_tags(&input)),
            "urlize" => drop(html::urlize(Markup::Text(Cow::Borrowed(&input)))),
            "truncate_html" => {
                drop(html::truncate_chars_html(&input, 30_000));
                drop(html::truncate_words_html(&input, 30_000));
            }
            "floatformat" => drop(number::floatformat(
                Number::Text(Cow::Borrowed(&input)),
                Some("2g"),
            )),
            "intcomma" => drop(number::floatformat(
                Number::Text(Cow::Borrowed(&input)),
                Some("g"),
            )),
            "template_nesting" => {
                let files = std::collections::HashMap::from([("t".to_owned(), input)]);
                let mut resolver = vauban_template::compiler::resolve::Resolver::new(&files);
                assert!(resolver.page("t").is_err());
            }
            _ => continue,
        }
        run += 1;
        let took = start.elapsed();
        // Debug builds are some ten times slower than what the vectors ask for.
        assert!(took < Duration::from_secs(10), "{case}: {took:?}");
    }
    // Comments: the search for another kind of end must not run to the end of the text each time.
    let start = Instant::now();
    drop(html::strip_tags(&"<!---->".repeat(150_000)));
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "comments: {:?}",
        start.elapsed()
    );
    assert!(run >= 20 || file["cases"].as_array().unwrap().len() < 36, "{run}");
}

fn escaper(name: &str) -> Option<fn(&str, &mut String)> {
    Some(match name {
        "html_escape" => escape::html::text,
        "js_string_escape" => escape::js::string,
        "url_component_escape" => escape::url::component,
        "url_normalize" => escape::url::path,
        "srcset_filter" => escape::srcset::srcset,
        _ => return None,
    })
}

/// The escapers that exist here, against Go's. The others (CSS, regular expressions, unquoted attributes) have
/// no counterpart: those contexts take no value.
#[test]
fn escapers() {
    let file = load("contextual_escaping.json");
    let (mut run, mut failures) = (0, Vec::new());
    for (name, pairs) in file["escapers"].as_object().unwrap() {
        let Some(escape) = escaper(name) else { continue };
        for pair in pairs.as_array().unwrap() {
            let (input, expected) = (pair["in"].as_str().unwrap(), pair["out"].as_str().unwrap());
            let mut actual = String::new();
            escape(input, &mut actual);
            run += 1;
            // What Go's attribute escaper would do afterwards is part of ours.
            let expected = if name == "url_normalize" {
                expected.replace('&', "&amp;")
            } else {
                expected.to_owned()
            };
            if !same_text(&actual, &expected)
                && !(name == "js_string_escape" && unescaped_js(&actual) == unescaped_js(&expected))
            {
                failures.push(format!("{name} {input:?}\n  {expected:?}\n  {actual:?}"));
            }
        }
    }
    assert!(run > 50, "{run}");
    assert!(
        failures.is_empty(),
        "{} failures\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// `\v` and `\u000b` are one character.
fn unescaped_js(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        if let Some(hex) = tail.strip_prefix('u') {
            out.push(char::from_u32(u32::from_str_radix(&hex[..4], 16).unwrap()).unwrap_or('\u{FFFD}'));
            rest = &hex[4..];
        } else {
            let c = tail.chars().next().unwrap();
            out.push(match c {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'f' => '\u{c}',
                'v' => '\u{b}',
                c => c,
            });
            rest = &tail[c.len_utf8()..];
        }
    }
    out + rest
}

/// Go's state after a prefix, and what a value there may become here.
#[test]
fn context_machine() {
    let file = load("contextual_escaping.json");
    let mut failures = Vec::new();
    let (mut same, mut stricter) = (0, 0);
    for case in file["context_machine"].as_array().unwrap() {
        let prefix = case["prefix"].as_str().unwrap();
        let state = case["state"].as_str().unwrap();
        match context_after(prefix) {
            // Refused: no value can stand there.
            Err(_) => stricter += 1,
            Ok((mode, context)) => {
                let fine = match (state, context) {
                    ("Text", Some(Context::Text)) => matches!(mode, Mode::Text),
                    ("RCDATA", Some(Context::Rcdata)) => true,
                    ("HTMLCmt", None) => true,
                    ("URL", Some(Context::UrlStart)) => case["url_part"] == "None",
                    ("URL", Some(Context::UrlPath | Context::UrlRoot)) => case["url_part"] == "PreQuery",
                    ("URL", Some(Context::UrlQuery)) => case["url_part"] == "QueryOrFrag",
                    ("JS", Some(Context::JsValue)) => case["js_ctx"] == "Regexp",
                    ("JSDqStr" | "JSSqStr", Some(Context::JsString)) => true,
                    ("Attr", Some(Context::Attribute)) => true,
                    _ => false,
                };
                if fine {
                    same += 1;
                } else {
                    failures.push(format!("{prefix:?}: Go {state}, here {mode:?} {context:?}"));
                }
            }
        }
    }
    println!("{same} the same, {stricter} refused");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Whether a slash is a division: where Go decides, this lexer agrees or gives up.
#[test]
fn js_slash() {
    let file = load("contextual_escaping.json");
    for case in file["js_slash"].as_array().unwrap() {
        let before = case["js_before_slash"].as_str().unwrap();
        let regexp = case["next_slash_is"] == "Regexp";
        let script = format!("<script>{before}/x");
        if let Ok((Mode::Script(_, js), _)) = context_after(&format!("{script}+")) {
            let here = matches!(js.mode, vauban_template::compiler::html::js::Mode::Regex(_));
            assert!(js.unclear.is_some() || here == regexp, "{before:?}");
        }
    }
}

/// Which `type` makes a script of JavaScript: never where Go says that it is none (a value would be written by the
/// rules of a language that the browser does not run, or run by rules that nobody wrote).
///
/// Stricter, by rule: what Go treats as JavaScript may be read as JSON only (`application/ld+json`), or take no value
/// at all (types of scripts that are not in the table of the HTML standard).
#[test]
fn script_types() {
    let file = load("contextual_escaping.json");
    for case in file["script_types"].as_array().unwrap() {
        let (kind, is_js) = (case["type"].as_str().unwrap(), case["is_js"] == true);
        let script = |rest: &str| context_after(&format!("<script type=\"{kind}\">{rest}"));
        let accepted = match script("") {
            // No value can stand there, or no such script.
            Err(_) => true,
            Ok((_, Some(Context::JsValue))) => is_js && !kind.contains("json"),
            Ok((_, Some(Context::Json))) => kind.contains("json"),
            Ok(_) => false,
        };
        assert!(accepted, "{kind:?}: {:?}", script(""));
    }
    // The rule holds anything else than a table of names.
    for (kind, expected) in [
        ("text/javascript", Some(Context::JsValue)),
        (" TEXT/JavaScript ", Some(Context::JsValue)),
        ("application/ld+json", Some(Context::Json)),
        ("application/javascript/version=1.8", None),
        ("text/template", None),
        ("importmap", None),
    ] {
        let found = context_after(&format!("<script type=\"{kind}\">"));
        assert_eq!(found.ok().and_then(|(_, context)| context), expected, "{kind:?}");
    }
}

/// Where an element of raw text ends: after its own end tag one is in text again, and nowhere before.
#[test]
fn end_tag_search() {
    let file = load("contextual_escaping.json");
    for case in file["end_tag_search"].as_array().unwrap() {
        let (tag, text) = (case["tag"].as_str().unwrap(), case["text"].as_str().unwrap());
        let index = usize::try_from(case["index"].as_i64().unwrap()).ok();
        // Go searches for any name; only elements of raw text have such an end ("tag" is none of them).
        if !["textarea", "title", "script", "style"].contains(&tag) {
            assert_eq!(
                index, None,
                "{tag}: an element whose end is searched for, and that has no test"
            );
            continue;
        }
        // The last prefix that is inside, and the first that is out again.
        let inside = |prefix: &str| {
            let Ok((mode, context)) = context_after(&format!("<{tag}>{prefix}")) else {
                // Refused: stricter. The prefix ends within what may be a tag.
                return None;
            };
            Some(!(matches!(mode, Mode::Text) && context == Some(Context::Text)))
        };
        for at in 0..=text.len() {
            let prefix = &text[..at];
            let Some(still) = inside(prefix) else { continue };
            let end = index.map(|i| i + text[i..].find('>').unwrap_or(text.len() - i));
            match end {
                // Up to its `>` the end tag is not over.
                Some(end) => assert_eq!(still, at <= end, "{tag}: {prefix:?}"),
                None => assert!(still, "{tag}: {prefix:?}"),
            }
        }
        assert_eq!(inside(text), Some(index.is_none()), "{tag}: {text:?}");
    }
}

/// Go's table of attributes: what holds a URL there never takes plain text here.
#[test]
fn attribute_kinds() {
    let file = load("contextual_escaping.json");
    let names = |k: &str| -> Vec<String> {
        file["attribute_kinds"][k]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_str().unwrap().to_owned())
            .collect()
    };
    for element in [
        "a", "img", "form", "button", "div", "object", "video", "x-el", "input",
    ] {
        for name in names("url").into_iter().chain(names("srcset")) {
            assert!(kind(element, &name, false) != Kind::Plain, "{element} {name}");
        }
        for name in names("css").into_iter().chain(names("html")) {
            assert!(
                matches!(kind(element, &name, false), Kind::Refused(_)),
                "{element} {name}"
            );
        }
    }
    for case in file["attribute_kind_heuristics"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        assert!(kind("div", name, false) != Kind::Plain, "{name}");
    }
}

/// Text that the test calls markup.
#[allow(deprecated)]
fn checked(html: String) -> SafeHtml {
    SafeHtml::__checked(html)
}

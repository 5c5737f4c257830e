//! `routing.json`: paths to values and back. Django's `<int:year>` is `{year}` with a type.

use serde_json::Value;

use super::path_value::PathValue;
use super::router::decode_segment;
use super::url::{encode_segments, push_path};
use crate::routing::RestOfPath;
use crate::vectors::{self, Tally, text};

const SAMPLE: &str = r#"{"cases":[
 {"id":"s1","kind":"match","route":"articles/<int:year>/","path":"articles/2003/","expect":{"year":2003}},
 {"id":"s2","kind":"match","route":"articles/<int:year>/","path":"articles/x/","expect":null},
 {"id":"s3","kind":"reverse","route":"t/<str:s>/","kwargs":{"s":"?x"},"expect":"/t/%3Fx/","error":null}]}"#;

#[test]
fn vectors_routing() {
    let mut tally = Tally::default();
    for case in vectors::cases("routing.json", SAMPLE) {
        let id = text(&case, "id");
        let route = text(&case, "route");
        if case["route"].is_null() {
            tally.leave_out(
                id,
                "a URL of a name that does not exist does not compile: see tests/ui/url_name.rs",
            );
        } else if case["kind"] == "compile" {
            tally.leave_out(id, "patterns are checked while compiling: see tests/ui/path_*.rs");
        } else if route.split('/').any(|segment| {
            segment.contains('<')
                && !(segment.starts_with('<') && segment.ends_with('>') && segment.matches('<').count() == 1)
        }) {
            tally.leave_out(id, "a parameter is a whole segment");
        } else if route.find("<path:").is_some_and(|at| !route[at..].ends_with('>')) {
            tally.leave_out(id, "the rest of the path stands at a pattern's end");
        } else if case["kind"] == "match" {
            let got = matches(route, text(&case, "path"));
            if let (Some(got), Value::Object(expected)) = (&got, &case["expect"]) {
                let expected: Vec<String> = expected
                    .values()
                    .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
                    .collect();
                let mut got = got.clone();
                let mut sorted = expected.clone();
                got.sort();
                sorted.sort();
                assert_eq!(got, sorted, "{id}");
            }
            tally.case(id, !case["expect"].is_null(), got.is_some(), match_rule(&case));
        } else {
            match reverse(route, &case["kwargs"]) {
                Some(url) if case["error"].is_null() => {
                    let same = url == text(&case, "expect");
                    tally.case(id, true, same, reverse_rule(&case, Some(&url)));
                }
                Some(_) => tally.case(id, false, true, None),
                None => tally.case(id, case["error"].is_null(), false, reverse_rule(&case, None)),
            }
        }
    }
    tally.finish(58, (40, 5, 13));
}

/// The values, if the path leads to the route: what the router does, for one route.
fn matches(route: &str, path: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    let path: Vec<&str> = path.split('/').collect();
    let mut at = 0;
    let pattern: Vec<&str> = route.split('/').collect();
    for (i, segment) in pattern.iter().enumerate() {
        let Some(kind) = segment.strip_prefix('<') else {
            if path.get(at)? != segment {
                return None;
            }
            at += 1;
            continue;
        };
        if kind.starts_with("path:") && i + 1 == pattern.len() {
            let rest: Option<Vec<_>> = path[at..]
                .iter()
                .map(|s| plain(s).filter(|s| !s.is_empty()))
                .collect();
            let rest = RestOfPath::read(&rest?.join("/")).ok()?;
            values.push(rest.as_str().to_owned());
            return Some(values);
        }
        values.push(value(kind, &plain(path.get(at)?)?)?);
        at += 1;
    }
    (at == path.len()).then_some(values)
}

/// The vectors' paths are decoded already: `%` stands for itself.
fn plain(segment: &str) -> Option<String> {
    decode_segment(&segment.replace('%', "%25")).map(std::borrow::Cow::into_owned)
}

fn value(kind: &str, segment: &str) -> Option<String> {
    let as_text = |ok: bool| ok.then(|| segment.to_owned());
    match kind.split_once(':').map_or("str", |(kind, _)| kind) {
        "int" => u64::read(segment).ok().map(|v| v.to_string()),
        "slug" => as_text(vauban_orm::Slug::read(segment).is_ok()),
        "uuid" => as_text(uuid::Uuid::read(segment).is_ok()),
        _ => as_text(String::read(segment).is_ok()),
    }
}

fn reverse(route: &str, kwargs: &Value) -> Option<String> {
    let mut path = String::new();
    for segment in route.split('/') {
        path.push('/');
        let Some(inner) = segment.strip_prefix('<').and_then(|s| s.strip_suffix('>')) else {
            path.push_str(segment);
            continue;
        };
        let (kind, name) = inner.split_once(':').unwrap_or(("str", inner));
        let value = kwargs.get(name)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match kind {
            "int" => drop(u64::read(&text).ok()?),
            "slug" => drop(vauban_orm::Slug::read(&text).ok()?),
            "uuid" => drop(uuid::Uuid::read(&text).ok()?),
            "path" => drop(RestOfPath::read(&text).ok()?),
            // Django refuses a slash here; Vauban encodes it, and the router refuses what it then is.
            _ if text.contains('/') || text.is_empty() => return None,
            _ => {}
        }
        encode_segments(&text, kind == "path", &mut path);
    }
    let mut out = String::new();
    push_path("", &path, &mut out);
    Some(out)
}

fn match_rule(case: &Value) -> Option<&'static str> {
    let path = text(case, "path");
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Some("no segment is `.` or `..` (CWE-22)");
    }
    if path.chars().any(|c| c.is_control() || c == '\\') {
        return Some("no segment holds a control character or a backslash");
    }
    if text(case, "route").contains("<slug:") {
        return Some("a slug is lower-case letters, digits, `-` and `_`");
    }
    if path.contains("//") {
        return Some("no segment is empty");
    }
    None
}

fn reverse_rule(case: &Value, got: Option<&str>) -> Option<&'static str> {
    let climbs = case["kwargs"].as_object().is_some_and(|k| {
        k.values().any(|v| {
            v.as_str()
                .is_some_and(|v| v.split('/').any(|s| matches!(s, "." | "..")))
        })
    });
    if climbs {
        return Some("`.` and `..` are encoded twice, so that a browser does not climb (CWE-22)");
    }
    let Some(got) = got else {
        let typed = ["<int:", "<slug:", "<uuid:"]
            .iter()
            .any(|kind| text(case, "route").contains(kind));
        return typed.then_some("what a parameter's type does not read has no address");
    };
    (decoded(got) == decoded(text(case, "expect"))).then_some(
        "RFC 3986's unreserved characters stay, the rest is encoded: another spelling of the same path",
    )
}

/// A path without its percent signs.
fn decoded(path: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| first == b'%');
        let byte = digits.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        out.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    out
}

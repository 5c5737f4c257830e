//! `http.json` and `redirect_targets.json`, for the parts that exist here.

use std::collections::BTreeMap;

use ::http::StatusCode;
use serde_json::Value;

use super::local_path;
use super::{Cookie, Response, cookies};
use super::{FormData, FormLimits};
use crate::settings::HostPattern;
use crate::vectors::{self, Tally, text};

const REDIRECTS: &str = r#"{"cases":[
 {"id":"s1","url":"/x","allowed_hosts":["testserver"],"require_https":false,"expect":true},
 {"id":"s2","url":"//evil.com","allowed_hosts":["testserver"],"require_https":false,"expect":false}]}"#;

#[test]
fn vectors_redirect_targets() {
    let mut tally = Tally::default();
    for case in vectors::cases("redirect_targets.json", REDIRECTS) {
        let hosts: Vec<&str> = case["allowed_hosts"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let local = local_path(
            text(&case, "url"),
            &hosts,
            case["require_https"] == true,
            "/here/",
        );
        if let Some(path) = &local {
            let stays =
                path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t']);
            assert!(stays, "{}: {path}", text(&case, "id"));
        }
        tally.case(
            text(&case, "id"),
            case["expect"] == true,
            local.is_some(),
            redirect_rule(&case),
        );
    }
    tally.finish(112, (105, 7, 0));
}

/// Where Vauban refuses what Django takes.
fn redirect_rule(case: &Value) -> Option<&'static str> {
    let url = text(case, "url");
    if url
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || c == '\\' || (!c.is_ascii() && !c.is_alphanumeric()))
    {
        return Some(
            "white space, controls, backslashes and format characters are refused: browsers drop or fold them",
        );
    }
    if url.starts_with(':') || url.starts_with("//?") || url.starts_with("//#") {
        return Some("an empty scheme or host is refused");
    }
    if url.contains("..") {
        return Some("a path that would begin with two slashes after climbing is refused");
    }
    (url.len() > 2048).then_some("a target has at most 2048 bytes")
}

const HTTP: &str = r#"{"cases":[
 {"id":"s1","kind":"response_header","name":"X-A","value":"b\n","expect":null,"error":"BadHeaderError"},
 {"id":"s2","kind":"parse_cookie","input":"a=1","expect":{"a":"1"},"error":null}]}"#;

#[test]
fn vectors_http() {
    let mut tally = Tally::default();
    for case in vectors::cases("http.json", HTTP) {
        let (id, kind) = (text(&case, "id"), text(&case, "kind"));
        let refused = !case["error"].is_null();
        match kind {
            "parse_query" => {
                let parsed = FormData::urlencoded(text(&case, "input").as_bytes(), &FormLimits::DEFAULT).ok();
                let same = parsed
                    .as_ref()
                    .is_some_and(|data| grouped(data) == pairs(&case["expect"]));
                assert!(parsed.is_none() || same, "{id}: {parsed:?}");
                tally.case(
                    id,
                    !refused,
                    same,
                    Some("a percent sign without two digits is refused, not kept (ASVS 1.1.1)"),
                );
            }
            "query_field_limit" => {
                let count = case["fields"].as_u64().unwrap();
                let query: String = (0..count).map(|i| format!("f{i}=1&")).collect();
                let limit = usize::try_from(case["limit"].as_u64().unwrap_or(1000)).unwrap();
                let limits = FormLimits {
                    fields: limit,
                    ..FormLimits::DEFAULT
                };
                tally.case(
                    id,
                    !refused,
                    FormData::urlencoded(query.as_bytes(), &limits).is_ok(),
                    None,
                );
            }
            "parse_cookie" => {
                let got: Vec<(&str, &str)> = cookies::parse(text(&case, "input").as_bytes())
                    .filter_map(|(name, value)| {
                        Some((std::str::from_utf8(name).ok()?, std::str::from_utf8(value).ok()?))
                    })
                    .collect();
                let map: BTreeMap<&str, &str> = got.iter().copied().collect();
                let expected: BTreeMap<&str, &str> = case["expect"]
                    .as_object()
                    .unwrap()
                    .iter()
                    .filter_map(|(k, v)| Some((k.as_str(), v.as_str()?)))
                    .collect();
                let twice = map.len() != got.len();
                tally.case(id, true, map == expected && !twice, cookie_rule(&case));
            }
            "redirect_response" => {
                let local = local_path(text(&case, "url"), &["testserver"], false, "/");
                tally.case(
                    id,
                    !refused,
                    local.is_some(),
                    Some("a redirect to an outside string stays on this site (CWE-601)"),
                );
            }
            "response_header" => {
                let set = Response::new(StatusCode::OK, "").header(text(&case, "name"), text(&case, "value"));
                tally.case(
                    id,
                    !refused,
                    set.is_ok(),
                    Some("a field holds visible ASCII and tabs, its name is a token (RFC 9110 §5.1, §5.5)"),
                );
            }
            "set_cookie" => {
                let options = &case["options"];
                let cookie =
                    Cookie::new("a", options["value"].as_str().unwrap_or("v")).to_header("site", false);
                let text = cookie.to_str().unwrap();
                assert!(
                    text.contains("; HttpOnly; SameSite=") && text.matches("Path=/;").count() == 1,
                    "{text}"
                );
                tally.case(id, !refused, false, Some("attributes are strict and not the application's to loosen; other values are percent-encoded"));
            }
            "is_same_domain" => {
                let pattern = text(&case, "pattern").parse::<HostPattern>();
                let same = pattern.is_ok_and(|pattern| pattern.matches(text(&case, "host")));
                tally.case(id, case["expect"] == true, same, Some("a pattern is a host name"));
            }
            "escape_leading_slashes" => {
                let mut out = String::new();
                super::super::routing::push_path("", text(&case, "input"), &mut out);
                tally.case(id, true, out == text(&case, "expect"), None);
            }
            other => tally.leave_out(id, left_out(other)),
        }
    }
    tally.finish(134, (43, 22, 69));
}

fn grouped(data: &FormData) -> Vec<(String, Vec<String>)> {
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in data.iter() {
        match out.iter_mut().find(|(other, _)| other == name) {
            Some((_, values)) => values.push(value.to_owned()),
            None => out.push((name.to_owned(), vec![value.to_owned()])),
        }
    }
    out
}

fn pairs(expected: &Value) -> Vec<(String, Vec<String>)> {
    serde_json::from_value(expected.clone()).unwrap_or_default()
}

fn cookie_rule(case: &Value) -> Option<&'static str> {
    let input = text(case, "input");
    if input.contains(['\0', '\r', '\n']) {
        return Some("a field with a control character never arrives");
    }
    if input
        .split(';')
        .any(|pair| pair.trim().starts_with('=') || !pair.contains('='))
    {
        return Some("a cookie has a name and a value");
    }
    let pairs = || input.split(';').filter_map(|pair| pair.split_once('='));
    let name = |pair: (&str, &str)| pair.0.trim().to_owned();
    let mut names: Vec<String> = pairs().map(name).collect();
    names.sort();
    if names.windows(2).any(|two| two[0] == two[1]) {
        return Some("a name that is sent twice is no cookie");
    }
    pairs()
        .any(|(_, value)| value.contains(['"', '\\']))
        .then_some("values are taken as they are: no quotes or backslashes are undone")
}

fn left_out(kind: &str) -> &'static str {
    match kind {
        "parse_header_parameters" => "media types are read by the form parser alone, into a closed set",
        "parse_accept_language" => "no translation in this slice",
        "parse_http_date" | "parse_etags" => {
            "conditional requests exist for static files only, by their own ETag"
        }
        "base36_to_int" | "urlsafe_base64_decode" => "tokens have one format of their own (signing)",
        "accept" => "no content negotiation in this slice",
        _ => "a kind that this slice has nothing for",
    }
}

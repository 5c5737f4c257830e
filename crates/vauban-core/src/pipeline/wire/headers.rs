//! `security_headers.json` over the wire.

use super::*;
use crate::vectors;

const SAMPLE: &str = r#"{"cases":[
 {"id":"s1","settings":{},"secure":true,"path":"/x?y=z","request_headers":{},"response_preset":{},"expect_status":200,
  "expect_headers":{"X-Content-Type-Options":"nosniff","X-Frame-Options":"DENY"}},
 {"id":"s2","settings":{"SECURE_HSTS_SECONDS":3600},"secure":true,"path":"/x","request_headers":{},"response_preset":{},
  "expect_status":200,"expect_headers":{"Strict-Transport-Security":"max-age=3600"}}]}"#;

#[tokio::test]
async fn vectors_security_headers() {
    let mut tally = Tally::default();
    for case in vectors::cases("security_headers.json", SAMPLE) {
        let id = text(&case, "id");
        if let Some(reason) = left_out(&case) {
            tally.leave_out(id, reason);
            continue;
        }
        let (fits, detail) = fits(&case).await;
        tally.case(id, true, fits, rule(&case));
        if !fits && rule(&case).is_none() {
            tally.failures.push(format!("{id}: {detail}"));
        }
    }
    tally.finish(21, (14, 7, 0));
}

async fn fits(case: &Value) -> (bool, String) {
    let settings = &case["settings"];
    let mut parts = parts(&["testserver"]);
    let seconds = settings["SECURE_HSTS_SECONDS"].as_u64().unwrap_or(0);
    parts.settings.hsts.max_age = std::time::Duration::from_secs(seconds);
    parts.settings.hsts.include_subdomains = settings["SECURE_HSTS_INCLUDE_SUBDOMAINS"] == true;
    parts.settings.hsts.preload = settings["SECURE_HSTS_PRELOAD"] == true;
    parts.https = settings["SECURE_SSL_REDIRECT"] == true;
    let trusts_header = !settings["SECURE_PROXY_SSL_HEADER"].is_null();
    if !trusts_header && case["secure"] != true {
        parts.settings.trusted_proxies = Vec::new();
    }
    let server = start(parts).await;
    let mut headers = vec![pair("Host", "testserver")];
    let sent = case["request_headers"].as_object().unwrap();
    for (name, value) in sent {
        headers.push(pair(name, value.as_str().unwrap_or("")));
    }
    if case["secure"] == true && !sent.contains_key("X-Forwarded-Proto") {
        headers.push(pair("X-Forwarded-Proto", "https"));
    }
    let reply = server
        .send(&format!("GET {}", text(case, "path")), &headers, "")
        .await;
    let mut wrong = String::new();
    if Some(u64::from(reply.status)) != case["expect_status"].as_u64() {
        wrong = format!("status {} ", reply.status);
    }
    for (name, value) in case["expect_headers"].as_object().unwrap() {
        if reply.header(name) != value.as_str() {
            wrong += &format!("{name}: {:?} instead of {value} ", reply.header(name));
        }
    }
    let promised = case["expect_headers"]["Strict-Transport-Security"].is_string();
    if !promised && reply.header("strict-transport-security").is_some() {
        wrong += "HSTS where there is none to be";
    }
    (wrong.is_empty(), wrong)
}

fn left_out(case: &Value) -> Option<&'static str> {
    let settings = &case["settings"];
    if !settings["SECURE_SSL_HOST"].is_null() {
        return Some("the redirect keeps the host that was asked, which the host check has allowed");
    }
    None
}

/// Where Vauban's answer is another one, and safer.
fn rule(case: &Value) -> Option<&'static str> {
    let settings = &case["settings"];
    if case["response_preset"]
        .as_object()
        .is_some_and(|preset| !preset.is_empty())
    {
        return Some("a view cannot set a header of the walls");
    }
    if [
        "SECURE_CONTENT_TYPE_NOSNIFF",
        "SECURE_REFERRER_POLICY",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY",
        "X_FRAME_OPTIONS",
    ]
    .iter()
    .any(|name| !settings[name].is_null())
    {
        return Some("the headers of the walls are no settings");
    }
    if settings["SECURE_REDIRECT_EXEMPT"]
        .as_array()
        .is_some_and(|list| !list.is_empty())
    {
        return Some("no path is exempt from HTTPS");
    }
    if case["request_headers"]["X-Forwarded-Proto"]
        .as_str()
        .is_some_and(|value| value.contains(','))
    {
        return Some("several schemes count as HTTPS only if all of them are");
    }
    if case["request_headers"]["X-Forwarded-Proto"]
        .as_str()
        .is_some_and(|value| value != "https" && value.trim().eq_ignore_ascii_case("https"))
    {
        return Some("a scheme has no case (RFC 3986 \u{a7}3.1): `HTTPS` of a trusted proxy is HTTPS");
    }
    let path = text(case, "path");
    if path.starts_with("//") {
        return Some("the target keeps its path behind one slash, so that it stays on this host");
    }
    (case["settings"]["SECURE_SSL_REDIRECT"] == true && path.contains("%0"))
        .then_some("the target is sent on as it was, percent-encoded as it was")
}

//! `csrf_fetch_metadata.json` over the wire. Vauban asks for origin and token; where the file allows without a token,
//! and where it refuses because of the headers, a valid one is sent, so that the headers alone decide.

use super::*;
use crate::vectors;

const SAMPLE: &str = r#"{"cases":[
 {"id":"s1","method":"POST","headers":{"Sec-Fetch-Site":"same-origin"},"verdict":"allow"},
 {"id":"s2","method":"POST","headers":{"Sec-Fetch-Site":"cross-site","Origin":"https://attacker.example"},"verdict":"deny"}]}"#;

#[tokio::test]
async fn vectors_csrf_fetch_metadata() {
    let mut tally = Tally::default();
    for case in vectors::cases("csrf_fetch_metadata.json", SAMPLE) {
        let id = text(&case, "id");
        let ows = |value: &Value| value.as_str().is_some_and(|text| text.trim() != text);
        if case["headers"]
            .as_object()
            .is_some_and(|headers| headers.values().any(ows))
        {
            tally.leave_out(
                id,
                "white space round a field's value is not part of it on the wire (RFC 9110 §5.5)",
            );
            continue;
        }
        let got = let_through(&case).await;
        tally.case(id, text(&case, "verdict") == "allow", got, rule(&case));
    }
    tally.finish(38, (37, 0, 1));
}

async fn let_through(case: &Value) -> bool {
    let mut parts = parts(&["example.com"]);
    let trusted: Vec<&str> = case["trusted"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !trusted.is_empty() {
        parts.settings.origins = trusted
            .iter()
            .chain(&["https://example.com"])
            .filter_map(|o| o.parse().ok())
            .collect();
    }
    let server = start(parts).await;
    let mut headers = vec![pair("X-Forwarded-Proto", "https")];
    let given = case["headers"].as_object().unwrap();
    if !given.contains_key("Host") {
        headers.push(pair("Host", case["host"].as_str().unwrap_or("example.com")));
    }
    for (name, value) in given {
        match value {
            Value::Array(values) => {
                headers.extend(values.iter().filter_map(Value::as_str).map(|v| pair(name, v)));
            }
            value => {
                // The peer is no proxy of ours in these cases, but TLS has to be told somehow: the forwarded host goes.
                if !name.eq_ignore_ascii_case("x-forwarded-host") {
                    headers.push(pair(name, value.as_str().unwrap_or("")));
                }
            }
        }
    }
    let session = case["cookies"]
        .as_array()
        .is_none_or(|cookies| cookies.iter().any(|c| c == "session"));
    let binding = if session {
        Binding::Session("a-session-of-ann".to_owned())
    } else {
        Binding::Cookie("A".repeat(22))
    };
    headers.push(match &binding {
        Binding::Session(value) => pair("Cookie", format!("__Host-session={value}")),
        Binding::Cookie(value) => pair("Cookie", format!("__Host-csrf={value}")),
    });
    let path = if case["route"] == "login" { "/login/" } else { "/" };
    let headers_decide = given.keys().any(|name| {
        ["sec-fetch-site", "origin"]
            .iter()
            .any(|other| name.eq_ignore_ascii_case(other))
    });
    let token = match case["token"].as_str() {
        Some("other-form") => Some(server.token(&binding, "/other/")),
        Some("expired") => {
            let bytes = [b"s", &Sha256::digest("a-session-of-ann")[..]].concat();
            Some(server.site.csrf.sign(b"n", &[&bytes, path.as_bytes()], 1))
        }
        Some(token) if token.contains("other") => {
            Some(server.token(&Binding::Session("a-session-of-ben".to_owned()), path))
        }
        Some("valid") => Some(server.token(&binding, path)),
        Some(other) => Some(other.to_owned()),
        None if headers_decide || text(case, "verdict") == "allow" => Some(server.token(&binding, path)),
        None => None,
    };
    let method = text(case, "method");
    let safe = matches!(method, "GET" | "HEAD" | "OPTIONS");
    let body = match token {
        Some(token) if !safe => format!("csrfmiddlewaretoken={token}"),
        _ => String::new(),
    };
    let line = format!("{method} {path}");
    let upgrade = given.keys().any(|name| name.eq_ignore_ascii_case("upgrade"));
    let reply = if upgrade {
        // `Connection` is the case's own.
        let mut request = format!("{line} HTTP/1.1\r\n");
        for (name, value) in &headers {
            let value = if name.eq_ignore_ascii_case("connection") {
                "Upgrade, close"
            } else {
                value
            };
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        server.raw((request + "\r\n").as_bytes()).await
    } else {
        server.send(&line, &headers, &body).await
    };
    matches!(reply.status, 200 | 204)
}

/// Where Vauban refuses what the file allows.
fn rule(case: &Value) -> Option<&'static str> {
    let has = |name: &str| {
        case["headers"]
            .as_object()
            .is_some_and(|h| h.keys().any(|k| k.eq_ignore_ascii_case(name)))
    };
    let method = text(case, "method");
    if !matches!(
        method,
        "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" | "PATCH" | "DELETE"
    ) {
        return Some("a method that no view answers is 405");
    }
    let safe = matches!(method, "GET" | "HEAD" | "OPTIONS");
    if !safe && !has("sec-fetch-site") && !has("origin") && !has("referer") {
        return Some(
            "over HTTPS an unsafe request says where it is from, as every browser's does; a token alone is not enough (as in Django)",
        );
    }
    None
}

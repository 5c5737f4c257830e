//! `csrf.json` over the wire. Django's tokens are translated into Vauban's: a cookie's secret becomes a cookie of
//! ours, a form's token becomes one that belongs to the secret it hides, or one that is broken in the same way.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use super::*;
use crate::vectors;

const SAMPLE: &str = r#"{"cases":[
 {"id":"s1","method":"POST","secure":false,"host":"testserver","headers":{},"cookie_token":"lcccccccX2kcccccccY2jcccccccssIC",
  "session_token":null,"form_token":"2JgchWvM1tpxT2lfz9aydoXW9yT1DN3NdLiejYxOOlzzV4nhBbYqmqZYbAV3V5Bf","view_exempt":false,
  "settings":{"allowed_hosts":["testserver"]},"expect":"accept"},
 {"id":"s2","method":"POST","secure":false,"host":"testserver","headers":{},"cookie_token":"lcccccccX2kcccccccY2jcccccccssIC",
  "session_token":null,"form_token":null,"view_exempt":false,"settings":{"allowed_hosts":["testserver"]},"expect":"reject"},
 {"id":"s3","method":"POST","secure":true,"host":"testserver","headers":{"Origin":"https://evil.com"},
  "cookie_token":"lcccccccX2kcccccccY2jcccccccssIC","session_token":null,"form_token":"lcccccccX2kcccccccY2jcccccccssIC",
  "view_exempt":false,"settings":{"allowed_hosts":["testserver"]},"expect":"reject"}]}"#;

#[tokio::test]
async fn vectors_csrf() {
    let mut tally = Tally::default();
    for case in vectors::cases("csrf.json", SAMPLE) {
        let id = text(&case, "id");
        if case["view_exempt"] == true {
            tally.leave_out(id, "an exempt route is another type that cannot ask for a session; it comes with signed webhooks");
            continue;
        }
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
        tally.case(id, text(&case, "expect") == "accept", got, rule(&case));
    }
    tally.finish(223, (196, 23, 4));
}

async fn let_through(case: &Value) -> bool {
    let settings = &case["settings"];
    let list = |key: &str| -> Vec<String> {
        settings[key]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let allowed = list("allowed_hosts");
    let mut parts = parts(&allowed.iter().map(String::as_str).collect::<Vec<_>>());
    let secure = case["secure"] == true;
    let trusted = list("trusted_origins");
    if !trusted.is_empty() {
        let own = format!(
            "{}://{}",
            if secure { "https" } else { "http" },
            text(case, "host")
        );
        parts.settings.origins = trusted
            .iter()
            .chain([&own])
            .filter_map(|origin| origin.parse().ok())
            .collect();
    }
    let server = start(parts).await;

    let mut headers = vec![
        pair("Host", text(case, "host")),
        pair("X-Forwarded-Proto", if secure { "https" } else { "http" }),
    ];
    let mut given_header = None;
    for (name, value) in case["headers"].as_object().unwrap() {
        if name.eq_ignore_ascii_case("x-csrftoken") {
            given_header = value.as_str();
        } else if !name.starts_with("X-Forwarded") || settings["use_x_forwarded_host"] == true {
            // Else the peer is no proxy of ours, and what it forwards means nothing.
            headers.push(pair(name, value.as_str().unwrap()));
        }
    }
    let prefix = if secure { "__Host-" } else { "test-" };
    let by_session = settings["use_sessions"] == true;
    let stored = if by_session {
        &case["session_token"]
    } else {
        &case["cookie_token"]
    };
    if let Some(stored) = stored.as_str() {
        let (name, value) = match secret(stored) {
            Some(secret) if by_session => ("session", secret),
            Some(secret) => ("csrf", cookie_of(&secret)),
            None if by_session => ("session", "short".to_owned()),
            None => ("csrf", "!@#not-a-cookie-of-ours".to_owned()),
        };
        headers.push(pair("Cookie", format!("{prefix}{name}={value}")));
    }
    let translate = |token: &str| -> String {
        let binding = |secret: String| {
            if by_session {
                Binding::Session(secret)
            } else {
                Binding::Cookie(cookie_of(&secret))
            }
        };
        match secret(token) {
            Some(secret) => server.token(&binding(secret), "/"),
            None => {
                let ours = server.token(&binding("x".repeat(32)), "/");
                if token.is_empty() {
                    String::new()
                } else if token.len() == 64 || token.len() == 32 {
                    ours.replace('.', "!")
                } else {
                    ours[..ours.len() / 2].to_owned()
                }
            }
        }
    };
    if let Some(token) = given_header {
        headers.push(pair("X-CSRFToken", translate(token)));
    }
    let method = text(case, "method");
    let body = match case["form_token"].as_str() {
        Some(token) if method == "POST" => format!("csrfmiddlewaretoken={}", translate(token)),
        _ => String::new(),
    };
    if body.is_empty() && !matches!(method, "GET" | "HEAD") {
        headers.push(pair("Content-Length", "0"));
    }
    let reply = server.send(&format!("{method} /"), &headers, &body).await;
    matches!(reply.status, 200 | 204)
}

/// The secret that a Django token hides: itself with 32 characters, masked with 64.
fn secret(token: &str) -> Option<String> {
    const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let places: Option<Vec<usize>> = token
        .bytes()
        .map(|b| ALPHABET.iter().position(|c| *c == b))
        .collect();
    let places = places?;
    match places.len() {
        32 => Some(token.to_owned()),
        64 => {
            let (mask, cipher) = places.split_at(32);
            Some(
                cipher
                    .iter()
                    .zip(mask)
                    .map(|(c, m)| ALPHABET[(c + 62 - m) % 62] as char)
                    .collect(),
            )
        }
        _ => None,
    }
}

fn cookie_of(secret: &str) -> String {
    BASE64.encode(&Sha256::digest(secret)[..16])
}

/// Where Vauban refuses what Django takes.
fn rule(case: &Value) -> Option<&'static str> {
    let settings = &case["settings"];
    let wild = settings["trusted_origins"]
        .as_array()
        .is_some_and(|list| list.iter().any(|o| o.as_str().is_some_and(|o| o.contains('*'))));
    if !matches!(
        text(case, "method"),
        "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" | "PATCH" | "DELETE"
    ) {
        return Some("a method that no view answers is 405 (TRACE would show cookies to script)");
    }
    if text(case, "host").starts_with('@') {
        return Some("the host check comes first");
    }
    let listed = settings["allowed_hosts"].as_array().is_some_and(|list| {
        list.iter().any(|h| {
            h == &case["host"]
                || case["host"]
                    .as_str()
                    .and_then(|c| c.rsplit_once(':'))
                    .is_some_and(|(name, _)| h == name)
        })
    });
    if !listed && settings["use_x_forwarded_host"] != true {
        return Some(
            "the host check comes first: Django asks for the host only where a view or check needs it",
        );
    }
    if !settings["csrf_cookie_domain"].is_null() || !settings["session_cookie_domain"].is_null() {
        return Some("cookies belong to one host (`__Host-`), so a sibling host is no origin of ours");
    }
    if wild {
        return Some("a configured origin is one origin: no wildcards, no user names, no paths");
    }
    None
}

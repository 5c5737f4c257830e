//! `hosts.json` over the wire.

use super::*;
use crate::vectors;

const SAMPLE: &str = r#"{"cases":[
 {"id":"s1","host":"example.com","allowed_hosts":["example.com"],"valid":true,"expect_host":"example.com"},
 {"id":"s2","host":"evil.com","allowed_hosts":["example.com"],"valid":false,"expect_host":null}]}"#;

#[tokio::test]
async fn vectors_hosts() {
    let mut tally = Tally::default();
    for case in vectors::cases("hosts.json", SAMPLE) {
        let id = text(&case, "id");
        let allowed: Vec<&str> = case["allowed_hosts"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let mut parts = parts(&allowed);
        if case["debug"] == true {
            parts.settings.allowed_hosts = Settings::defaults(Mode::Development).allowed_hosts;
        }
        let host = case["host"].as_str();
        // White space round a field's value is not part of it (RFC 9110 §5.5), and a line break cannot be sent in one.
        if let Some(host) = host.filter(|h| h.trim() != *h || h.contains(['\r', '\n', '\0'])) {
            let got = super::super::hosts::allowed(&parts.settings.allowed_hosts, host);
            tally.case(id, case["valid"] == true, got, None);
            continue;
        }
        let mut headers = Vec::new();
        headers.extend(host.map(|host| pair("Host", host)));
        if case["use_x_forwarded_host"] == true || case["use_x_forwarded_port"] == true {
            headers.extend(
                case["x_forwarded_host"]
                    .as_str()
                    .map(|host| pair("X-Forwarded-Host", host)),
            );
            headers.extend(
                case["x_forwarded_port"]
                    .as_str()
                    .map(|port| pair("X-Forwarded-Port", port)),
            );
        } else {
            // From a peer that is no proxy of ours they mean nothing.
            parts.settings.trusted_proxies = Vec::new();
            headers.extend(
                case["x_forwarded_host"]
                    .as_str()
                    .map(|host| pair("X-Forwarded-Host", host)),
            );
        }
        let server = start(parts).await;
        let reply = server.send("GET /host/", &headers, "").await;
        let got = reply.status == 200;
        if got && case["valid"] == true {
            assert_eq!(Some(reply.body.as_str()), case["expect_host"].as_str(), "{id}");
        }
        assert!(got || reply.status == 400, "{id}: {reply:?}");
        tally.case(id, case["valid"] == true, got, rule(&case));
    }
    tally.finish(84, (74, 10, 0));
}

/// Where Vauban refuses what Django takes.
fn rule(case: &Value) -> Option<&'static str> {
    let host = case["host"].as_str();
    let port = host.and_then(|host| host.rsplit_once(':')).map(|(_, port)| port);
    if host.is_none() {
        return Some(
            "a request without Host is refused (RFC 9112 §3.2); the server's own name is no substitute",
        );
    }
    if port.is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_err()) {
        return Some("a port is at most 65535");
    }
    if host.is_some_and(|host| host.starts_with('.') || host.contains("..")) {
        return Some("a name has no empty label");
    }
    host.filter(|host| host.len() > 253)
        .map(|_| "a name has at most 253 characters (RFC 1035)")
}

//! `dos.json` for what exists here: input made to be slow or large is answered quickly, or refused.

use std::time::{Duration, Instant};

use super::*;
use crate::vectors;

const SAMPLE: &str = r#"{"cases":[
 {"id":"s1","target":"query_parameters","prefix":"","unit":"a=1&","repeat":100000,"suffix":""},
 {"id":"s2","target":"ipv6_parse","prefix":"","unit":"0:","repeat":100000,"suffix":""}]}"#;

/// The vectors propose 1 s on one core; the tests share theirs, unoptimised.
const BOUND: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn vectors_dos() {
    let server = start(parts(&["example.com"])).await;
    let (mut ran, mut left_out, mut total) = (0, 0, 0);
    for case in vectors::cases("dos.json", SAMPLE) {
        total += 1;
        let repeat = usize::try_from(case["repeat"].as_u64().unwrap()).unwrap();
        let input = format!(
            "{}{}{}",
            text(&case, "prefix"),
            text(&case, "unit").repeat(repeat),
            text(&case, "suffix")
        );
        let start = Instant::now();
        if attack(&server, text(&case, "target"), &input).await {
            ran += 1;
        } else {
            left_out += 1;
        }
        assert!(
            start.elapsed() < BOUND,
            "{}: {:?}",
            text(&case, "id"),
            start.elapsed()
        );
        // The server is alive and well.
        let reply = server.send("GET /x", &[pair("Host", "example.com")], "").await;
        assert_eq!(reply.status, 200, "{}", text(&case, "id"));
    }
    if total == 36 {
        // Left out: filters and templates; vauban-template runs them.
        assert_eq!((ran, left_out), (14, 22));
    }
}

/// Attacks; false if there is nothing of the kind here.
async fn attack(server: &Server, target: &str, input: &str) -> bool {
    let host = [pair("Host", "example.com")];
    let post = async |content_type: &str, body: &str| {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: example.com\r\nOrigin: http://example.com\r\nConnection: close\r\n\
             Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        server.raw(request.as_bytes()).await.status
    };
    match target {
        "query_parameters" => {
            assert_eq!(post("application/x-www-form-urlencoded", input).await, 413);
            let reply = server.send(&format!("GET /x?{input}"), &host, "").await;
            assert!(matches!(reply.status, 414 | 431), "{}", reply.status);
        }
        "multipart_parts" | "multipart_base64_unaligned" => {
            let part = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
            let body = if target == "multipart_parts" {
                part.repeat(10_000)
            } else {
                format!(
                    "--b\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
                    &input[..input.len().min(900_000)]
                )
            };
            // The reason: too many parts, or a header that no part has.
            let status = if target == "multipart_parts" { 413 } else { 400 };
            assert_eq!(
                post("multipart/form-data; boundary=b", &format!("{body}--b--\r\n")).await,
                status
            );
        }
        "content_type_header" => assert_eq!(post(input, "a=1").await, 415),
        "chunked_body_without_length" => {
            let mut request = b"POST / HTTP/1.1\r\nHost: example.com\r\nOrigin: http://example.com\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            for chunk in input.as_bytes().chunks(64 * 1024) {
                request.extend(format!("{:x}\r\n", chunk.len()).bytes());
                request.extend(chunk);
                request.extend(b"\r\n");
            }
            // The server answers 413 and closes before it has read all of it; what arrives of that is the system's affair.
            let mut stream = TcpStream::connect(server.addr).await.unwrap();
            let _ = stream.write_all(&request).await;
            let mut answer = vec![0; 64];
            let read = stream.read(&mut answer).await.unwrap_or(0);
            assert!(
                read == 0 || answer.starts_with(b"HTTP/1.1 413"),
                "{}",
                String::from_utf8_lossy(&answer)
            );
        }
        "ipv6_parse" => {
            let bracketed = format!("[{}]", &input[..input.len().min(8000)]);
            assert_eq!(
                server.send("GET /x", &[pair("Host", bracketed)], "").await.status,
                400
            );
            assert!(!super::super::hosts::allowed(
                &server.site.settings.allowed_hosts,
                &format!("[{input}]")
            ));
        }
        // There are no user names; who signs in sends an address, which is brought into a normal form.
        "username_field_nfkc" => {
            assert!(input.parse::<crate::Email>().is_err());
            let body = format!("email={}", &input[..input.floor_char_boundary(600_000)]);
            let status = post("application/x-www-form-urlencoded", &body).await;
            assert!(matches!(status, 403 | 413), "{status}");
        }
        "url_validator" => {
            assert!(input.parse::<crate::forms::HttpUrl>().is_err());
            // As long as an address may be, and every character has to be looked at.
            let longest = &input[..input.floor_char_boundary(crate::forms::MAX_URL_BYTES)];
            assert!(longest.parse::<crate::forms::HttpUrl>().is_err());
        }
        // Translation is to come, but whoever sends the header is not refused for it, and nothing here reads it slowly.
        "accept_language" | "language_code_lookup" => {
            let sent = &input[..input.len().min(4000)];
            let reply = server
                .send("GET /x", &[host[0].clone(), pair("Accept-Language", sent)], "")
                .await;
            assert_eq!(reply.status, 200);
        }
        "redirect_url" => {
            // Longer than any target may be; and a piece of it stays here.
            assert_eq!(crate::http::local_path(input, &["example.com"], false, "/"), None);
            let short: String = input.chars().take(300).collect();
            let local = crate::http::local_path(&short, &["example.com"], false, "/");
            assert!(local.is_none_or(|path| path.starts_with('/') && !path.starts_with("//")));
        }
        "email_validator" => assert!(input.parse::<crate::Email>().is_err()),
        _ => return false,
    }
    true
}

/// CWE-770. Attack: many bodies, each within its limit, and none of them ends.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_in_memory_are_bounded_in_sum() {
    let mut parts = parts(&["example.com"]);
    parts.settings.limits.body = 1000;
    parts.settings.limits.bodies = 1000;
    parts.settings.timeouts.body = Duration::from_millis(1500);
    let server = start(parts).await;
    let head = "POST / HTTP/1.1\r\nHost: example.com\r\nOrigin: http://example.com\r\nConnection: close\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 900\r\n\r\n";
    let mut unfinished = TcpStream::connect(server.addr).await.unwrap();
    unfinished
        .write_all(format!("{head}{}", "a".repeat(800)).as_bytes())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let request = format!("{head}{}", "a".repeat(900));
    // It waits for the room that the first one has, and has it when that one's time is over.
    let first = server.raw(request.as_bytes()).await;
    assert_eq!(first.status, 403, "without a token, but it was read");
    // While somebody holds the room for longer than a body may wait, the answer says so.
    let held = server.site.bodies.for_test(900).await;
    let refused = server.raw(request.as_bytes()).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("2")));
    drop(held);
    assert_eq!(server.raw(request.as_bytes()).await.status, 403);
}

//! Attacks, each first seen to succeed on a twin without the control, then to fail with it.

use std::sync::atomic::Ordering;

use super::super::without::Without;
use super::*;

const ANN: &str = "a-session-of-ann";

async fn twin(without: Without) -> Server {
    let mut parts = parts(&["example.com"]);
    parts.without = without;
    start(parts).await
}

/// Everything off that hides another control; what is tested is put back by the caller.
fn bare() -> Without {
    Without {
        host_check: true,
        origin_check: true,
        isolation: true,
        token_check: true,
        security_headers: true,
        body_limit: true,
    }
}

fn browser(extra: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut headers = vec![
        pair("Host", "example.com"),
        pair("X-Forwarded-Proto", "https"),
        pair("Cookie", format!("__Host-session={ANN}")),
    ];
    headers.extend(extra.iter().map(|(name, value)| pair(name, *value)));
    headers
}

/// ASVS 3.5.1, CWE-352: a form on another site posts with Ann's cookie.
#[tokio::test]
async fn a_foreign_form_changes_nothing() {
    let foreign = browser(&[
        ("Origin", "https://attacker.example"),
        ("Sec-Fetch-Site", "cross-site"),
    ]);
    let post = async |without: Without| {
        let before = views::WRITES.load(Ordering::Relaxed);
        let reply = twin(without).await.send("POST /", &foreign, "a=1").await;
        (reply.status, views::WRITES.load(Ordering::Relaxed) > before)
    };
    // The attack works where nothing stands against it,
    assert_eq!(post(bare()).await, (200, true));
    // and each wall alone stops it.
    assert_eq!(
        post(Without {
            origin_check: false,
            ..bare()
        })
        .await
        .0,
        403
    );
    assert_eq!(
        post(Without {
            token_check: false,
            ..bare()
        })
        .await
        .0,
        403
    );
}

/// ASVS 3.5.1, CWE-352: the attacker sends a token of their own.
#[tokio::test]
async fn a_token_of_another_session_path_or_time_is_refused() {
    let server = twin(Without {
        token_check: false,
        ..bare()
    })
    .await;
    let good = server.token(&Binding::Session(ANN.to_owned()), "/");
    let post = async |token: &str| {
        server
            .send("POST /", &browser(&[]), &format!("csrfmiddlewaretoken={token}"))
            .await
            .status
    };
    assert_eq!(post(&good).await, 200);
    assert_eq!(
        post(&server.token(&Binding::Session("a-session-of-mallory".to_owned()), "/")).await,
        403
    );
    assert_eq!(
        post(&server.token(&Binding::Cookie("A".repeat(22)), "/")).await,
        403
    );
    assert_eq!(
        post(&server.token(&Binding::Session(ANN.to_owned()), "/login/")).await,
        403
    );
    let bytes = [b"s", &Sha256::digest(ANN)[..]].concat();
    assert_eq!(post(&server.site.csrf.sign(b"n", &[&bytes, b"/"], 1)).await, 403);
    // CWE-613: signed while a clock stood ahead.
    let ahead = crate::signing::now() + 13 * 3600;
    assert_eq!(
        post(&server.site.csrf.sign(b"n", &[&bytes, b"/"], ahead)).await,
        403
    );
    let other_purpose = server
        .site
        .keys()
        .signer("messages")
        .sign(b"n", &[&bytes, b"/"], u64::MAX);
    assert_eq!(post(&other_purpose).await, 403);
    assert_eq!(post(&format!("{good}&csrfmiddlewaretoken={good}")).await, 403);
}

/// CWE-644, CWE-346: a host of the attacker's choice reaches links and caches.
#[tokio::test]
async fn a_foreign_host_is_not_answered() {
    let evil = [pair("Host", "evil.example")];
    assert_eq!(
        twin(bare()).await.send("GET /host/", &evil, "").await.body,
        "evil.example"
    );
    let reply = twin(Without {
        host_check: false,
        ..bare()
    })
    .await
    .send("GET /host/", &evil, "")
    .await;
    assert_eq!(reply.status, 400);
    assert!(!reply.body.contains("evil"), "{reply:?}");
    // CWE-444: two hosts, or an absolute target that names another.
    let server = twin(Without {
        host_check: false,
        ..bare()
    })
    .await;
    let two = [pair("Host", "example.com"), pair("Host", "evil.example")];
    assert_eq!(server.send("GET /host/", &two, "").await.status, 400);
    let one = [pair("Host", "example.com")];
    assert_eq!(
        server
            .send("GET http://evil.example/host/", &one, "")
            .await
            .status,
        400
    );
}

/// ASVS 3.5.8, CWE-346: another site loads Ann's data as a script.
#[tokio::test]
async fn a_foreign_page_loads_nothing() {
    let load = browser(&[
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", "no-cors"),
        ("Sec-Fetch-Dest", "script"),
    ]);
    assert_eq!(twin(bare()).await.send("GET /json/", &load, "").await.status, 200);
    let isolated = twin(Without {
        isolation: false,
        ..bare()
    })
    .await;
    assert_eq!(isolated.send("GET /json/", &load, "").await.status, 403);
    let link = browser(&[
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
    ]);
    assert_eq!(isolated.send("GET /json/", &link, "").await.status, 200);
}

/// ASVS 3.4, CWE-693: every answer, refusals included, carries the headers.
#[tokio::test]
async fn every_answer_carries_the_headers() {
    let bare_reply = twin(bare()).await.send("GET /", &browser(&[]), "").await;
    assert_eq!(bare_reply.header("content-security-policy"), None);
    let server = twin(Without::default()).await;
    let foreign_host = vec![pair("Host", "evil.example")];
    for (line, headers, status) in [
        ("GET /", browser(&[]), 200),
        ("GET /nothing/", browser(&[]), 404),
        ("PUT /x", browser(&[("Sec-Fetch-Site", "same-origin")]), 405),
        ("POST /", browser(&[]), 403),
        ("GET /", foreign_host, 400),
        ("GET /login", browser(&[]), 301),
        ("OPTIONS /", browser(&[]), 204),
        ("HEAD /", browser(&[]), 200),
        ("GET /fails/", browser(&[]), 500),
        ("GET /panic/", browser(&[]), 500),
        ("GET /slow/", browser(&[]), 503),
        ("GET /static/nothing.css", browser(&[]), 404),
    ] {
        let reply = server.send(line, &headers, "").await;
        assert_eq!(reply.status, status, "{line}");
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "x-frame-options",
            "referrer-policy",
            "cross-origin-opener-policy",
            "cross-origin-resource-policy",
            "permissions-policy",
            "cache-control",
            "x-request-id",
        ] {
            assert!(reply.header(name).is_some(), "{line}: no {name}: {reply:?}");
        }
        assert!(
            reply
                .header("content-security-policy")
                .unwrap()
                .contains("frame-ancestors 'none'"),
            "{line}"
        );
        // CWE-209, CWE-200
        assert!(
            !reply.body.contains("secret detail") && reply.header("server").is_none(),
            "{reply:?}"
        );
        if status == 500 {
            assert!(
                reply.body.contains(reply.header("x-request-id").unwrap()),
                "{reply:?}"
            );
        }
    }
}

/// CWE-79: two answers never share a nonce, and a document's policy has one.
#[tokio::test]
async fn a_nonce_is_used_once() {
    let server = twin(Without::default()).await;
    let policy = async || {
        server
            .send("GET /nothing/", &browser(&[]), "")
            .await
            .header("content-security-policy")
            .unwrap()
            .to_owned()
    };
    let (first, second) = (policy().await, policy().await);
    assert!(
        first.contains("script-src 'nonce-") && first.contains("require-trusted-types-for 'script'"),
        "{first}"
    );
    assert_ne!(first, second);
}

/// ASVS 15.2.2, CWE-770, CWE-409: large, encoded and oversized requests.
#[tokio::test]
async fn what_is_too_large_is_refused() {
    let server = twin(Without::default()).await;
    let token = server.token(&Binding::Session(ANN.to_owned()), "/");
    let own = [("Sec-Fetch-Site", "same-origin"), ("X-CSRFToken", token.as_str())];
    let large = format!("a={}", "x".repeat(1 << 20));
    assert_eq!(server.send("POST /", &browser(&own), "a=1").await.status, 200);
    assert_eq!(server.send("POST /", &browser(&own), &large).await.status, 413);
    let unlimited = twin(Without {
        body_limit: true,
        ..Without::default()
    })
    .await;
    assert_eq!(unlimited.send("POST /", &browser(&own), &large).await.status, 200);
    let gzip = [own[0], own[1], ("Content-Encoding", "gzip")];
    assert_eq!(server.send("POST /", &browser(&gzip), "a=1").await.status, 415);
    let long = format!("GET /x?{}", "a".repeat(9000));
    assert_eq!(server.send(&long, &browser(&[]), "").await.status, 414);
    let wide: Vec<(String, String)> = (0..100)
        .map(|i| pair(&format!("X-{i}"), "a"))
        .chain(browser(&[]))
        .collect();
    assert_eq!(server.send("GET /x", &wide, "").await.status, 431);
    let fat = browser(&[("X-Fat", &"a".repeat(17 * 1024))]);
    assert_eq!(server.send("GET /x", &fat, "").await.status, 431);
    let fields: String = (0..1001).map(|i| format!("f{i}=1&")).collect();
    let in_form = [("Sec-Fetch-Site", "same-origin")];
    assert_eq!(
        server.send("POST /", &browser(&in_form), &fields).await.status,
        413
    );
}

/// CWE-444: what two readers could read in two ways is refused by the parser.
#[tokio::test]
async fn smuggling_is_refused() {
    let server = twin(Without::default()).await;
    for head in [
        "POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: +3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: xchunked\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost : example.com\r\nContent-Length: 0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: example.com\r\n X: folded\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
    ] {
        let status = server
            .raw(
                head.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
                    .as_bytes(),
            )
            .await
            .status;
        assert!((400..500).contains(&status), "{status}: {head:?}");
    }
}

/// CWE-400, CWE-444: a bare LF where a NUL is legal to the parser (a chunk's extension, a trailer) ends the connection
/// at once; it is held by nobody who waits. A legal extension passes.
#[tokio::test]
async fn a_broken_chunk_ends_the_connection_and_a_legal_extension_passes() {
    let server = twin(Without::default()).await;
    let send = async |body: String| {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: example.com\r\nX-Forwarded-Proto: https\r\nTransfer-Encoding: chunked\r\n\
             Origin: https://example.com\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n{body}"
        );
        let start = std::time::Instant::now();
        let status = server.raw(request.as_bytes()).await.status;
        assert!(
            start.elapsed() < std::time::Duration::from_secs(3),
            "{body:?} was held"
        );
        status
    };
    for broken in ["3;a=b\nx=1\r\n0\r\n\r\n", "3\r\na=1\r\n0\r\nT: 1\n\r\n"] {
        let status = send(broken.to_owned()).await;
        assert!(status == 0 || status == 400, "{status}: {broken:?}");
    }
    // Longer than any extension is.
    let status = send(format!("3;{}", "x".repeat(9000))).await;
    assert!(status == 0 || status == 400, "{status}");
    let plain = send("3\r\na=1\r\n0\r\n\r\n".to_owned()).await;
    let extended = send(format!("3;a=\"{}\"\r\na=1\r\n0\r\n\r\n", "x".repeat(300))).await;
    assert_eq!(extended, plain);
}

/// CWE-1385: a WebSocket is not asked for from elsewhere; any other protocol that a client offers is ignored, and its
/// request is an ordinary one (RFC 9110 §7.8).
#[tokio::test]
async fn an_offer_of_another_protocol_is_ignored() {
    let server = twin(Without::default()).await;
    for (offer, status) in [
        ("h2c", 200),
        ("h2c, TLS/1.0", 200),
        ("websocket", 403),
        ("WebSocket/13", 403),
        ("h2c, websocket", 403),
    ] {
        let reply = server
            .send(
                "GET /x",
                &browser(&[("Connection", "Upgrade"), ("Upgrade", offer)]),
                "",
            )
            .await;
        assert_eq!(reply.status, status, "{offer}");
    }
}

/// CWE-525: an answer made for somebody is kept by nobody.
#[tokio::test]
async fn answers_of_a_session_are_not_kept() {
    let server = twin(Without::default()).await;
    let anonymous = [pair("Host", "example.com"), pair("X-Forwarded-Proto", "https")];
    assert_eq!(
        server
            .send("GET /x", &browser(&[]), "")
            .await
            .header("cache-control"),
        Some("no-store")
    );
    assert_eq!(
        server
            .send("GET /x", &anonymous, "")
            .await
            .header("cache-control"),
        Some("private, no-cache")
    );
    // A token, too; and its cookie is strict.
    let reply = server.send("GET /", &anonymous, "").await;
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let cookie = reply.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("__Host-csrf=") && cookie.contains("Secure") && cookie.contains("HttpOnly"),
        "{cookie}"
    );
}

/// CWE-384, CWE-352: a first visit gets a token that its own cookie makes good.
#[tokio::test]
async fn a_first_visit_can_post() {
    let server = twin(Without::default()).await;
    let page = server.send("GET /", &[pair("Host", "example.com")], "").await;
    let cookie = page
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let post = async |cookie: &str| {
        let headers = [
            pair("Host", "example.com"),
            pair("Origin", "http://example.com"),
            pair("Cookie", cookie),
        ];
        server
            .send("POST /", &headers, &format!("csrfmiddlewaretoken={}", page.body))
            .await
            .status
    };
    assert_eq!(post(&cookie).await, 200);
    assert_eq!(post("test-csrf=AAAAAAAAAAAAAAAAAAAAAA").await, 403);
    // CWE-1275: a planted second cookie makes both worthless.
    assert_eq!(
        post(&format!("{cookie}; test-csrf=AAAAAAAAAAAAAAAAAAAAAA")).await,
        403
    );
}

/// CWE-209, CWE-215, CWE-489: the development page says what went wrong and where, and hides secrets; others than
/// the developer do not get it.
#[cfg(debug_assertions)]
#[tokio::test]
async fn the_development_page_hides_secrets() {
    let development = || {
        let mut parts = parts(&["localhost"]);
        parts.settings.mode = Mode::Development;
        parts
    };
    let mut request = vec![
        pair("Host", "localhost"),
        pair("Cookie", "test-session=cookie-value-of-ann"),
        pair("Authorization", "Bearer token-of-ann"),
    ];
    let server = start(development()).await;
    let page = server.send("GET /fails/?reset=reset-code", &request, "").await;
    assert_eq!(page.status, 500);
    assert!(
        page.body.contains("secret detail") && page.body.contains("wire/mod.rs"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("Err(std::io::Error::other"),
        "the source line: {}",
        page.body
    );
    for secret in [
        "cookie-value-of-ann",
        "token-of-ann",
        "a key of the tests",
        "reset-code",
    ] {
        assert!(!page.body.contains(secret), "{secret}: {}", page.body);
    }
    let page = server.send("GET /panic/", &request, "").await;
    assert!(
        page.body.contains("<mark>") && page.body.contains("panic!("),
        "{}",
        page.body
    );
    // CWE-79: what the request says is text.
    request.push(pair("X-Note", "<script>alert(1)</script>"));
    assert!(
        !server
            .send("GET /fails/", &request, "")
            .await
            .body
            .contains("<script>alert")
    );
    let mut shared = development();
    shared.settings.shared = true;
    let page = start(shared).await.send("GET /fails/", &request, "").await;
    assert!(!page.body.contains("secret detail"), "{}", page.body);
}

/// ASVS 3.4.1, 12.2.1, CWE-319: plain requests go to HTTPS; what was posted in clear does not seem to work.
#[tokio::test]
async fn plain_requests_go_to_https() {
    let host = [pair("Host", "example.com")];
    let plain = start(parts(&["example.com"]))
        .await
        .send("GET /x?y=z", &host, "")
        .await;
    assert_eq!(
        (plain.status, plain.header("strict-transport-security")),
        (200, None)
    );
    let mut strict = parts(&["example.com"]);
    strict.https = true;
    let server = start(strict).await;
    let redirect = server.send("GET /x?y=z", &host, "").await;
    assert_eq!(
        (redirect.status, redirect.header("location")),
        (301, Some("https://example.com/x?y=z"))
    );
    assert_eq!(server.send("POST /", &host, "a=1").await.status, 403);
    let secure = server.send("GET /x", &browser(&[]), "").await;
    assert_eq!(secure.status, 200);
    assert!(
        secure
            .header("strict-transport-security")
            .is_some_and(|value| value.starts_with("max-age="))
    );
}

/// CWE-22, CWE-525: static files have right types and life times, and no path leads out of their folder.
#[tokio::test]
async fn static_files_are_kept_and_do_not_climb() {
    use crate::staticfiles::{StaticFile, StaticFiles};
    let mut parts = parts(&["example.com"]);
    parts.static_files = StaticFiles::new(
        &[StaticFile {
            path: "css/site.css",
            bytes: b"body{}",
        }],
        "",
    );
    let mut url = String::new();
    parts.static_files.write_url("css/site.css", &mut url);
    let server = start(parts).await;
    let host = [pair("Host", "example.com")];
    let file = server.send(&format!("GET {url}"), &host, "").await;
    assert_eq!((file.status, file.body.as_str()), (200, "body{}"));
    assert_eq!(
        file.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    assert_eq!(file.header("content-type"), Some("text/css; charset=utf-8"));
    assert_eq!(file.header("cross-origin-resource-policy"), Some("same-origin"));
    let again = [
        pair("Host", "example.com"),
        pair("If-None-Match", file.header("etag").unwrap()),
    ];
    assert_eq!(server.send(&format!("GET {url}"), &again, "").await.status, 304);
    let head = server.send(&format!("HEAD {url}"), &host, "").await;
    assert_eq!(
        (head.body.as_str(), head.header("content-length")),
        ("", Some("6"))
    );
    for path in [
        "/static/css/../../Cargo.toml",
        "/static/%2e%2e/Cargo.toml",
        "/static//etc/passwd",
        "/static/css/",
    ] {
        assert_eq!(
            server.send(&format!("GET {path}"), &host, "").await.status,
            404,
            "{path}"
        );
    }
    assert_eq!(server.send(&format!("POST {url}"), &host, "").await.status, 405);
}

/// CWE-489: what is marked as a help for developing, which the lock leaves out, answers the developer's own machine and
/// a development build only, so that the mark hides nothing from a review.
#[cfg(debug_assertions)]
#[tokio::test]
async fn a_help_for_developing_is_the_developers() {
    for (mode, host, status) in [
        (Mode::Release, "localhost", 404),
        (Mode::Development, "example.com", 404),
        (Mode::Development, "localhost", 200),
    ] {
        let mut parts = parts(&["example.com", "localhost"]);
        parts.settings.mode = mode;
        parts.settings.trusted_proxies = Vec::new();
        parts.routes = parts
            .routes
            .and(Routes::new().view::<help>("help").for_development());
        let server = start(parts).await;
        let reply = server.send("GET /help/", &[pair("Host", host)], "").await;
        assert_eq!(reply.status, status, "{mode:?} {host}");
    }
}

#[crate::view(get, "/help/")]
async fn help(_: crate::routing::Public) -> crate::http::Text {
    crate::http::Text::new("help")
}

/// CWE-532. Attack: the key in a help's path is read in the log, whoever asked, in whichever spelling and by whichever
/// method.
#[cfg(debug_assertions)]
#[tokio::test]
async fn cwe_532_the_log_holds_no_key_of_a_help_for_developing() {
    let (log, _guard) = Log::of_this_thread();
    let mut parts = parts(&["example.com", "localhost"]);
    parts.settings.trusted_proxies = Vec::new();
    let help = Routes::new().view::<keyed>("keyed").for_development();
    parts.routes = parts.routes.and(help);
    let server = start(parts).await;
    for (line, host) in [
        ("GET /keyed/s3cr3t-key/", "localhost"),
        ("HEAD /keyed/s3cr3t-key/", "localhost"),
        ("GET /keyed/s3cr3t-key", "localhost"),
        ("GET /keyed/s3cr3t%2Dkey/", "localhost"),
        ("POST /keyed/s3cr3t-key/", "localhost"),
        ("GET /keyed/s3cr3t-key/", "example.com"),
        ("GET /keyed/s3cr3t-key/", "evil.example"),
    ] {
        server.send(line, &[pair("Host", host)], "").await;
    }
    server.send("GET /host/", &[pair("Host", "localhost")], "").await;
    let text = log.text();
    assert!(
        text.contains("/keyed/{key}/") && text.contains("/host/"),
        "{text}"
    );
    assert!(!text.contains("s3cr3t"), "{text}");
}

#[crate::view(get, "/keyed/{key}/")]
async fn keyed(_: crate::routing::Public, key: crate::routing::Path<String>) -> crate::http::Text {
    crate::http::Text::new(key.len().to_string())
}

/// CWE-532, CWE-598. Attack: the token of a link in a mail is read in the log, or in a `Referer`.
#[tokio::test]
async fn cwe_532_the_log_holds_no_secret_of_a_path() {
    let (log, _guard) = Log::of_this_thread();
    let mut parts = parts(&["example.com", "localhost"]);
    parts.settings.trusted_proxies = Vec::new();
    let invited = Routes::new().view::<invited>("invited");
    parts.routes = parts.routes.and(Routes::new().include("club", "/club/", invited));
    let server = start(parts).await;
    for (line, host) in [
        ("GET /club/invited/s3cr3t-key/", "example.com"),
        ("HEAD /club/invited/s3cr3t-key/", "localhost"),
        ("GET /club/invited/s3cr3t-key", "localhost"),
        ("GET /club/invited/s3cr3t%2Dkey/more/", "localhost"),
        ("GET /club/in%76ited/s3cr3t-key/", "localhost"),
        ("POST /club/invited/s3cr3t-key/", "localhost"),
        ("GET /club/invited/s3cr3t-key/", "evil.example"),
    ] {
        let reply = server.send(line, &[pair("Host", host)], "").await;
        assert_eq!(reply.header("referrer-policy"), Some("strict-origin"), "{line}");
    }
    let other = server.send("GET /host/", &[pair("Host", "localhost")], "").await;
    assert_eq!(other.header("referrer-policy"), Some("same-origin"));
    let text = log.text();
    assert!(
        text.contains("/club/invited/{key}/") && text.contains("/host/"),
        "{text}"
    );
    assert!(!text.contains("s3cr3t"), "{text}");
}

#[crate::view(get, "/invited/{key}/")]
async fn invited(
    _: crate::routing::Public,
    key: crate::routing::Path<crate::routing::PathSecret>,
) -> crate::http::Text {
    crate::http::Text::new(key.expose().len().to_string())
}

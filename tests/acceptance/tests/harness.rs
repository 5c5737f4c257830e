//! The harness itself: what it says it hears, it hears. Without this, a silent listener would pass every page.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use acceptance::{Attacker, Browser};

const STRICT: &str = "Content-Security-Policy: default-src 'none'; require-trusted-types-for 'script'; \
                      script-src 'nonce-abc'\r\n";

/// ASVS 3.4.3, CWE-1021/79: planted violations of each kind are heard, and a clean page is silent.
#[test]
fn planted_violations_are_heard() {
    let server = Attacker::start();
    server.page("/clean", STRICT, "<!doctype html><title>x</title><p>clean");
    server.page(
        "/inline",
        STRICT,
        "<!doctype html><title>x</title><script>document.title = 'ran'</script>",
    );
    server.page(
        "/handler",
        STRICT,
        "<!doctype html><title>x</title><p id=p onclick=\"document.title = 'ran'\">p",
    );
    server.page(
        "/sink",
        STRICT,
        "<!doctype html><title>x</title><p id=p>p<script nonce=abc>document.getElementById('p').innerHTML = '<b>b'</script>",
    );
    server.page(
        "/error",
        "",
        "<!doctype html><title>x</title><script>no_such_function()</script>",
    );
    server.page(
        "/dialog",
        "",
        "<!doctype html><title>x</title><script>alert('hello')</script>",
    );

    let browser = Browser::start();
    let complaints = |path: &str| {
        browser.goto(&server.same_site(path));
        let mut all = browser.complaints();
        // Chromium asks for an icon by itself when a page names none.
        all.retain(|one| !one.contains("favicon.ico"));
        all
    };
    let heard = complaints("/inline");
    assert!(
        heard.iter().any(|one| one.contains("csp: script-src")),
        "inline script: {heard:?}"
    );
    assert_eq!(browser.title(), "x", "the inline script did not run");

    browser.goto(&server.same_site("/handler"));
    browser.click(&browser.find("#p"));
    let heard = browser.complaints();
    assert!(
        heard.iter().any(|one| one.contains("csp: script-src-attr")),
        "inline handler: {heard:?}"
    );

    let heard = complaints("/sink");
    assert!(
        heard
            .iter()
            .any(|one| one.contains("csp: require-trusted-types-for")),
        "sink: {heard:?}"
    );
    let heard = complaints("/error");
    assert!(
        heard.iter().any(|one| one.starts_with("error:")),
        "error: {heard:?}"
    );
    let heard = complaints("/dialog");
    assert!(
        heard.iter().any(|one| one == "dialog: hello"),
        "dialog: {heard:?}"
    );
    let heard = complaints("/clean")
        .into_iter()
        .filter(|one| !one.contains("data:,"))
        .collect::<Vec<_>>();
    assert!(heard.is_empty(), "a clean page: {heard:?}");
}

/// The two kinds of "elsewhere" are what the browser takes them for: a `SameSite=Strict` cookie of 127.0.0.1
/// goes along from another port there, and not from `localhost`.
#[test]
fn another_host_name_is_cross_site_and_another_port_is_not() {
    let (victim, attacker) = (Attacker::start(), Attacker::start());
    victim.page(
        "/set",
        "Set-Cookie: strict=1; SameSite=Strict; Path=/\r\n",
        "<title>x</title>",
    );
    victim.page("/target", "", "<title>target</title>");
    let form = format!(
        "<form method=post action='{}'><button>go</button></form>",
        victim.same_site("/target")
    );
    attacker.page("/form", "", &form);

    let browser = Browser::start();
    browser.goto(&victim.same_site("/set"));
    let sent_cookie = |from: &str| {
        browser.goto(from);
        browser.submit("form");
        let seen = victim
            .seen()
            .into_iter()
            .rfind(|seen| seen.line == "POST /target")
            .expect("the post came");
        let fetch_site = seen
            .headers
            .iter()
            .find(|line| line.to_ascii_lowercase().starts_with("sec-fetch-site:"));
        let fetch_site = fetch_site
            .map(|line| line[15..].trim().to_owned())
            .expect("Sec-Fetch-Site");
        (
            fetch_site,
            seen.headers.iter().any(|line| line.contains("strict=1")),
        )
    };
    assert_eq!(
        sent_cookie(&attacker.cross_site("/form")),
        ("cross-site".to_owned(), false)
    );
    assert_eq!(
        sent_cookie(&attacker.same_site("/form")),
        ("same-site".to_owned(), true)
    );
}

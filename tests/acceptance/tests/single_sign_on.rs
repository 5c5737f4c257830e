//! Single sign-on by a provider that is not ours (`oidc-provider`), in a real Chromium.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    missing_docs
)]

use std::process::Command;

use acceptance::{Browser, Running, Site, built};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The provider, and its port.
fn provider() -> (Running, u16) {
    let folder = format!("{ROOT}/target/oidc-provider");
    assert!(
        std::path::Path::new(&folder).join("node_modules").is_dir(),
        "run `scripts/test acceptance`: it installs oidc-provider"
    );
    let mut command = Command::new("node");
    command
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/oidc_provider.mjs"))
        .arg(folder)
        // It lets programs of one's own come back to any port of this machine.
        .arg("http://127.0.0.1/accounts/oidc/company/callback/");
    let mut provider = Running::start(&mut command);
    let line = provider.wait_for_line(60, |line| line.starts_with("port "));
    let port = line["port ".len()..].parse().unwrap();
    (provider, port)
}

/// Signs in at the provider, where it asks, and agrees.
fn at_provider(browser: &Browser, port: u16, who: &str) {
    browser.until("the provider", || browser.url().contains(&format!(":{port}/")));
    if !browser.find_all("input[name=login]").is_empty() {
        browser.fill("input[name=login]", who);
        browser.fill("input[name=password]", "anything");
        browser.submit("form");
    }
    if browser.url().contains(&format!(":{port}/")) {
        browser.submit("form");
    }
    browser.until("the way back", || browser.url().contains("/callback/"));
    assert!(browser.visible_text().contains("Back from Our Company"));
    browser.submit("main form, form[method=post]:not([action])");
}

#[test]
fn people_link_a_provider_sign_in_by_it_and_remove_it() {
    let (_provider, port) = provider();
    let providers = format!("company issuer=http://localhost:{port} client_id=demo label=Our Company");
    let settings = [
        ("VAUBAN_OIDC_PROVIDERS", providers.as_str()),
        (
            "VAUBAN_OIDC_CLIENT_SECRETS",
            "company=0123456789abcdef-the-secret",
        ),
    ];
    let program = built(&["--features", "oidc"]);
    let site = Site::start_with(&[&program.display().to_string()], &settings);
    let browser = Browser::start();
    // Nobody knows them yet.
    browser.goto(&site.url("/accounts/login/"));
    browser.submit("form[action^='/accounts/oidc/']");
    at_provider(&browser, port, "ann-there");
    assert!(
        browser.visible_text().contains("No account here"),
        "{}",
        browser.visible_text()
    );
    // Linked by its owner.
    browser.look_as(&site.url("/accounts/look-as/"), "ann@example.com");
    browser.goto(&site.url("/accounts/links/"));
    assert!(browser.visible_text().contains("There is none"));
    browser.submit("form[action='/accounts/links/company/']");
    at_provider(&browser, port, "ann-there");
    assert!(browser.url().ends_with("/accounts/links/"), "{}", browser.url());
    assert!(browser.visible_text().contains("Our Company, linked on"));
    // Signed in by it, and on to where they wanted to go.
    browser.goto(&site.url("/accounts/links/"));
    browser.forget_cookies();
    browser.goto(&site.url("/accounts/login/?next=/accounts/security/"));
    browser.submit("form[action^='/accounts/oidc/']");
    at_provider(&browser, port, "ann-there");
    assert!(
        browser.url().ends_with("/accounts/security/"),
        "{}",
        browser.url()
    );
    // Another sign-in there opens nothing of hers; the page that goes on needs no script, and no policy complains.
    assert_eq!(browser.complaints(), Vec::<String>::new());
    // Removed, after the proof by the provider.
    browser.goto(&site.url("/accounts/links/"));
    browser.submit("form[action^='/accounts/links/remove/']");
    assert!(browser.url().contains("/accounts/confirm/"), "{}", browser.url());
    browser.submit("form[action^='/accounts/confirm/company/']");
    at_provider(&browser, port, "ann-there");
    browser.goto(&site.url("/accounts/links/"));
    browser.submit("form[action^='/accounts/links/remove/']");
    assert!(
        browser.visible_text().contains("There is none"),
        "{}",
        browser.visible_text()
    );
    browser.goto(&site.url("/accounts/login/"));
    browser.forget_cookies();
    browser.goto(&site.url("/accounts/login/"));
    browser.submit("form[action^='/accounts/oidc/']");
    at_provider(&browser, port, "ann-there");
    assert!(browser.visible_text().contains("No account here"));
}

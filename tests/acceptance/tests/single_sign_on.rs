//! Single sign-on by a provider that is not ours (`oidc-provider`), in a real Chromium.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    missing_docs
)]

use std::process::Command;

use acceptance::{Browser, PASSWORD, Running, Site, built, sign_up};

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
        .arg("http://localhost/accounts/oidc/company/callback/");
    let mut provider = Running::start(&mut command);
    let line = provider.wait_for_line(60, |line| line.starts_with("port "));
    let port = line["port ".len()..].parse().unwrap();
    (provider, port)
}

/// An address of the site by its own name; the provider has another, so that it is another site.
fn url(site: &Site, path: &str) -> String {
    site.url(path).replace("127.0.0.1", "localhost")
}

/// Goes on to the provider, signs in there, where it asks, and agrees.
fn at_provider(browser: &Browser, port: u16, who: &str) {
    browser.click(&browser.find("a[href^='http://127.0.0.1']"));
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
    browser.submit("main form");
}

#[test]
fn people_link_a_provider_and_sign_in_by_it() {
    let (_provider, port) = provider();
    let providers = format!("company issuer=http://127.0.0.1:{port} client_id=demo label=Our Company");
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
    browser.goto(&url(&site, "/accounts/login/"));
    browser.submit("form[action^='/accounts/oidc/']");
    at_provider(&browser, port, "ann-there");
    assert!(
        browser.visible_text().contains("No account here"),
        "{}",
        browser.visible_text()
    );
    // Linked by its owner.
    browser.look_as(&url(&site, "/accounts/look-as/"), "ann@example.com");
    browser.goto(&url(&site, "/accounts/links/"));
    assert!(browser.visible_text().contains("There is none"));
    browser.submit("form[action='/accounts/links/company/']");
    at_provider(&browser, port, "ann-there");
    assert!(browser.url().ends_with("/accounts/links/"), "{}", browser.url());
    assert!(browser.visible_text().contains("Our Company, linked on"));
    // Signed in by it, and on to where they wanted to go.
    browser.goto(&url(&site, "/accounts/links/"));
    browser.forget_cookies();
    browser.goto(&url(&site, "/accounts/login/?next=/accounts/security/"));
    browser.submit("form[action^='/accounts/oidc/']");
    at_provider(&browser, port, "ann-there");
    assert!(
        browser.url().ends_with("/accounts/security/"),
        "{}",
        browser.url()
    );
    // Another sign-in there opens nothing of hers; the page that goes on needs no script, and no policy complains.
    // Of the provider's own pages, which name fonts elsewhere, and of the refusal above one hears as well.
    let mut complaints = browser.complaints();
    complaints.retain(|said| said.contains("localhost") && !said.contains("(Forbidden)"));
    assert_eq!(complaints, Vec::<String>::new());
    // She has no password: it is the only way in.
    browser.goto(&url(&site, "/accounts/links/"));
    assert!(browser.visible_text().contains("the only way into your account"));
    assert!(
        browser
            .find_all("form[action^='/accounts/links/remove/']")
            .is_empty()
    );
    // Whoever has one removes it.
    sign_up(site.port(), "fay@example.org");
    browser.forget_cookies();
    browser.goto(&url(&site, "/accounts/login/"));
    browser.fill("input[name=email]", "fay@example.org");
    browser.fill("input[name=password]", PASSWORD);
    browser.submit("form:not([action])");
    browser.goto(&url(&site, "/accounts/links/"));
    browser.submit("form[action='/accounts/links/company/']");
    // The identity is Ann's already.
    at_provider(&browser, port, "ann-there");
    assert!(
        browser.visible_text().contains("linked already"),
        "{}",
        browser.visible_text()
    );
}

//! What was typed is never lost, in a real Chromium.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use acceptance::{Browser, Site, demo};

/// Ann's form for an article of hers.
fn open_form(browser: &Browser, site: &Site) {
    browser.goto(&site.url("/"));
    browser.look_as(&site.url("/accounts/look-as/"), "ann@example.com");
    browser.goto(&site.url("/write/"));
}

const FORM: &str = "form.fields";

fn value(browser: &Browser, css: &str) -> String {
    let value = browser.run(&format!("return document.querySelector('{css}')?.value ?? ''"));
    value.as_str().unwrap_or_default().to_owned()
}

/// Bug case 2: the session ends while the form is open. Whoever signs in again finds the text, and sends it.
#[test]
fn the_text_survives_the_session() {
    const LIFE: u64 = 15;
    let site = Site::start_with(&[demo()], &[("VAUBAN_SESSIONS_IDLE", &format!("{LIFE}s"))]);
    let browser = Browser::start();
    open_form(&browser, &site);
    browser.fill("#id_title", "Written in vain?");
    browser.fill("#id_body", "Not in vain.");
    std::thread::sleep(std::time::Duration::from_secs(LIFE + 1));
    browser.submit(FORM);
    assert!(browser.url().contains("/accounts/login/"), "{}", browser.url());
    // Signed in again, as the same one; the switch for developers stands in for the password.
    browser.look_as(&site.url("/accounts/look-as/"), "ann@example.com");
    browser.goto(&site.url("/accounts/kept/"));
    assert!(
        browser.visible_text().contains("Not in vain."),
        "{}",
        browser.visible_text()
    );
    browser.submit(".typed form");
    assert_eq!(value(&browser, "#id_title"), "Written in vain?");
    assert_eq!(value(&browser, "#id_body"), "Not in vain.");
    browser.submit(FORM);
    assert!(
        browser.visible_text().contains("Not in vain."),
        "{}",
        browser.visible_text()
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Too large: nothing was read, the page says so, and Back leads to the form as it was left.
#[test]
fn back_leads_to_what_was_too_large() {
    let site = Site::start(demo());
    let browser = Browser::start();
    open_form(&browser, &site);
    browser.fill("#id_title", "A long story");
    browser.run(
        "const body = document.querySelector('#id_body'); body.removeAttribute('maxlength');
         body.value = 'a'.repeat(3_000_000);",
    );
    browser.submit(FORM);
    assert!(
        browser.visible_text().contains("Back button"),
        "{}",
        browser.visible_text()
    );
    browser.run("history.back()");
    browser.until("the form", || value(&browser, "#id_title") == "A long story");
    assert_eq!(value(&browser, "#id_body").len(), 3_000_000);
}

//! Passkeys in a real Chromium, with the authenticator that its driver has: added, used alone and behind the password, and refused where its
//! owner is not verified.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use acceptance::{Browser, PASSWORD, Site, demo, sign_up};

const EMAIL: &str = "pat@example.com";
const ADD: &str = "form[action$='/factors/passkeys/']";
const ALONE: &str = "form[action*='/login/passkey/']";

/// The same machine by a name: no browser has passkeys for an IP address.
fn url(site: &Site, path: &str) -> String {
    format!("http://localhost:{}{path}", site.port())
}

fn is_signed_in(browser: &Browser, site: &Site) -> bool {
    browser.goto(&url(site, "/accounts/security/"));
    !browser.url().contains("/login/")
}

/// Leaves a picture of the page where `VAUBAN_PICTURES` says.
fn picture(browser: &Browser, name: &str) {
    if let Some(folder) = std::env::var_os("VAUBAN_PICTURES") {
        browser.screenshot(&std::path::Path::new(&folder).join(name));
    }
}

/// ASVS 6.3.3, CWE-308.
#[test]
fn asvs_6_3_3_a_passkey_is_added_and_signs_in() {
    let site = Site::start(demo());
    sign_up(site.port(), EMAIL);
    let browser = Browser::start();
    let device = browser.add_authenticator();
    let sign_in = || {
        browser.goto(&url(&site, "/accounts/login/"));
        browser.fill("#id_email", EMAIL);
        browser.fill("#id_password", PASSWORD);
        browser.submit("main form:not([action])");
    };
    sign_in();
    picture(&browser, "signed-in.png");
    browser.goto(&url(&site, "/accounts/factors/passkeys/"));
    picture(&browser, "none.png");
    browser.fill("#id_name", "Laptop");
    browser.click(&browser.find(&format!("{ADD} button")));
    browser.until("the recovery codes", || {
        browser.url().ends_with("/factors/recovery/")
    });
    picture(&browser, "codes.png");
    browser.goto(&url(&site, "/accounts/factors/passkeys/"));
    assert!(
        browser.visible_text().contains("Laptop"),
        "{}",
        browser.visible_text()
    );
    picture(&browser, "passkeys.png");
    browser.goto(&url(&site, "/accounts/factors/"));
    picture(&browser, "factors.png");

    // Alone, and then where it was wanted to go.
    browser.forget_cookies();
    assert!(!is_signed_in(&browser, &site));
    picture(&browser, "login.png");
    browser.click(&browser.find(&format!("{ALONE} button")));
    browser.until("the page behind the sign-in", || {
        browser.url().ends_with("/accounts/security/")
    });
    assert!(is_signed_in(&browser, &site));

    // Behind the password.
    browser.forget_cookies();
    sign_in();
    picture(&browser, "factor.png");
    browser.click(&browser.find("form[action*='/login/factor/passkey/'] button"));
    browser.until("the first page", || {
        browser.url().ends_with(&format!("{}/", site.port()))
    });
    assert!(is_signed_in(&browser, &site));

    // Nobody is verified: the browser gives nothing, and the page says so. Then somebody is.
    browser.forget_cookies();
    browser.verifies(&device, false);
    browser.goto(&url(&site, "/accounts/login/"));
    browser.click(&browser.find(&format!("{ALONE} button")));
    browser.until("a word about it", || {
        browser.visible_text().contains("used no passkey")
    });
    picture(&browser, "refused.png");
    assert!(!is_signed_in(&browser, &site));
    browser.verifies(&device, true);
    browser.click(&browser.find(&format!("{ALONE} button")));
    browser.until("the page behind the sign-in", || {
        browser.url().ends_with("/accounts/security/")
    });
    assert_eq!(browser.complaints(), Vec::<String>::new());

    // It goes by the site's hand, and then opens nothing.
    browser.goto(&url(&site, "/accounts/factors/passkeys/"));
    browser.submit("form[action$='/remove/']");
    browser.forget_cookies();
    browser.goto(&url(&site, "/accounts/login/"));
    browser.click(&browser.find(&format!("{ALONE} button")));
    browser.until("the refusal", || browser.visible_text().contains("was not taken"));
    picture(&browser, "gone.png");
    assert!(!is_signed_in(&browser, &site));
}

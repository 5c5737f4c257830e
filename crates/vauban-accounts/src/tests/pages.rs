//! The account pages through the whole pipeline.

use super::PASSWORD;
use std::sync::Arc;

use super::browser::{Reply, TestSite, token};

const NEW: &str = "seven red herrings";

/// What a stranger sees of an answer, without what is random in it.
fn visible(reply: &Reply) -> (u16, String, String) {
    let token = token(&reply.body).unwrap_or("no token").to_owned();
    (
        reply.status,
        reply.header("retry-after").to_owned(),
        reply.body.replace(&token, "TOKEN"),
    )
}

/// Sign-up, sign-out, sign-in, with the cookies that ASVS 3.3 asks for.
#[tokio::test]
async fn people_sign_up_out_and_in() {
    let site = TestSite::new();
    let mut browser = site.browser();
    let link = site.sign_up_link("Ann@Example.com").await;
    let reply = browser.submit(&link, &[("password", PASSWORD)]).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/"),
        "{}",
        reply.body
    );
    let cookie = reply
        .headers
        .get_all("set-cookie")
        .iter()
        .find(|c| c.to_str().unwrap().contains("session"));
    let cookie = cookie.unwrap().to_str().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-session="), "{cookie}");
    for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(
        !cookie.contains("Domain") && !cookie.contains("Max-Age"),
        "{cookie}"
    );
    assert_eq!(browser.who().await, "ann@example.com");

    let reply = browser.submit("/accounts/password/", &[]).await;
    let logout = token(&reply.body).map(str::to_owned);
    assert!(logout.is_some(), "the form is shown again: {}", reply.body);
    let kept = browser.clone();
    // The form's token is for its own path; sign-out has a form of its own in the application's layout.
    let token = site.token_for(&browser, "/accounts/logout/").await;
    let reply = browser.post("/accounts/logout/", &token, &[]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert!(reply.header("clear-site-data").contains("\"cache\""));
    assert_eq!(browser.session(), None);
    assert_eq!(browser.who().await, "");

    // ASVS 7.4.1, CWE-613. Attack: the cookie from before is sent again.
    let mut replay = kept;
    assert_eq!(replay.who().await, "");

    assert_eq!(browser.sign_in("ANN@example.com", PASSWORD).await.status, 303);
    assert_eq!(browser.who().await, "ann@example.com");
}

/// CWE-352: signing out is no link.
#[tokio::test]
async fn sign_out_is_a_post() {
    let site = TestSite::new();
    assert_eq!(site.browser().get("/accounts/logout/").await.status, 405);
}

/// ASVS 7.2.4, CWE-384. Attack: the attacker's session cookie is in the browser when the victim signs in.
#[tokio::test]
async fn asvs_7_2_4_sign_in_ends_the_session_that_was_there() {
    let site = TestSite::new();
    site.kit.person("mallory@example.com").await;
    site.kit.person("ann@example.com").await;
    let mut attacker = site.browser();
    attacker.sign_in("mallory@example.com", PASSWORD).await;
    let mut victim = attacker.clone();
    let reply = victim.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert_ne!(victim.session(), attacker.session());
    assert_eq!(victim.who().await, "ann@example.com");
    assert_eq!(
        attacker.who().await,
        "",
        "the planted cookie opens nothing, neither hers nor the attacker's"
    );
}

/// ASVS 6.3.8, CWE-204: byte for byte the same answer, token apart.
#[tokio::test]
async fn asvs_6_3_8_answers_do_not_tell_who_has_an_account() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut known = site.browser();
    let mut unknown = site.browser();
    known.client = [192, 0, 2, 3].into();
    unknown.client = [192, 0, 2, 4].into();
    for _ in 0..7 {
        let one = known.sign_in("ann@example.com", "not her password").await;
        let other = unknown.sign_in("bob@example.com", "not her password").await;
        let (one, mut other) = (visible(&one), visible(&other));
        other.2 = other.2.replace("bob@example.com", "ann@example.com");
        assert_eq!(one, other);
    }
    let last = visible(&known.sign_in("ann@example.com", "not her password").await);
    assert_eq!(last.0, 429, "{last:?}");
    assert!(!last.1.is_empty(), "Retry-After");
}

/// What was typed is shown again, but never a password (CWE-549); nobody stores the page.
#[tokio::test]
async fn a_failed_sign_in_shows_the_address_and_not_the_password() {
    let site = TestSite::new();
    let reply = site
        .browser()
        .sign_in("<ann>@example.com", "my secret words")
        .await;
    assert_eq!(reply.status, 422);
    assert!(reply.body.contains("&lt;ann&gt;@example.com"), "{}", reply.body);
    assert!(!reply.body.contains("my secret words"));
    assert!(
        reply.header("cache-control").contains("no-store"),
        "{:?}",
        reply.headers
    );
}

/// ASVS 6.2.6, 6.2.7: masked, and open to password managers.
#[tokio::test]
async fn asvs_6_2_7_password_managers_understand_the_forms() {
    let site = TestSite::new();
    let mut browser = site.browser();
    let login = browser.get("/accounts/login/").await.body;
    assert!(
        login.contains("autocomplete=\"username\"") && login.contains("autocomplete=\"current-password\"")
    );
    let link = site.sign_up_link("ann@example.com").await;
    let signup = browser.get(&link).await.body;
    assert!(
        signup.contains("value=\"ann@example.com\" autocomplete=\"username\""),
        "{signup}"
    );
    assert_eq!(signup.matches("autocomplete=\"new-password\"").count(), 1);
    assert_eq!(signup.matches("type=\"password\"").count(), 1);
    assert!(!signup.contains("onpaste"));
}

/// ASVS 6.2.1, 6.2.4, 6.2.11: weak passwords are refused with a sentence each.
#[tokio::test]
async fn weak_passwords_are_refused_at_sign_up() {
    let site = TestSite::new();
    let link = site.sign_up_link("ann.lovelace@example.com").await;
    let mut browser = site.browser();
    for (password, sentence) in [
        ("short", "at least 12 characters"),
        ("123456789012", "entirely numeric"),
        ("1q2w3e4r5t6y", "too common"),
        ("ann.lovelace", "too similar to the e-mail address"),
    ] {
        let reply = browser.submit(&link, &[("password", password)]).await;
        assert_eq!(reply.status, 422, "{password}");
        assert!(reply.body.contains(sentence), "{password}: {}", reply.body);
    }
    // The link is still good.
    assert_eq!(browser.submit(&link, &[("password", NEW)]).await.status, 303);
}

/// CWE-915, CWE-269. Attack: more fields than the form has.
#[tokio::test]
async fn sign_up_with_flags_makes_an_ordinary_account() {
    let site = TestSite::new();
    let mut browser = site.browser();
    let link = site.sign_up_link("mallory@example.com").await;
    let fields = [
        ("email", "ann@example.com"),
        ("password", PASSWORD),
        ("is_staff", "on"),
        ("is_superuser", "true"),
        ("id", "00000000-0000-0000-0000-000000000000"),
    ];
    assert_eq!(browser.submit(&link, &fields).await.status, 303);
    assert_eq!(browser.who().await, "mallory@example.com");
    assert_eq!(browser.get("/members/").await.status, 200);
    assert_eq!(browser.get("/staff/").await.status, 403);
    let flags: (bool, bool) = site
        .kit
        .file()
        .query_row("SELECT is_staff, is_superuser FROM user", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(flags, (false, false));
}

/// CWE-601. Attack: a link to the sign-in page that leads elsewhere afterwards.
#[tokio::test]
async fn next_stays_on_the_site() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    for (next, location) in [
        ("/members/%3Fa=1", "/members/?a=1"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/%5Cevil.example", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let mut browser = site.browser();
        let path = format!("/accounts/login/?next={next}");
        let reply = browser
            .submit(&path, &[("email", "ann@example.com"), ("password", PASSWORD)])
            .await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (303, location),
            "{next}"
        );
    }
}

/// ASVS 6.2.3, 7.4.3, CWE-620: the old password is asked for, and every other session ends.
#[tokio::test]
async fn asvs_6_2_3_changing_the_password() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let (mut own, mut thief) = (site.browser(), site.browser());
    own.sign_in("ann@example.com", PASSWORD).await;
    thief.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(thief.who().await, "ann@example.com");
    let change = |old: &'static str| {
        [
            ("old_password", old),
            ("new_password", NEW),
            ("new_password_again", NEW),
        ]
    };

    let reply = thief
        .submit("/accounts/password/", &change("a guess at it"))
        .await;
    assert_eq!(reply.status, 422);
    assert!(reply.body.contains("old password is not right"), "{}", reply.body);
    assert_eq!(
        site.browser().sign_in("ann@example.com", PASSWORD).await.status,
        303,
        "nothing changed"
    );

    let before = own.session().cloned();
    let reply = own.submit("/accounts/password/", &change(PASSWORD)).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert_ne!(
        own.session().cloned(),
        before,
        "a new session at every change of privilege"
    );
    assert_eq!(own.who().await, "ann@example.com");
    assert_eq!(thief.who().await, "");
    assert_eq!(
        site.browser().sign_in("ann@example.com", PASSWORD).await.status,
        422
    );
    assert_eq!(site.browser().sign_in("ann@example.com", NEW).await.status, 303);
}

/// Nobody changes a password who is not signed in.
#[tokio::test]
async fn the_password_page_asks_for_a_sign_in() {
    let site = TestSite::new();
    let reply = site.browser().get("/accounts/password/").await;
    assert!(matches!(reply.status, 303 | 403), "{}", reply.status);
}

/// ASVS 7.4.2. A closed account's sessions end at the next request, and stay ended when it is opened again.
#[tokio::test]
async fn asvs_7_4_2_deactivation_ends_sessions_at_the_next_request() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut browser = site.browser();
    browser.sign_in("ann@example.com", PASSWORD).await;
    let mut copy = browser.clone();
    assert_eq!(browser.get("/members/").await.status, 200);
    site.kit
        .file()
        .execute("UPDATE user SET is_active = 0", [])
        .unwrap();
    assert_eq!(browser.who().await, "");
    site.kit
        .file()
        .execute("UPDATE user SET is_active = 1", [])
        .unwrap();
    assert_eq!(copy.who().await, "");
}

/// ASVS 7.3.1, 7.3.2 through the pipeline.
#[tokio::test]
async fn asvs_7_3_an_idle_session_is_nobodys() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut browser = site.browser();
    browser.sign_in("ann@example.com", PASSWORD).await;
    site.kit.later(29 * 60);
    assert_eq!(browser.get("/members/").await.status, 200);
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    site.kit.later(31 * 60);
    assert_eq!(browser.who().await, "");
    assert_eq!(browser.session(), None, "the browser forgets the cookie");
}

/// CWE-352. Attack: a form of another site signs the victim in as the attacker.
#[tokio::test]
async fn signing_in_needs_the_forms_token() {
    let site = TestSite::new();
    site.kit.person("mallory@example.com").await;
    let mut victim = site.browser();
    victim.get("/accounts/login/").await;
    let mut attacker = site.browser();
    let page = attacker.get("/accounts/login/").await;
    let theirs = token(&page.body).unwrap().to_owned();
    for forged in ["", "v1.x", &theirs] {
        let fields = [("email", "mallory@example.com"), ("password", PASSWORD)];
        let reply = victim.post("/accounts/login/", forged, &fields).await;
        assert_ne!(reply.status, 303, "{forged}");
        assert_eq!(victim.session(), None);
    }
}

/// CWE-772: a device cookie is given at sign-in, lets its owner pass a filled throttle, and opens nothing.
#[tokio::test]
async fn asvs_6_1_1_the_owner_passes_a_filled_throttle() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut own = site.browser();
    own.sign_in("ann@example.com", PASSWORD).await;
    let device = own.cookies["__Host-device"].clone();
    own.cookies.retain(|name, _| name == "__Host-device");
    assert_eq!(own.who().await, "", "the device cookie alone is nobody");
    let mut attacker = site.browser();
    for _ in 0..8 {
        attacker.sign_in("ann@example.com", "guess").await;
    }
    assert_eq!(
        site.browser().sign_in("ann@example.com", PASSWORD).await.status,
        429
    );
    own.cookies.insert("__Host-device".into(), device);
    assert_eq!(own.sign_in("ann@example.com", PASSWORD).await.status, 303);
}

#[cfg(debug_assertions)]
mod development {
    use super::*;

    fn local(site: &TestSite) -> crate::tests::browser::Browser {
        let mut browser = site.browser();
        browser.client = [127, 0, 0, 1].into();
        browser
    }

    /// ASVS 6.4.1: works once, only here, and following it changes nothing.
    #[tokio::test]
    async fn the_first_administrators_link_works_once() {
        let site = TestSite::new();
        let token_of_link = site.accounts.first_administrator_token().await.unwrap().unwrap();
        let path = format!("/accounts/first-administrator/{token_of_link}/");
        let fields = [
            ("email", "root@example.com"),
            ("password", PASSWORD),
            ("password_again", PASSWORD),
        ];
        assert_eq!(
            site.browser().get(&path).await.status,
            404,
            "not from another machine"
        );
        let mut rebound = local(&site);
        rebound.host = "example.com";
        assert_eq!(
            rebound.get(&path).await.status,
            404,
            "CWE-350: nor by a name that points here"
        );
        assert_eq!(
            local(&site)
                .get("/accounts/first-administrator/AAAA/")
                .await
                .status,
            404
        );
        assert_eq!(local(&site).get(&path).await.status, 200);
        assert!(!site.accounts.users.has_superuser(&site.kit.units).await.unwrap());
        let mut second = local(&site);
        let page = second.get(&path).await;
        let mut browser = local(&site);
        let reply = browser.submit(&path, &fields).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        assert_eq!(browser.get("/staff/").await.status, 200);
        assert_eq!(
            second
                .post(&path, token(&page.body).unwrap(), &fields)
                .await
                .status,
            404,
            "spent"
        );
        assert!(
            site.accounts.first_administrator_token().await.unwrap().is_none(),
            "there is one now"
        );
    }

    /// CWE-613. Attack: the link that was printed is still good after `createsuperuser` in another terminal.
    #[tokio::test]
    async fn cwe_613_the_first_administrators_link_ends_with_the_first_administrator() {
        let site = TestSite::new();
        let token_of_link = site.accounts.first_administrator_token().await.unwrap().unwrap();
        let path = format!("/accounts/first-administrator/{token_of_link}/");
        let mut early = local(&site);
        let page = early.get(&path).await;
        assert_eq!(page.status, 200);
        site.kit.person("root@example.com").await;
        let made = site
            .kit
            .file()
            .execute("UPDATE user SET is_superuser = 1, is_staff = 1", [])
            .unwrap();
        assert_eq!(made, 1);
        let fields = [
            ("email", "second@example.com"),
            ("password", PASSWORD),
            ("password_again", PASSWORD),
        ];
        let csrf = token(&page.body).unwrap();
        assert_eq!(early.post(&path, csrf, &fields).await.status, 404);
        assert_eq!(local(&site).get(&path).await.status, 404);
    }

    /// CWE-489: only whom the application names, only from this machine, and not once the site is shared.
    #[tokio::test]
    async fn the_look_as_switch() {
        let site = TestSite::new();
        site.kit.person("ann@example.com").await;
        site.kit.person("root@example.com").await;
        site.accounts
            .offer_to_look_as(&[crate::LookAs::new("ann@example.com", "author")])
            .unwrap();
        assert_eq!(site.browser().get("/accounts/look-as/").await.status, 404);
        let mut browser = local(&site);
        let page = browser.get("/accounts/look-as/").await;
        assert!(
            page.body.contains("ann@example.com") && !page.body.contains("root@"),
            "{}",
            page.body
        );
        let reply = browser
            .submit("/accounts/look-as/", &[("email", "root@example.com")])
            .await;
        assert_eq!(reply.status, 404);
        let reply = browser
            .submit("/accounts/look-as/", &[("email", "ann@example.com")])
            .await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        assert_eq!(browser.who().await, "ann@example.com");
    }

    /// CWE-489: once others can reach the site, neither is there.
    #[tokio::test]
    async fn a_shared_site_has_neither() {
        let site = TestSite::with(vauban::Settings::share);
        site.kit.person("ann@example.com").await;
        let look_as = [crate::LookAs::new("ann@example.com", "author")];
        site.accounts.offer_to_look_as(&look_as).unwrap();
        let mut browser = local(&site);
        assert_eq!(browser.get("/accounts/look-as/").await.status, 404);
        let token = site.token_for(&browser, "/accounts/look-as/").await;
        let fields = [("email", "ann@example.com")];
        assert_eq!(
            browser.post("/accounts/look-as/", &token, &fields).await.status,
            404
        );
        let link = crate::development::start_link(Arc::clone(&site.site)).await;
        assert!(link.unwrap().is_none());
    }
}

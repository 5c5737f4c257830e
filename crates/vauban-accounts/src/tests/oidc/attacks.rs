//! What a provider says, and what a browser brings: all that is not taken.

use serde_json::{Value, json};

use super::provider::{Provider, Signed};
use super::{START, back, begin, linked, press, sign_in, site, site_of};
use crate::tests::browser::{Browser, Reply, TestSite};

const FAILED: u16 = 502;

fn assert_in(reply: &Reply) {
    assert_eq!(reply.status, 303, "{}", reply.body);
}

/// A site on which ann's identity `ann` is linked.
async fn with_ann() -> (TestSite, Provider) {
    let (site, provider) = site("").await;
    linked(&site, &provider, "ann").await;
    (site, provider)
}

/// Whether somebody gets in as ann, where the provider says this.
async fn gets_in(site: &TestSite, provider: &Provider) -> bool {
    let mut browser = site.browser();
    let reply = sign_in(&mut browser, provider, "ann").await;
    let is_in = reply.status == 303;
    assert_eq!(is_in, browser.who().await == "ann@example.com");
    assert!(is_in || reply.status == FAILED, "{} {}", reply.status, reply.body);
    is_in
}

#[tokio::test]
async fn whoever_is_linked_signs_in_by_the_button_of_the_page() {
    let (site, provider) = with_ann().await;
    let mut browser = site.browser();
    let page = browser.get("/accounts/login/?next=%2Fmembers%2F").await;
    let (_, form) = page
        .body
        .split_once("action=\"/accounts/oidc/company/?next=%2Fmembers%2F\"")
        .unwrap();
    let token = crate::tests::browser::token(form).unwrap().to_owned();
    let to = browser
        .post(&format!("{START}?next=%2Fmembers%2F"), &token, &[])
        .await;
    assert!(to.body.contains("On to company"), "{}", to.body);
    let reply = back(&mut browser, &provider.sign_in(&super::address(&to), "ann")).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/members/"));
    assert_eq!(browser.who().await, "ann@example.com");
    // ES256 as well.
    provider.say(|says| says.signed = Signed::Es256);
    assert!(gets_in(&site, &provider).await);
}

/// ASVS 6.8.2, 10.5.1–10.5.5, 9.1.1–9.2.4, CWE-347, CWE-345, CWE-294, CWE-613. Attack: an ID token that is not signed, or signed by what
/// everybody knows; that is for another site, another sign-in, of another issuer, over, not yet made.
#[tokio::test]
async fn asvs_10_5_cwe_347_an_id_token_is_taken_whole_or_not() {
    let (site, provider) = with_ann().await;
    assert!(gets_in(&site, &provider).await);
    for signed in [
        Signed::Not,
        Signed::ByAnother,
        Signed::Hs256Secret,
        Signed::Hs256PublicKey,
    ] {
        provider.say(|says| says.signed = signed);
        assert!(!gets_in(&site, &provider).await, "{signed:?}");
    }
    provider.say(|says| says.signed = Signed::Rs256);
    let now = site.kit.clock.now().as_second();
    let lies: [(&str, Value); 14] = [
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("aud", json!("another-site")),
        ("aud", json!([])),
        ("aud", json!(["the-site", "another-site"])),
        ("azp", json!("another-site")),
        ("iss", json!("https://evil.example")),
        ("iss", json!(format!("{}/", provider.issuer))),
        ("exp", json!(now - 1)),
        ("iat", json!(now + 3600)),
        ("iat", json!(now - 3600)),
        ("sub", json!("")),
        ("sub", json!("a".repeat(256))),
        ("sub", Value::Null),
    ];
    for (claim, value) in lies {
        let said = value.clone();
        provider.say(|says| says.claims = Box::new(move |claims| claims[claim] = said.clone()));
        assert!(!gets_in(&site, &provider).await, "{claim} {value}");
    }
    provider.say(|says| says.claims = Box::new(|claims| claims["azp"] = json!("the-site")));
    assert!(gets_in(&site, &provider).await);
}

/// RFC 9207, ASVS 10.2.2. Attack (mix-up): the answer of another provider, by which the code would be given away.
#[tokio::test]
async fn asvs_10_2_2_an_answer_names_its_issuer() {
    let (site, provider) = with_ann().await;
    for iss in [None, Some("https://evil.example".to_owned()), Some(String::new())] {
        let asked = provider.asked("/token");
        provider.say(|says| says.iss = iss.clone());
        assert!(!gets_in(&site, &provider).await, "{iss:?}");
        assert_eq!(provider.asked("/token"), asked, "the code was given to nobody");
    }
    // Where it is not announced, it may be missing, and is not another's.
    let (site, provider) = {
        let provider = Provider::start(&crate::sessions::Clock::default()).await;
        provider.say(|says| {
            says.publishes = Box::new(|published| {
                published["authorization_response_iss_parameter_supported"] = json!(false)
            });
        });
        let site = site_of(&[("company", &provider, "")], |_| ()).await;
        linked(&site, &provider, "ann").await;
        (site, provider)
    };
    provider.say(|says| says.iss = None);
    assert!(gets_in(&site, &provider).await);
    provider.say(|says| says.iss = Some("https://evil.example".to_owned()));
    assert!(!gets_in(&site, &provider).await);
}

/// CWE-294, CWE-352, CWE-384, ASVS 10.1.2. Attack: a state used twice, at once, or in another browser: login CSRF, by which somebody
/// works in the attacker's account.
#[tokio::test]
async fn asvs_10_1_2_cwe_352_a_state_is_good_once_in_its_browser() {
    let (site, provider) = with_ann().await;
    let mut attacker = site.browser();
    let path = provider.sign_in(&begin(&mut attacker).await, "ann");
    // A victim without a sign-in of their own, and one with.
    let mut victim = site.browser();
    let reply = back(&mut victim, &path).await;
    assert_eq!((reply.status, victim.who().await.as_str()), (400, ""));
    begin(&mut victim).await;
    let reply = back(&mut victim, &path).await;
    assert_eq!((reply.status, victim.who().await.as_str()), (400, ""));
    // The browser that began it: once.
    assert_in(&back(&mut attacker.clone(), &path).await);
    let reply = back(&mut attacker, &path).await;
    assert_eq!(reply.status, 400, "used");
    // Nor after ten minutes.
    let mut late = site.browser();
    let path = provider.sign_in(&begin(&mut late).await, "ann");
    site.kit.later(601);
    assert_eq!(back(&mut late, &path).await.status, 400);
}

/// ASVS 7.6.2, CWE-352. Attack: a link, an image or a program that fetches addresses signs somebody in. HEAD and GET change nothing.
#[tokio::test]
async fn asvs_7_6_2_a_get_makes_no_session() {
    let (site, provider) = with_ann().await;
    let mut browser = site.browser();
    let path = provider.sign_in(&begin(&mut browser).await, "ann");
    for _ in 0..3 {
        let page = browser.get(&path).await;
        assert!(
            page.status == 200 && page.body.contains("Continue"),
            "{}",
            page.body
        );
        assert!(page.header("cache-control").contains("no-store"));
    }
    assert!(
        browser.session().is_none() && provider.asked("/token") == 1,
        "the link's"
    );
    assert_in(&back(&mut browser, &path).await);
    // ASVS 7.2.4, CWE-384: a new session, whatever there was.
    let before = browser.session().cloned();
    let path = provider.sign_in(&begin(&mut browser).await, "ann");
    assert_in(&back(&mut browser, &path).await);
    assert!(browser.session().is_some() && browser.session().cloned() != before);
}

/// ASVS 10.2.1, CWE-346. Attack: a code of somebody else's, or of another attempt, put into one's own answer.
#[tokio::test]
async fn asvs_10_2_1_a_code_of_another_sign_in_is_nothing() {
    let (site, provider) = with_ann().await;
    let (mut victim, mut attacker) = (site.browser(), site.browser());
    let stolen = provider.sign_in(&begin(&mut victim).await, "ann");
    let own = provider.sign_in(&begin(&mut attacker).await, "eve");
    let code = |path: &str| {
        path.split_once("code=")
            .unwrap()
            .1
            .split('&')
            .next()
            .unwrap()
            .to_owned()
    };
    let swapped = own.replace(&code(&own), &code(&stolen));
    let reply = back(&mut attacker, &swapped).await;
    assert_eq!((reply.status, attacker.who().await.as_str()), (FAILED, ""));
    // A provider that does not look at PKCE: the nonce holds.
    provider.say(|says| says.checks_pkce = false);
    let stolen = provider.sign_in(&begin(&mut victim).await, "ann");
    let own = provider.sign_in(&begin(&mut attacker).await, "eve");
    let swapped = own.replace(&code(&own), &code(&stolen));
    let reply = back(&mut attacker, &swapped).await;
    assert_eq!((reply.status, attacker.who().await.as_str()), (FAILED, ""));
}

/// ASVS 10.2.2, 6.8.1. Attack: two providers; what one has been asked comes back at the other's address, and a subject of one is a subject of the other.
#[tokio::test]
async fn asvs_6_8_1_mix_up_of_two_providers() {
    let clock = crate::sessions::Clock::default();
    let (company, evil) = (Provider::start(&clock).await, Provider::start(&clock).await);
    let site = site_of(&[("company", &company, ""), ("evil", &evil, "")], |_| ()).await;
    linked(&site, &company, "ann").await;
    // The same subject at another issuer is somebody else.
    let mut browser = site.browser();
    let to = super::address(&press(&mut browser, "/accounts/oidc/evil/").await);
    let reply = back(&mut browser, &evil.sign_in(&to, "ann")).await;
    assert_eq!((reply.status, browser.who().await.as_str()), (403, ""));
    // An issuer that writes the other's into its token.
    let issuer = company.issuer.clone();
    evil.say(|says| says.claims = Box::new(move |claims| claims["iss"] = json!(issuer)));
    let to = super::address(&press(&mut browser, "/accounts/oidc/evil/").await);
    assert_eq!(back(&mut browser, &evil.sign_in(&to, "ann")).await.status, FAILED);
    // A state of the one at the address of the other: nobody is asked for a token.
    let path = company.sign_in(&begin(&mut browser).await, "ann");
    let asked = (company.asked("/token"), evil.asked("/token"));
    let reply = back(&mut browser, &path.replace("/company/", "/evil/")).await;
    assert_eq!((reply.status, browser.who().await.as_str()), (400, ""));
    assert_eq!((company.asked("/token"), evil.asked("/token")), asked);
}

/// CWE-770. Attack: tokens with keys that nobody publishes have the provider asked again and again. Its keys may be others after a minute.
#[tokio::test]
async fn cwe_770_unknown_keys_are_fetched_once_a_minute() {
    let (site, provider) = with_ann().await;
    let before = provider.asked("/jwks");
    provider.say(|says| says.kid = "unknown");
    for _ in 0..5 {
        assert!(!gets_in(&site, &provider).await);
    }
    assert_eq!(
        provider.asked("/jwks") - before,
        0,
        "they were fetched a moment ago"
    );
    site.kit.later(61);
    for _ in 0..5 {
        assert!(!gets_in(&site, &provider).await);
    }
    assert_eq!(provider.asked("/jwks") - before, 1);
    provider.say(|says| says.kid = "rsa");
    assert!(gets_in(&site, &provider).await);
    assert_eq!(
        provider.asked("/.well-known/openid-configuration"),
        1,
        "kept for an hour"
    );
}

/// ASVS 10.5.3, CWE-770, CWE-400, CWE-918. Attack: what a provider publishes is another issuer's, huge, leads elsewhere or does not come.
#[tokio::test]
async fn asvs_10_5_3_what_is_published_is_looked_at() {
    type Change = Box<dyn Fn(&mut super::provider::Says)>;
    let publishes = |key: &'static str, value: &'static str| -> Change {
        Box::new(move |says| says.publishes = Box::new(move |published| published[key] = json!(value)))
    };
    let changes: Vec<Change> = vec![
        publishes("issuer", "https://evil.example"),
        publishes("authorization_endpoint", "http://evil.example/authorize"),
        publishes("authorization_endpoint", "javascript:alert(1)"),
        // Of the network within.
        publishes("jwks_uri", "http://127.0.0.1:1/jwks"),
        publishes("jwks_uri", "https://10.0.0.1/jwks"),
        Box::new(|says| says.padding = 2 * 1024 * 1024),
        Box::new(|says| says.leads = "openid-configuration"),
        Box::new(|says| says.leads = "jwks"),
        Box::new(|says| says.hangs = "openid-configuration"),
    ];
    for (place, change) in changes.iter().enumerate() {
        let (site, provider) = site("").await;
        provider.say(|says| change(says));
        let mut browser = site.browser();
        let reply = press(&mut browser, START).await;
        assert_eq!(reply.status, FAILED, "{place} {}", reply.body);
        assert!(
            !reply.body.contains("Go on") && !reply.body.contains("evil"),
            "{place}"
        );
        // CWE-400: nor does everybody wait for it who comes now.
        let asked = provider.asked("/.well-known/openid-configuration");
        assert_eq!(press(&mut browser, START).await.status, FAILED);
        assert_eq!(provider.asked("/.well-known/openid-configuration"), asked);
    }
}

/// CWE-918, CWE-400. Attack: the token endpoint leads elsewhere with code and secret, is another machine's, or hangs.
#[tokio::test]
async fn cwe_918_a_code_goes_to_the_provider_only() {
    let (site, provider) = with_ann().await;
    provider.say(|says| says.leads = "token");
    assert!(!gets_in(&site, &provider).await);
    assert_eq!(provider.asked("/elsewhere"), 0);
    provider.say(|says| {
        says.leads = "none";
        says.hangs = "token";
    });
    assert!(!gets_in(&site, &provider).await);
    provider.say(|says| says.hangs = "none");
    assert!(gets_in(&site, &provider).await);
}

/// CWE-451, CWE-79, CWE-209. Attack: the text of an answer's error stands on our page; an answer that is none has it fail.
#[tokio::test]
async fn cwe_451_an_answer_of_error_says_what_we_say() {
    let (site, _) = site("").await;
    let mut browser = site.browser();
    begin(&mut browser).await;
    for query in [
        "error=access_denied&error_description=Call+0900+now&state=x",
        "error=%3Cscript%3E",
        "",
        "code=a",
        "state=b",
        "code=a&state=%00",
    ] {
        let reply = browser.get(&format!("{START}callback/?{query}")).await;
        let is_page = reply.status == 400 || query.contains("code=a&state");
        assert!(
            is_page && !reply.body.contains("0900") && !reply.body.contains("<script>"),
            "{query} {}",
            reply.status
        );
        let reply = press(&mut browser, &format!("{START}callback/?{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
    }
    assert_eq!(
        browser
            .get("/accounts/oidc/nobody/callback/?code=a&state=b")
            .await
            .status,
        404
    );
    assert_eq!(press(&mut browser, "/accounts/oidc/nobody/").await.status, 404);
}

/// CWE-601. Attack: the way back leads to another site.
#[tokio::test]
async fn cwe_601_the_way_on_stays_on_the_site() {
    let (site, provider) = with_ann().await;
    for next in [
        "https%3A%2F%2Fevil.example%2F",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "javascript%3Aalert(1)",
    ] {
        let mut browser = site.browser();
        let to = press(&mut browser, &format!("{START}?next={next}")).await;
        let reply = back(&mut browser, &provider.sign_in(&super::address(&to), "ann")).await;
        assert_eq!((reply.status, reply.header("location")), (303, "/"), "{next}");
    }
}

/// CWE-522, CWE-532. Attack: whoever reads the database takes part in sign-ins that are on their way, or finds tokens of those that are done.
#[tokio::test]
async fn cwe_522_rows_open_nothing() {
    let (site, provider) = with_ann().await;
    let mut browser = site.browser();
    let to = begin(&mut browser).await;
    let path = provider.sign_in(&to, "ann");
    let query = |text: &str, key: &str| {
        text.split_once(&format!("{key}="))
            .unwrap()
            .1
            .split('&')
            .next()
            .unwrap()
            .to_owned()
    };
    let secrets = [
        query(&path, "state"),
        query(&to, "nonce"),
        browser.cookies["__Host-oidc"].clone(),
        "hunter2".to_owned(),
    ];
    let bytes = || {
        let file = site.kit.file();
        let rows: String = file
            .prepare("SELECT * FROM vauban_begun_sign_in")
            .unwrap()
            .query_map([], |row| {
                let columns = (0..11).map(|n| format!("{:?}", row.get::<_, rusqlite::types::Value>(n)));
                Ok(columns.collect::<String>())
            })
            .unwrap()
            .map(Result::unwrap)
            .collect();
        rows
    };
    let rows = bytes();
    assert!(rows.contains("company"), "{rows}");
    for secret in &secrets {
        assert!(!rows.contains(secret.as_str()), "{secret}");
    }
    assert_in(&back(&mut browser, &path).await);
    assert!(!bytes().contains("company"), "gone");
}

/// CWE-770. Attack: sign-ins are begun without end.
#[tokio::test]
async fn cwe_770_sign_ins_that_are_begun_are_counted_and_swept() {
    let (site, _) = site("").await;
    let mut browser: Browser = site.browser();
    let many = |site: &TestSite| -> i64 {
        site.kit
            .file()
            .query_row("SELECT count(*) FROM vauban_begun_sign_in", [], |row| row.get(0))
            .unwrap()
    };
    for _ in 0..301 {
        assert_eq!(press(&mut browser, START).await.status, 200);
    }
    assert_eq!(press(&mut browser, START).await.status, 429);
    assert_eq!(many(&site), 301);
    site.kit.later(3700);
    assert_eq!(press(&mut browser, START).await.status, 200);
    assert_eq!(many(&site), 282, "twenty went, one came");
}

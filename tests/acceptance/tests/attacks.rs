//! Attacks in a real Chromium. Controls hide one another, so each attack is first seen to succeed on a twin
//! without any of the controls that cover it, and then to fail with each of them alone.
//!
//! *Cross-site* is `localhost` against `127.0.0.1`; *same-site* is another port of `127.0.0.1`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::time::Duration;

use acceptance::{Attacker, Browser, Client, Control, PASSWORD, Site, Twin, demo, sign_up};

/// The site, somebody signed in there, and the cookies that the site gave them.
struct Victim {
    site: Site,
    client: Client,
    cookies: Vec<String>,
}

impl Victim {
    fn new(email: &str) -> Self {
        let site = Site::start(demo());
        let client = sign_up(site.port(), email);
        let cookies = client.cookie_lines();
        Self {
            site,
            client,
            cookies,
        }
    }

    /// A twin that keeps only these controls, with the victim signed in there in this browser.
    fn twin(&self, browser: &Browser, keeps: &[Control]) -> Twin {
        let twin = Twin::start_with_cookies(self.site.port(), keeps, &self.cookies);
        browser.goto(&twin.url("/__sign_in"));
        browser.forget_cookies();
        browser.goto(&twin.url("/__sign_in"));
        twin
    }

    /// Whether the article that an attack would write is there.
    fn wrote(&mut self, slug: &str) -> bool {
        match self
            .client
            .get(&format!("/articles/{slug}/"))
            .expect("an answer")
            .status
        {
            200 => true,
            404 => false,
            other => panic!("/articles/{slug}/: {other}"),
        }
    }
}

/// How an attacker's page sends a request.
#[derive(Clone, Copy)]
enum Means {
    /// A form, sent by a click or by script.
    Form,
    /// `fetch` with cookies, without asking leave (`no-cors`).
    Fetch,
}

/// Lets the attacker's page at `from` write an article with this title in the victim's name.
fn forge(browser: &Browser, attacker: &Attacker, means: Means, from: &str, target: &str, title: &str) {
    match means {
        Means::Form => attacker.page(
            "/attack",
            "",
            &format!(
                "<form method=post action='{target}'><input name=title value='{title}'>\
                 <input name=body value=forged><button>A kitten</button></form>"
            ),
        ),
        Means::Fetch => attacker.page("/attack", "", "<p>A kitten</p>"),
    }
    browser.goto(from);
    match means {
        Means::Form => browser.submit("form"),
        Means::Fetch => {
            browser.run_async(&format!(
                "await fetch('{target}', {{ method: 'POST', mode: 'no-cors', credentials: 'include', \
                 headers: {{ 'Content-Type': 'application/x-www-form-urlencoded' }}, \
                 body: 'title={title}&body=forged' }}).catch(() => null); return 'sent';"
            ));
        }
    }
}

/// One attack by forgery, against no covering control, each alone, and all.
fn forgery_fails(email: &str, means: Means, cross_site: bool, covering: &[Control]) {
    let mut victim = Victim::new(email);
    let (browser, attacker) = (Browser::start(), Attacker::start());
    let from = if cross_site {
        attacker.cross_site("/attack")
    } else {
        attacker.same_site("/attack")
    };
    let mut attack = |name: &str, keeps: &[Control]| {
        let twin = victim.twin(&browser, keeps);
        forge(&browser, &attacker, means, &from, &twin.url("/write/"), name);
        victim.wrote(name)
    };
    let others: Vec<Control> = Control::ALL
        .into_iter()
        .filter(|one| !covering.contains(one))
        .collect();
    assert!(
        attack("none", &others),
        "the attack works where nothing covers it"
    );
    for (number, control) in covering.iter().enumerate() {
        let keeps: Vec<Control> = others.iter().copied().chain([*control]).collect();
        assert!(
            !attack(&format!("only-{number}"), &keeps),
            "{control:?} alone stops it"
        );
    }
    assert!(!attack("all", &Control::ALL), "the site as it is stops it");
}

/// ASVS 3.5.1, CWE-352.
#[test]
fn a_cross_site_form_post_changes_nothing() {
    let covering = [Control::SameSite, Control::Provenance, Control::FormToken];
    forgery_fails("a@example.com", Means::Form, true, &covering);
}

/// ASVS 3.5.1, CWE-352: `SameSite` does not help here, a sibling origin is the same site.
#[test]
fn a_form_post_from_another_origin_of_the_same_site_changes_nothing() {
    forgery_fails(
        "b@example.com",
        Means::Form,
        false,
        &[Control::Provenance, Control::FormToken],
    );
}

/// ASVS 3.5.2, CWE-352.
#[test]
fn a_cross_site_fetch_with_cookies_changes_nothing() {
    let covering = [Control::SameSite, Control::Provenance, Control::FormToken];
    forgery_fails("c@example.com", Means::Fetch, true, &covering);
}

/// ASVS 3.5.2, CWE-352.
#[test]
fn a_fetch_with_cookies_from_another_origin_of_the_same_site_changes_nothing() {
    forgery_fails(
        "d@example.com",
        Means::Fetch,
        false,
        &[Control::Provenance, Control::FormToken],
    );
}

/// CWE-352: a visitor is not signed in as the attacker by the attacker's page.
#[test]
fn a_cross_site_sign_in_does_not_happen() {
    let site = Site::start(demo());
    sign_up(site.port(), "mallory@example.com");
    let (browser, attacker) = (Browser::start(), Attacker::start());
    let attack = |keeps: &[Control]| {
        let twin = Twin::start(site.port(), keeps);
        browser.goto(&twin.url("/"));
        browser.forget_cookies();
        let target = twin.url("/accounts/login/");
        attacker.page(
            "/attack",
            "",
            &format!(
                "<form method=post action='{target}'><input name=email value=mallory@example.com>\
                 <input name=password value='{PASSWORD}'><button>A kitten</button></form>"
            ),
        );
        browser.goto(&attacker.cross_site("/attack"));
        browser.submit("form");
        browser.goto(&twin.url("/"));
        browser.html().contains("mallory@example.com")
    };
    let covering = [Control::Provenance, Control::FormToken];
    let others: Vec<Control> = Control::ALL
        .into_iter()
        .filter(|one| !covering.contains(one))
        .collect();
    assert!(attack(&others), "the attack works where nothing covers it");
    for control in covering {
        let keeps: Vec<Control> = others.iter().copied().chain([control]).collect();
        assert!(!attack(&keeps), "{control:?} alone stops it");
    }
    assert!(!attack(&Control::ALL), "the site as it is stops it");
}

/// ASVS 3.4.6, CWE-1021.
#[test]
fn the_site_is_not_framed() {
    let site = Site::start(demo());
    let (browser, attacker) = (Browser::start(), Attacker::start());
    let framed = |keeps: &[Control], cross_site: bool| {
        let twin = Twin::start(site.port(), keeps);
        attacker.page(
            "/attack",
            "",
            &format!("<iframe width=900 height=600 src='{}'></iframe>", twin.url("/")),
        );
        browser.goto(&if cross_site {
            attacker.cross_site("/attack")
        } else {
            attacker.same_site("/attack")
        });
        std::thread::sleep(Duration::from_millis(200));
        browser.enter_frame();
        let text = browser.visible_text();
        browser.leave_frames();
        text.contains("A small site with very good walls")
    };
    let covering = [
        Control::FrameAncestors,
        Control::FrameOptions,
        Control::Provenance,
    ];
    let others: Vec<Control> = Control::ALL
        .into_iter()
        .filter(|one| !covering.contains(one))
        .collect();
    for cross_site in [true, false] {
        assert!(
            framed(&others, cross_site),
            "it is framed where nothing covers it"
        );
        for control in covering {
            let keeps: Vec<Control> = others.iter().copied().chain([control]).collect();
            assert!(!framed(&keeps, cross_site), "{control:?} alone stops it");
        }
        assert!(!framed(&Control::ALL, cross_site), "the site as it is stops it");
    }
}

/// ASVS 3.3.4, CWE-1004.
#[test]
fn script_does_not_see_the_session_cookie() {
    let victim = Victim::new("e@example.com");
    let browser = Browser::start();
    let seen = |keeps: &[Control]| {
        let twin = victim.twin(&browser, keeps);
        browser.goto(&twin.url("/"));
        assert!(browser.html().contains("e@example.com"), "signed in");
        browser
            .run("return document.cookie")
            .as_str()
            .unwrap_or_default()
            .contains("session")
    };
    let others: Vec<Control> = Control::ALL
        .into_iter()
        .filter(|one| *one != Control::HttpOnly)
        .collect();
    assert!(seen(&others), "script reads it where nothing covers it");
    assert!(!seen(&Control::ALL), "`HttpOnly` hides it");
}

/// ASVS 1.2.1, CWE-79: what people wrote stays text, wherever it is shown.
#[test]
fn stored_payloads_stay_text() {
    const PAYLOADS: [&str; 6] = [
        "<script>document.documentElement.dataset.xss = 1</script>",
        "<img src=x onerror=\"document.documentElement.dataset.xss = 1\">",
        "\"><svg onload=document.documentElement.dataset.xss=1>",
        "</title></textarea><script>document.documentElement.dataset.xss = 1</script>",
        "'\" autofocus onfocus=document.documentElement.dataset.xss=1 x='",
        "<iframe srcdoc=\"<script>parent.document.documentElement.dataset.xss = 1</script>\">",
    ];
    let mut victim = Victim::new("f@example.com");
    // Escaping alone: nothing of the policy may help.
    let policy = [Control::ScriptSource, Control::TrustedTypes];
    let keeps: Vec<Control> = Control::ALL
        .into_iter()
        .filter(|one| !policy.contains(one))
        .collect();
    let browser = Browser::start();
    let twin = victim.twin(&browser, &keeps);
    let token = victim.client.token("/write/", None).expect("the form");
    for (number, payload) in PAYLOADS.iter().enumerate() {
        let title = format!("Payload {number} {payload}");
        let fields = [("title", title.as_str()), ("body", payload), ("published", "on")];
        let answer = victim.client.post("/write/", &token, &fields).expect("an answer");
        assert_eq!(answer.status, 303, "{}\n{}", answer.head, answer.body);
        let address = answer
            .header("location")
            .expect("where the article is")
            .to_owned();
        for page in [
            address.clone(),
            format!("{address}edit/"),
            format!("{address}delete/"),
            "/articles/".to_owned(),
        ] {
            browser.goto(&twin.url(&page));
            let ran = browser.run("return document.documentElement.dataset.xss || null");
            assert!(ran.is_null(), "{payload} ran on {page}");
            let shown = browser.html().contains("dataset.xss");
            assert!(
                shown,
                "{payload} is shown on {page}: otherwise this proves nothing"
            );
            if page == address {
                assert!(
                    browser.visible_text().contains(payload),
                    "{payload} stays text on {page}"
                );
            }
        }
    }
}

/// ASVS 3.2.2, CWE-79: Trusted Types refuse a string in a script sink, whoever puts it there.
#[test]
fn strings_do_not_reach_script_sinks() {
    let site = Site::start(demo());
    let browser = Browser::start();
    let injected = |keeps: &[Control]| {
        let twin = Twin::start(site.port(), keeps);
        browser.goto(&twin.url("/"));
        browser.run(
            "try { document.getElementById('main').innerHTML = '<b id=injected>injected</b>'; } catch (e) {} \
             return !!document.getElementById('injected')",
        ) == true
    };
    let others: Vec<Control> = Control::ALL
        .into_iter()
        .filter(|one| *one != Control::TrustedTypes)
        .collect();
    assert!(injected(&others), "a string becomes HTML where nothing covers it");
    assert!(!injected(&Control::ALL), "Trusted Types refuse it");
}

/// ASVS 3.4.3, CWE-79: where a payload has come past the escaper, the policy keeps its script from running.
#[test]
fn script_injected_past_the_escaper_does_not_run() {
    const PAYLOADS: [&str; 5] = [
        "<script>document.documentElement.dataset.xss = 1</script>",
        "<img src=x onerror=\"document.documentElement.dataset.xss = 1\">",
        "<svg onload=\"document.documentElement.dataset.xss = 1\"></svg>",
        "<script src=\"ATTACKER/script.js\"></script>",
        "<iframe srcdoc=\"<script>parent.document.documentElement.dataset.xss = 1</script>\"></iframe>",
    ];
    let site = Site::start(env!("CARGO_BIN_EXE_unescaped"));
    let (browser, attacker) = (Browser::start(), Attacker::start());
    attacker.page(
        "/script.js",
        "Cross-Origin-Resource-Policy: cross-origin\r\n",
        "document.documentElement.dataset.xss = 1",
    );
    let others: Vec<Control> = Control::ALL
        .into_iter()
        .filter(|one| *one != Control::ScriptSource)
        .collect();
    let (without, with) = (
        Twin::start(site.port(), &others),
        Twin::start(site.port(), &Control::ALL),
    );
    for payload in PAYLOADS {
        let payload = payload.replace("ATTACKER", &attacker.same_site(""));
        let ran = |twin: &Twin| {
            browser.goto(&twin.url(&format!("/?html={}", acceptance::percent(&payload))));
            // Frames and images load after the page.
            std::thread::sleep(Duration::from_millis(200));
            !browser
                .run("return document.documentElement.dataset.xss || null")
                .is_null()
        };
        assert!(ran(&without), "{payload} runs where nothing covers it");
        assert!(!ran(&with), "the policy stops {payload}");
        assert!(!browser.complaints().is_empty(), "and says so: {payload}");
    }
}

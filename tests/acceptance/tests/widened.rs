//! What a page's policy lets in, in a real Chromium and with real other origins: there, and nowhere else.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use acceptance::{Browser, Elsewhere, Site};
use serde_json::json;

const TILE: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"8\"><rect width=\"8\" height=\"8\"/></svg>";

/// Tiles, a player and a payment page, none of which says that it may be embedded; and sites that frame ours.
fn elsewhere() -> Elsewhere {
    let elsewhere = Elsewhere::start();
    let server = elsewhere.server();
    server.page("/tile.svg", "", TILE);
    server.page("/map.css", "", "#data { width: 33px }");
    server.page("/player", "", "<!doctype html><title>player</title><p>player");
    server.page("/now", "", "<!doctype html><title>paid</title><p>paid");
    elsewhere
}

fn browser(elsewhere: &Elsewhere) -> Browser {
    let names = ["tile", "player", "pay", "partner", "stranger"].map(|name| format!("{name}.example"));
    Browser::start_knowing(&names.each_ref().map(|name| (name.as_str(), elsewhere.port())))
}

/// Adds an image, a frame and a form of other origins, and one of `data:`, and sends the form.
const PLANTED: &str = "
    const load = (tag, src) => new Promise(done => {
        const element = document.createElement(tag);
        element.onload = () => done(true);
        element.onerror = () => done(false);
        element.src = src;
        document.body.append(element);
        setTimeout(() => done('nothing'), 5000);
    });
    const image = await load('img', 'https://tile.example/tile.svg');
    const data = await load('img', 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7');
    await load('iframe', 'https://player.example/player');
    const form = document.createElement('form');
    form.method = 'post';
    form.action = 'https://pay.example/now';
    document.body.append(form);
    form.submit();
    return { image, data };";

/// ASVS 3.4.3, CWE-693. Attack: what was injected into a page that lets nothing in loads from elsewhere, because another page of
/// the site may.
#[test]
fn a_page_lets_in_what_its_policy_names() {
    let site = Site::start(env!("CARGO_BIN_EXE_widened"));
    let elsewhere = elsewhere();
    let browser = browser(&elsewhere);
    let seen = || -> Vec<String> {
        let all = elsewhere.server().seen().into_iter().map(|seen| seen.line);
        all.filter(|line| !line.contains("favicon")).collect()
    };

    let strict = |path: &str, image: bool| {
        let before = seen().len();
        browser.goto(&site.url(path));
        let loaded = browser.run_async(PLANTED);
        assert_eq!(loaded, json!({ "image": image, "data": false }), "{path}");
        browser.until("the refusal of the form", || {
            browser.run("return window.__heard.some(one => one.startsWith('csp: form-action'))") == true
        });
        let heard = browser.complaints();
        for (directive, refused) in [
            ("csp: img-src https://tile", !image),
            ("csp: img-src data", true),
            ("csp: frame-src", true),
        ] {
            assert_eq!(
                heard.iter().any(|one| one.contains(directive)),
                refused,
                "{path}: {directive}: {heard:?}"
            );
        }
        assert_eq!(browser.url(), site.url(path), "the form went nowhere");
        let tile = [String::from("GET /tile.svg")];
        assert_eq!(seen()[before..], tile[..usize::from(image)], "{path}");
    };
    strict("/", false);

    // The page that names them: each is there, and the browser complains of nothing.
    browser.goto(&site.url("/wide/"));
    browser.until("what the page shows", || {
        browser.run(
            "const { tile, data, tone } = Object.fromEntries(['tile', 'data', 'tone'].map(id => [id, document.getElementById(id)]));
             return tile.naturalWidth === 8 && data.naturalWidth === 1 && data.width === 33 && tone.duration > 0.09
                 && document.getElementById('inner').contentDocument?.title === 'strict'",
        ) == true
    });
    browser.enter_frame();
    assert_eq!(browser.run("return document.title"), "player");
    // What the page passed on to this player, and what it kept.
    let allowed = browser.run(
        "return ['fullscreen', 'autoplay', 'camera', 'geolocation'].map(name => document.featurePolicy.allowsFeature(name))",
    );
    assert_eq!(allowed, json!([true, true, false, false]));
    browser.leave_frames();
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser.submit("form");
    assert_eq!(
        (browser.url().as_str(), browser.title().as_str()),
        ("https://pay.example/now", "paid")
    );
    // CWE-352: no token of ours goes along, and no address (CWE-200).
    let all = elsewhere.server().seen();
    let paid = all
        .iter()
        .find(|one| one.line == "POST /now")
        .expect("the form came");
    assert_eq!(paid.body, "amount=7");
    for one in &all {
        let told = one.headers.iter().find(|line| {
            let line = line.to_ascii_lowercase();
            line.starts_with("cookie:") || line.starts_with("referer: http://127.0.0.1")
        });
        assert_eq!(told, None, "{}", one.line);
    }

    // One page's policy is that page's.
    strict("/", false);
    strict("/tiles/", true);
}

/// ASVS 3.4.6, CWE-1021. Attack: a site that is not named frames the page, and one that is named frames another page.
#[test]
fn a_page_is_framed_by_whom_it_names() {
    let site = Site::start(env!("CARGO_BIN_EXE_widened"));
    let elsewhere = elsewhere();
    let browser = browser(&elsewhere);
    for (name, path) in [("shown", "/shown/"), ("plain", "/")] {
        let html = format!(
            "<!doctype html><title>x</title><iframe src=\"{}\"></iframe>",
            site.url(path)
        );
        elsewhere.server().page(&format!("/{name}"), "", &html);
    }
    let framed = |address: &str| {
        browser.goto(address);
        browser.enter_frame();
        let shown = browser.run("return document.getElementById('text')?.innerText || 'nothing of ours'");
        browser.leave_frames();
        shown
    };
    assert_eq!(framed("https://partner.example/shown"), "a page");
    assert_eq!(framed("https://partner.example/plain"), "nothing of ours");
    assert_eq!(framed("https://stranger.example/shown"), "nothing of ours");
    assert_eq!(framed("https://stranger.example/plain"), "nothing of ours");
}

//! Every page that links lead to, in a real Chromium, as each kind of user: no violation of the policy, no Trusted
//! Types violation, no error or warning on the console.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::{BTreeSet, VecDeque};

use acceptance::{Browser, Site, demo};

/// Addresses that are pages of their own only up to here: `/tasks/0190…/` counts once.
fn kind(path: &str) -> String {
    let path = path.split('?').next().unwrap_or(path);
    let parts = path
        .split('/')
        .map(|part| if part.len() >= 30 { "{id}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Follows every link from `/`, at most three pages of a kind, and returns what was complained about and where.
fn crawl(browser: &Browser, site: &Site) -> (BTreeSet<String>, Vec<String>) {
    let (mut seen, mut kinds, mut complaints) = (BTreeSet::new(), Vec::<String>::new(), Vec::new());
    let mut ahead = VecDeque::from(["/".to_owned()]);
    while let Some(path) = ahead.pop_front() {
        let kind = kind(&path);
        if kinds.iter().filter(|one| **one == kind).count() >= 3 || !seen.insert(path.clone()) {
            continue;
        }
        kinds.push(kind);
        browser.goto(&site.url(&path));
        complaints.extend(
            browser
                .complaints()
                .into_iter()
                .map(|one| format!("{path}: {one}")),
        );
        let links = browser.run(
            "return [...document.querySelectorAll('a[href]')].filter(a => a.origin === location.origin && !a.download)
                 .map(a => a.pathname + a.search)",
        );
        let links = links.as_array().map(Vec::as_slice).unwrap_or_default();
        // The pages for developing have no icon, which a browser asks for: they are looked at below.
        let of_the_site = links
            .iter()
            .filter_map(|one| one.as_str())
            .filter(|one| !one.starts_with("/dev/"));
        ahead.extend(of_the_site.map(str::to_owned));
    }
    (seen, complaints)
}

/// ASVS 3.4.3, 3.2.2.
#[test]
fn no_page_raises_a_violation_or_an_error() {
    let site = Site::start(demo());
    let browser = Browser::start();
    let mut sizes = Vec::new();
    for who in ["nobody", "ann@example.com", "ben@example.com", "cleo@example.com"] {
        browser.goto(&site.url("/"));
        browser.forget_cookies();
        if who != "nobody" {
            browser.look_as(&site.url("/accounts/look-as/"), who);
        }
        let (pages, complaints) = crawl(&browser, &site);
        assert!(complaints.is_empty(), "as {who}:\n{}", complaints.join("\n"));
        assert!(pages.contains("/articles/"), "as {who}: {pages:?}");
        sizes.push((who, pages.len()));
    }
    browser.goto(&site.url("/dev/mail/"));
    let complaints = browser.complaints();
    let other: Vec<_> = complaints
        .iter()
        .filter(|one| !one.contains("/favicon.ico"))
        .collect();
    assert!(other.is_empty(), "{other:?}");
    assert!(
        sizes[0].1 >= 6,
        "a crawl that saw too little proves nothing: {sizes:?}"
    );
    assert!(
        sizes[1..].iter().all(|(_, pages)| *pages >= 15),
        "who is signed in sees more: {sizes:?}"
    );
}

/// The same with a planted violation: the listener hears on this site, too.
#[test]
fn a_planted_violation_is_heard() {
    let site = Site::start(demo());
    let browser = Browser::start();
    browser.goto(&site.url("/"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser.run(
        "const image = new Image(); image.src = 'http://localhost:9/planted.png'; document.body.append(image); \
         try { document.body.lastElementChild.innerHTML = '<b>planted'; } catch (e) {}",
    );
    browser.until("two violations", || {
        browser.run("return window.__heard.filter(one => one.startsWith('csp:')).length >= 2") == true
    });
    let heard = browser.complaints();
    for directive in ["csp: img-src", "csp: require-trusted-types-for"] {
        assert!(
            heard.iter().any(|one| one.contains(directive)),
            "{directive}: {heard:?}"
        );
    }
}

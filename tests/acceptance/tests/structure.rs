//! What the template compiler makes of hostile data, judged by Chromium: every context with every hostile value, under
//! the site's policy and without any. The tree is the one that harmless data gives, and nothing runs (CWE-79, CWE-116;
//! ASVS 1.2.1, 1.2.3). The first judge, html5ever, sees thousands more in `crates/vauban-template/tests/structure.rs`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../../../crates/vauban-template/tests/support/interpret.rs"]
mod interpret;
#[path = "../../../crates/vauban-template/tests/support/parts.rs"]
mod parts;

use acceptance::{Attacker, Browser, Client, Site, demo};
use interpret::{Swap, render};
use parts::{HOSTILE, PARTS};
use serde_json::Value;
use vauban_template::compiler::html::ir::Context;

/// Loads the pages at the addresses `/0`, `/1`, … in frames, pokes every element as a mouse and a keyboard would, and says
/// of each what its tree is, where its links lead by the browser's own reading, and what ran or broke.
const JUDGE: &str = r#"
const tree = node => node.nodeType !== 1 ? '' :
    '<' + node.namespaceURI.slice(-3) + ':' + node.localName + ' ' + [...node.attributes].map(a => a.name).sort() + '>' +
    [...node.childNodes].map(tree).join('') + (node.content ? [...node.content.childNodes].map(tree).join('') : '') + '</>';
const frames = [];
for (let i = 0; i < COUNT; i++) {
    const frame = document.createElement('iframe');
    const loaded = new Promise(done => frame.addEventListener('load', done, { once: true }));
    frame.src = '/' + i;
    document.body.append(frame);
    frames.push([frame, loaded]);
}
const out = [];
for (const [frame, loaded] of frames) {
    await loaded;
    const there = frame.contentDocument;
    const shape = tree(there.documentElement);
    const code = [...there.querySelectorAll('*')].flatMap(e =>
        ['href', 'xlink:href', 'src', 'action', 'formaction'].filter(a => e.hasAttribute(a)).map(a => {
            let address;
            try { address = new URL(e.getAttribute(a), there.baseURI); } catch { return ''; }
            // The text of an image, behind its literal start.
            if (e.localName === 'img' && /^data:image\/png;base64,[\w+\/=-]*$/.test(address.href)) return '';
            return ['javascript:', 'data:', 'vbscript:'].includes(address.protocol) ? e.localName + ' ' + address.href : '';
        })).filter(one => one);
    for (const element of there.querySelectorAll('*'))
        for (const name of ['mouseover', 'focus', 'error', 'animationend', 'toggle'])
            element.dispatchEvent(new Event(name));
    await new Promise(done => setTimeout(done, 0));
    const heard = frame.contentWindow.__heard;
    out.push({
        shape, code,
        ran: heard.filter(one => one.startsWith('dialog:')),
        broken: heard.filter(one => one.startsWith('error: Uncaught')),
    });
}
return out;
"#;

#[derive(Debug, PartialEq)]
struct Verdict {
    shape: String,
    code: Vec<Value>,
    ran: Vec<Value>,
    broken: Vec<Value>,
}

struct Court {
    browser: Browser,
    server: Attacker,
    policy: String,
}

impl Court {
    /// With the policy that the demo's pages have: only that our own frames may hold them is added, and the nonce is the
    /// one that the test writes.
    fn new() -> Self {
        let site = Site::start(demo());
        let page = Client::new(site.port()).get("/").unwrap();
        let policy = page.header("content-security-policy").expect("a policy");
        let start = policy.find("'nonce-").expect("a nonce") + "'nonce-".len();
        let nonce = &policy[start..start + policy[start..].find('\'').unwrap()];
        let policy = policy
            .replace(nonce, "NONCE")
            .replace("frame-ancestors 'none'", "frame-ancestors 'self'");
        assert!(
            policy.contains("script-src 'nonce-NONCE' 'strict-dynamic'")
                && policy.contains("frame-ancestors 'self'")
        );
        let server = Attacker::start();
        server.page("/court", "", "<!doctype html><title>court</title><body>");
        Self {
            browser: Browser::start(),
            server,
            policy: format!("Content-Security-Policy: {policy}\r\n"),
        }
    }

    /// What Chromium makes of these pages.
    fn judge(&self, pages: &[String], with_policy: bool) -> Vec<Verdict> {
        for (number, body) in pages.iter().enumerate() {
            let html = format!(
                "<!doctype html><html><head><meta charset=\"utf-8\"></head><body>{body}</body></html>"
            );
            let headers = if with_policy { self.policy.as_str() } else { "" };
            self.server.page(&format!("/{number}"), headers, &html);
        }
        self.browser.goto(&self.server.same_site("/court"));
        let verdicts = self
            .browser
            .run_async(&JUDGE.replace("COUNT", &pages.len().to_string()));
        let list = |value: &Value| value.as_array().cloned().expect("a list");
        let verdicts: Vec<Verdict> = verdicts
            .as_array()
            .unwrap_or_else(|| panic!("{verdicts}"))
            .iter()
            .map(|one| Verdict {
                shape: one["shape"].as_str().unwrap().to_owned(),
                code: list(&one["code"]),
                ran: list(&one["ran"]),
                broken: list(&one["broken"]),
            })
            .collect();
        assert_eq!(verdicts.len(), pages.len());
        verdicts
    }

    /// The hostile values that do something to this template: what the first page, with harmless data, does not do.
    fn guilty(
        &self,
        template: &str,
        values: &[String],
        swap: Option<Swap>,
        with_policy: bool,
    ) -> Vec<String> {
        let pages: Vec<String> = std::iter::once("harmless")
            .chain(values.iter().map(String::as_str))
            .map(|value| render(template, value, swap))
            .collect();
        let verdicts = self.judge(&pages, with_policy);
        let harmless = &verdicts[0];
        assert!(
            harmless.code.is_empty() && harmless.ran.is_empty(),
            "{template}: {harmless:?}"
        );
        verdicts
            .iter()
            .zip(&pages)
            .skip(1)
            .filter(|(verdict, _)| *verdict != harmless)
            .map(|(verdict, page)| format!("{page}\n  {verdict:?}\n  {harmless:?}"))
            .collect()
    }
}

fn hostile() -> Vec<String> {
    HOSTILE.iter().map(|one| (*one).to_owned()).collect()
}

fn every_context(with_policy: bool) {
    let court = Court::new();
    for (name, template) in PARTS {
        let guilty = court.guilty(template, &hostile(), None, with_policy);
        assert!(guilty.is_empty(), "{name}: {}", guilty.join("\n"));
    }
}

#[test]
fn chromium_agrees_under_the_sites_policy() {
    every_context(true);
}

/// The escaper does not lean on the policy.
#[test]
fn chromium_agrees_without_any_policy() {
    every_context(false);
}

/// Pages put together of several parts, with several values at once.
#[test]
fn chromium_agrees_on_mixed_pages() {
    let court = Court::new();
    // Fixed numbers (a linear congruence, after Knuth), so that a failure comes again.
    let mut state = 20_261_121_u64;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for turn in 0..16 {
        let body: String = (0..4).map(|_| PARTS[next(PARTS.len())].1).collect();
        let template = match turn % 3 {
            0 => body,
            1 => format!("<div id=\"{{{{ x }}}}\">{body}</div>"),
            _ => format!("{{% for i in l %}}<article>{body}</article>{{% endfor %}}"),
        };
        let values: Vec<String> = (0..12)
            .map(|_| (0..3).map(|_| HOSTILE[next(HOSTILE.len())]).collect())
            .collect();
        let guilty = court.guilty(&template, &values, None, turn % 2 == 0);
        assert!(guilty.is_empty(), "{}", guilty.join("\n"));
    }
}

/// The judge is awake: a compiler with a fault in one context is found out, and without a policy its payloads run.
#[test]
fn chromium_catches_a_faulty_compiler() {
    let court = Court::new();
    for (context, swap, part, runs) in [
        (Context::Text, Swap::Nothing, "text", true),
        (Context::Rcdata, Swap::Nothing, "textarea", true),
        (Context::Attribute, Swap::Nothing, "attr", true),
        (Context::UrlStart, Swap::As(Context::Attribute), "href", false),
        (Context::JsValue, Swap::Nothing, "js", true),
        (Context::JsString, Swap::Nothing, "jsstr", true),
        (Context::JsonString, Swap::Nothing, "json", true),
    ] {
        let template = PARTS.iter().find(|(name, _)| *name == part).unwrap().1;
        let swap = Some(swap.of(context));
        let found = court.guilty(template, &hostile(), swap, false);
        assert!(!found.is_empty(), "{context:?}");
        let ran = found.iter().any(|one| one.contains("dialog: 1"));
        assert_eq!(ran, runs, "{context:?}: {}", found.join("\n"));
        // Under the policy it is found by the tree, the address or the script's error.
        assert!(
            !court.guilty(template, &hostile(), swap, true).is_empty(),
            "{context:?}"
        );
    }
}

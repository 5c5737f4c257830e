//! Hostile Markdown in a real Chromium, under the site's policy and without one: nothing of it runs (CWE-79;
//! ASVS 1.3.1, 1.3.5).

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use acceptance::{Browser, Control, Site, Twin, demo, sign_up};
use serde_json::json;

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1)) [b](JaVa&#x09;script:alert(1)) [c](&#x01;javascript:alert(1)) <javascript:alert(1)>",
    "[a]: javascript:alert(1)\n[x][a]",
    "![x](javascript:alert(1)) ![y\" onerror=\"alert(1)](x)",
    "[a](x \"\\\" onmouseover=\\\"alert(1)\")",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "``` \"><script>alert(1)</script>\nx\n```",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a><iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "</div></article></main><base href=//evil.example><form action=//evil.example><button formaction=javascript:alert(1)>x",
    "|a|\n|-|\n|<td onclick=alert(1)>x|",
];

const ALLOWED: &str = "a abbr b blockquote br caption code dd del div dl dt em figcaption figure h2 h3 h4 h5 h6 hr i img ins \
    kbd li ol p pre q s samp small span strong sub sup table tbody td tfoot th thead tr u ul var";

#[test]
fn hostile_markdown_runs_nowhere() {
    let site = Site::start(demo());
    let mut client = sign_up(site.port(), "mallory@example.com");
    let mut pages = Vec::new();
    for (number, body) in HOSTILE.iter().enumerate() {
        let title = format!("hostile {number}");
        let body = format!("**start**\n\n{body}\n\n");
        let fields = [
            ("title", title.as_str()),
            ("body", body.as_str()),
            ("published", "on"),
        ];
        assert_eq!(client.submit("/write/", None, &fields).unwrap().status, 303);
        pages.push(format!("/articles/hostile-{number}/"));
    }
    let browser = Browser::start();
    let without: Vec<Control> = Control::ALL
        .into_iter()
        .filter(|one| ![Control::ScriptSource, Control::TrustedTypes].contains(one))
        .collect();
    let bare = Twin::start(site.port(), &without);
    for path in &pages {
        for address in [site.url(path), bare.url(path)] {
            browser.goto(&address);
            let seen = browser.run(
                "const rich = document.querySelector('main article .prose');
                 const all = [...rich.querySelectorAll('*')];
                 for (const element of all)
                     for (const name of ['mouseover', 'focus', 'error', 'click'])
                         element.dispatchEvent(new Event(name));
                 return {
                     strong: rich.querySelectorAll('strong').length,
                     foot: document.querySelectorAll('main > article + *').length + document.querySelectorAll('body > footer').length,
                     names: all.map(e => e.localName),
                     handlers: all.flatMap(e => e.getAttributeNames().filter(a => a.startsWith('on') || a === 'style')),
                     code: all.map(e => e.href || e.src || '').filter(a => !/^(https?|mailto):/.test(a || 'http:')),
                     ran: window.__heard.filter(one => one.startsWith('dialog:')),
                 };",
            );
            assert_eq!(seen["strong"], 1, "{address}: it is Markdown: {seen}");
            assert_eq!(seen["foot"], 1, "{address}: the page round it is whole: {seen}");
            for none in ["handlers", "code", "ran"] {
                assert_eq!(seen[none], json!([]), "{address}: {none}: {seen}");
            }
            for name in seen["names"].as_array().unwrap() {
                assert!(ALLOWED.split(' ').any(|one| name == one), "{address}: {name}");
            }
        }
    }
}

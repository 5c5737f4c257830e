//! Partial updates of the demo in a real Chromium: in place, within the policy, and not needed.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use acceptance::{Browser, Client, Site, demo};
use serde_json::json;

/// The address of Ann's first task that she may change.
fn open_task(browser: &Browser, site: &Site) -> String {
    browser.look_as(&site.url("/accounts/look-as/"), "ann@example.com");
    browser.goto(&site.url("/tasks/"));
    let links = browser.run("return [...document.querySelectorAll('.rows a')].map(a => a.href)");
    for link in links.as_array().unwrap() {
        browser.goto(link.as_str().unwrap());
        if !browser.find_all("#toggle").is_empty() {
            return browser.url();
        }
    }
    panic!("Ann may change no task: {links}");
}

/// The task's state; asked at once, for elements are replaced meanwhile. Nothing, where it is not there.
fn state(browser: &Browser) -> String {
    let state = browser.run("return document.querySelector('[data-fragment=state] .badge')?.innerText || ''");
    state.as_str().unwrap().to_owned()
}

fn until_another_state(browser: &Browser, was: &str) {
    assert!(!was.is_empty());
    browser.until("the other state", || !["", was].contains(&&*state(browser)));
}

/// The first article's title; asked at once, for elements are replaced meanwhile.
fn first_title(browser: &Browser) -> String {
    let title = browser.run("return document.querySelector('.entries h2')?.innerText || ''");
    title.as_str().unwrap().to_owned()
}

/// A page that was loaded anew has no marker.
fn mark(browser: &Browser) {
    browser.run(
        "window.__marker = 'survives'; window.__busy = [];
         new MutationObserver(list => list.forEach(one => window.__busy.push(one.target.getAttribute('aria-busy'))))
             .observe(document.querySelector('[data-fragment]'), { attributeFilter: ['aria-busy'] });",
    );
}

fn is_marked(browser: &Browser) -> bool {
    browser.run("return window.__marker === 'survives'") == true
}

fn focused(browser: &Browser) -> String {
    browser
        .run("return document.activeElement.id")
        .as_str()
        .unwrap()
        .to_owned()
}

/// ASVS 3.4.3: nothing about it needs a hole in the policy.
#[test]
fn the_next_page_of_a_list_comes_in_place() {
    let site = Site::start(demo());
    let browser = Browser::start();
    browser.goto(&site.url("/articles/"));
    mark(&browser);
    let first = first_title(&browser);
    browser.click(&browser.find("#next-page"));
    browser.until("the second page", || first_title(&browser) != first);

    assert!(is_marked(&browser), "the document is the same one");
    assert!(browser.url().ends_with("/articles/?page=2"));
    assert_eq!(browser.find_all("main").len(), 1, "a part came, not a page");
    // The last page has no “next”: the focus stays in the part, not at the top of the document.
    let inside = "return document.querySelector('[data-fragment=rows]').contains(document.activeElement)";
    assert_eq!(browser.run(inside), true);
    assert_eq!(browser.run("return window.__busy.join()"), "true,");
    assert_eq!(
        browser.run("return document.getElementById('said').textContent"),
        "Page 2"
    );

    browser.click(&browser.find("#previous-page"));
    browser.until("the first page", || first_title(&browser) == first);
    assert!(is_marked(&browser));
    assert_eq!(browser.complaints(), Vec::<String>::new());

    // Back: the address says page 2, and so does the list.
    browser.back();
    browser.until("page 2 again", || {
        browser.url().ends_with("?page=2") && !["", &first].contains(&first_title(&browser).as_str())
    });
    assert!(browser.visible_text().contains("Page 2"));
}

#[test]
fn a_jump_within_the_page_does_not_load_it_again() {
    let site = Site::start(demo());
    let browser = Browser::start();
    browser.goto(&site.url("/articles/"));
    mark(&browser);
    browser.run("document.querySelector('a.skip').click()");
    browser.until("the jump", || browser.url().ends_with("#main"));
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(is_marked(&browser));
}

/// CWE-352: the token that comes with the part is good for the next post.
#[test]
fn a_task_is_ticked_in_place_and_ticked_again() {
    let site = Site::start(demo());
    let browser = Browser::start();
    let address = open_task(&browser, &site);
    mark(&browser);
    let before = state(&browser);
    for turn in 1..=3 {
        let was = state(&browser);
        browser.run("document.getElementById('toggle').focus()");
        browser.click(&browser.find("#toggle"));
        browser.until("the other state", || {
            browser.run("return document.querySelector('[data-fragment=state] .badge').innerText")
                != was.as_str()
        });
        assert!(is_marked(&browser), "turn {turn}");
        assert_eq!(focused(&browser), "toggle", "turn {turn}");
        assert_eq!(
            browser.run("return document.getElementById('said').textContent"),
            state(&browser).as_str()
        );
    }
    assert_eq!(browser.url(), address);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    // What the server has is what is shown.
    let shown = state(&browser);
    assert_ne!(shown, before);
    browser.goto(&address);
    assert_eq!(state(&browser), shown);
}

/// CWE-471, DOM clobbering: the attack is a field that has the name of what the script asks of its form or of the
/// document. The form, with its token (CWE-598), would be sent by GET, or be told to send itself and not do it.
#[test]
fn fields_with_the_names_of_properties_change_nothing() {
    let site = Site::start(demo());
    let browser = Browser::start();
    let address = open_task(&browser, &site);
    mark(&browser);
    let was = state(&browser);
    browser.run(
        "const form = document.getElementById('toggle').form;
         for (const name of ['method', 'action', 'enctype', 'target', 'dataset', 'elements', 'submit', 'requestSubmit',
             'getAttribute', 'hasAttribute', 'closest', 'querySelector']) {
             const field = document.createElement('input');
             field.type = 'hidden';
             field.name = name;
             HTMLFormElement.prototype.append.call(form, field);
         }
         for (const name of ['querySelector', 'getElementById', 'activeElement', 'importNode', 'body']) {
             const image = document.createElement('img');
             image.setAttribute('name', name);
             form.parentNode.append(image);
         }
         window.__sent = [];
         const open = XMLHttpRequest.prototype.open;
         XMLHttpRequest.prototype.open = function (...given) { window.__sent.push(given[0]); open.apply(this, given); };",
    );
    browser.click(&browser.find("#toggle"));
    browser.until("the other state", || {
        browser.run("return document.getElementsByClassName('badge')[0].innerText") != was.as_str()
    });
    assert_eq!(browser.run("return window.__sent"), json!(["POST"]));
    assert!(is_marked(&browser));
    assert_eq!(browser.url(), address);
    // The button may say it otherwise than the form, and a form of another method is the browser's.
    browser.run(
        "const button = document.getElementById('toggle');
         button.form.method = 'get';
         button.formMethod = 'post';",
    );
    let was = state(&browser);
    browser.click(&browser.find("#toggle"));
    browser.until("the other state", || {
        browser.run("return document.getElementsByClassName('badge')[0].innerText") != was.as_str()
    });
    assert_eq!(browser.run("return window.__sent"), json!(["POST", "POST"]));
    assert_eq!(browser.url(), address);
}

/// A server that answers each path as it is told, and keeps what it was asked.
struct Stub {
    port: u16,
    asked: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
}

impl Stub {
    /// `elsewhere` is the host and port of another origin.
    fn start(elsewhere: String) -> Self {
        use std::io::{BufRead, BufReader, Read, Write};
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, seen, elsewhere) = (stream.unwrap(), seen.clone(), elsewhere.clone());
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream.try_clone().unwrap());
                    let mut line = String::new();
                    let (mut length, mut part) = (0, false);
                    let mut header = String::new();
                    drop(reader.read_line(&mut line));
                    while reader.read_line(&mut header).is_ok_and(|n| n > 2) {
                        let lower = header.to_ascii_lowercase();
                        if let Some(n) = lower.strip_prefix("content-length:") {
                            length = n.trim().parse().unwrap();
                        }
                        part |= lower.starts_with("x-fragment:");
                        header.clear();
                    }
                    drop(reader.read_exact(&mut vec![0; length]));
                    let Some((line, _)) = line.rsplit_once(' ') else {
                        return;
                    };
                    seen.lock().unwrap().push(line.to_owned());
                    let script = include_str!("../../../crates/vauban-template/src/runtime/fragments.js");
                    let (head, body) = match line {
                        // The answer is lost, and what was sent is not.
                        "POST /lost" => return,
                        "POST /elsewhere" => (format!("303 See Other\r\nLocation: http://{elsewhere}/"), String::new()),
                        "GET /rows" if part => (
                            "200 OK\r\nX-Fragment: rows".to_owned(),
                            "<table><tbody data-fragment-part><tr id=new><td>2</td></tr>".to_owned(),
                        ),
                        "GET /styled" if part => (
                            "200 OK\r\nX-Fragment: part".to_owned(),
                            "<style id=rules></style><b id=new>x</b>".to_owned(),
                        ),
                        "GET /scriptless" if part => (
                            "200 OK\r\nX-Fragment: part".to_owned(),
                            "<!doctype html><body> <noscript><img id=live></noscript><b id=beside>x</b>".to_owned(),
                        ),
                        "POST /again" => (
                            "422 Unprocessable Content\r\nX-Fragment: part".to_owned(),
                            "<!doctype html><body><b id=errors>too short</b>".to_owned(),
                        ),
                        "POST /moved" => ("303 See Other\r\nLocation: /other".to_owned(), String::new()),
                        "POST /back" => ("303 See Other\r\nLocation: /".to_owned(), String::new()),
                        "GET /" | "GET /other" if part => (
                            "200 OK\r\nX-Fragment: part".to_owned(),
                            format!("<!doctype html><body><b class=of-a-redirect>{line}</b>"),
                        ),
                        "GET /search?words=a%26b" if part => (
                            "200 OK\r\nX-Fragment: part".to_owned(),
                            "<!doctype html><body><b id=found>one</b>".to_owned(),
                        ),
                        "GET /fragments.js" => ("200 OK".to_owned(), script.to_owned()),
                        _ => (
                            "200 OK".to_owned(),
                            "<!doctype html><title>page</title><script src=/fragments.js defer></script><p data-fragment=part></p>
                             <table><tbody data-fragment=rows></tbody></table><a id=link data-update=rows href=/rows>rows</a>
                             <a id=styled data-update=part href=/styled>styled</a>
                             <form method=post action=/lost data-update=part><button id=lost>x</button></form>
                             <a id=scriptless data-update=part href=/scriptless>scriptless</a>
                             <form action='/search?old=1' data-update=part><input name=words value='a&amp;b'><button id=search>x</button></form>
                             <form method=post action=/again data-update=part><button id=again>x</button></form>
                             <form method=post action=/moved data-update=part><button id=moved>x</button></form>
                             <form method=post action=/back data-update=part><button id=back>x</button></form>
                             <form method=post action=/elsewhere data-update=part><button id=elsewhere>x</button></form>"
                                .to_owned(),
                        ),
                    };
                    let kind = if line.ends_with(".js") {
                        "text/javascript"
                    } else {
                        "text/html"
                    };
                    drop(write!(
                        stream,
                        "HTTP/1.1 {head}\r\nContent-Type: {kind}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    ));
                });
            }
        });
        Self { port, asked }
    }

    fn posts(&self) -> usize {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .filter(|line| line.starts_with("POST"))
            .count()
    }
}

/// CWE-837: the answer to a POST is lost, or sends the browser to another origin, where a script may not follow. What was
/// sent was sent: the page is asked for anew, and nothing is sent again.
#[test]
fn a_post_whose_answer_does_not_come_is_not_sent_again() {
    let other = Stub::start(String::new());
    let stub = Stub::start(format!("127.0.0.1:{}", other.port));
    let browser = Browser::start();
    for (turn, button) in ["#lost", "#elsewhere"].into_iter().enumerate() {
        browser.goto(&format!("http://127.0.0.1:{}/#here", stub.port));
        browser.run("window.__marker = 'survives'");
        browser.click(&browser.find(button));
        browser.until("the page anew", || {
            browser.run("return document.readyState === 'complete' && window.__marker !== 'survives'") == true
        });
        std::thread::sleep(std::time::Duration::from_millis(500));
        assert_eq!(stub.posts(), turn + 1, "{button}: {:?}", stub.asked);
        assert_eq!(browser.title(), "page");
    }
    assert_eq!(other.posts(), 0);
}

/// What may stand in few places comes with what it needs, and what a parser puts into the head is not lost.
#[test]
fn rows_of_a_table_come_as_rows() {
    let stub = Stub::start(String::new());
    let browser = Browser::start();
    browser.goto(&format!("http://127.0.0.1:{}/", stub.port));
    browser.click(&browser.find("#link"));
    browser.until("the row", || {
        !browser
            .find_all("tbody[data-fragment=rows] > tr#new > td")
            .is_empty()
    });
    browser.click(&browser.find("#styled"));
    browser.until("the style", || {
        !browser
            .find_all("p[data-fragment=part] > style#rules + b#new")
            .is_empty()
    });
}

/// What stands in `<noscript>` stays dead; a form that is shown again is shown in place, with its errors; and a part of the same
/// name of another page does not stand in for this page's.
#[test]
fn a_part_is_put_in_place_if_it_is_of_this_page() {
    let stub = Stub::start(String::new());
    let browser = Browser::start();
    let home = format!("http://127.0.0.1:{}/", stub.port);
    browser.goto(&home);
    browser.click(&browser.find("#scriptless"));
    browser.until("the part", || !browser.find_all("#beside").is_empty());
    assert!(browser.find_all("#live").is_empty());
    assert_eq!(
        browser.run("return document.querySelector('[data-fragment=part]').firstChild.data"),
        " "
    );
    browser.goto(&home);
    browser.click(&browser.find("#again"));
    browser.until("the errors", || {
        !browser.find_all("p[data-fragment=part] > #errors").is_empty()
    });
    assert_eq!(browser.url(), home);
    browser.click(&browser.find("#back"));
    browser.until("the answer", || !browser.find_all(".of-a-redirect").is_empty());
    assert_eq!(browser.url(), home);
    browser.click(&browser.find("#moved"));
    browser.until("the other page", || browser.url().ends_with("/other"));
    assert!(browser.find_all(".of-a-redirect").is_empty());
    assert_eq!(stub.posts(), 3, "{:?}", stub.asked);
}

/// What a GET form asks for stands in the address, as without script: it can be kept, sent, loaded anew, and left by "back".
/// CWE-598: what a POST sends does not.
#[test]
fn a_get_form_changes_the_address_and_a_post_does_not() {
    let stub = Stub::start(String::new());
    let browser = Browser::start();
    let home = format!("http://127.0.0.1:{}/", stub.port);
    browser.goto(&home);
    browser.click(&browser.find("#again"));
    browser.until("the errors", || !browser.find_all("#errors").is_empty());
    assert_eq!(browser.url(), home);
    browser.run("window.__marker = 'survives'");
    for _ in 0..2 {
        browser.click(&browser.find("#search"));
        browser.until("what was found", || {
            !browser
                .find_all("p[data-fragment=part]:not([aria-busy]) > #found")
                .is_empty()
        });
        assert_eq!(browser.url(), format!("{home}search?words=a%26b"));
    }
    assert!(is_marked(&browser));
    // Asked for twice, it is one step.
    browser.back();
    browser.until("the page before", || {
        browser.run("return document.readyState === 'complete' && window.__marker !== 'survives'") == true
    });
    assert_eq!(browser.url(), home);
}

/// Who was signed out meanwhile sees the sign-in page, and not a page within the page.
#[test]
fn an_answer_that_is_not_the_part_is_shown_as_a_page() {
    let site = Site::start(demo());
    let browser = Browser::start();
    open_task(&browser, &site);
    let was = state(&browser);
    browser.forget_cookies();
    browser.click(&browser.find("#toggle"));
    browser.until("another page", || {
        browser.run("return !document.querySelector('[data-fragment=state]')") == true
    });
    assert_eq!(browser.find_all("main").len(), 1);
    assert!(!browser.visible_text().contains(&was) || browser.url().contains("login"));
}

/// Without script all of it works by links and forms.
#[test]
fn without_script_links_and_forms_do_the_same() {
    let site = Site::start(demo());
    let browser = Browser::start();
    let address = open_task(&browser, &site);
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    browser.goto(&site.url("/articles/"));
    browser.click(&browser.find("#next-page"));
    // A click does not wait for the page that it leads to.
    browser.until("the second page", || {
        browser.url().ends_with("?page=2") && browser.html().contains("Page 2")
    });
    browser.goto(&address);
    let was = state(&browser);
    browser.click(&browser.find("#toggle"));
    until_another_state(&browser, &was);
    assert_eq!(browser.url(), address);
}

/// CWE-525: a cache does not take the part for the page, and who asks for the page gets it whole.
#[test]
fn a_part_is_told_from_the_page() {
    let site = Site::start(demo());
    let mut client = Client::new(site.port());
    let page = client.get("/articles/").unwrap();
    assert_eq!(page.header("vary"), Some("x-fragment"));
    assert!(page.body.contains("<main"));
    assert_eq!(page.header("x-fragment"), None);
    let script = client.get("/static/vauban/fragments.js").unwrap();
    assert_eq!(script.status, 200);
    assert_eq!(
        script.header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
    assert!(script.body.contains("X-Fragment"));
}

/// CWE-601. Attack: a page of the site's own at `//evil.example/`, such as the one that says "not found", is in the history,
/// and Back leads to the host of that name.
#[test]
fn cwe_601_back_stays_on_the_site() {
    let site = Site::start(demo());
    let browser = Browser::start();
    browser.goto(&site.url("/articles/"));
    browser.run(
        "history.pushState(null, '', location.origin + '//127.0.0.9:9/');
         history.pushState(null, '', '/articles/?page=2');",
    );
    mark(&browser);
    browser.back();
    browser.until("the page before", || {
        browser.run("return window.__marker") != "survives"
    });
    let origin = site.url("/").trim_end_matches('/').to_owned();
    assert_eq!(browser.url(), format!("{origin}//127.0.0.9:9/"));
    assert_eq!(browser.run("return location.origin"), origin.as_str());
}

/// What is asked of a part while a POST of it is under way waits: its answer would take the place of the POST's.
#[test]
fn what_was_posted_is_answered_before_anything_else() {
    let site = Site::start(demo());
    let browser = Browser::start();
    open_task(&browser, &site);
    mark(&browser);
    let before = state(&browser);
    browser.run(
        "const send = XMLHttpRequest.prototype.send, open = XMLHttpRequest.prototype.open;
         window.__asked = [];
         XMLHttpRequest.prototype.open = function (method, url) { this.how = method; window.__asked.push(method); return open.call(this, method, url); };
         XMLHttpRequest.prototype.send = function (body) {
             setTimeout(() => send.call(this, body), this.how === 'POST' ? 700 : 0);
         };
         const link = document.createElement('a');
         [link.href, link.dataset.update] = [location.href, 'state'];
         document.querySelector('main').append(link);
         document.getElementById('toggle').click();
         link.click();
         window.__at_once = window.__asked.join();",
    );
    browser.until("both", || {
        browser.run("return window.__asked.join()") == "POST,GET"
    });
    assert_eq!(browser.run("return window.__at_once"), "POST");
    until_another_state(&browser, &before);
    assert!(is_marked(&browser));
}

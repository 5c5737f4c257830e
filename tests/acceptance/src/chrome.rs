//! Chromium through chromedriver: W3C WebDriver, and the Chrome DevTools commands that it passes on.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Running;

/// The name under which WebDriver puts an element's reference into JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Runs in every document before its own scripts, by way of the debugger and so untouched by the page's CSP:
/// notes what the policy refused, uncaught errors, and every dialog that a payload would open.
const LISTENER: &str = r#"
window.__heard = [];
document.addEventListener('securitypolicyviolation', e =>
    window.__heard.push('csp: ' + e.effectiveDirective + ' ' + e.blockedURI + ' ' + e.sample + ' line ' + e.lineNumber));
window.addEventListener('error', e => window.__heard.push('error: ' + (e.message || e.target && e.target.src)), true);
window.addEventListener('unhandledrejection', e => window.__heard.push('rejection: ' + e.reason));
for (const name of ['alert', 'confirm', 'prompt'])
    window[name] = text => { window.__heard.push('dialog: ' + text); return null; };
"#;

/// One Chromium with a profile of its own. Dropped, browser and driver are ended by their ids.
#[derive(Debug)]
pub struct Browser {
    port: u16,
    session: String,
    driver: Running,
    _profile: tempfile::TempDir,
}

/// An element of the current page.
#[derive(Debug, Clone)]
pub struct Element(String);

impl Browser {
    /// Starts chromedriver on a free port of loopback, and a headless Chromium with an empty profile.
    ///
    /// # Panics
    /// If either is not installed (`scripts/test acceptance` installs them) or does not start.
    pub fn start() -> Self {
        Self::start_knowing(&[])
    }

    /// Like [`Browser::start`]; `https://NAME/` leads to that port of 127.0.0.1, whatever its certificate says.
    ///
    /// # Panics
    /// As [`Browser::start`].
    pub fn start_knowing(names: &[(&str, u16)]) -> Self {
        let names: String = names
            .iter()
            .map(|(name, port)| format!("MAP {name}:443 127.0.0.1:{port}, "))
            .collect();
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let mut driver = Running::start(Command::new("chromedriver").arg("--port=0"));
        let line = driver.wait_for_line(60, |line| line.contains("started successfully on port"));
        let port = line
            .rsplit(' ')
            .next()
            .and_then(|word| word.trim_end_matches('.').parse().ok())
            .expect("chromedriver names its port");
        let options = json!({
            "binary": "/usr/bin/chromium",
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--window-size=1200,900",
                // What a payload names is not looked up: nothing leaves this machine.
                format!("--host-resolver-rules={names}MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
                format!("--user-data-dir={}", profile.path().display()),
            ],
            // The site must not owe its safety to a browser that blocks third-party cookies: not all do.
            "prefs": { "profile": { "cookie_controls_mode": 0, "block_third_party_cookies": false } },
        });
        let mut browser = Self {
            port,
            session: String::new(),
            driver,
            _profile: profile,
        };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
            "unhandledPromptBehavior": "dismiss",
            "acceptInsecureCerts": true,
        }}});
        let answer = browser
            .call("POST", "/session", &wanted)
            .unwrap_or_else(|error| panic!("Chromium does not start: {error}\n{}", browser.driver.output()));
        let session = answer["sessionId"].as_str().expect("a session id").to_owned();
        browser.session = format!("/session/{session}");
        browser.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            &json!({ "source": LISTENER }),
        );
        browser
    }

    /// Opens `url` and waits until it is loaded.
    ///
    /// # Panics
    /// If the browser cannot open it at all. A refusal by the server (403 …) is a page like any other.
    pub fn goto(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// The address of the current page.
    pub fn url(&self) -> String {
        text(&self.get("/url"))
    }

    /// The title of the current page.
    pub fn title(&self) -> String {
        text(&self.get("/title"))
    }

    /// The document as it is now, as HTML.
    pub fn html(&self) -> String {
        text(&self.get("/source"))
    }

    /// The text that a person sees on the page.
    pub fn visible_text(&self) -> String {
        text(&self.run("return document.body ? document.body.innerText : ''"))
    }

    /// Presses Back, once: a script that goes back is run again by the driver if the page goes away under it.
    pub fn back(&self) {
        self.post("/back", &json!({}));
    }

    /// Runs the body of a function in the page; what it returns comes back as JSON. It comes by the debugger:
    /// the page's policy does not stop it.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Like [`Browser::run`], for a body that awaits.
    pub fn run_async(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; \
             (async () => {{ {script} }})().then(done, error => done('failed: ' + error));"
        );
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// The first element that the CSS selector `css` finds.
    ///
    /// # Panics
    /// If there is none: with the page's address and text.
    pub fn find(&self, css: &str) -> Element {
        self.find_all(css)
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no {css} on {}:\n{}", self.url(), self.visible_text()))
    }

    /// Every element that the CSS selector `css` finds.
    pub fn find_all(&self, css: &str) -> Vec<Element> {
        let found = self.post("/elements", &json!({ "using": "css selector", "value": css }));
        let references = found.as_array().map(Vec::as_slice).unwrap_or_default();
        references
            .iter()
            .filter_map(|one| one[ELEMENT].as_str())
            .map(|id| Element(id.to_owned()))
            .collect()
    }

    /// Clicks as a person would: scrolled into view, refused if something covers it.
    pub fn click(&self, element: &Element) {
        self.post(&format!("/element/{}/click", element.0), &json!({}));
    }

    /// Empties a field and types `text` into it.
    pub fn fill(&self, css: &str, text: &str) {
        let element = self.find(css);
        self.post(&format!("/element/{}/clear", element.0), &json!({}));
        self.post(&format!("/element/{}/value", element.0), &json!({ "text": text }));
    }

    /// What a person reads on the element.
    pub fn text_of(&self, element: &Element) -> String {
        text(&self.get(&format!("/element/{}/text", element.0)))
    }

    /// Sends a form by its own submit button and waits for the next page.
    pub fn submit(&self, form: &str) {
        self.run("window.__old_page = true");
        self.click(&self.find(&format!("{form} button[type=submit], {form} button:not([type])")));
        self.until("the next page", || {
            self.run("return !window.__old_page && document.readyState === 'complete'") == Value::Bool(true)
        });
    }

    /// Signs in as one of the sample people, with the switch that development builds have.
    pub fn look_as(&self, switch: &str, email: &str) {
        self.goto(switch);
        self.run("window.__old_page = true");
        self.click(&self.find(&format!("button[value='{email}']")));
        self.until("the next page", || {
            self.run("return !window.__old_page && document.readyState === 'complete'") == Value::Bool(true)
        });
    }

    /// The cookies of the current page's host, `HttpOnly` ones too, as WebDriver describes them.
    pub fn cookies(&self) -> Vec<Value> {
        self.get("/cookie").as_array().cloned().unwrap_or_default()
    }

    /// Sets a cookie for the current page's host.
    pub fn set_cookie(&self, cookie: &Value) {
        self.post("/cookie", &json!({ "cookie": cookie }));
    }

    /// Forgets every cookie of the current page's host.
    pub fn forget_cookies(&self) {
        self.try_call("DELETE", "/cookie", &Value::Null);
    }

    /// Gives the browser an authenticator (Web Authentication, §11): a device that keeps passkeys and verifies its owner. Its name is for
    /// [`verifies`](Self::verifies).
    pub fn add_authenticator(&self) -> String {
        let device = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserVerified": true,
            "isUserConsenting": true,
        });
        text(&self.post("/webauthn/authenticator", &device))
    }

    /// Whether that authenticator finds its owner to be its owner.
    pub fn verifies(&self, authenticator: &str, verified: bool) {
        self.post(
            &format!("/webauthn/authenticator/{authenticator}/uv"),
            &json!({ "isUserVerified": verified }),
        );
    }

    /// Goes into the first frame of the page.
    pub fn enter_frame(&self) {
        self.post("/frame", &json!({ "id": 0 }));
    }

    /// Goes back out of all frames.
    pub fn leave_frames(&self) {
        self.post("/frame", &json!({ "id": null }));
    }

    /// Calls the Chrome DevTools protocol, for what WebDriver has no word for.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post(
            "/goog/cdp/execute",
            &json!({ "cmd": command, "params": parameters }),
        )
    }

    /// What the page did that it should not have: policy violations, uncaught errors, dialogs, and errors or
    /// warnings on the console. Empties the console's record.
    pub fn complaints(&self) -> Vec<String> {
        let heard = self.run("return window.__heard || ['the listener is missing']");
        let heard = heard.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut complaints: Vec<String> = heard.iter().map(text).collect();
        let log = self.post("/se/log", &json!({ "type": "browser" }));
        for entry in log.as_array().map(Vec::as_slice).unwrap_or_default() {
            if matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")) {
                complaints.push(format!("console: {}", text(&entry["message"])));
            }
        }
        complaints
    }

    /// Waits up to ten seconds until `done`.
    ///
    /// # Panics
    /// If it does not come true.
    pub fn until(&self, what: &str, done: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(10);
        while !done() {
            assert!(
                Instant::now() < end,
                "waited in vain for {what} at {}:\n{}",
                self.url(),
                self.visible_text()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A picture of the page, as a PNG file at `path`: for looking at a failure.
    pub fn screenshot(&self, path: &std::path::Path) {
        let picture = text(&self.get("/screenshot"));
        std::fs::write(path, decode_base64(&picture)).expect("the picture is written");
    }

    fn get(&self, path: &str) -> Value {
        self.try_call("GET", path, &Value::Null)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.try_call("POST", path, body)
    }

    fn try_call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.call(method, &format!("{}{path}", self.session), body)
            .unwrap_or_else(|error| panic!("WebDriver {method} {path} {body}: {error}"))
    }

    /// One command: JSON over HTTP/1.1, a connection each.
    fn call(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = if method == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(|e| e.to_string())?;
        stream
            .set_read_timeout(Some(Duration::from_secs(120)))
            .map_err(|e| e.to_string())?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).map_err(|e| e.to_string())?;
        stream.write_all(body.as_bytes()).map_err(|e| e.to_string())?;
        // chromedriver keeps its connections open: the body ends where its length says.
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).map_err(|e| e.to_string())? == 0 {
                return Err("the driver closed the connection".to_owned());
            }
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(number) = line.strip_prefix("content-length:") {
                length = number.trim().parse().map_err(|_| "not a length")?;
            }
        }
        let mut json = vec![0; length];
        reader.read_exact(&mut json).map_err(|e| e.to_string())?;
        let json = String::from_utf8_lossy(&json);
        let json: Value = serde_json::from_str(&json).map_err(|e| format!("{e}: {json}"))?;
        match &json["value"] {
            Value::Object(value) if value.contains_key("error") => {
                Err(format!("{}: {}", text(&value["error"]), text(&value["message"])))
            }
            value => Ok(value.clone()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium ends in good order; what is left of driver and browser goes with `Running`.
        if !self.session.is_empty() {
            drop(self.call("DELETE", &self.session, &Value::Null));
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn decode_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0);
    for digit in text
        .bytes()
        .filter_map(|byte| ALPHABET.iter().position(|&letter| letter == byte))
    {
        bits = bits << 6 | u32::try_from(digit).unwrap_or_default();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or_default());
        }
    }
    bytes
}

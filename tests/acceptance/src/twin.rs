//! The vulnerable twin: the same site with named controls undone, so that an attack is first seen to succeed.
//!
//! It is a proxy in front of the site. A control that is a header of the answer is undone by dropping the
//! header; one that reads a header of the request, by the header that it would accept; the form token, by
//! writing a valid one into the attacker's form. So the framework itself needs no switch that turns a control
//! off, and what is attacked is the program as it is shipped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::client::{percent, token_for};

/// A control that a [`Twin`] can be without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Control {
    /// Fetch-Metadata and Origin say where a request comes from: CSRF's first wall, and the isolation of
    /// cross-site loads.
    Provenance,
    /// The form token: CSRF's second wall.
    FormToken,
    /// `SameSite` on cookies.
    SameSite,
    /// `HttpOnly` on cookies.
    HttpOnly,
    /// `script-src` and what it falls back to.
    ScriptSource,
    /// `require-trusted-types-for` and `trusted-types`.
    TrustedTypes,
    /// `frame-ancestors`.
    FrameAncestors,
    /// `X-Frame-Options`.
    FrameOptions,
    /// `Cross-Origin-Resource-Policy`.
    ResourcePolicy,
}

impl Control {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::Provenance,
        Self::FormToken,
        Self::SameSite,
        Self::HttpOnly,
        Self::ScriptSource,
        Self::TrustedTypes,
        Self::FrameAncestors,
        Self::FrameOptions,
        Self::ResourcePolicy,
    ];
}

/// A site with only some of its controls. Dropped, it stops.
#[derive(Debug)]
pub struct Twin {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Clone)]
struct Rules {
    site: u16,
    own: u16,
    keeps: Vec<Control>,
    cookies: Vec<String>,
}

impl Twin {
    /// A twin of the site on port `site` of 127.0.0.1 that has, of [`Control::ALL`], only those in `keeps`.
    ///
    /// # Panics
    /// If no port is free.
    pub fn start(site: u16, keeps: &[Control]) -> Self {
        Self::start_with_cookies(site, keeps, &[])
    }

    /// Like [`Twin::start`]; whoever opens `/__sign_in` there is given `cookies`: values of `Set-Cookie` as the
    /// site itself sent them, less what the twin lacks.
    ///
    /// # Panics
    /// If no port is free.
    pub fn start_with_cookies(site: u16, keeps: &[Control], cookies: &[String]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let rules = Rules {
            site,
            own: address.port(),
            keeps: keeps.to_vec(),
            cookies: cookies.to_vec(),
        };
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let rules = rules.clone();
                std::thread::spawn(move || drop(rules.pass(stream)));
            }
        });
        Self {
            address,
            stop,
            thread: Some(thread),
        }
    }

    /// The address of a page, on 127.0.0.1.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.address.port())
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// A request or an answer: the first line, the header fields in order, the body.
#[derive(Debug, Clone, Default)]
struct Message {
    start: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Message {
    fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn remove(&mut self, name: &str) {
        self.fields.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
    }

    fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let mut head = format!("{}\r\n", self.start);
        for (name, value) in &self.fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        out.write_all(head.as_bytes())?;
        out.write_all(&self.body)
    }

    /// Reads the head; for a request also the body, whose length it names.
    fn read(stream: impl Read, request: bool) -> std::io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut message = Self::default();
        reader.read_line(&mut message.start)?;
        message.start.truncate(message.start.trim_end().len());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                message.fields.push((name.to_owned(), value.trim().to_owned()));
            }
        }
        if request {
            let length = message
                .get("content-length")
                .and_then(|n| n.parse().ok())
                .unwrap_or(0_usize);
            message.body = vec![0; length.min(1 << 20)];
            reader.read_exact(&mut message.body)?;
        } else {
            reader.read_to_end(&mut message.body)?;
        }
        Ok(message)
    }
}

impl Rules {
    fn has(&self, control: Control) -> bool {
        self.keeps.contains(&control)
    }

    fn pass(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut request = Message::read(stream.try_clone()?, true)?;
        if request.start.is_empty() {
            return Ok(());
        }
        if request.start.starts_with("GET /__sign_in ") {
            let mut answer = Message {
                start: "HTTP/1.1 200 OK".to_owned(),
                ..Message::default()
            };
            answer.fields = self
                .cookies
                .iter()
                .map(|one| ("Set-Cookie".to_owned(), self.cookie(one)))
                .collect();
            answer.set("Content-Type", "text/html");
            answer.set("Content-Length", "0");
            answer.set("Connection", "close");
            return answer.write(&mut stream);
        }
        self.undo_in_request(&mut request)?;
        let mut answer = self.ask(&request)?;
        self.undo_in_answer(&mut answer);
        answer.write(&mut stream)
    }

    /// Sends a request to the site. One connection each: the answer ends where the connection does.
    fn ask(&self, request: &Message) -> std::io::Result<Message> {
        let mut upstream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.site))?;
        upstream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut request = request.clone();
        request.set("Connection", "close");
        request.write(&mut upstream)?;
        let mut answer = Message::read(upstream, false)?;
        answer.set("Connection", "close");
        Ok(answer)
    }

    fn undo_in_request(&self, request: &mut Message) -> std::io::Result<()> {
        let (own, site) = (
            format!("127.0.0.1:{}", self.own),
            format!("127.0.0.1:{}", self.site),
        );
        // The browser talks to the twin's port: what names it is made to name the site's.
        for (name, value) in &mut request.fields {
            if ["host", "origin", "referer"]
                .iter()
                .any(|one| name.eq_ignore_ascii_case(one))
            {
                *value = value.replace(&own, &site);
            }
        }
        if !self.has(Control::Provenance) {
            if request.get("origin").is_some() {
                request.set("Origin", &format!("http://{site}"));
            }
            request.remove("referer");
            request.set("Sec-Fetch-Site", "same-origin");
            request.set("Sec-Fetch-Dest", "document");
            request.set("Sec-Fetch-Mode", "navigate");
        }
        let is_form = request
            .get("content-type")
            .is_some_and(|kind| kind.contains("urlencoded"));
        if !self.has(Control::FormToken) && request.start.starts_with("POST ") && is_form {
            self.write_token(request)?;
        }
        Ok(())
    }

    /// Puts a valid token into the attacker's form: what a site without this wall amounts to.
    fn write_token(&self, request: &mut Message) -> std::io::Result<()> {
        let path = request.start.split(' ').nth(1).unwrap_or("/").to_owned();
        for page in [path.as_str(), "/"] {
            let mut get = Message {
                start: format!("GET {page} HTTP/1.1"),
                ..Message::default()
            };
            get.set("Host", &format!("127.0.0.1:{}", self.site));
            get.set("Accept", "text/html");
            get.set("Sec-Fetch-Site", "same-origin");
            if let Some(cookie) = request.get("cookie") {
                get.set("Cookie", cookie);
            }
            let answer = self.ask(&get)?;
            let html = String::from_utf8_lossy(&answer.body).into_owned();
            let Some(token) = token_for(&html, &path, page == path) else {
                continue;
            };
            // Before there is a session the token is bound to a cookie of its own.
            let fresh: Vec<String> = answer
                .fields
                .iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
                .filter_map(|(_, value)| value.split(';').next().map(str::to_owned))
                .collect();
            if !fresh.is_empty() {
                let old = request
                    .get("cookie")
                    .map(|old| format!("{old}; "))
                    .unwrap_or_default();
                request.set("Cookie", &format!("{old}{}", fresh.join("; ")));
            }
            let body = String::from_utf8_lossy(&request.body).into_owned();
            let mut fields: Vec<&str> = body.split('&').filter(|one| !one.is_empty()).collect();
            fields.retain(|one| !one.starts_with("csrfmiddlewaretoken="));
            let token = format!("csrfmiddlewaretoken={}", percent(&token));
            fields.push(&token);
            request.body = fields.join("&").into_bytes();
            let length = request.body.len().to_string();
            request.set("Content-Length", &length);
            return Ok(());
        }
        Ok(())
    }

    fn undo_in_answer(&self, answer: &mut Message) {
        let (own, site) = (
            format!("127.0.0.1:{}", self.own),
            format!("127.0.0.1:{}", self.site),
        );
        for (name, value) in &mut answer.fields {
            match name.to_ascii_lowercase().as_str() {
                "location" => *value = value.replace(&site, &own),
                "set-cookie" => *value = self.cookie(value),
                "content-security-policy" | "content-security-policy-report-only" => {
                    *value = self.policy(value);
                }
                _ => {}
            }
        }
        answer.fields.retain(|(name, value)| {
            !(name.to_ascii_lowercase().starts_with("content-security") && value.is_empty())
        });
        if !self.has(Control::FrameOptions) {
            answer.remove("x-frame-options");
        }
        if !self.has(Control::ResourcePolicy) {
            answer.remove("cross-origin-resource-policy");
        }
    }

    fn cookie(&self, value: &str) -> String {
        let mut parts: Vec<&str> = value.split(';').map(str::trim).collect();
        if !self.has(Control::HttpOnly) {
            parts.retain(|part| !part.eq_ignore_ascii_case("httponly"));
        }
        if !self.has(Control::SameSite) {
            // A browser reads a missing attribute as `Lax`: a site without this control says `None`, which is
            // taken with `Secure` only (loopback counts as a secure place).
            parts.retain(|part| !part.to_ascii_lowercase().starts_with("samesite"));
            parts.retain(|part| !part.eq_ignore_ascii_case("secure"));
            parts.extend(["SameSite=None", "Secure"]);
        }
        parts.join("; ")
    }

    fn policy(&self, value: &str) -> String {
        let dropped = |directive: &str| match directive.split(' ').next().unwrap_or_default() {
            "default-src" | "script-src" | "script-src-elem" | "script-src-attr" => {
                !self.has(Control::ScriptSource)
            }
            "require-trusted-types-for" | "trusted-types" => !self.has(Control::TrustedTypes),
            "frame-ancestors" => !self.has(Control::FrameAncestors),
            _ => false,
        };
        value
            .split(';')
            .map(str::trim)
            .filter(|one| !one.is_empty() && !dropped(one))
            .collect::<Vec<_>>()
            .join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(keeps: &[Control]) -> Rules {
        Rules {
            site: 1,
            own: 2,
            keeps: keeps.to_vec(),
            cookies: Vec::new(),
        }
    }

    #[test]
    fn headers_are_undone_one_by_one() {
        let csp = "default-src 'none'; script-src 'nonce-a'; frame-ancestors 'none'; require-trusted-types-for 'script'";
        assert_eq!(rules(&[]).policy(csp), "");
        assert_eq!(
            rules(&[Control::FrameAncestors]).policy(csp),
            "frame-ancestors 'none'"
        );
        assert_eq!(rules(&Control::ALL).policy(csp), csp);
        let cookie = "session=x; Path=/; HttpOnly; SameSite=Lax";
        assert_eq!(
            rules(&[]).cookie(cookie),
            "session=x; Path=/; SameSite=None; Secure"
        );
        assert_eq!(
            rules(&[Control::HttpOnly]).cookie(cookie),
            "session=x; Path=/; HttpOnly; SameSite=None; Secure"
        );
        assert_eq!(rules(&Control::ALL).cookie(cookie), cookie);
    }
}

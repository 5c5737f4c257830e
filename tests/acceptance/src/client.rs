//! A plain HTTP client that keeps cookies and fills in forms, for what needs no browser.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// Somebody at a site, with a cookie jar.
#[derive(Debug, Clone)]
pub struct Client {
    port: u16,
    cookies: BTreeMap<String, String>,
    lines: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The head, as sent.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The value of a header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Client {
    /// A new visitor of the site on port `port` of 127.0.0.1.
    pub fn new(port: u16) -> Self {
        Self {
            port,
            cookies: BTreeMap::new(),
            lines: BTreeMap::new(),
        }
    }

    /// The same visitor after the site has moved to another port.
    pub fn moved_to(&self, port: u16) -> Self {
        Self {
            port,
            cookies: self.cookies.clone(),
            lines: self.lines.clone(),
        }
    }

    /// The cookies as the site sent them: the values of `Set-Cookie`, the last for each name.
    pub fn cookie_lines(&self) -> Vec<String> {
        self.lines.values().cloned().collect()
    }

    /// Gets a page.
    ///
    /// # Errors
    /// If the connection breaks before the whole answer is there.
    pub fn get(&mut self, path: &str) -> Result<Answer> {
        self.send("GET", path, "", "")
    }

    /// Opens the page `path`, takes the token of its form that posts to `action` (by default to the page
    /// itself), and sends `fields` there.
    ///
    /// # Errors
    /// If the connection breaks, or the page has no such form.
    pub fn submit(&mut self, path: &str, action: Option<&str>, fields: &[(&str, &str)]) -> Result<Answer> {
        let token = self.token(path, action)?;
        self.post(action.unwrap_or(path), &token, fields)
    }

    /// The token of the form on page `path` that posts to `action`.
    ///
    /// # Errors
    /// If the connection breaks, or the page has no such form.
    pub fn token(&mut self, path: &str, action: Option<&str>) -> Result<String> {
        let page = self.get(path)?;
        token_for(&page.body, action.unwrap_or(path), action.is_none()).ok_or_else(|| {
            let head = page.head.lines().next().unwrap_or_default();
            Error::new(
                ErrorKind::InvalidData,
                format!("{path}: {head}: no form with a token"),
            )
        })
    }

    /// Posts `fields` with a token.
    ///
    /// # Errors
    /// If the connection breaks before the whole answer is there.
    pub fn post(&mut self, path: &str, token: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let mut body = format!("csrfmiddlewaretoken={}", percent(token));
        for (name, value) in fields {
            body.push_str(&format!("&{}={}", percent(name), percent(value)));
        }
        let port = self.port;
        let headers = format!(
            "Content-Type: application/x-www-form-urlencoded\r\nOrigin: http://127.0.0.1:{port}\r\n\
             Sec-Fetch-Site: same-origin\r\n"
        );
        self.send("POST", path, &headers, &body)
    }

    /// Sends a request as it is: `headers` are whole lines, each with its end.
    ///
    /// # Errors
    /// If the connection breaks before the whole answer is there.
    pub fn send(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Result<Answer> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookies = if cookies.is_empty() {
            String::new()
        } else {
            format!("Cookie: {}\r\n", cookies.join("; "))
        };
        let (port, length) = (self.port, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nAccept: text/html\r\n\
             Content-Length: {length}\r\n{cookies}{headers}\r\n{body}"
        );
        stream.write_all(head.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))?;
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let answer = Answer {
            status: status.ok_or_else(|| Error::from(ErrorKind::InvalidData))?,
            head: head.to_owned(),
            body: body.to_owned(),
        };
        for line in answer.head.lines() {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            if !name.eq_ignore_ascii_case("set-cookie") {
                continue;
            }
            let whole = value.trim();
            if let Some((name, value)) = value
                .split(';')
                .next()
                .and_then(|pair| pair.trim().split_once('='))
            {
                if whole.contains("Max-Age=0") {
                    self.cookies.remove(name);
                    self.lines.remove(name);
                } else {
                    self.cookies.insert(name.to_owned(), value.to_owned());
                    self.lines.insert(name.to_owned(), whole.to_owned());
                }
            }
        }
        Ok(answer)
    }
}

/// The token in the form that posts to `path`; on the form's own page, also in one that names no action.
pub(crate) fn token_for(html: &str, path: &str, own_page: bool) -> Option<String> {
    let mut forms = html
        .split("<form")
        .skip(1)
        .map(|form| form.split("</form>").next().unwrap_or(form));
    let form = forms.find(|form| {
        let tag = form.split('>').next().unwrap_or_default();
        let action = tag
            .split("action=")
            .nth(1)
            .map(|rest| rest.trim_start_matches(['"', '\'']));
        let action = action.map(|rest| rest.split(['"', '\'', ' ']).next().unwrap_or_default());
        action.map_or(own_page, |action| {
            action == path || (own_page && action.is_empty())
        }) && form.contains("csrfmiddlewaretoken")
    })?;
    let rest = form.split("csrfmiddlewaretoken").nth(1)?;
    let value = rest.split("value=").nth(1)?.trim_start_matches(['"', '\'']);
    Some(value.split(['"', '\'', ' ', '>']).next()?.to_owned())
}

/// Percent-encodes everything but letters and digits.
pub fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_form_gives_the_token() {
        let html = r#"<form method="post" action="/theme/"><input type="hidden" name="csrfmiddlewaretoken" value="a"></form>
            <form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="b.c"></form>"#;
        assert_eq!(token_for(html, "/theme/", false).as_deref(), Some("a"));
        assert_eq!(token_for(html, "/login/", true).as_deref(), Some("b.c"));
        assert_eq!(token_for(html, "/login/", false), None);
    }
}

//! `mail.url`, read.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// Where mails go.
#[derive(Clone)]
pub(crate) enum Route {
    /// To a mail server.
    Smtp(Server),
    /// Into a folder, one file each.
    Folder(PathBuf),
}

/// A mail server.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) security: Security,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// User and password.
    pub(crate) login: Option<(String, String)>,
    /// A file with the authorities that its certificate is held to, if not those of the operating system.
    #[cfg_attr(
        not(feature = "tls"),
        expect(dead_code, reason = "no certificate is looked at")
    )]
    pub(crate) authorities: Option<PathBuf>,
}

/// How the connection is secured. There is no "if the server offers it": what is not encrypted is not sent (CWE-319).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// TLS after STARTTLS, or nothing is sent (RFC 3207).
    StartTls,
    /// None, to this very machine.
    Loopback,
}

impl Route {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, in words that do not repeat it: its password is in it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if text.chars().any(char::is_control) {
            return Err("has a control character in it".to_owned());
        }
        if let Some(folder) = text.strip_prefix("file:") {
            let folder = folder.strip_prefix("//").unwrap_or(folder);
            return match folder.is_empty() {
                true => Err("names no folder; write file:FOLDER".to_owned()),
                false => Ok(Self::Folder(PathBuf::from(folder))),
            };
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("is no URL; write smtps://user:password@host:465, or file:FOLDER".to_owned());
        };
        let (security, port) = match scheme {
            "smtps" => (Security::Tls, 465),
            "smtp+starttls" => (Security::StartTls, 587),
            "smtp" => (Security::Loopback, 25),
            _ => return Err("is none of smtps://, smtp+starttls://, smtp:// and file:".to_owned()),
        };
        let (rest, authorities) = match rest.split_once('?') {
            None => (rest, None),
            Some((rest, query)) => {
                let path = query
                    .strip_prefix("sslrootcert=")
                    .filter(|path| !path.is_empty() && !path.contains('&'));
                let path = path.ok_or(
                    "has something other than sslrootcert=FILE behind its ?; a ? in user or password is %3F",
                )?;
                (rest, Some(PathBuf::from(decoded(path)?)))
            }
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, address) = match rest.rsplit_once('@') {
            Some((login, address)) => {
                let (user, password) = login
                    .split_once(':')
                    .ok_or("has a user and no password; write user:password@host")?;
                (Some((decoded(user)?, decoded(password)?)), address)
            }
            None => (None, rest),
        };
        let (host, port) = host_and_port(address, port)?;
        if security == Security::Loopback && !is_this_machine(&host) {
            return Err(
                "sends mails, and what is in their links, unencrypted to another machine: write smtps:// or smtp+starttls:// \
                 (smtp:// is for localhost)"
                    .to_owned(),
            );
        }
        if security != Security::Loopback && !cfg!(feature = "tls") {
            return Err(
                "needs TLS, which this program is built without: turn the feature `mail-tls` on".to_owned(),
            );
        }
        Ok(Self::Smtp(Server {
            security,
            host,
            port,
            login,
            authorities,
        }))
    }
}

fn host_and_port(address: &str, port: u16) -> Result<(String, u16), String> {
    let wrong = || "names no host; write host or host:port, IPv6 in brackets".to_owned();
    let (host, rest) = match address.strip_prefix('[') {
        Some(inside) => inside.split_once(']').ok_or_else(wrong)?,
        None => match address.find(':') {
            Some(at) => address.split_at(at),
            None => (address, ""),
        },
    };
    let port = match rest.strip_prefix(':') {
        Some(digits) => digits.parse().map_err(|_| "has a port that is none".to_owned())?,
        None if rest.is_empty() => port,
        None => return Err(wrong()),
    };
    let is_host = host.parse::<IpAddr>().is_ok()
        || !host.is_empty()
            && host.len() <= 253
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.' || b == b'_');
    match is_host {
        true => Ok((host.to_ascii_lowercase(), port)),
        false => Err(wrong()),
    }
}

/// By its name or number alone: what a name server says of another name is not asked.
pub(crate) fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `%40` and the like, in user and password.
fn decoded(text: &str) -> Result<String, String> {
    let wrong =
        || "has a % in user or password that begins no two hexadecimal digits; a % itself is %25".to_owned();
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| {
            byte.and_then(|byte| (byte as char).to_digit(16))
                .and_then(|d| u8::try_from(d).ok())
        };
        let high = digit(bytes.next()).ok_or_else(wrong)?;
        let low = digit(bytes.next()).ok_or_else(wrong)?;
        out.push(high * 16 + low);
    }
    let text = String::from_utf8(out).map_err(|_| wrong())?;
    // CWE-93: what AUTH sends is one line.
    match text.chars().any(char::is_control) {
        true => Err("has a control character in user or password".to_owned()),
        false => Ok(text),
    }
}

/// Without the password.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}:{}", self.security, self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Server {
        match Route::read(text) {
            Ok(Route::Smtp(server)) => server,
            other => panic!("{text}: {:?}", other.err()),
        }
    }

    #[test]
    fn a_url_is_read() {
        let one = server("smtps://ann%40example.com:p%3aw%25@mail.example.com");
        assert_eq!(
            one.login.unwrap(),
            ("ann@example.com".to_owned(), "p:w%".to_owned())
        );
        assert_eq!((one.host.as_str(), one.port), ("mail.example.com", 465));
        assert_eq!(server("smtp+starttls://mail.example.com/").port, 587);
        assert_eq!(server("smtp://[::1]:2525").port, 2525);
        assert!(
            matches!(Route::read("file:var/mail"), Ok(Route::Folder(folder)) if folder.ends_with("var/mail"))
        );
    }

    /// CWE-319. Attack: a mail with a link that opens an account goes over the network in clear.
    #[test]
    fn cwe_319_unencrypted_goes_to_this_machine_only() {
        for url in [
            "smtp://mail.example.com",
            "smtp://192.0.2.1",
            "smtp://localhost.example.com",
            "smtp://127.0.0.1.evil.example",
        ] {
            assert!(Route::read(url).err().unwrap().contains("unencrypted"), "{url}");
        }
        for url in [
            "smtp://localhost",
            "smtp://127.0.0.1:25",
            "smtp://127.8.8.8",
            "smtp://[::1]",
        ] {
            assert!(Route::read(url).is_ok(), "{url}");
        }
    }

    /// CWE-532. What is told of a URL does not repeat it.
    #[test]
    fn cwe_532_nothing_repeats_the_password() {
        for url in [
            "http://u:hunter2@h",
            "smtps://hunter2@h",
            "smtps://u:hunter2?@h",
            "smtps://u:hunter2%@h",
            "smtps://u:hunter2@h:x",
            "smtps://u:hunter2@a/b",
            "smtp://u:hunter2@other",
            "smtps://u:hunter2\r\n@h",
            "smtps://u:hunter2%0d%0a@h",
            "hunter2",
        ] {
            let told = Route::read(url).err().unwrap_or_else(|| panic!("{url}"));
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}

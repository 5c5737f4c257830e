//! Web addresses in one normal form.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::spec::{FieldSpec, Widget};
use vauban_orm::Problem;
use vauban_orm::field::{Field, Kind, Mismatch, Value, ValueRef};

use super::problems::NOT_A_URL;
use super::value::FieldValue;

/// The longest web address, in bytes, as it was typed and in its normal form.
pub const MAX_URL_BYTES: usize = 2048;

/// The absolute address of a page on the web: `http` or `https`, a host, and what follows.
///
/// It *is* its normal form (RFC 3986 §6.2.2): scheme and host in lower case, a domain in its ASCII form (`xn--…`, so
/// that a homograph shows), no port that the scheme has anyway, `/` as the shortest path, other characters than ASCII
/// percent-encoded. Two readers cannot take its host for different ones (CWE-436): there is no user name, no
/// backslash, no space, and no octal or hexadecimal spelling of an IP address.
///
/// That it is well-formed says nothing about what is there: fetching it is another matter (CWE-918), and so is sending
/// a visitor there (CWE-601).
///
/// ```
/// use vauban_core::forms::HttpUrl;
/// let typed: HttpUrl = "HTTPS://BÜCHER.example:443?q=ü".parse().unwrap();
/// assert_eq!(typed.as_str(), "https://xn--bcher-kva.example/?q=%C3%BC");
/// assert_eq!(typed.host(), "xn--bcher-kva.example");
/// assert!("javascript://example.com/%0aalert(1)".parse::<HttpUrl>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HttpUrl {
    text: String,
    /// Where the host begins and ends in the text.
    host: (usize, usize),
}

/// The text is not a web address that Vauban accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidHttpUrl;

impl fmt::Display for InvalidHttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enter a web address, like https://example.com/page.")
    }
}

impl std::error::Error for InvalidHttpUrl {}

impl HttpUrl {
    /// Reads an address and brings it into its normal form.
    ///
    /// # Errors
    /// [`InvalidHttpUrl`] for another scheme, no scheme, a user name, a host that is none, a port above 65535, white
    /// space, control characters, characters that RFC 3986 has no place for, and more than [`MAX_URL_BYTES`].
    pub fn parse(text: &str) -> Result<Self, InvalidHttpUrl> {
        if text.len() > MAX_URL_BYTES {
            return Err(InvalidHttpUrl);
        }
        let (scheme, rest) = text.split_once("://").ok_or(InvalidHttpUrl)?;
        let (scheme, usual_port) = match () {
            () if scheme.eq_ignore_ascii_case("https") => ("https", 443),
            () if scheme.eq_ignore_ascii_case("http") => ("http", 80),
            () => return Err(InvalidHttpUrl),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (host, port) = split_port(authority)?;
        let host = normal_host(host)?;
        let mut out = format!("{scheme}://");
        let start = out.len();
        out.push_str(&host);
        let host = (start, out.len());
        if let Some(port) = port.filter(|port| *port != usual_port) {
            out.push_str(&format!(":{port}"));
        }
        if !rest.starts_with('/') {
            out.push('/');
        }
        push_rest(rest, &mut out)?;
        if out.len() > MAX_URL_BYTES {
            return Err(InvalidHttpUrl);
        }
        Ok(Self { text: out, host })
    }

    /// The normal form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host: a name in ASCII, an IPv4 address, or an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.text.get(self.host.0..self.host.1).unwrap_or_default()
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }
}

/// Host and port of an authority without a user name.
fn split_port(authority: &str) -> Result<(&str, Option<u16>), InvalidHttpUrl> {
    // CWE-436: `https://bank.example@evil.example` is evil's.
    if authority.contains('@') {
        return Err(InvalidHttpUrl);
    }
    // The colons of an IPv6 address stand inside its brackets.
    let after_brackets = authority.rfind(']').map_or(0, |at| at + 1);
    let Some(colon) = authority[after_brackets..]
        .find(':')
        .map(|at| at + after_brackets)
    else {
        return Ok((authority, None));
    };
    let port = &authority[colon + 1..];
    if port.is_empty() || port.len() > 5 || !port.bytes().all(|b| b.is_ascii_digit()) {
        return Err(InvalidHttpUrl);
    }
    match port.parse() {
        Ok(0) | Err(_) => Err(InvalidHttpUrl),
        Ok(port) => Ok((&authority[..colon], Some(port))),
    }
}

/// A host in the one spelling that everybody reads alike.
fn normal_host(host: &str) -> Result<String, InvalidHttpUrl> {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Ipv6Addr = address.parse().map_err(|_| InvalidHttpUrl)?;
        return Ok(format!("[{address}]"));
    }
    // CWE-1007: one spelling per domain, and it shows what it is. A dot at the end names the same domain.
    let ascii = Uts46::new()
        .to_ascii(
            host.strip_suffix('.').unwrap_or(host).as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map_err(|_| InvalidHttpUrl)?;
    // CWE-918: a browser reads `0x7f.1`, `127.1` and `2130706433` as addresses. What could be one has to be one as
    // everybody writes it; what is left has a top-level domain of letters.
    let last = ascii.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|b| b.is_ascii_digit()) {
        let address: Ipv4Addr = ascii.parse().map_err(|_| InvalidHttpUrl)?;
        return Ok(address.to_string());
    }
    let is_name = ascii.contains('.')
        && last.len() >= 2
        && (last.starts_with("xn--") || !last.bytes().any(|b| b.is_ascii_digit()));
    if is_name || ascii == "localhost" {
        Ok(ascii.into_owned())
    } else {
        Err(InvalidHttpUrl)
    }
}

/// Path, query and fragment. Only characters of RFC 3986 stay; others than ASCII are encoded as UTF-8.
fn push_rest(rest: &str, out: &mut String) -> Result<(), InvalidHttpUrl> {
    let mut fragments = 0;
    let mut bytes = [0; 4];
    for (at, c) in rest.char_indices() {
        match c {
            'a'..='z'
            | 'A'..='Z'
            | '0'..='9'
            | '-'
            | '.'
            | '_'
            | '~'
            | '!'
            | '$'
            | '&'
            | '\''
            | '('
            | ')'
            | '*'
            | '+'
            | ','
            | ';'
            | '='
            | ':'
            | '@'
            | '/'
            | '?' => out.push(c),
            '#' if fragments == 0 => {
                fragments += 1;
                out.push(c);
            }
            '%' => {
                let digits = rest.as_bytes().get(at + 1..at + 3);
                if !digits.is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(InvalidHttpUrl);
                }
                out.push(c);
            }
            c if !c.is_ascii() && !c.is_control() && !c.is_whitespace() => {
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    out.push_str(&format!("%{byte:02X}"));
                }
            }
            _ => return Err(InvalidHttpUrl),
        }
    }
    Ok(())
}

impl FromStr for HttpUrl {
    type Err = InvalidHttpUrl;

    fn from_str(text: &str) -> Result<Self, InvalidHttpUrl> {
        Self::parse(text)
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FieldValue for HttpUrl {
    const WIDGET: Widget = Widget::Url;
    const MAX_LENGTH: usize = MAX_URL_BYTES;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Self::parse(text).map_err(|_| NOT_A_URL)
    }

    fn shown(&self) -> String {
        self.text.clone()
    }
}

impl Field for HttpUrl {
    const KIND: Kind = Kind::Text;
    const MAX_BYTES: Option<usize> = Some(MAX_URL_BYTES);

    fn to_value(&self) -> Value {
        Value::Text(self.text.clone())
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            // CWE-20: what another program wrote there is an address, or the row is refused.
            ValueRef::Text(text) => Self::parse(text).map_err(|_| Mismatch),
            _ => Err(Mismatch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::{self, Tally, text};

    /// A column's value is one that was typed, or none.
    #[test]
    fn a_column_keeps_an_address_and_nothing_else() {
        let url = HttpUrl::parse("https://bücher.example/ü").unwrap();
        let Value::Text(kept) = url.to_value() else {
            panic!("not a text")
        };
        assert_eq!(HttpUrl::from_value(ValueRef::Text(&kept)).ok(), Some(url));
        for wrong in ["javascript:alert(1)", "//evil.example/", ""] {
            assert!(HttpUrl::from_value(ValueRef::Text(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_address_has_one_spelling_and_it_reads_itself() {
        for (typed, normal) in [
            ("http://example.com", "http://example.com/"),
            ("HTTP://Example.COM:80/A?b#c", "http://example.com/A?b#c"),
            ("https://example.com:8443?x=1", "https://example.com:8443/?x=1"),
            ("https://example.com.", "https://example.com/"),
            (
                "https://bücher.example/ü?ü#ü",
                "https://xn--bcher-kva.example/%C3%BC?%C3%BC#%C3%BC",
            ),
            ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"),
            ("http://①.①.①.①/", "http://1.1.1.1/"),
        ] {
            let url = HttpUrl::parse(typed).unwrap();
            assert_eq!(url.as_str(), normal);
            assert_eq!(HttpUrl::parse(normal).as_ref(), Ok(&url));
        }
    }

    /// CWE-436, CWE-918: what two readers could take for different hosts is refused.
    #[test]
    fn an_ambiguous_host_is_refused() {
        for bad in [
            "https://bank.example@evil.example/",
            "https://bank.example\\@evil.example/",
            "https:\\\\evil.example/",
            "https:/evil.example/",
            "https:evil.example",
            "https://evil.example\\.bank.example/",
            "http://0x7f.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://017700000001/",
            "http://0x7f000001/",
            "http://example.com:/",
            "http://[::1%25eth0]/",
            "http://[::1]x/",
            "http://a%2eb.example/",
            " http://example.com/",
            "http://exam\u{ad}\u{0}ple.com/",
            "data:text/html,x",
        ] {
            assert_eq!(HttpUrl::parse(bad), Err(InvalidHttpUrl), "{bad}");
        }
    }

    const SAMPLE: &str = r#"{"cases":[
     {"id":"s1","url":"http://www.example.com:8000/test","schemes":["http","https"],"expect":true},
     {"id":"s2","url":"http://invalid-.com","schemes":["http","https"],"expect":false}]}"#;

    #[test]
    fn vectors_urls() {
        let mut tally = Tally::default();
        for case in vectors::cases("urls.json", SAMPLE) {
            let scheme = |url: &HttpUrl| if url.is_https() { "https" } else { "http" };
            let asked = case["schemes"].as_array().unwrap();
            let got = HttpUrl::parse(text(&case, "url"));
            let got = got.is_ok_and(|url| asked.iter().any(|known| known == scheme(&url)));
            tally.case(
                text(&case, "id"),
                case["expect"] == true,
                got,
                stricter(text(&case, "url")),
            );
        }
        tally.finish(131, (110, 21, 0));
    }

    /// Where Vauban refuses what Django takes.
    fn stricter(url: &str) -> Option<&'static str> {
        let (scheme, rest) = url.split_once("://")?;
        if !["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
        {
            return Some("a web address is http or https");
        }
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Some(
                "no user name: it passes for the host (CWE-436), and a password does not belong into a URL",
            );
        }
        if authority.ends_with(":0") {
            return Some("nobody listens on port 0");
        }
        let bare = |at: usize| {
            !rest
                .as_bytes()
                .get(at + 1..at + 3)
                .is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit))
        };
        if rest.match_indices('%').any(|(at, _)| bare(at)) {
            return Some("a percent sign is followed by two hexadecimal digits (RFC 3986 §2.1)");
        }
        let host = authority.split(':').next().unwrap_or_default();
        let idna = Uts46::new().to_ascii(
            host.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        );
        idna.is_err()
            .then_some("the name is not valid by IDNA, so nothing can be there")
    }
}

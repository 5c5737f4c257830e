//! Who comes, in words for the owner of an account: a short name of the browser, and the network it came from.
//!
//! Both are for reading. What a browser says of itself proves nothing (CWE-290), so nothing is decided by it, and of what it says
//! only the words of this table are kept: no text of a stranger's stands on a page or in a mail.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use vauban::http::Request;

/// How much of `User-Agent` is looked at, in bytes (CWE-400).
const LOOKED_AT: usize = 300;

/// Browsers, by the word that gives them away. The first that fits: others call themselves Chrome and Safari, too.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Systems, by the word that gives them away. An iPhone says that it is like a Mac, and Android that it is a Linux.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "a Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// Where a request comes from, as its account's owner reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Visitor {
    /// `Firefox on Linux`.
    pub(crate) device: String,
    /// `192.0.2.0/24`, `2001:db8:1::/48`: the provider's or the office's, not the person's (CWE-359).
    pub(crate) network: String,
}

impl Visitor {
    /// Whoever sent this request.
    pub(crate) fn of(cx: &Request) -> Self {
        let agent = cx.headers().get("user-agent");
        let agent = agent.map_or(&b""[..], |agent| agent.as_bytes());
        Self {
            device: device(agent),
            network: network(cx.client_ip()),
        }
    }
}

fn device(agent: &[u8]) -> String {
    let agent = &agent[..agent.len().min(LOOKED_AT)];
    let says = |word: &str| agent.windows(word.len()).any(|part| part == word.as_bytes());
    let named =
        |table: &[(&str, &'static str)]| table.iter().find(|(word, _)| says(word)).map(|(_, name)| *name);
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => "Another browser".to_owned(),
    }
}

fn network(client: IpAddr) -> String {
    match client.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(v6) => {
            let kept = v6.to_bits() & (u128::MAX << 80);
            format!("{}/48", Ipv6Addr::from_bits(kept))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_in_a_few_words() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
                "Safari on a Mac",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1",
                "Chrome on an iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.14.1", "Another browser"),
            ("", "Another browser"),
        ] {
            assert_eq!(device(agent.as_bytes()), name);
        }
    }

    /// CWE-79, CWE-400, CWE-290. Attack: a `User-Agent` that is long, is no text, or says what its sender wants read in a mail.
    #[test]
    fn cwe_290_of_what_a_browser_says_only_our_own_words_are_kept() {
        let long = format!("{}Firefox/1 Linux", "x".repeat(100_000));
        for agent in [
            &b"<script>alert(1)</script>"[..],
            b"\xff\xfe\x80 your bank: call 555",
            long.as_bytes(),
        ] {
            assert_eq!(device(agent), "Another browser");
        }
        let longest = |table: &[(&str, &str)]| table.iter().map(|(_, name)| name.len()).max().unwrap();
        assert!(
            longest(&BROWSERS) + longest(&SYSTEMS) + " on ".len() <= 40,
            "the column's length"
        );
    }

    /// CWE-359: no address of a person's is kept.
    #[test]
    fn cwe_359_of_an_address_only_the_network_is_kept() {
        for (address, kept) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
            ("::1", "::/48"),
        ] {
            assert_eq!(network(address.parse().unwrap()), kept);
        }
    }
}

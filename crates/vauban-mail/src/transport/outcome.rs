//! What became of a try.

use crate::letter::Line;

/// Why a mail was not sent, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// For now: it is tried again.
    Later(String),
    /// The server will not have it: trying again changes nothing.
    Never(String),
    /// The server had all of it and did not answer: it may have been sent.
    Unsure(String),
}

impl Unsent {
    /// In words, which hold no credentials.
    pub(crate) fn told(&self) -> &str {
        match self {
            Self::Later(told) | Self::Never(told) | Self::Unsure(told) => told,
        }
    }
}

/// As long as what a server said may be, in characters.
const MOST: usize = 300;
/// As many letters, digits, hyphens and underscores in a row are a token: ours have 43 and more, what servers call a mail has fewer.
const TOKEN: usize = 40;

/// What a server said, as it may be stored: one line, cut, without what was sent to it (CWE-117).
///
/// CWE-532: a filter that refuses a mail for a link quotes it, and it opens an account: what is a link, or as long as our tokens are, is left
/// out. Before it is cut, and after what is not seen is: neither hides half of one.
pub(crate) fn said(text: &str) -> String {
    let line = Line::cleaned(text, 8 * MOST).to_string();
    let words = line
        .split(' ')
        .map(|word| if opens(word) { "(link)" } else { word });
    Line::cleaned(&words.collect::<Vec<_>>().join(" "), MOST).to_string()
}

fn opens(word: &str) -> bool {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    word.contains("://") || word.split(|c| !is_of_token(c)).any(|run| run.len() >= TOKEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-532. Attack: whoever reads the log, or the list of tasks, follows the link that a filter quotes.
    #[test]
    fn cwe_532_what_a_server_quotes_opens_nothing() {
        let token = "aB3_".repeat(11);
        let token = &token[..43];
        for quoted in [
            format!("http://localhost:8000/accounts/reset/{token}/"),
            format!("<HTTPS://example.com/accounts/reset/{token}/>,"),
            format!("hxxps[:]//example[.]com/accounts/reset/{token}/"),
            format!("example.com/accounts/reset/{token}"),
            format!("url={token}"),
            format!("http://a\u{200b}b.example/{}/", &token[..20]),
            format!("https://example.com/{}{token}/", "x".repeat(290)),
        ] {
            let told = said(&format!("554 5.7.1 blocked {quoted} by policy"));
            assert_eq!(told, "554 5.7.1 blocked (link) by policy", "{quoted}");
        }
        let id = "451 4.7.1 try again (42b2e19c2f2si1234567f8f.12 - gsmtp)";
        assert_eq!(said(id), id);
        assert!(said(&"x ".repeat(10_000)).chars().count() <= MOST);
    }
}

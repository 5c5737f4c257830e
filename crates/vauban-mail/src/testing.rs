//! What a test reads of the mails that it caused.

use vauban::site::Site;

use crate::letter::Letter;
use crate::post::Post;

/// A mail that left during a test: nothing was sent anywhere.
#[derive(Debug, Clone)]
pub struct SentMail(Letter);

impl SentMail {
    /// Those of a site, oldest first.
    pub fn of(site: &Site) -> Vec<Self> {
        let post = site.part::<std::sync::Arc<Post>>();
        post.map(|post| post.kept.all().into_iter().map(Self).collect())
            .unwrap_or_default()
    }

    /// To whom, with `cc` and `bcc`: addresses.
    pub fn to(&self) -> Vec<&str> {
        let all = self.0.to.iter().chain(&self.0.cc).chain(&self.0.bcc);
        all.map(|mailbox| mailbox.email().as_str()).collect()
    }

    /// The names of its templates: `mail/invite`.
    pub fn template(&self) -> &str {
        &self.0.name
    }

    /// Its subject, as a reader sees it.
    pub fn subject(&self) -> &str {
        self.0.subject.as_str()
    }

    /// Its text, for those who read no HTML.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Its HTML, as it was written.
    pub fn html(&self) -> &str {
        &self.0.html
    }

    /// The bulk kind that it is of.
    pub fn kind(&self) -> Option<&str> {
        self.0.kind.as_deref()
    }

    /// Where one leaves its bulk kind: what `List-Unsubscribe` says.
    pub fn unsubscribe(&self) -> Option<&str> {
        self.0.unsubscribe.as_deref()
    }

    /// The addresses in its text, in order.
    pub fn links(&self) -> Vec<&str> {
        let words = self.0.text.split_whitespace();
        words
            .filter(|word| word.starts_with("https://") || word.starts_with("http://"))
            .map(|word| word.trim_end_matches(['.', ',', ')', '>', ';']))
            .collect()
    }

    /// As it would be sent: RFC 5322.
    ///
    /// # Panics
    /// If it cannot be put together, which its types leave no way to.
    pub fn bytes(&self) -> Vec<u8> {
        match self.0.wire() {
            Ok(wire) => wire.bytes,
            Err(error) => panic!("a mail cannot be put together: {error}"),
        }
    }
}

//! Mails of a module that the site writes itself, by their type: `App::mail::<accounts::mails::ResetMail, NewPassword>()`.
//!
//! A module's templates were compiled with the module. The mail's struct can be replaced: the site has a mail of its own that is made
//! [`From`] the module's, with the same values. To whom it goes, when and with what link stays the module's.

use std::any::{TypeId, type_name};
use std::sync::Arc;

use crate::letter::Mail;
use crate::replaced::{Replacement, Write};
#[cfg(any(debug_assertions, feature = "testing"))]
use crate::written::Written;

/// A mail that a site may write itself; `#[mail(…, replaceable)]` writes it.
#[diagnostic::on_unimplemented(
    message = "the mail `{Self}` is not meant to be replaced",
    label = "it is not `replaceable`",
    note = "a module says which of its mails a site may replace: #[mail(…, replaceable)]",
    note = "a mail of the site's own needs no replacement: change its templates"
)]
pub trait Replaceable: Mail + Sized + 'static {}

impl Replacement {
    /// `R` is made from `M` and sent instead. Both are of the same bulk kind, or of none; otherwise it does not compile.
    pub fn of<M: Replaceable, R: From<M> + Mail + 'static>() -> Self {
        const {
            assert!(
                is_same(M::BULK, R::BULK),
                "a mail in place of one of a bulk kind is of the same: write the same `bulk = \"…\"`, or none"
            );
        }
        let write: Write<M> = |mail, unsubscribe| {
            #[cfg(any(debug_assertions, feature = "testing"))]
            let ours = mail.__written(unsubscribe);
            let written = R::from(mail).__written(unsubscribe);
            #[cfg(any(debug_assertions, feature = "testing"))]
            if let Some(lacking) = lacking(&ours, &written) {
                let by = type_name::<R>();
                return Err(vauban::http::Error::internal(format!(
                    "the mail `{by}` {lacking}"
                )));
            }
            Ok(written)
        };
        Self {
            mail: TypeId::of::<M>(),
            name: type_name::<M>(),
            by: type_name::<R>(),
            write: Arc::new(write),
        }
    }
}

const fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    let (one, other) = match (one, other) {
        (None, None) => return true,
        (Some(one), Some(other)) => (one.as_bytes(), other.as_bytes()),
        _ => return false,
    };
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// What a mail of the site's lacks of the module's, as the rest of a sentence: a reset mail without its link is none.
#[cfg(any(debug_assertions, feature = "testing"))]
fn lacking(ours: &Written, theirs: &Written) -> Option<String> {
    let words = ours.text.split_whitespace();
    let mut addresses = words.filter(|word| word.starts_with("https://") || word.starts_with("http://"));
    addresses.find_map(|address| {
        let in_html = address.replace('&', "&amp;");
        let part = match (theirs.text.contains(address), theirs.html.contains(&in_html)) {
            (true, true) => return None,
            (false, _) => "text",
            (true, false) => "HTML",
        };
        // CWE-532: the end of an address may open something.
        let start = address
            .trim_end_matches('/')
            .rsplit_once('/')
            .map_or("", |(start, _)| start);
        Some(format!(
            "lacks, in its {part}, the address {start}/…, which the mail has in whose place it is"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::{Line, MAX_SUBJECT};

    fn written(text: &str, html: &str) -> Written {
        Written {
            subject: Line::cleaned("x", MAX_SUBJECT),
            text: text.to_owned(),
            html: html.to_owned(),
        }
    }

    #[test]
    fn a_mail_without_the_address_is_told_and_the_token_is_not() {
        let ours = written("Here:\nhttps://a.example/reset/SECRET?a=1&b=2\n", "");
        let link = "https://a.example/reset/SECRET?a=1&amp;b=2";
        let fine = written(ours.text.as_str(), &format!("<a href=\"{link}\">x</a>"));
        assert_eq!(lacking(&ours, &fine), None);
        let told = lacking(&ours, &written("Dear Ann", &fine.html)).unwrap();
        assert!(
            told.contains("in its text, the address https://a.example/reset/…"),
            "{told}"
        );
        assert!(!told.contains("SECRET"), "{told}");
        let told = lacking(&ours, &written(&ours.text, "<p>Dear Ann</p>")).unwrap();
        assert!(told.contains("in its HTML"), "{told}");
    }

    #[test]
    fn bulk_kinds_are_compared() {
        assert!(is_same(None, None) && is_same(Some("news"), Some("news")));
        assert!(!is_same(None, Some("news")) && !is_same(Some("new"), Some("news")));
    }
}

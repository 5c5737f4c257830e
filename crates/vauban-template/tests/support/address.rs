//! Where the addresses of a page lead, as browsers resolve them (WHATWG URL): a value in a part of one changes that part alone.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use std::cell::RefCell;
use url::Url;
use vauban_template::compiler::html::attributes::{Kind, kind};

/// The page whose addresses they are.
const BASE: &str = "https://site.example/folder/page/";

#[derive(Default)]
struct Addresses(RefCell<Vec<Vec<String>>>);

impl TokenSink for Addresses {
    type Handle = ();
    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token {
            for attribute in &tag.attrs {
                let found = &mut *self.0.borrow_mut();
                match kind(&tag.name, &attribute.name.local, false) {
                    Kind::Url | Kind::Image | Kind::Resource | Kind::Frame | Kind::Action => {
                        found.push(vec![attribute.value.to_string()]);
                    }
                    Kind::Srcset => found.push(
                        attribute
                            .value
                            .split(", ")
                            .map(|one| one.trim().split(' ').next().unwrap().to_owned())
                            .collect(),
                    ),
                    _ => {}
                }
            }
        }
        TokenSinkResult::Continue
    }
}

/// The addresses of each attribute that holds one, or a list of them.
fn addresses(html: &str) -> Vec<Vec<String>> {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Addresses::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.take()
}

/// What is wrong with the addresses of `bad`, which was written as `good` was with the value `mark`.
pub fn led_away(good: &str, bad: &str, mark: &str) -> Option<String> {
    let (good, bad) = (addresses(good), addresses(bad));
    if good.len() != bad.len() {
        return Some(format!("{} attributes became {}", good.len(), bad.len()));
    }
    let base = Url::parse(BASE).unwrap();
    let mut all = good.iter().zip(&bad);
    all.find_map(|(good, bad)| {
        // A value that is all there is may lead anywhere, and be a list; the tree's judge looks at its scheme.
        if good == &[mark] {
            return None;
        }
        if good.len() != bad.len() {
            return Some(format!("{good:?} became {bad:?}"));
        }
        let mut pairs = good.iter().zip(bad).filter(|(good, _)| !good.starts_with(mark));
        pairs.find_map(|(good, bad)| {
            let wrong = match (base.join(good), base.join(bad)) {
                (Ok(good), Ok(bad)) => differs(&good, &bad, mark),
                (Err(_), Err(_)) => None,
                _ => Some("cannot be resolved"),
            };
            wrong.map(|what| format!("another {what}: {good} became {bad}"))
        })
    })
}

fn differs(good: &Url, bad: &Url, mark: &str) -> Option<&'static str> {
    if (good.scheme(), good.host_str(), good.port()) != (bad.scheme(), bad.host_str(), bad.port()) {
        return Some("origin");
    }
    if let (Some(a), Some(b)) = (good.path_segments(), bad.path_segments()) {
        let (a, b): (Vec<_>, Vec<_>) = (a.collect(), b.collect());
        let literal = |a: &str, b: &str| match a.split_once(mark) {
            None => a == b,
            Some((start, end)) => {
                let end = end.rsplit(mark).next().unwrap();
                b.starts_with(start) && b.ends_with(end)
            }
        };
        if a.len() != b.len() || !a.iter().zip(&b).all(|(a, b)| literal(a, b)) {
            return Some("path");
        }
    }
    let names = |url: &Url| {
        url.query_pairs()
            .map(|(name, _)| name.into_owned())
            .collect::<Vec<_>>()
    };
    let same = |(a, b): (&String, &String)| a == b || a.contains(mark);
    let (a, b) = (names(good), names(bad));
    if a.len() != b.len() || !a.iter().zip(&b).all(same) {
        return Some("query");
    }
    (good.fragment().is_some() != bad.fragment().is_some()).then_some("fragment")
}

/// The judge sees what it is for.
#[test]
fn an_address_that_climbs_or_is_cut_is_seen() {
    let page = |value: &str| format!("<form action=\"/notes/{value}/like/\"></form>");
    for bad in [
        "../../account/delete/?",
        "%2e%2e",
        "..",
        "a/b",
        "a?b",
        "a#b",
        "..\\..\\x",
    ] {
        assert!(
            led_away(&page("harmless"), &page(bad), "harmless").is_some(),
            "{bad}"
        );
    }
    for good in ["other", "%252e%252e", "a%2fb", ""] {
        assert_eq!(
            led_away(&page("harmless"), &page(good), "harmless"),
            None,
            "{good}"
        );
    }
}

//! The shape of a document, as html5ever sees it: elements, attribute names, and of every value what it does.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout
)]

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states,
};
use std::cell::RefCell;

/// What one value can do to the document: where a URL leads, whether a script is still one statement.
/// A link may lead anywhere; where the template starts a path with a slash (`area`, here), it stays on the host.
fn url_effect(value: &str, rooted: bool) -> &'static str {
    let cleaned: String = value
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .collect();
    let cleaned = cleaned
        .trim_start_matches(|c: char| c <= ' ')
        .to_ascii_lowercase();
    // WHATWG URL, scheme state: what has another character before its colon has no scheme, and is a path.
    let end = cleaned.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')));
    match end.filter(|&at| at > 0 && cleaned[at..].starts_with(':')) {
        Some(at)
            if !matches!(
                &cleaned[..at],
                "http" | "https" | "mailto" | "tel" | "sms" | "about"
            ) =>
        {
            "executes"
        }
        _ if rooted && (cleaned.starts_with("/\\") || cleaned.starts_with("//")) => "leaves",
        _ => "harmless",
    }
}

/// A script's tokens, with the insides of strings left out.
fn script_shape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\'' | '`' => {
                out.push('S');
                literal(&mut chars, &mut out, c);
            }
            '/' if chars.peek() == Some(&'/') => drop(chars.by_ref().find(|c| matches!(c, '\n' | '\r'))),
            '/' if chars.peek() == Some(&'*') => {
                let mut before = ' ';
                chars.next();
                for c in chars.by_ref() {
                    if (before, c) == ('*', '/') {
                        break;
                    }
                    before = c;
                }
            }
            '/' if regular_expression_follows(&out) => {
                out.push('R');
                literal(&mut chars, &mut out, '/');
            }
            c if c.is_whitespace() => {
                // Two words stay two.
                if out.ends_with(|c: char| c.is_alphanumeric()) {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// The rest of a string or regular expression. A line break inside breaks the script.
fn literal(chars: &mut impl Iterator<Item = char>, out: &mut String, end: char) {
    let mut class = false;
    loop {
        match chars.next() {
            Some('\\') => drop(chars.next()),
            Some('\n' | '\r') if end != '`' => return out.push('\u{1}'),
            None => return out.push('\u{1}'),
            Some('[') if end == '/' => class = true,
            Some(']') if end == '/' => class = false,
            Some(c) if c == end && !class => return,
            Some(_) => {}
        }
    }
}

/// After an operator or a word that an expression follows, a slash begins a regular expression.
fn regular_expression_follows(before: &str) -> bool {
    const WORDS: &[&str] = &[
        "await",
        "case",
        "delete",
        "do",
        "else",
        "in",
        "instanceof",
        "new",
        "of",
        "return",
        "throw",
        "typeof",
        "void",
        "yield",
    ];
    let before = before.trim_end();
    let word = before
        .rsplit(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
        .next();
    match before.chars().next_back() {
        None => true,
        Some(c) if c.is_alphanumeric() || c == '_' || c == '$' => {
            word.is_some_and(|word| WORDS.contains(&word))
        }
        Some(c) => !matches!(c, ')' | ']' | '}' | '\u{1}'),
    }
}

/// How many segments the path has, whether one climbs, and how many parts the query has.
fn segments(url: &str) -> (usize, bool, usize) {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let dots = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        matches!(segment.as_str(), "." | "..")
    };
    let path = url[..end].replace('\\', "/");
    (
        path.matches('/').count(),
        path.split('/').any(dots),
        url.matches(['?', '#', '&', '=']).count(),
    )
}

/// Whether a colour loads anything, and what follows a reference.
fn paints(value: &str) -> (usize, bool) {
    (
        value.matches("url(").count(),
        value.contains("url(/") || value.contains(['"', '\'', ';', '<']),
    )
}

/// A selector's punctuation, with what is escaped left out (CSS Syntax, 4.3.7).
fn selector_shape(value: &str) -> String {
    let mut out = String::new();
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                while chars.next_if(char::is_ascii_hexdigit).is_some() {}
                chars.next_if_eq(&' ');
            }
            c if c.is_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii() => {}
            c => out.push(c),
        }
    }
    out
}

struct Sink {
    out: RefCell<String>,
    text: RefCell<String>,
    raw: RefCell<Option<String>>,
}

impl Sink {
    fn flush(&self) {
        let text = self.text.take();
        if self.raw.borrow().as_deref() == Some("script") {
            self.out
                .borrow_mut()
                .push_str(&format!("[{}]", script_shape(&text)));
        } else if !text.is_empty() {
            self.out.borrow_mut().push('T');
        }
    }
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(text) => self.text.borrow_mut().push_str(&text),
            Token::NullCharacterToken => self.text.borrow_mut().push('\u{FFFD}'),
            Token::TagToken(Tag {
                kind,
                name,
                attrs,
                self_closing,
                ..
            }) => {
                self.flush();
                *self.raw.borrow_mut() = None;
                let mut out = self.out.borrow_mut();
                if kind == TagKind::EndTag {
                    out.push_str(&format!("</{name}>"));
                    return TokenSinkResult::Continue;
                }
                out.push_str(&format!("<{name}"));
                for attr in &attrs {
                    let attribute = attr.name.local.to_string();
                    let effect = match attribute.as_str() {
                        // Of a frame of this site, the way; of an image's text, its alphabet; of a mail, who gets it.
                        "src" if attr.value.starts_with("/e/") => format!("{:?}", segments(&attr.value)),
                        "src" if attr.value.starts_with("data:image/png;base64,") => {
                            let alphabet = |c: char| c.is_ascii_alphanumeric() || "+/=-_".contains(c);
                            attr.value["data:image/png;base64,".len()..]
                                .chars()
                                .all(alphabet)
                                .to_string()
                        }
                        "href" if attr.value.starts_with("mailto:") => {
                            attr.value.matches(['&', '?', ',', '#', '=']).count().to_string()
                        }
                        "srcset" if &*name == "source" && attr.value.contains("/i/") => {
                            let images = attr.value.matches([',', ' ']).count();
                            format!("{images}{}", url_effect(&attr.value, false))
                        }
                        "fill" | "stroke" | "mask" => format!("{:?}", paints(&attr.value)),
                        "hx-target" | "hx-include" => selector_shape(&attr.value),
                        "href" | "xlink:href" | "src" | "action" | "formaction" | "poster" => {
                            // Of a query, its parts: a value must not add parameters.
                            let parts = attr.value.matches(['&', '=', '#']).count();
                            let fixed = if attr.value.starts_with("/a?") { parts } else { 0 };
                            format!("{}{fixed}", url_effect(&attr.value, &*name == "area"))
                        }
                        "srcset" => if attr
                            .value
                            .split(',')
                            .any(|part| url_effect(part.trim(), false) == "executes")
                        {
                            "executes"
                        } else {
                            "harmless"
                        }
                        .to_owned(),
                        "type" => {
                            if name.to_string() == "input"
                                && attr
                                    .value
                                    .contains(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                            {
                                "not a word".to_owned()
                            } else {
                                String::new()
                            }
                        }
                        _ => String::new(),
                    };
                    out.push_str(&format!(" {attribute}:{effect}"));
                }
                out.push_str(if self_closing { "/>" } else { ">" });
                let next = match &*name {
                    "script" => Some(states::RawKind::ScriptData),
                    "title" | "textarea" => Some(states::RawKind::Rcdata),
                    "style" => Some(states::RawKind::Rawtext),
                    _ => None,
                };
                if let Some(kind) = next {
                    // In SVG a title is an ordinary element; for text that is escaped both readings agree.
                    *self.raw.borrow_mut() = Some(name.to_string());
                    return TokenSinkResult::RawData(kind);
                }
            }
            Token::CommentToken(_) => {
                self.flush();
                self.out.borrow_mut().push_str("<!-->");
            }
            Token::DoctypeToken(_) => self.out.borrow_mut().push_str("<!doctype>"),
            Token::EOFToken => self.flush(),
            Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

/// The shape of a document.
pub fn skeleton(html: &str) -> String {
    let sink = Sink {
        out: RefCell::default(),
        text: RefCell::default(),
        raw: RefCell::default(),
    };
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.out.take()
}

//! HTML into pieces, as Python's `html.parser` sees it. For filters only: the compiler has its own reader.

use super::entities::unescape;

/// One piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Text, as it stands.
    Data(&'t str),
    /// A start tag: its text, its name, and whether it ends with `/>`.
    Start(&'t str, String, bool),
    /// An end tag.
    End(String),
    /// A comment, declaration or instruction.
    Other,
}

/// Reads pieces in linear time: a search that ran to the end of the text is not repeated often.
#[derive(Debug)]
pub(super) struct Pieces<'t> {
    rest: &'t str,
    /// Searches that found nothing so far.
    misses: u32,
}

/// After so many unfinished tags everything that follows is text.
const MAX_MISSES: u32 = 64;

impl<'t> Pieces<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            rest: text,
            misses: 0,
        }
    }

    /// The next piece, and its text as it stands.
    pub(super) fn next_with_source(&mut self) -> Option<(Piece<'t>, &'t str)> {
        let before = self.rest;
        let piece = self.next()?;
        Some((piece, &before[..before.len() - self.rest.len()]))
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (part, rest) = self.rest.split_at(length);
        self.rest = rest;
        part
    }

    /// A piece of markup at the start of the rest, with its length.
    fn markup(&mut self) -> Option<(Piece<'t>, usize)> {
        if self.misses >= MAX_MISSES {
            return None;
        }
        let rest = self.rest;
        let after = &rest[1..];
        let found = if let Some(comment) = after.strip_prefix("!--") {
            comment_end(comment).map(|end| (Piece::Other, 4 + end))
        } else if after.starts_with('!') || after.starts_with('?') {
            after.find('>').map(|end| (Piece::Other, end + 2))
        } else if let Some(name) = after.strip_prefix('/') {
            if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                if name.starts_with('>') {
                    return Some((Piece::Other, 3));
                }
                return name.find('>').map(|end| (Piece::Other, end + 3)).or_else(|| {
                    self.misses += 1;
                    None
                });
            }
            name.find('>').map(|end| (Piece::End(tag_name(name)), end + 3))
        } else if after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            start_end(after).map(|end| {
                let text = &rest[..end + 2];
                (Piece::Start(text, tag_name(after), text.ends_with("/>")), end + 2)
            })
        } else {
            return None;
        };
        if found.is_none() {
            self.misses += 1;
        }
        found
    }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        if self.rest.is_empty() {
            return None;
        }
        if self.rest.starts_with('<')
            && let Some((piece, length)) = self.markup()
        {
            self.take(length);
            return Some(piece);
        }
        let from = usize::from(self.rest.starts_with('<'));
        let length = self.rest[from..]
            .find('<')
            .map_or(self.rest.len(), |at| at + from);
        let part = self.take(length);
        Some(Piece::Data(part))
    }
}

fn tag_name(text: &str) -> String {
    let end = text
        .find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>')
        .unwrap_or(text.len());
    text[..end].to_ascii_lowercase()
}

/// Where a start tag ends: at the first `>` outside quotes that follow `=`.
fn start_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut i = 0;
    let mut value = false;
    while i < bytes.len() {
        match bytes[i] {
            b'>' => return Some(i),
            b'=' => value = true,
            quote @ (b'"' | b'\'') if value => {
                let close = memchr::memchr(quote, &bytes[i + 1..])?;
                i += close + 1;
                value = false;
            }
            b if b.is_ascii_whitespace() => {}
            _ => value = false,
        }
        i += 1;
    }
    None
}

/// Where the comment that `<!--` began is over.
pub(in crate::runtime) fn comment_end(text: &str) -> Option<usize> {
    if text.starts_with('>') {
        return Some(1);
    }
    if text.starts_with("->") {
        return Some(2);
    }
    // CWE-407: one search for both ends. Two would each run to the end of the text, for every comment.
    memchr::memchr_iter(b'>', text.as_bytes())
        .find(|&at| text[..at].ends_with("--") || text[..at].ends_with("--!"))
        .map(|at| at + 1)
}

/// Changes the text of markup, but not what stands in tags, comments and the elements `closed`.
pub(in crate::runtime) fn between_tags(
    html: &str,
    closed: &[&str],
    out: &mut String,
    change: impl Fn(&str, &mut String),
) {
    let mut inside: Option<String> = None;
    let mut pieces = Pieces::new(html);
    while let Some((piece, source)) = pieces.next_with_source() {
        match piece {
            Piece::Data(text) if inside.is_none() => {
                change(text, out);
                continue;
            }
            Piece::Start(_, name, _) if inside.is_none() && closed.contains(&name.as_str()) => {
                inside = Some(name);
            }
            Piece::End(name) if inside.as_ref() == Some(&name) => inside = None,
            _ => {}
        }
        out.push_str(source);
    }
}

/// Text of a piece with its references decoded.
pub(super) fn decoded(text: &str) -> String {
    unescape(text)
}

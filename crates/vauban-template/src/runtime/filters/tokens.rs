//! HTML into pieces, as Python's `html.parser` sees it. For filters only: the compiler has its own reader.

use super::entities::unescape;

/// One piece.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::runtime) enum Piece<'t> {
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
pub(in crate::runtime) struct Pieces<'t> {
    rest: &'t str,
    /// Searches that found nothing so far.
    misses: u32,
}

/// After so many unfinished tags everything that follows is text.
const MAX_MISSES: u32 = 64;

impl<'t> Pieces<'t> {
    pub(in crate::runtime) fn new(text: &'t str) -> Self {
        Self {
            rest: text,
            misses: 0,
        }
    }

    /// The next piece, and its text as it stands.
    pub(in crate::runtime) fn next_with_source(&mut self) -> Option<(Piece<'t>, &'t str)> {
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

/// Where a start tag ends that begins with its name.
fn start_end(text: &str) -> Option<usize> {
    read_tag(text, |_, _| {}).map(|(end, _)| end)
}

/// Reads a start tag from its name on, as the HTML standard does (CWE-436): where its `>` stands, and whether a `/` stands
/// right before it. `each` is called with the name and the value of every attribute, as they stand.
pub(in crate::runtime) fn read_tag<'t>(
    text: &'t str,
    mut each: impl FnMut(&'t str, &'t str),
) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    let skip = |from: usize, part: fn(u8) -> bool| {
        bytes
            .get(from..)?
            .iter()
            .position(|b| !part(*b))
            .map(|n| from + n)
    };
    let mut at = skip(0, |b| !space(b) && b != b'/' && b != b'>')?;
    loop {
        let from = at;
        at = skip(at, |b| space(b) || b == b'/')?;
        if bytes[at] == b'>' {
            return Some((at, at > from && bytes[at - 1] == b'/'));
        }
        // A name may begin with `=`.
        let name = at;
        at = skip(at + 1, |b| !space(b) && !matches!(b, b'/' | b'>' | b'='))?;
        let name = &text[name..at];
        at = skip(at, space)?;
        let mut value = "";
        if bytes[at] == b'=' {
            at = skip(at + 1, space)?;
            if let quote @ (b'"' | b'\'') = bytes[at] {
                let length = memchr::memchr(quote, &bytes[at + 1..])?;
                value = &text[at + 1..at + 1 + length];
                at += length + 2;
            } else {
                let from = at;
                at = skip(at, |b| !space(b) && b != b'>')?;
                value = &text[from..at];
            }
        }
        each(name, value);
    }
}

/// White space in HTML.
pub(in crate::runtime) fn space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0C)
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
pub(in crate::runtime) fn decoded(text: &str) -> String {
    unescape(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-436. Attack: a tag that ends elsewhere for the filter than for the browser, so that what is text to one is an
    /// attribute to the other.
    #[test]
    fn cwe_436_a_tag_ends_where_browsers_end_it() {
        for (html, tag, names) in [
            ("<p =\">x", "<p =\">", vec!["=\""]),
            ("<p a==\">\">x", "<p a==\">", vec!["a"]),
            ("<p a=\">\" b='>'>x", "<p a=\">\" b='>'>", vec!["a", "b"]),
            ("<p a = \">\">x", "<p a = \">\">", vec!["a"]),
            ("<p a=b\"c>x", "<p a=b\"c>", vec!["a"]),
            ("<p a/=\">\">x", "<p a/=\">", vec!["a", "=\""]),
            ("<p a=>x", "<p a=>", vec!["a"]),
            ("<p a\"=\">\">x", "<p a\"=\">\">", vec!["a\""]),
            ("<p a=\"x\"b=\">\">x", "<p a=\"x\"b=\">\">", vec!["a", "b"]),
            ("<p/=x>x", "<p/=x>", vec!["=x"]),
        ] {
            let mut pieces = Pieces::new(html);
            assert!(
                matches!(pieces.next(), Some(Piece::Start(text, _, _)) if text == tag),
                "{html}"
            );
            let mut found = Vec::new();
            read_tag(&html[1..], |name, _| found.push(name));
            assert_eq!(found, names, "{html}");
        }
        assert_eq!(read_tag("p a=\">", |_, _| {}), None);
    }
}

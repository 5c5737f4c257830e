//! Markup before the sanitizer parses it: what no profile keeps is left out, and what would cost too much is refused.
//!
//! A parser of HTML takes time and memory by the square of what an attacker chooses (CWE-407): depth, attributes of one
//! tag, what stands wrongly in a table, emphasis that every paragraph opens anew. Here the markup is read once, and only
//! elements and attributes that some profile knows are written, so that the parser is in no state that is not known here:
//! no scripts, no comments, no SVG. This makes nothing safe: the sanitizer does, after it.

use super::{COMMENT, RICH};
use crate::runtime::filters::tokens::{comment_end, read_tag, space};
use memchr::{memchr, memchr2};

/// Elements within one another.
const DEEPEST: usize = 256;
/// Items of lists besides, since people leave their ends out.
const DEEPEST_ITEMS: usize = 256;
/// Tags and text in a table, outside its cells: each is moved before the table, past all that stands there.
const MISPLACED: usize = 1000;
/// A longer value of an attribute is left out.
const LONGEST: usize = 8192;
/// The serializer looks for `<` to the end of a text after every `&`, so that a text must end at times.
const CHUNK: usize = 16 * 1024;

/// Dropped with what they hold, if they end.
pub(super) const DROPPED: [&str; 8] = [
    "script", "style", "template", "noscript", "iframe", "object", "svg", "math",
];
/// No profile keeps them, but they end a paragraph.
const BLOCKS: [&str; 18] = [
    "address", "article", "aside", "center", "details", "dialog", "fieldset", "footer", "form", "h1",
    "header", "hgroup", "main", "menu", "nav", "search", "section", "summary",
];
const VOID: [&str; 3] = ["br", "hr", "img"];
/// One ends where the next begins: they nest only with a table between.
const IMPLIED: [&str; 8] = ["caption", "p", "tbody", "td", "tfoot", "th", "thead", "tr"];
/// One ends where the next of its kind begins, but not where another kind does: `<dd><li><dd>` nests.
const ITEMS: [&str; 3] = ["dd", "dt", "li"];
/// The parser opens them anew in the next block if they were not closed.
const FORMATTING: [&str; 9] = ["a", "b", "code", "em", "i", "s", "small", "strong", "u"];
const INLINE: [&str; 10] = [
    "abbr", "del", "ins", "kbd", "q", "samp", "span", "sub", "sup", "var",
];
const ATTRIBUTES: [&str; 13] = [
    "alt", "cite", "colspan", "dir", "height", "href", "lang", "rowspan", "scope", "src", "start", "title",
    "width",
];

/// The markup that is worth parsing; nothing if parsing it would take too long.
pub(super) fn narrow(html: &str) -> Option<String> {
    let mut narrow = Narrow {
        out: String::with_capacity(html.len()),
        budget: html.len() * 8 + 65_536,
        ..Narrow::default()
    };
    let mut rest = html;
    // Elements to drop of which no end follows.
    let mut endless: Vec<String> = Vec::new();
    while let Some(at) = memchr(b'<', rest.as_bytes()) {
        narrow.text(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.starts_with('/');
        let name = &rest[usize::from(end)..];
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            // A tag without an end is none: the text is over.
            let Some((tag, length)) = Tag::read(name) else {
                rest = "";
                break;
            };
            rest = &name[length..];
            if end {
                narrow.end(&tag.name)?;
            } else if !DROPPED.contains(&tag.name.as_str()) {
                narrow.start(&tag)?;
            } else if !tag.closed && !endless.contains(&tag.name) {
                match end_of(&tag.name, rest) {
                    Some(at) => rest = &rest[at..],
                    None => endless.push(tag.name),
                }
            }
        } else if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment_end(comment).map_or("", |at| &comment[at..]);
        } else if rest.starts_with(['!', '?']) || (end && !name.is_empty()) {
            rest = memchr(b'>', rest.as_bytes()).map_or("", |at| &rest[at + 1..]);
        } else {
            narrow.out.push_str("&lt;");
        }
        if narrow.misplaced > MISPLACED {
            return None;
        }
    }
    narrow.text(rest);
    (narrow.misplaced <= MISPLACED).then_some(narrow.out)
}

#[derive(Default)]
struct Narrow {
    out: String,
    /// Open elements with their weight, at least those that the parser has.
    open: Vec<(&'static str, usize)>,
    /// Items of lists among them.
    items: usize,
    /// Bytes of the formatting elements among them.
    weight: usize,
    /// Bytes that they may still take when they are opened anew, and open elements that may still be walked past.
    budget: usize,
    tables: usize,
    /// In a table, outside its cells.
    between_cells: bool,
    misplaced: usize,
    /// Bytes of text since it was last broken.
    since: usize,
}

impl Narrow {
    fn text(&mut self, mut text: &str) {
        if self.between_cells && !text.trim_ascii().is_empty() {
            self.misplaced += 1 + text.len() / 16;
        }
        while let Some(tail) = text
            .as_bytes()
            .get(CHUNK.saturating_sub(self.since)..)
            // `&`, and what UTF-8 begins U+0080 to U+00BF with.
            && let Some(at) = memchr2(b'&', 0xC2, tail)
        {
            let (part, rest) = text.split_at(text.len() - tail.len() + at);
            self.out.push_str(part);
            // Two texts for the parser, one for the reader.
            self.out.push_str("<!---->");
            self.since = 0;
            text = rest;
        }
        self.out.push_str(text);
        self.since += text.len();
    }

    fn start(&mut self, tag: &Tag) -> Option<()> {
        let Some(name) = known(&tag.name) else {
            return Some(());
        };
        match name {
            "td" | "th" | "caption" => self.between_cells = false,
            "table" => {
                self.tables += 1;
                self.between_cells = true;
            }
            "tr" | "tbody" | "thead" | "tfoot" => self.between_cells = self.tables > 0,
            _ => self.misplaced += usize::from(self.between_cells),
        }
        let formatting = FORMATTING.contains(&name);
        if block(name) || (name == "a" && self.open.iter().any(|(open, _)| *open == "a")) {
            self.charge(1)?;
        } else if name == "hr" {
            // It ends a paragraph, and opens no emphasis anew.
            self.charge(0)?;
        }
        if ITEMS.contains(&name) {
            let same =
                |(open, _): &mut (&str, usize)| ITEMS.contains(open) && (*open == "li") == (name == "li");
            if self.open.pop_if(same).is_none() {
                self.items += 1;
            }
            self.open.push((name, 0));
        } else if !VOID.contains(&name) && !IMPLIED.contains(&name) {
            let weight = if formatting {
                name.len() + tag.attributes.len() + 16
            } else {
                0
            };
            self.open.push((name, weight));
            self.weight += weight;
        }
        self.out.push('<');
        self.out.push_str(name);
        self.out.push_str(&tag.attributes);
        self.out.push('>');
        (self.open.len() - self.items <= DEEPEST && self.items <= DEEPEST_ITEMS).then_some(())
    }

    fn end(&mut self, name: &str) -> Option<()> {
        let Some(name) = known(name) else {
            return Some(());
        };
        // Only the innermost element surely ends: an end tag that the parser ignores must not hide depth.
        let innermost = self.open.pop_if(|(open, _)| *open == name);
        match name {
            "table" => {
                self.between_cells = false;
                self.tables -= usize::from(innermost.is_some());
            }
            "td" | "th" | "caption" | "tr" | "tbody" | "thead" | "tfoot" => {
                self.between_cells = self.tables > 0;
            }
            _ => self.misplaced += usize::from(self.between_cells),
        }
        if let Some((_, weight)) = innermost {
            self.weight -= weight;
            self.items -= usize::from(ITEMS.contains(&name));
        }
        self.charge(match innermost {
            _ if block(name) => 1,
            None => 4,
            Some(_) => 0,
        })?;
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        Some(())
    }

    /// CWE-407: the parser walks past the open elements, to the one that the tag is about or ends, and may open all open
    /// formatting elements anew.
    fn charge(&mut self, times: usize) -> Option<()> {
        let steps = self.open.len() + self.weight * times;
        self.budget = self.budget.checked_sub(steps)?;
        Some(())
    }
}

fn known(name: &str) -> Option<&'static str> {
    let mut all = COMMENT.iter().chain(RICH).chain(&BLOCKS);
    all.find(|known| **known == name).copied()
}

fn block(name: &str) -> bool {
    !FORMATTING.contains(&name) && !INLINE.contains(&name) && !VOID.contains(&name)
}

/// A tag as the HTML standard reads it, with those attributes that some profile keeps.
struct Tag {
    name: String,
    attributes: String,
    closed: bool,
}

impl Tag {
    /// Reads a tag from its name on, with its length.
    fn read(text: &str) -> Option<(Self, usize)> {
        let end = text.find(|c: char| c.is_ascii() && (space(c as u8) || c == '/' || c == '>'))?;
        let mut tag = Self {
            name: text[..end].to_ascii_lowercase(),
            attributes: String::new(),
            closed: false,
        };
        let (end, closed) = read_tag(text, |name, value| tag.add(&name.to_ascii_lowercase(), value))?;
        tag.closed = closed;
        Some((tag, end + 1))
    }

    fn add(&mut self, name: &str, value: &str) {
        let quote = if value.contains('"') { '\'' } else { '"' };
        if ATTRIBUTES.contains(&name) && value.len() <= LONGEST && !value.contains(quote) {
            self.attributes.extend([" ", name, "="]);
            self.attributes.push(quote);
            self.attributes.push_str(value);
            self.attributes.push(quote);
        }
    }
}

/// Where the next end tag of this name stands.
fn end_of(name: &str, text: &str) -> Option<usize> {
    text.match_indices("</").map(|(at, _)| at).find(|at| {
        let tail = &text.as_bytes()[at + 2..];
        tail.len() > name.len()
            && tail[..name.len()].eq_ignore_ascii_case(name.as_bytes())
            && (space(tail[name.len()]) || matches!(tail[name.len()], b'/' | b'>'))
    })
}

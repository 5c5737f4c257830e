//! Filters from text to text.

use super::number::Number;
use crate::runtime::value::View;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// A backslash before backslashes and quotes.
pub fn addslashes(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\'', "\\'")
}

/// The first letter large.
pub fn capfirst(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Large letters by Unicode's rules: `ß` becomes `SS`.
pub fn upper(text: &str) -> String {
    text.to_uppercase()
}

/// Small letters by Unicode's rules.
pub fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// Every word with a large letter; not after an apostrophe or a digit.
pub fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Two characters back and one back, as written.
    let (mut second, mut first) = ('\0', '\0');
    for c in text.chars() {
        let small = first.is_alphabetic()
            || first.is_ascii_digit()
            || (first == '\'' && second.is_ascii_lowercase() && c.is_ascii_alphabetic());
        if small {
            out.extend(c.to_lowercase());
        } else {
            // One letter may become two, of which the first is large: `ß` → `Ss`.
            let mut large = c.to_uppercase();
            out.extend(large.next());
            out.extend(large.flat_map(char::to_lowercase));
        }
        second = out.chars().rev().nth(1).unwrap_or('\0');
        first = c;
    }
    out
}

fn width(number: Number<'_>) -> Option<usize> {
    number
        .int()
        .map(|n| usize::try_from(n.max(0)).unwrap_or(usize::MAX).min(MAX_WIDTH))
}

/// No template pads to more (CWE-400).
const MAX_WIDTH: usize = 10_000;

/// Spaces on both sides.
pub fn center(text: &str, to: Number<'_>) -> String {
    let Some(width) = width(to) else {
        return text.to_owned();
    };
    let length = text.chars().count();
    let margin = width.saturating_sub(length);
    let left = margin / 2;
    format!("{}{text}{}", " ".repeat(left), " ".repeat(margin - left))
}

/// Spaces on the right.
pub fn ljust(text: &str, to: Number<'_>) -> String {
    let Some(width) = width(to) else {
        return text.to_owned();
    };
    format!("{text}{}", " ".repeat(width.saturating_sub(text.chars().count())))
}

/// Spaces on the left.
pub fn rjust(text: &str, to: Number<'_>) -> String {
    let Some(width) = width(to) else {
        return text.to_owned();
    };
    format!("{}{text}", " ".repeat(width.saturating_sub(text.chars().count())))
}

/// Removes every occurrence of a text.
pub fn cut(text: &str, what: &str) -> String {
    if what.is_empty() {
        text.to_owned()
    } else {
        text.replace(what, "")
    }
}

/// For a JavaScript string by hand. In a script the compiler escapes by itself.
pub fn escapejs(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\\' | '\'' | '"' | '<' | '>' | '&' | '=' | '-' | ';' | '`' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04X}", c as u32));
            }
            c if c < ' ' || ('\u{7f}'..='\u{9f}').contains(&c) => {
                out.push_str(&format!("\\u{:04X}", c as u32));
            }
            c => out.push(c),
        }
    }
    out
}

/// Puts its number before each line, as wide as the last one.
pub fn linenumbers(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let width = lines.len().to_string().len();
    let numbered: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(i, line)| format!("{:0width$}. {line}", i + 1))
        .collect();
    numbered.join("\n")
}

/// Letters of a telephone number as digits.
pub fn phone2numeric(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .map(|c| match c {
            'a'..='c' => '2',
            'd'..='f' => '3',
            'g'..='i' => '4',
            'j'..='l' => '5',
            'm'..='o' => '6',
            'p'..='s' => '7',
            't'..='v' => '8',
            'w'..='z' => '9',
            c => c,
        })
        .collect()
}

/// A part of an address: ASCII letters, digits, hyphens and underscores.
pub fn slugify(text: &str) -> String {
    slug(text.nfkd().filter(char::is_ascii), false)
}

/// The same with letters of every script.
pub fn slugify_unicode(text: &str) -> String {
    slug(text.nfkc(), true)
}

fn slug(chars: impl Iterator<Item = char>, unicode: bool) -> String {
    let mut out = String::new();
    let lower: String = chars.collect::<String>().to_lowercase();
    for c in lower.chars() {
        // Vowel signs are alphabetic to Unicode but no letters to Django.
        let letter = unicode && c.is_alphanumeric() && !is_combining_mark(c);
        if c == '_' || c.is_ascii_alphanumeric() || letter {
            out.push(c);
        } else if (c == '-' || c.is_whitespace()) && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_matches(['-', '_']).to_owned()
}

/// At most so many characters, the last being an ellipsis.
pub fn truncatechars(text: &str, to: Number<'_>) -> String {
    let Some(length) = to.int() else {
        return text.to_owned();
    };
    if length <= 0 {
        return String::new();
    }
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let text: String = text.nfc().collect();
    let (mut count, mut end) = (0, None);
    for (i, c) in text.char_indices() {
        if canonical_combining_class(c) != 0 {
            continue;
        }
        count += 1;
        if end.is_none() && count > length - 1 {
            end = Some(i);
        }
        if count > length {
            return ellipsis(&text[..end.unwrap_or(0)], "…");
        }
    }
    text
}

/// At most so many words.
pub fn truncatewords(text: &str, to: Number<'_>) -> String {
    words(text, to, " …")
}

pub(super) fn words(text: &str, to: Number<'_>, end: &str) -> String {
    let Some(length) = to.int() else {
        return text.to_owned();
    };
    if length <= 0 {
        return String::new();
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if words.len() > length {
        ellipsis(&words[..length].join(" "), end)
    } else {
        words.join(" ")
    }
}

/// `Truncator(text).words(n)`: without the space before the ellipsis.
pub fn truncate_words(text: &str, to: i64) -> String {
    words(text, Number::Int(i128::from(to)), "…")
}

pub(super) fn ellipsis(text: &str, end: &str) -> String {
    if text.ends_with(end) {
        text.to_owned()
    } else {
        format!("{text}{end}")
    }
}

/// How many words there are, by white space.
pub fn wordcount(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Lines of at most so many characters, broken at spaces.
pub fn wordwrap(text: &str, to: Number<'_>) -> String {
    let Some(width) = width(to) else {
        return text.to_owned();
    };
    let mut lines: Vec<String> = Vec::new();
    for line in split_lines(text) {
        let wrapped = wrap(line, width.max(1));
        if wrapped.is_empty() {
            lines.push(line.to_owned());
        } else {
            lines.extend(wrapped);
        }
    }
    if text.ends_with('\n') {
        lines.push(String::new());
    }
    lines.join("\n")
}

/// Python's `str.splitlines`.
fn split_lines(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find([
            '\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}',
        ]);
        let Some(end) = end else {
            out.push(rest);
            break;
        };
        out.push(&rest[..end]);
        let tail = &rest[end..];
        let skip = if tail.starts_with("\r\n") {
            2
        } else {
            tail.chars().next().map_or(1, char::len_utf8)
        };
        rest = &tail[skip..];
    }
    out
}

/// Python's `textwrap`, words kept whole.
fn wrap(line: &str, width: usize) -> Vec<String> {
    let line = expand_tabs(line);
    let mut chunks: Vec<&str> = Vec::new();
    let space = |c: char| matches!(c, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ');
    let mut rest = line.as_str();
    while let Some(first) = rest.chars().next() {
        let end = rest
            .find(|c: char| space(c) != space(first))
            .unwrap_or(rest.len());
        chunks.push(&rest[..end]);
        rest = &rest[end..];
    }
    let mut lines = Vec::new();
    let mut chunks = chunks.into_iter().peekable();
    while let Some(next) = chunks.peek() {
        if next.trim().is_empty() && !lines.is_empty() {
            chunks.next();
        }
        let mut current: Vec<&str> = Vec::new();
        let mut length = 0;
        while let Some(next) = chunks.peek() {
            let size = next.chars().count();
            if length + size > width {
                break;
            }
            length += size;
            current.extend(chunks.next());
        }
        if current.is_empty() && chunks.peek().is_some_and(|next| next.chars().count() > width) {
            current.extend(chunks.next());
        }
        if current.last().is_some_and(|last| last.trim().is_empty()) {
            current.pop();
        }
        if !current.is_empty() {
            lines.push(current.concat());
        }
    }
    lines
}

fn expand_tabs(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut column = 0;
    for c in line.chars() {
        if c == '\t' {
            let spaces = 8 - column % 8;
            out.push_str(&" ".repeat(spaces));
            column += spaces;
        } else {
            out.push(c);
            column += 1;
        }
    }
    out
}

/// Python's `%` for one value: flags, width, precision and `d i u s r f F e E g G x X o c`.
pub fn stringformat(value: &View<'_>, format: &str) -> String {
    one(value, format).unwrap_or_default()
}

/// Whether `stringformat` knows the format.
pub fn is_stringformat(format: &str) -> bool {
    one(&View::Int(1), format).is_some()
}

fn one(value: &View<'_>, format: &str) -> Option<String> {
    let flags_end = format
        .find(|c| !matches!(c, '-' | '+' | ' ' | '0' | '#'))
        .unwrap_or(format.len());
    let (flags, rest) = format.split_at(flags_end);
    let width_end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (width, mut rest) = rest.split_at(width_end);
    let mut precision = None;
    if let Some(tail) = rest.strip_prefix('.') {
        let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        precision = Some(tail[..end].parse::<usize>().unwrap_or(0).min(300));
        rest = &tail[end..];
    }
    let kind = rest.chars().next()?;
    let tail = rest[kind.len_utf8()..].replace("%%", "%");
    let width = width.parse::<usize>().unwrap_or(0).min(MAX_WIDTH);
    let number = match value {
        View::Int(i) => Some(*i as f64),
        View::Float(f) => Some(*f),
        View::Bool(b) => Some(f64::from(u8::from(*b))),
        _ => None,
    };
    let whole = match value {
        View::Int(i) => Some(*i),
        View::Bool(b) => Some(i128::from(*b)),
        _ => None,
    };
    let sign = |negative: bool| {
        if negative {
            "-"
        } else if flags.contains('+') {
            "+"
        } else if flags.contains(' ') {
            " "
        } else {
            ""
        }
    };
    let (sign, body) = match kind {
        's' => {
            let text = match value {
                View::Text(t) => t.to_string(),
                View::Int(i) => i.to_string(),
                View::Float(f) => crate::runtime::value::Plain::text(f).into_owned(),
                View::Bool(b) => if *b { "True" } else { "False" }.to_owned(),
                View::None => "None".to_owned(),
            };
            (
                "",
                precision.map_or(text.clone(), |p| text.chars().take(p).collect()),
            )
        }
        'd' | 'i' | 'u' => {
            let n = whole.or_else(|| number.filter(|n| n.is_finite()).map(|n| n.trunc() as i128))?;
            (
                sign(n < 0),
                format!("{:0>1$}", n.unsigned_abs(), precision.unwrap_or(0)),
            )
        }
        'x' => (
            sign(whole? < 0),
            format!(
                "{}{:x}",
                if flags.contains('#') { "0x" } else { "" },
                whole?.unsigned_abs()
            ),
        ),
        'X' => (
            sign(whole? < 0),
            format!(
                "{}{:X}",
                if flags.contains('#') { "0X" } else { "" },
                whole?.unsigned_abs()
            ),
        ),
        'o' => (
            sign(whole? < 0),
            format!(
                "{}{:o}",
                if flags.contains('#') { "0o" } else { "" },
                whole?.unsigned_abs()
            ),
        ),
        'f' | 'F' => (
            sign(number? < 0.0),
            format!("{:.*}", precision.unwrap_or(6), number?.abs()),
        ),
        'e' | 'E' => {
            let text = exponent(number?.abs(), precision.unwrap_or(6));
            (
                sign(number? < 0.0),
                if kind == 'E' { text.to_uppercase() } else { text },
            )
        }
        'g' | 'G' => {
            let text = general(number?.abs(), precision.unwrap_or(6).max(1));
            (
                sign(number? < 0.0),
                if kind == 'G' { text.to_uppercase() } else { text },
            )
        }
        'c' => match value {
            View::Text(t) if t.chars().count() == 1 => ("", t.to_string()),
            View::Int(i) => ("", char::from_u32(u32::try_from(*i).ok()?)?.to_string()),
            _ => return None,
        },
        _ => return None,
    };
    let length = sign.len() + body.chars().count();
    let missing = width.saturating_sub(length);
    let padded = if flags.contains('-') {
        format!("{sign}{body}{}", " ".repeat(missing))
    } else if flags.contains('0') && kind != 's' && kind != 'c' {
        format!("{sign}{}{body}", "0".repeat(missing))
    } else {
        format!("{}{sign}{body}", " ".repeat(missing))
    };
    Some(padded + &tail)
}

fn exponent(n: f64, precision: usize) -> String {
    let text = format!("{n:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
    format!("{digits}e{sign}{exponent:0>2}")
}

fn general(n: f64, precision: usize) -> String {
    if n == 0.0 {
        return "0".to_owned();
    }
    let text = format!("{n:.*e}", precision - 1);
    let power: i32 = text
        .split_once('e')
        .and_then(|(_, e)| e.parse().ok())
        .unwrap_or(0);
    let strip = |s: String| {
        if s.contains('.') {
            s.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            s
        }
    };
    if power < -4 || power >= precision as i32 {
        let text = exponent(n, precision - 1);
        let (digits, tail) = text.split_once('e').unwrap_or((&text, ""));
        return format!("{}e{tail}", strip(digits.to_owned()));
    }
    let decimals = (precision as i32 - 1 - power).max(0) as usize;
    strip(format!("{n:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn titles() {
        assert_eq!(title("a nice title, isn't it?"), "A Nice Title, Isn't It?");
        assert_eq!(title("joe's 3rd CAFE"), "Joe's 3rd Cafe");
        assert_eq!(title("'quoted' text"), "'Quoted' Text");
        assert_eq!(title("œuvre ß"), "Œuvre Ss");
    }

    #[test]
    fn slugs_of_other_scripts_have_letters_and_digits_only() {
        assert_eq!(
            slugify_unicode("\u{0421} \u{043d}\u{043e}\u{0432}\u{044b}\u{043c} 1"),
            "с-новым-1"
        );
        // Vowel signs.
        assert_eq!(
            slugify_unicode("\u{0789}\u{07a8}\u{0780}\u{07a7}"),
            "\u{0789}\u{0780}"
        );
        assert_eq!(slugify("\u{0421} x"), "x");
    }

    #[test]
    fn formats() {
        let f = |v: View<'_>, s: &str| stringformat(&v, s);
        assert_eq!(f(View::Int(1), "03d"), "001");
        assert_eq!(f(View::Text(Cow::Borrowed("ab")), "5s"), "   ab");
        assert_eq!(f(View::Float(1.5), ".3f"), "1.500");
        assert_eq!(f(View::Float(123456789.0), "g"), "1.23457e+08");
        assert_eq!(f(View::Int(1), "z"), "");
        assert_eq!(f(View::Int(255), "x"), "ff");
    }

    #[test]
    fn widths_are_bounded() {
        assert_eq!(center("a", Number::Int(i128::MAX)).len(), MAX_WIDTH);
    }
}

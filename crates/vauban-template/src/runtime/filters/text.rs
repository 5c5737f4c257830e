//! Filters from text to text.

use super::number::Number;
use crate::runtime::value::View;
use unicode_normalization::UnicodeNormalization;
use vauban_text::count;

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

/// Every word with a large letter; not after an apostrophe or a digit. A letter's marks are part of it.
pub fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // The letter before as it stood, and the two before as they are written, all without their marks.
    let (mut first, mut written, mut second) = ('\0', '\0', '\0');
    for letter in vauban_text::letters(text) {
        let mut chars = letter.chars();
        let Some(c) = chars.next() else { continue };
        let apostrophe = matches!(first, '\'' | '\u{2019}');
        let start = out.len();
        if first.is_alphabetic() || first.is_ascii_digit() || (apostrophe && second.is_lowercase()) {
            out.extend(c.to_lowercase());
        } else {
            // One letter may become two, of which the first is large: `ß` → `Ss`.
            let mut large = c.to_uppercase();
            out.extend(large.next());
            out.extend(large.flat_map(char::to_lowercase));
        }
        second = written;
        written = out[start..].chars().next_back().unwrap_or('\0');
        first = c;
        out.extend(chars);
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
    let margin = width.saturating_sub(count(text));
    let left = margin / 2;
    format!("{}{text}{}", " ".repeat(left), " ".repeat(margin - left))
}

/// Spaces on the right.
pub fn ljust(text: &str, to: Number<'_>) -> String {
    let Some(width) = width(to) else {
        return text.to_owned();
    };
    format!("{text}{}", " ".repeat(width.saturating_sub(count(text))))
}

/// Spaces on the left.
pub fn rjust(text: &str, to: Number<'_>) -> String {
    let Some(width) = width(to) else {
        return text.to_owned();
    };
    format!("{}{text}", " ".repeat(width.saturating_sub(count(text))))
}

/// Removes every occurrence of a text, but none that is a part of a letter.
pub fn cut(text: &str, what: &str) -> String {
    if what.is_empty() || !text.contains(what) {
        return text.to_owned();
    }
    if text.is_ascii() {
        return text.replace(what, "");
    }
    // A letter that loses its base would leave its marks to the letter before.
    // All at once: for one place, a row of flags is read from its start (CWE-407).
    let mut starts = vauban_text::letters(text)
        .scan(0, |at, letter| {
            *at += letter.len();
            Some(*at)
        })
        .peekable();
    let mut whole = |at: usize| {
        while starts.next_if(|start| *start < at).is_some() {}
        at == 0 || starts.peek() == Some(&at)
    };
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    for (start, found) in text.match_indices(what) {
        if whole(start) && whole(start + found.len()) {
            out.push_str(&text[kept..start]);
            kept = start + found.len();
        }
    }
    out.push_str(&text[kept..]);
    out
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

/// A part of an address: ASCII letters, digits, hyphens and underscores; other scripts are transliterated. `Slug`
/// follows the same rule.
pub fn slugify(text: &str) -> String {
    vauban_text::slugify(text)
}

/// The same with letters of every script.
pub fn slugify_unicode(text: &str) -> String {
    vauban_text::slugify_unicode(text)
}

/// At most so many letters, the last being an ellipsis.
pub fn truncatechars(text: &str, to: Number<'_>) -> String {
    let Some(length) = to.int() else {
        return text.to_owned();
    };
    if length <= 0 {
        return String::new();
    }
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let text: String = text.nfc().collect();
    if vauban_text::first_letters(&text, length).len() == text.len() {
        return text;
    }
    ellipsis(vauban_text::first_letters(&text, length - 1), "…")
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
            let size = count(next);
            if length + size > width {
                break;
            }
            length += size;
            current.extend(chunks.next());
        }
        if current.is_empty() && chunks.peek().is_some_and(|next| count(next) > width) {
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
                precision.map_or(text.clone(), |p| vauban_text::first_letters(&text, p).to_owned()),
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
            View::Text(t) if count(t) == 1 => ("", t.to_string()),
            View::Int(i) => ("", char::from_u32(u32::try_from(*i).ok()?)?.to_string()),
            _ => return None,
        },
        _ => return None,
    };
    let length = sign.len() + count(&body);
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
        assert_eq!(
            title("isn\u{2019}t it, об\u{2019}єкт"),
            "Isn\u{2019}t It, Об\u{2019}єкт"
        );
    }

    /// Decomposed text is the same text: a letter with its marks is one letter, whatever counts or cuts.
    #[test]
    fn a_letter_keeps_its_marks() {
        use unicode_normalization::UnicodeNormalization;
        let nfc = |text: String| text.nfc().collect::<String>();
        let n = Number::Int;
        for word in ["crème brûlée à l'été", "Ünïcödé", "Việt Nam", "ångström"] {
            let apart: String = word.nfd().collect();
            for (name, whole, parts) in [
                ("title", title(word), title(&apart)),
                ("capfirst", capfirst(word), capfirst(&apart)),
                ("upper", upper(word), upper(&apart)),
                ("lower", lower(word), lower(&apart)),
                ("center", center(word, n(30)), center(&apart, n(30))),
                ("ljust", ljust(word, n(30)), ljust(&apart, n(30))),
                ("rjust", rjust(word, n(30)), rjust(&apart, n(30))),
                ("wordwrap", wordwrap(word, n(6)), wordwrap(&apart, n(6))),
                ("slugify", slugify(word), slugify(&apart)),
            ] {
                assert_eq!(nfc(parts), nfc(whole), "{name} {word}");
            }
            for length in 0..12 {
                assert_eq!(
                    truncatechars(word, n(length)),
                    truncatechars(&apart, n(length)),
                    "{word} {length}"
                );
            }
        }
        assert_eq!(title("cre\u{300}me"), "Cre\u{300}me");
        assert_eq!(
            truncatechars("👨\u{200d}👩\u{200d}👧🇫🇷x", n(2)),
            "👨\u{200d}👩\u{200d}👧…"
        );
        assert_eq!(cut("ee\u{301}e", "e"), "e\u{301}");
        assert_eq!(stringformat(&View::Text("e\u{301}x".into()), ".1s"), "e\u{301}");
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
        assert_eq!(slugify("\u{0421} x"), "s-x");
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

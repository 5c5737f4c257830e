//! SQL's words, by which two texts are compared that say the same: white space, comments, quotes around names and the case of
//! letters do not count.

/// The words of a text: names and keywords in small letters and without quotes, texts as they are, signs one by one.
pub(super) fn words(sql: &str) -> Vec<String> {
    raw(sql).map(|(_, word)| plain(word)).collect()
}

/// What `CREATE TABLE` says between its brackets, part by part, and the words behind them.
pub(super) struct Parts {
    pub(super) parts: Vec<Part>,
    pub(super) behind: Vec<String>,
}

/// A column, or a condition of the table.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The column whose definition it is.
    pub(super) column: Option<String>,
    /// As it stands there.
    pub(super) text: String,
    /// Without a `DEFAULT`: it is of the moment at which the column was added, and the ORM always gives a value.
    words: Vec<String>,
}

/// Whether they say the same.
impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.words == other.words
    }
}

/// The parts of a `CREATE TABLE`. Of another statement, none.
pub(super) fn parts(create_table: &str) -> Parts {
    let mut out = Parts {
        parts: Vec::new(),
        behind: Vec::new(),
    };
    let mut part: Vec<(usize, &str)> = Vec::new();
    let mut depth = 0_usize;
    let mut closed = false;
    for (at, word) in raw(create_table) {
        match word {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if closed {
            out.behind.push(plain(word));
        } else if depth == 0 && word == ")" {
            closed = true;
            out.parts.extend(Part::of(create_table, &part));
        } else if depth == 1 && word == "," {
            out.parts.extend(Part::of(create_table, &part));
            part.clear();
        } else if depth > 1 || (depth == 1 && (word != "(" || !part.is_empty())) {
            part.push((at, word));
        }
    }
    out
}

impl Part {
    fn of(sql: &str, raw: &[(usize, &str)]) -> Option<Self> {
        let (&(start, first), &(end, last)) = (raw.first()?, raw.last()?);
        let words: Vec<String> = raw.iter().map(|(_, word)| plain(word)).collect();
        let of_table = ["constraint", "primary", "unique", "check", "foreign"];
        // In quotes it is a name, whatever it is.
        let column = (!of_table.contains(&first.to_ascii_lowercase().as_str())).then(|| words[0].clone());
        Some(Self {
            words: match column {
                Some(_) => without_default(words),
                None => words,
            },
            column,
            text: sql[start..end + last.len()].to_owned(),
        })
    }
}

fn without_default(words: Vec<String>) -> Vec<String> {
    const NEXT: [&str; 10] = [
        "not",
        "null",
        "unique",
        "check",
        "collate",
        "references",
        "primary",
        "generated",
        "as",
        "constraint",
    ];
    let mut out = Vec::with_capacity(words.len());
    let mut words = words.into_iter().peekable();
    let mut depth = 0_i32;
    while let Some(word) = words.next() {
        depth += i32::from(word == "(") - i32::from(word == ")");
        // The name of a column may be the word; it stands first.
        if word != "default" || depth > 0 || out.is_empty() {
            out.push(word);
            continue;
        }
        let mut inside = 0_i32;
        let mut first = true;
        while let Some(next) = words.peek() {
            if inside == 0 && !first && NEXT.contains(&next.as_str()) {
                break;
            }
            inside += i32::from(next == "(") - i32::from(next == ")");
            first = false;
            words.next();
        }
    }
    out
}

/// Word by word, as they stand there and where.
fn raw(sql: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        loop {
            let first = rest.chars().next()?;
            let end = match first {
                c if c.is_whitespace() => c.len_utf8(),
                '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
                '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
                '\'' | '"' | '`' => closed(rest, 0, first),
                '[' => rest.find(']').map_or(rest.len(), |at| at + 1),
                'x' | 'X' if rest[1..].starts_with('\'') => closed(rest, 1, '\''),
                c if c.is_ascii_digit() => end_of(rest, |c| part_of_word(c) || c == '.'),
                c if part_of_word(c) => end_of(rest, part_of_word),
                c => c.len_utf8(),
            };
            let at = sql.len() - rest.len();
            let (word, behind) = rest.split_at(end);
            rest = behind;
            if !(first.is_whitespace() || word.starts_with("--") || word.starts_with("/*")) {
                return Some((at, word));
            }
        }
    })
}

fn part_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn end_of(text: &str, within: impl Fn(char) -> bool) -> usize {
    text.find(|c| !within(c)).unwrap_or(text.len())
}

/// Where a quote that begins at `start` is closed; twice the sign is the sign itself.
fn closed(text: &str, start: usize, sign: char) -> usize {
    let mut at = start + 1;
    while let Some(found) = text[at..].find(sign) {
        at += found + 1;
        if !text[at..].starts_with(sign) {
            return at;
        }
        at += 1;
    }
    text.len()
}

fn plain(word: &str) -> String {
    let inner = |sign: char| {
        let inner = word.strip_prefix(sign)?.strip_suffix(sign)?;
        Some(inner.replace(&format!("{sign}{sign}"), &sign.to_string()))
    };
    let bracketed = || Some(word.strip_prefix('[')?.strip_suffix(']')?.to_owned());
    if word.starts_with('\'') {
        return word.to_owned();
    }
    let name = inner('"').or_else(|| inner('`')).or_else(bracketed);
    name.unwrap_or_else(|| word.to_owned()).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_the_same_has_the_same_words() {
        let one = "CREATE TABLE \"team\" (\n  \"id\" BLOB NOT NULL PRIMARY KEY, -- a, b)\n \"size\" INTEGER NOT NULL DEFAULT (1, 'a)'),\n\
                   CONSTRAINT \"some\" CHECK (\"size\" <> 'A''b, (')) STRICT";
        let two = "create table team([ID] blob not null primary key,size INTEGER /* , ( */ not null, constraint some \
                   check(`size`<>'A''b, ('))strict";
        let (one, two) = (parts(one), parts(two));
        assert_eq!(one.parts, two.parts);
        assert_eq!(one.behind, ["strict"]);
        assert_eq!(one.behind, two.behind);
        let columns: Vec<_> = one.parts.iter().map(|part| part.column.as_deref()).collect();
        assert_eq!(columns, [Some("id"), Some("size"), None]);
        // A text is not its neighbour with other letters.
        assert_ne!(words("'A'"), words("'a'"));
        assert_eq!(words("x'0A' 1.5"), ["x'0a'", "1.5"]);
    }

    #[test]
    fn a_default_says_nothing_of_later_rows() {
        for (with, without) in [
            ("a TEXT DEFAULT 'x' NOT NULL", "a TEXT NOT NULL"),
            ("a TEXT DEFAULT NULL", "a TEXT"),
            ("a REAL DEFAULT -1e-7 CHECK (a > 0)", "a REAL CHECK (a > 0)"),
            ("\"default\" TEXT DEFAULT (1 + (2))", "\"default\" TEXT"),
        ] {
            let of = |text: &str| parts(&format!("CREATE TABLE t ({text})")).parts;
            assert_eq!(of(with), of(without), "{with}");
        }
        // Quotes that are never closed end with the text.
        for text in ["'", "\"a", "[", "/*", "x'", "CREATE TABLE t (", ")", ""] {
            assert!(parts(text).parts.len() < 2, "{text}");
        }
    }
}

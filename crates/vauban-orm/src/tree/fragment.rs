//! What may stand in a piece of SQL that a program writes: looked at while the program is compiled, word by word, by what is
//! allowed and not by what is known to be bad.

/// Why a text is no fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It could leave its place (CWE-89).
    Unbalanced,
    /// It reads rows without their policy (CWE-639).
    Subquery,
    /// As a subquery: SQLite reads `x IN name` as one on that table, or on the table-valued function of that name.
    Table,
    /// A `{}` that is none.
    Quoted,
    /// A brace that is no `{}`.
    Braces,
    /// More `{}` than values, or fewer.
    Count,
    /// A column's bare name: SQLite takes the innermost row that has one, and a rule is asked of rows as they become
    /// (CWE-863).
    Name,
    /// What answers otherwise each time (CWE-367).
    Changing,
}

impl Fault {
    /// What to write instead.
    pub(crate) const fn says(self) -> &'static str {
        match self {
            Self::Unbalanced => {
                "an SQL fragment's brackets must match, and it has no `;`, comment, double quote, backtick, `?`, `:`, `@`, `$`, `#` or `\\`"
            }
            Self::Subquery => {
                "an SQL fragment has no subquery: it would pass by the policies; use a related column or `any`"
            }
            Self::Table => {
                "behind `IN` stands a list in brackets: a table's name is a subquery, which would pass by the policies"
            }
            Self::Quoted => {
                "inside quotes `{}` is text: write `{} LIKE '%' || {} || '%'`, or for a text in a text `a.title.contains(part)`"
            }
            Self::Braces => "an SQL fragment has no braces but `{}`, one for each value or column",
            Self::Count => "an SQL fragment has one `{}` for each value or column behind it",
            Self::Name => {
                "an SQL fragment names no column itself: write `{}` and the column behind the text, `sql!(\"{} = 'draft'\", a.status)`"
            }
            Self::Changing => {
                "an SQL fragment asks neither the clock nor chance: compare with a value, `sql!(\"{} < {}\", a.until, DateTime::now())`; in a policy `a.until.lt(who.now())`"
            }
        }
    }
}

/// Words that stand by themselves.
const WORDS: &[&[u8]] = &[
    b"and",
    b"or",
    b"not",
    b"in",
    b"is",
    b"null",
    b"isnull",
    b"notnull",
    b"true",
    b"false",
    b"distinct",
    b"from",
    b"between",
    b"like",
    b"glob",
    b"escape",
    b"case",
    b"when",
    b"then",
    b"else",
    b"end",
    b"collate",
    b"nocase",
    b"binary",
    b"rtrim",
    b"as",
    b"integer",
    b"real",
    b"text",
    b"blob",
    b"numeric",
];

/// Words of statements.
const SUBQUERY: &[&[u8]] = &[b"select", b"values", b"with", b"exists", b"table"];

/// Functions and words that answer otherwise each time.
const CHANGING: &[&[u8]] = &[
    b"random",
    b"randomblob",
    b"changes",
    b"total_changes",
    b"last_insert_rowid",
    b"current_date",
    b"current_time",
    b"current_timestamp",
    b"now",
    b"transaction_timestamp",
    b"statement_timestamp",
    b"clock_timestamp",
    b"timeofday",
    b"localtime",
    b"localtimestamp",
    b"gen_random_uuid",
];

/// Functions that ask the clock if they are given no time.
const TIMES: &[&[u8]] = &[
    b"date",
    b"time",
    b"datetime",
    b"julianday",
    b"unixepoch",
    b"strftime",
    b"timediff",
    b"age",
];

/// Functions that have an answer for every row.
const SAFE: &[&[u8]] = &[
    b"coalesce",
    b"date",
    b"datetime",
    b"hex",
    b"ifnull",
    b"iif",
    b"instr",
    b"json_valid",
    b"julianday",
    b"length",
    b"lower",
    b"ltrim",
    b"max",
    b"min",
    b"nullif",
    b"octet_length",
    b"round",
    b"rtrim",
    b"sign",
    b"strftime",
    b"substr",
    b"substring",
    b"time",
    b"trim",
    b"typeof",
    b"unicode",
    b"unixepoch",
    b"upper",
    // They are written with a bracket, too.
    b"and",
    b"between",
    b"case",
    b"cast",
    b"else",
    b"in",
    b"is",
    b"not",
    b"or",
    b"then",
    b"when",
];

/// What is wrong with a text that has so many values.
pub(crate) const fn fault(text: &str, args: usize) -> Option<Fault> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut places) = (0, 0_u32, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\'' => match quoted(bytes, at) {
                Ok(end) => {
                    at = end;
                    continue;
                }
                Err(fault) => return Some(fault),
            },
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(Fault::Unbalanced),
            b')' => depth -= 1,
            b'{' if at + 1 < bytes.len() && bytes[at + 1] == b'}' => {
                places += 1;
                at += 1;
            }
            b'{' | b'}' => return Some(Fault::Braces),
            b';' | b'"' | b'`' | b'[' | b']' | b'?' | b':' | b'@' | b'$' | b'#' | b'\\' | 0 => {
                return Some(Fault::Unbalanced);
            }
            b'-' | b'/' if at + 1 < bytes.len() && (bytes[at + 1] == b'-' || bytes[at + 1] == b'*') => {
                return Some(Fault::Unbalanced);
            }
            byte if byte.is_ascii_digit() => {
                at = end_of_word(bytes, at);
                continue;
            }
            byte if is_part(byte) => {
                let end = end_of_word(bytes, at);
                if let Some(fault) = word(bytes, at, end) {
                    return Some(fault);
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    if depth > 0 {
        return Some(Fault::Unbalanced);
    }
    if places != args {
        return Some(Fault::Count);
    }
    None
}

/// The function or operator by which a text is an error on some rows.
pub(crate) fn raises(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\'' => {
                at = quoted(bytes, at).unwrap_or(bytes.len());
                continue;
            }
            // `->` and `->>`: of what is no JSON.
            b'-' if bytes.get(at + 1) == Some(&b'>') => return text.get(at..at + 2),
            byte if is_part(byte) => {
                let end = end_of_word(bytes, at);
                let next = after_space(bytes, end);
                let called = bytes.get(next) == Some(&b'(') && !byte.is_ascii_digit();
                // A pattern that is too long is an error, and one that is written out is as long as it is.
                let pattern =
                    is_one_of(bytes, at, end, &[b"like", b"glob", b"escape"]) && !is_written_out(bytes, next);
                if pattern || (called && !is_one_of(bytes, at, end, SAFE)) {
                    return text.get(at..end);
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Whether a text stands here, and nothing is joined to it.
fn is_written_out(bytes: &[u8], at: usize) -> bool {
    let end = match bytes.get(at) {
        Some(b'\'') => quoted(bytes, at).unwrap_or(bytes.len()),
        _ => return false,
    };
    bytes.get(after_space(bytes, end)) != Some(&b'|')
}

/// Behind the text that begins here.
const fn quoted(bytes: &[u8], from: usize) -> Result<usize, Fault> {
    let mut at = from + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\'' if at + 1 < bytes.len() && bytes[at + 1] == b'\'' => at += 1,
            b'\'' => {
                if is_now(bytes, from + 1, at) {
                    return Err(Fault::Changing);
                }
                return Ok(at + 1);
            }
            b'{' | b'}' => return Err(Fault::Quoted),
            0 => return Err(Fault::Unbalanced),
            _ => {}
        }
        at += 1;
    }
    Err(Fault::Unbalanced)
}

/// What is wrong with a word where it stands.
const fn word(bytes: &[u8], from: usize, end: usize) -> Option<Fault> {
    if is_one_of(bytes, from, end, SUBQUERY) {
        return Some(Fault::Subquery);
    }
    if is_one_of(bytes, from, end, CHANGING) {
        return Some(Fault::Changing);
    }
    let next = after_space(bytes, end);
    let called = next < bytes.len() && bytes[next] == b'(';
    if is_one_of(bytes, from, end, &[b"in"]) && !called {
        return Some(Fault::Table);
    }
    if is_one_of(bytes, from, end, TIMES) && called && !has_a_time(bytes, from, end, next) {
        return Some(Fault::Changing);
    }
    // x'00ff'
    let bytes_follow = end - from == 1
        && bytes[from].eq_ignore_ascii_case(&b'x')
        && end < bytes.len()
        && bytes[end] == b'\'';
    if called || bytes_follow || is_one_of(bytes, from, end, WORDS) {
        None
    } else {
        Some(Fault::Name)
    }
}

/// Whether the function is told of which time: `strftime` by its second argument, the others by their first.
const fn has_a_time(bytes: &[u8], from: usize, end: usize, bracket: usize) -> bool {
    let format = is_one_of(bytes, from, end, &[b"strftime"]);
    let first = after_space(bytes, bracket + 1);
    if !format {
        return first < bytes.len() && bytes[first] != b')';
    }
    let (mut at, mut depth) = (bracket + 1, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\'' => match quoted(bytes, at) {
                Ok(end) => {
                    at = end;
                    continue;
                }
                Err(_) => return true,
            },
            b'(' => depth += 1,
            b')' if depth == 0 => return false,
            b')' => depth -= 1,
            b',' if depth == 0 => return true,
            _ => {}
        }
        at += 1;
    }
    false
}

/// Whether a text is SQLite's name of the present moment.
const fn is_now(bytes: &[u8], mut from: usize, mut end: usize) -> bool {
    while from < end && bytes[from].is_ascii_whitespace() {
        from += 1;
    }
    while end > from && bytes[end - 1].is_ascii_whitespace() {
        end -= 1;
    }
    is_one_of(bytes, from, end, &[b"now", b"today", b"tomorrow", b"yesterday"])
}

const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

const fn end_of_word(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && is_part(bytes[at]) {
        at += 1;
    }
    at
}

const fn after_space(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at].is_ascii_whitespace() {
        at += 1;
    }
    at
}

/// Whether a word, its case apart, is one of these.
const fn is_one_of(bytes: &[u8], from: usize, end: usize, words: &[&[u8]]) -> bool {
    let mut one = 0;
    while one < words.len() {
        let word = words[one];
        if word.len() == end - from {
            let mut at = 0;
            while at < word.len() && bytes[from + at].to_ascii_lowercase() == word[at] {
                at += 1;
            }
            if at == word.len() {
                return true;
            }
        }
        one += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> usize {
        text.matches("{}").count()
    }

    #[test]
    fn what_may_stand_in_a_fragment() {
        for good in [
            "length({}) > {}",
            "{} = 'it''s; -- fine'",
            "({} + 1) * 2 > {}",
            "{} IN ({}, {})",
            "{} not in(1, 2)",
            "CASE WHEN {} IS NULL THEN 1 ELSE 0 END = 1",
            "{} LIKE 'a%' ESCAPE '!' COLLATE NOCASE",
            "CAST({} AS INTEGER) BETWEEN 1e3 AND 0x1F",
            "{} = x'00ff'",
            "{} = 'selected'",
            "{} IS NOT DISTINCT FROM {}",
            "strftime('%Y', {} / 1000000, 'unixepoch') = '2026'",
            "json_extract({}, '$.a') = 1",
        ] {
            assert_eq!(fault(good, places(good)), None, "{good}");
        }
    }

    /// CWE-89, CWE-639, CWE-863, CWE-367.
    #[test]
    fn what_may_not() {
        for (bad, why) in [
            ("1) OR (1", Fault::Unbalanced),
            ("1 -- x", Fault::Unbalanced),
            ("1 /* x", Fault::Unbalanced),
            ("'open", Fault::Unbalanced),
            ("(1", Fault::Unbalanced),
            ("1; 2", Fault::Unbalanced),
            ("\"x\"", Fault::Unbalanced),
            ("?1 = 1", Fault::Unbalanced),
            ("EXISTS (SELECT 1)", Fault::Subquery),
            ("(select(1))", Fault::Subquery),
            ("({}, {}) IN membership", Fault::Table),
            ("{} not In\tjson_each", Fault::Table),
            ("{} IN {}", Fault::Table),
            ("{} in", Fault::Table),
            ("{} LIKE '%{}%'", Fault::Quoted),
            ("{title} = 1", Fault::Braces),
            ("{} = 1 }", Fault::Braces),
            ("status = 'draft'", Fault::Name),
            ("length({}) > 0 AND status = {}", Fault::Name),
            ("t.title = {}", Fault::Name),
            ("rowid = 1", Fault::Name),
            ("öffnet", Fault::Name),
            ("{} MATCH {}", Fault::Name),
            ("{} <= datetime('now')", Fault::Changing),
            ("{} <= datetime(' NOW ', '+1 day')", Fault::Changing),
            ("{} <= CURRENT_TIMESTAMP", Fault::Changing),
            ("{} <= date()", Fault::Changing),
            ("{} <= unixepoch( )", Fault::Changing),
            ("{} = strftime('%s')", Fault::Changing),
            ("{} = strftime(lower('%s, ('))", Fault::Changing),
            ("random() % 2 = {}", Fault::Changing),
        ] {
            assert_eq!(fault(bad, places(bad)), Some(why), "{bad}");
        }
        assert_eq!(fault("{} = 1", 2), Some(Fault::Count));
        assert_eq!(fault("{} = {}", 1), Some(Fault::Count));
    }

    #[test]
    fn what_fails_on_some_rows_is_known_by_what_does_not() {
        for safe in [
            "length({}) > {}",
            "{} = 'json_extract('",
            "CASE WHEN {} IS NULL THEN (1) ELSE (0) END = 1",
            "{} LIKE 'a%' ESCAPE '!'",
            "({} + 1) * 2 > 5 AND NOT ({} = 1)",
            "min({}, {}) - 1 > 2",
        ] {
            assert_eq!(raises(safe), None, "{safe}");
        }
        for (text, what) in [
            ("json_extract({}, '$.a') = 1", "json_extract"),
            ("{} -> '$.a' = 1", "->"),
            ("abs({}) > 0", "abs"),
            ("{} LIKE {}", "LIKE"),
            ("{} glob\n'a' || {}", "glob"),
            ("someone_elses ({})", "someone_elses"),
        ] {
            assert_eq!(raises(text).unwrap_or_default(), what, "{text}");
        }
    }
}

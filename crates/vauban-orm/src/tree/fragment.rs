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
    /// A function that is not known to compute and do nothing else (CWE-89, CWE-639).
    Function,
    /// Two texts that are one to PostgreSQL.
    Joined,
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
                "an SQL fragment asks neither the clock nor chance: compare with a value, `sql!(\"{} < {}\", a.until, DateTime::now())`; in a policy `a.until.lt(who.now())`. A text with such a word in it (`now`, `today`) is a value, too"
            }
            Self::Function => {
                "an SQL fragment calls only functions that compute and do nothing else; the guide lists them (\"SQL of your own\"). Another could read rows past their policies: compute it in Rust and put the value into a `{}`, or keep it in a column"
            }
            Self::Joined => "two texts side by side are one to PostgreSQL: write one, or `||` between them",
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
];

/// Functions that compute, on one database or both, and do nothing else: none reads rows, settings or files, waits, locks, counts,
/// or makes much of little. The guide lists them; `{}` stands for what another would say.
const FUNCTIONS: &[&[u8]] = &[
    // What is there.
    b"coalesce",
    b"ifnull",
    b"iif",
    b"nullif",
    b"typeof",
    // Numbers.
    b"abs",
    b"ceil",
    b"ceiling",
    b"floor",
    b"greatest",
    b"least",
    b"max",
    b"min",
    b"mod",
    b"round",
    b"sign",
    b"trunc",
    // Texts.
    b"ascii",
    b"bit_length",
    b"btrim",
    b"char_length",
    b"character_length",
    b"hex",
    b"initcap",
    b"instr",
    b"left",
    b"length",
    b"lower",
    b"ltrim",
    b"octet_length",
    b"reverse",
    b"right",
    b"rtrim",
    b"split_part",
    b"starts_with",
    b"strpos",
    b"substr",
    b"substring",
    b"trim",
    b"unicode",
    b"upper",
    // Moments.
    b"date",
    b"date_part",
    b"date_trunc",
    b"datetime",
    b"julianday",
    b"strftime",
    b"time",
    b"timediff",
    b"unixepoch",
    // JSON.
    b"json",
    b"json_array_length",
    b"json_extract",
    b"json_extract_path_text",
    b"json_type",
    b"json_typeof",
    b"json_valid",
    b"jsonb_extract_path_text",
    b"jsonb_typeof",
];

/// Words that may stand before a bracket and call nothing.
const BRACKETED: &[&[u8]] = &[
    b"and",
    b"between",
    b"case",
    b"cast",
    b"distinct",
    b"else",
    b"from",
    b"glob",
    b"in",
    b"is",
    b"like",
    b"not",
    b"or",
    b"then",
    b"when",
];

/// Of [`FUNCTIONS`], those that have an answer for every row, whatever they are given, on each database that has them. Others
/// do by what they are given: [`is_safe_call`].
const SAFE: &[&[u8]] = &[
    b"coalesce",
    b"datetime",
    b"hex",
    b"ifnull",
    b"iif",
    b"instr",
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
    b"strpos",
    b"time",
    b"trim",
    b"typeof",
    b"unicode",
    b"unixepoch",
    b"upper",
];

/// What is wrong with a text that has so many values.
pub(crate) const fn fault(text: &str, args: usize) -> Option<Fault> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut places) = (0, 0_u32, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\'' => match quoted(bytes, at) {
                Ok(end) => {
                    let next = after_space(bytes, end);
                    if next < bytes.len() && bytes[next] == b'\'' {
                        return Some(Fault::Joined);
                    }
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

/// The function or operator by which a text is an error on some rows, on either database. What is not known to have an answer
/// for every row has none.
pub(crate) fn raises(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    // Whether what stands before is a value: `-` between two of them can overflow, `-1` cannot.
    let (mut at, mut value) = (0, false);
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'\'' => {
                at = quoted(bytes, at).unwrap_or(bytes.len());
                value = true;
                continue;
            }
            b'-' if !value && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {}
            // `->` and `->>`: of what is no JSON. The others: a sum that is too large, a divisor of zero, a pattern.
            b'-' if bytes.get(at + 1) == Some(&b'>') => return text.get(at..at + 2),
            b'+' | b'-' | b'*' | b'/' | b'%' | b'~' | b'^' => return text.get(at..=at),
            byte if is_part(byte) => {
                let end = end_of_word(bytes, at);
                let next = after_space(bytes, end);
                let called = bytes.get(next) == Some(&b'(') && !byte.is_ascii_digit();
                let fails = if is_one_of(bytes, at, end, &[b"like", b"glob"]) {
                    !is_pattern(text, next)
                } else if is_one_of(bytes, at, end, &[b"escape"]) {
                    !is_one_letter(text, next)
                } else if is_one_of(bytes, at, end, &[b"as"]) {
                    // A number of what is none.
                    !is_one_of(bytes, next, end_of_word(bytes, next), &[b"text"])
                } else {
                    called && !is_one_of(bytes, at, end, BRACKETED) && !is_safe_call(text, at, end, next)
                };
                if fails {
                    return text.get(at..end);
                }
                value = !is_one_of(bytes, at, end, WORDS)
                    || is_one_of(bytes, at, end, &[b"end", b"null", b"true", b"false"]);
                at = end;
                continue;
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => value = matches!(byte, b')' | b'}'),
        }
        at += 1;
    }
    None
}

/// Whether a call of the function between `from` and `end` has an answer whatever the row has.
fn is_safe_call(text: &str, from: usize, end: usize, bracket: usize) -> bool {
    let bytes = text.as_bytes();
    let arguments = arguments(text, bracket);
    if is_one_of(bytes, from, end, SAFE) {
        return true;
    }
    let is = |name: &[u8]| is_one_of(bytes, from, end, &[name]);
    let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match arguments[..] {
        // Which flags there are is not for a row to say.
        [_] => is(b"json_valid"),
        // PostgreSQL has no length below zero.
        [_, _] if is(b"substr") || is(b"substring") => true,
        [_, _, length] if is(b"substr") || is(b"substring") => is_number(&length),
        // With one, PostgreSQL's, which reads a text.
        [_, _, ..] => is(b"date"),
        [] => false,
    }
}

/// What stands between commas in the bracket that begins here.
fn arguments(text: &str, bracket: usize) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut all, mut at, mut begin, mut depth) = (Vec::new(), bracket + 1, bracket + 1, 0_u32);
    while at < bytes.len() {
        match bytes[at] {
            b'\'' => {
                at = quoted(bytes, at).unwrap_or(bytes.len());
                continue;
            }
            b'(' => depth += 1,
            b')' if depth == 0 => break,
            b')' => depth -= 1,
            b',' if depth == 0 => {
                all.extend(text.get(begin..at).map(str::trim));
                begin = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    all.extend(text.get(begin..at.min(bytes.len())).map(str::trim));
    all
}

/// The text that stands here, if one does and nothing is joined to it.
fn written_out(text: &str, at: usize) -> Option<(&str, usize)> {
    let bytes = text.as_bytes();
    if bytes.get(at) != Some(&b'\'') {
        return None;
    }
    let end = quoted(bytes, at).ok()?;
    let next = after_space(bytes, end);
    let inside = text.get(at + 1..end - 1)?;
    (bytes.get(next) != Some(&b'|')).then_some((inside, next))
}

/// Whether a pattern stands here that fails on no text: short, and not ending in what takes the next letter as it is.
fn is_pattern(text: &str, at: usize) -> bool {
    let Some((pattern, next)) = written_out(text, at) else {
        return false;
    };
    let bytes = text.as_bytes();
    let end = end_of_word(bytes, next);
    let own = if is_one_of(bytes, next, end, &[b"escape"]) {
        written_out(text, after_space(bytes, end)).map_or("", |(letter, _)| letter)
    } else {
        "\\"
    };
    pattern.len() <= 1_000 && (own.is_empty() || !pattern.ends_with(own))
}

/// Whether a text of one letter stands here.
fn is_one_letter(text: &str, at: usize) -> bool {
    written_out(text, at).is_some_and(|(letter, _)| letter == "''" || letter.chars().count() == 1)
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
    if called && !is_one_of(bytes, from, end, BRACKETED) && !is_one_of(bytes, from, end, FUNCTIONS) {
        // CWE-89, CWE-639: `query_to_xml` reads any table; `pg_try_advisory_lock` outlives the unit.
        return Some(Fault::Function);
    }
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

/// Whether one of a text's words is a database's name of a moment that passes. PostgreSQL reads a moment word by word, and takes
/// letters and digits apart.
const fn is_now(bytes: &[u8], from: usize, end: usize) -> bool {
    let mut at = from;
    while at < end {
        let mut behind = at;
        while behind < end && bytes[behind].is_ascii_alphabetic() {
            behind += 1;
        }
        if is_one_of(
            bytes,
            at,
            behind,
            &[b"now", b"today", b"tomorrow", b"yesterday", b"allballs"],
        ) {
            return true;
        }
        at = if behind == at { at + 1 } else { behind };
    }
    false
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
            "{} > -5 AND NOT ({} = 1)",
            "min({}, {}) > 2",
        ] {
            assert_eq!(raises(safe), None, "{safe}");
        }
        for (text, what) in [
            ("json_extract({}, '$.a') = 1", "json_extract"),
            ("{} -> '$.a' = 1", "->"),
            ("abs({}) > 0", "abs"),
            ("{} LIKE {}", "LIKE"),
            ("{} glob\n'a' || {}", "glob"),
            ("replace ({}, {}, {})", "replace"),
            ("min({}, {}) - 1 > 2", "-"),
        ] {
            assert_eq!(raises(text).unwrap_or_default(), what, "{text}");
        }
    }

    /// CWE-367. Attack: PostgreSQL reads the clock where it finds such a word in a text that becomes a time, once for each
    /// connection.
    #[test]
    fn the_clock_in_a_text() {
        for bad in [
            "{} > 'today allballs'",
            "{} > 'tomorrow 10:00'",
            "{} > 'YESTERDAY10:00'",
            "{} > '10:00 now'",
            "{} > 'to' 'day'",
            "{} > 'to'\n  'day'",
        ] {
            assert!(fault(bad, places(bad)).is_some(), "{bad}");
        }
        for good in [
            "{} > 'epoch'",
            "{} < 'infinity'",
            "{} = 'known'",
            "{} = 'it''s'",
            "{} = '' || ''",
        ] {
            assert_eq!(fault(good, places(good)), None, "{good}");
        }
    }

    /// CWE-89, CWE-639. Attack: a function that reads rows, or that does more than compute.
    #[test]
    fn a_function_outside_the_list() {
        for bad in [
            "query_to_xml({}, true, true, '') IS NOT NULL",
            "length(CAST(table_to_xml('task', true, true, '') AS text)) > 1",
            "pg_try_advisory_lock({})",
            "set_config('a', 'b', false) = {}",
            "pg_sleep (1) IS NULL AND {} = 1",
            "nextval('s') > {}",
            "load_extension({})",
            "randomblob(9) = {}",
            "lenght({}) > 1",
            "{} = 1 OR query_to_xml\n({}, true, true, '') IS NULL",
            "öffne({})",
        ] {
            assert!(
                matches!(fault(bad, places(bad)), Some(Fault::Function | Fault::Changing)),
                "{bad}"
            );
        }
        let text = |name: &[u8]| String::from_utf8(name.to_vec()).unwrap();
        let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/queries.md");
        let guide = std::fs::read_to_string(guide).unwrap();
        for name in FUNCTIONS {
            assert!(
                guide.contains(&format!("`{}`", text(name))),
                "not in the guide: {}",
                text(name)
            );
        }
        for name in SAFE {
            assert!(FUNCTIONS.contains(name), "{}", text(name));
        }
    }

    /// CWE-400, CWE-209: what a function is given decides, too, on either database.
    #[test]
    fn what_fails_by_its_arguments() {
        for text in [
            "json_valid({}, {})",
            "{} LIKE 'a!!%' ESCAPE '!!'",
            "{} LIKE 'a' ESCAPE ''",
            "{} LIKE 'a' ESCAPE {}",
            "{} LIKE 'a!' ESCAPE '!'",
            "{} LIKE 'a\\'",
            "substr({}, 1, {}) = 'a'",
            "substr({}, 1, -1) = 'a'",
            "CAST({} AS INTEGER) = 1",
            "CAST({} AS numeric) = 1",
            "date({}) = '2026-01-01'",
            "{} + 1 > 2",
            "{} - 1 > 2",
            "- {} > 2",
            "{} * {} > 2",
            "{} / {} > 2",
            "{} % {} > 2",
            "{} ~ {}",
        ] {
            assert!(raises(text).is_some(), "{text}");
        }
        for text in [
            "json_valid({})",
            "{} LIKE 'a!%%' ESCAPE '!'",
            "{} LIKE '%a' ESCAPE 'é'",
            "substr({}, 1, 3) = 'a'",
            "substr({}, -2) = 'a'",
            "CAST({} AS text) = '1'",
            "{} BETWEEN -1 AND -0.5",
            "date({}, 'unixepoch') = '2026-01-01'",
            "{} || '-' || {} = 'a-b'",
        ] {
            assert_eq!(raises(text), None, "{text}");
        }
    }
}

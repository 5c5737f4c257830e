//! What no migration's SQL may do on PostgreSQL, whoever wrote it: end the transaction that makes it whole or nothing, or write
//! the record of what was applied. Said here of its words, before anything is done; what words hide is judged by its effect
//! where the migration ends.

use super::super::owned::{KEYS, RECORD};
#[cfg(test)]
use crate::sabotage::{Control, removed};

/// What is forbidden in this SQL, and what to write.
pub(super) fn forbidden(sql: &str) -> Option<String> {
    #[cfg(test)]
    if removed(Control::MigrationWords) {
        return None;
    }
    let tokens: Vec<Token> = tokens(sql);
    let word = |at: usize| tokens.get(at).and_then(Token::word);
    let mut begins = true;
    // `BEGIN ATOMIC … END` is the body of a function.
    let mut body = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        // CWE-460: what ran before it would stay, unrecorded, when a later step fails.
        if begins && body == 0 && ends_transaction(word(at), word(at + 1)) {
            return Some(
                "a migration is one transaction, which Vauban begins and ends: take BEGIN, COMMIT and ROLLBACK out"
                    .to_owned(),
            );
        }
        // CWE-345: what was applied is written by what applied it.
        if token.name() == Some(RECORD) && is_written(&tokens, at) {
            return Some(format!(
                "`{RECORD}` is the framework's record of what was applied: take it out"
            ));
        }
        // CWE-324: which keys there are, and what they are for, is written by what seals.
        if token.name() == Some(KEYS) && is_written(&tokens, at) {
            return Some(format!(
                "`{KEYS}` is the framework's record of its keys: take it out"
            ));
        }
        body = match token.word() {
            Some("atomic") if at > 0 && word(at - 1) == Some("begin") => body + 1,
            Some("case") if body > 0 => body + 1,
            Some("end") => body.saturating_sub(1),
            _ => body,
        };
        begins = matches!(token, Token::Sign(';'));
    }
    None
}

fn ends_transaction(first: Option<&str>, second: Option<&str>) -> bool {
    let alone = [
        "begin",
        "start",
        "commit",
        "end",
        "rollback",
        "abort",
        "savepoint",
        "release",
    ];
    match first {
        Some("prepare") => second == Some("transaction"),
        Some(first) => alone.contains(&first),
        None => false,
    }
}

/// Whether the table whose name stands there is written, altered or given away, and not only read.
fn is_written(tokens: &[Token], mut at: usize) -> bool {
    // Behind its schema and a point.
    while at >= 2 && tokens[at - 1] == Token::Sign('.') {
        at -= 2;
    }
    let before = |back: usize| at.checked_sub(back).and_then(|at| tokens[at].word());
    match before(1) {
        Some("only") => {
            matches!(before(2), Some("update" | "table" | "truncate")) || before(3) == Some("delete")
        }
        Some("from") => before(2) == Some("delete"),
        // A join's condition begins with the name of a column's table.
        Some("on") => !tokens.get(at + 1).is_some_and(|next| *next == Token::Sign('.')),
        Some(word) => ["into", "update", "table", "truncate", "exists", "copy", "lock"].contains(&word),
        // One of several tables: `TRUNCATE a, vauban_migration`.
        None => {
            tokens.get(at.wrapping_sub(1)) == Some(&Token::Sign(',')) && {
                let mut behind = tokens[..at].iter().rev();
                let begins = behind.position(|token| *token == Token::Sign(';'));
                let first = begins.map_or(0, |back| at - back);
                matches!(
                    tokens[first].word(),
                    Some("truncate" | "drop" | "grant" | "lock" | "vacuum")
                )
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    /// In small letters: a keyword, or a name without quotes.
    Word(String),
    /// A name in quotes.
    Quoted(String),
    Text,
    Sign(char),
}

impl Token {
    fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Word(name) | Self::Quoted(name) => Some(name),
            _ => None,
        }
    }
}

/// As PostgreSQL reads them: comments may stand in comments and end at either line end, and texts may stand between dollars.
fn tokens(sql: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (end, token) = match first {
            c if c.is_whitespace() => (c.len_utf8(), None),
            '-' if rest.starts_with("--") => (rest.find(['\n', '\r']).unwrap_or(rest.len()), None),
            '/' if rest.starts_with("/*") => (end_of_comment(rest), None),
            '\'' => (end_of_quoted(rest, '\'', false), Some(Token::Text)),
            '"' => {
                let end = end_of_quoted(rest, '"', false);
                let name = rest[1..end].strip_suffix('"').unwrap_or(&rest[1..end]);
                (end, Some(Token::Quoted(name.replace("\"\"", "\""))))
            }
            'e' | 'E' if rest[1..].starts_with('\'') => {
                (1 + end_of_quoted(&rest[1..], '\'', true), Some(Token::Text))
            }
            '$' if end_of_dollars(rest).is_some() => {
                (end_of_dollars(rest).unwrap_or(rest.len()), Some(Token::Text))
            }
            c if part_of_word(c) => {
                let end = rest.find(|c| !part_of_word(c)).unwrap_or(rest.len());
                (end, Some(Token::Word(rest[..end].to_ascii_lowercase())))
            }
            c => (c.len_utf8(), Some(Token::Sign(c))),
        };
        out.extend(token);
        rest = &rest[end..];
    }
    out
}

fn part_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

fn end_of_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Behind the quote that closes; a doubled one, or one behind a backslash where that escapes, does not.
fn end_of_quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next();
        } else if c == quote {
            match chars.peek() {
                Some((_, next)) if *next == quote => {
                    chars.next();
                }
                _ => return at + 1,
            }
        }
    }
    text.len()
}

/// Behind `$tag$ … $tag$`, if it begins one.
fn end_of_dollars(text: &str) -> Option<usize> {
    let tag_end = text[1..].find('$')? + 2;
    let tag = &text[..tag_end];
    let name = &tag[1..tag.len() - 1];
    let is_name =
        name.chars().all(|c| c != '$' && part_of_word(c)) && !name.starts_with(|c: char| c.is_ascii_digit());
    is_name.then(|| {
        text[tag_end..]
            .find(tag)
            .map_or(text.len(), |at| tag_end + at + tag_end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-460, CWE-345
    #[test]
    fn words_that_end_the_transaction_or_write_the_record_are_found() {
        for sql in [
            "COMMIT",
            "commit and chain",
            " ; /* /* */ ' */ Commit",
            "SELECT 1; END",
            "SELECT '\\'; ROLLBACK",
            "SELECT E'\\''; ROLLBACK; --'",
            "SELECT $$;$$; ABORT",
            "SELECT $a$ $$ ; $a$; START TRANSACTION",
            "-- a\rCOMMIT",
            "SELECT \"a;\"\"\"; SAVEPOINT s0",
            "RELEASE s0",
            "PREPARE TRANSACTION 'x'",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END; COMMIT",
            "UPDATE vauban_migration SET checksum = 'x'",
            "UPDATE ONLY public.\"vauban_migration\" SET checksum = 'x'",
            "WITH x AS (DELETE FROM Vauban_Migration RETURNING 1) SELECT 1",
            "INSERT INTO public . vauban_migration VALUES ('a')",
            "TRUNCATE team, vauban_migration",
            "UPDATE vauban_key SET state = 'retired'",
            "DROP TABLE IF EXISTS vauban_migration",
            "ALTER TABLE \"vauban_migration\" ADD x int",
            "CREATE TRIGGER t BEFORE INSERT ON vauban_migration EXECUTE FUNCTION f()",
            "GRANT ALL ON vauban_migration TO public",
            "COPY vauban_migration FROM '/tmp/x'",
        ] {
            assert!(forbidden(sql).is_some(), "{sql}");
        }
        for sql in [
            "SELECT 'COMMIT'; SELECT $$; COMMIT; $$",
            "SELECT E'\\'; COMMIT; --'",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
            "DO $do$ BEGIN PERFORM 1; END $do$",
            "/* ; COMMIT; */ SELECT 1 -- ; COMMIT",
            "UPDATE \"commit\" SET \"end\" = 1",
            "INSERT INTO seen SELECT name FROM vauban_migration JOIN x ON vauban_migration.name = x.name",
            "PREPARE p AS SELECT 1",
            "SELECT 'vauban_migration'",
            "UPDATE \"Vauban_Migration\" SET x = 1",
        ] {
            assert_eq!(forbidden(sql), None, "{sql}");
        }
    }
}

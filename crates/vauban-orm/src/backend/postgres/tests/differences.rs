//! What differs between the two databases: the guide's list, row by row.

use rusqlite::types::Value as Stored;

/// A row of the list; statements that give one value, on SQLite and on PostgreSQL, and what that is: `-` is nothing, `!` an error.
type Row = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, &'static str)],
);

const TEXTS: &str = "(VALUES ('a'), ('B'), ('ä'), ('Z')) AS v (t)";

fn rows() -> Vec<Row> {
    vec![
        (
            "order of texts",
            &[(
                "SELECT group_concat(t, '') FROM (SELECT t FROM texts ORDER BY t)",
                "BZaä",
            )],
            &[("SELECT string_agg(t, '' ORDER BY t) FROM texts", "BZaä")],
        ),
        (
            "your SQL: order of other texts",
            &[("SELECT 'a' < 'B'", "0")],
            &[("SELECT 'a' < 'B'", "t"), ("SELECT 'a' < 'B' COLLATE \"C\"", "f")],
        ),
        (
            "upper and lower case",
            &[
                (
                    "SELECT group_concat(lower(t), '') FROM (SELECT t FROM texts ORDER BY t)",
                    "bzaä",
                ),
                ("SELECT lower('Ä')", "Ä"),
            ],
            &[
                ("SELECT string_agg(lower(t), '' ORDER BY t) FROM texts", "bzaä"),
                ("SELECT lower('Ä' COLLATE \"C\")", "Ä"),
            ],
        ),
        (
            "your SQL: `LIKE`",
            &[("SELECT 'ABC' LIKE 'a%'", "1")],
            &[("SELECT 'ABC' LIKE 'a%'", "f"), ("SELECT 'ABC' ILIKE 'a%'", "t")],
        ),
        (
            "your SQL: where nothing stands in the order",
            &[(
                "SELECT n FROM (SELECT NULL AS n UNION ALL SELECT 1) ORDER BY n LIMIT 1",
                "-",
            )],
            &[
                (
                    "SELECT n FROM (VALUES (NULL), (1)) AS v (n) ORDER BY n LIMIT 1",
                    "1",
                ),
                (
                    "SELECT n FROM (VALUES (NULL), (1)) AS v (n) ORDER BY n NULLS FIRST LIMIT 1",
                    "-",
                ),
            ],
        ),
        (
            "not a number",
            &[("SELECT 1e999 - 1e999", "-")],
            &[
                ("SELECT 'NaN'::float8 > 1e308", "t"),
                ("SELECT 'NaN'::float8 = 'NaN'", "t"),
            ],
        ),
        (
            "whole numbers divided",
            &[("SELECT 7 / 2", "3"), ("SELECT -7 / 2", "-3")],
            &[("SELECT 7 / 2", "3"), ("SELECT -7 / 2", "-3")],
        ),
        (
            "your SQL: divided by zero",
            &[("SELECT 1 / 0", "-")],
            &[("SELECT 1 / 0", "!")],
        ),
        (
            "your SQL: a whole number that grows beyond 64 bits",
            &[("SELECT typeof(9223372036854775807 + 1)", "real")],
            &[("SELECT 9223372036854775807 + 1", "!")],
        ),
        (
            "your SQL: a text compared with a number",
            &[("SELECT '1' = 1", "0")],
            &[("SELECT t = 1 FROM texts", "!")],
        ),
        (
            "your SQL: truth values",
            &[("SELECT (1 = 1) = 1", "1"), ("SELECT typeof(true)", "integer")],
            &[("SELECT (1 = 1) = 1", "!"), ("SELECT (1 = 1) = true", "t")],
        ),
        (
            "documents",
            &[(r#"SELECT '{"bb":-0.0,"a":[1,2]}'"#, r#"{"bb":-0.0,"a":[1,2]}"#)],
            &[(
                r#"SELECT '{"bb":-0.0,"a":[1,2]}'::jsonb"#,
                r#"{"a": [1, 2], "bb": 0.0}"#,
            )],
        ),
        (
            "null characters in texts",
            &[("SELECT length(cast('a' || char(0) || 'b' AS BLOB))", "3")],
            &[("SELECT 'a' || chr(0) || 'b'", "!")],
        ),
        (
            "names",
            &[(
                "SELECT count(*) FROM pragma_table_info('long') WHERE length(name) = 70",
                "1",
            )],
            &[(
                "SELECT length(column_name) FROM information_schema.columns WHERE table_name = 'long'",
                "63",
            )],
        ),
        (
            "texts in unique columns and indexes",
            &[(
                "INSERT INTO unique_texts VALUES (hex(randomblob(5000))) RETURNING length(t)",
                "10000",
            )],
            &[(
                "INSERT INTO unique_texts SELECT string_agg(md5(n::text), '') FROM generate_series(1, 300) AS s (n) RETURNING length(t)",
                "!",
            )],
        ),
        (
            "moments",
            &[("SELECT -377705023201000000", "-377705023201000000")],
            &[
                ("SELECT '4714-01-01 BC'::timestamptz IS NULL", "!"),
                ("SELECT '4713-01-01 BC'::timestamptz IS NULL", "f"),
            ],
        ),
        (
            "your SQL: what a moment is",
            &[("SELECT typeof(created) FROM moments", "integer")],
            &[(
                "SELECT pg_typeof(created) FROM moments",
                "timestamp with time zone",
            )],
        ),
    ]
}

/// Held elsewhere: a test's name, or where it stands.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "a statement that fails in a transaction",
        "connections::a_commit_of_what_failed_is_an_error",
    ),
    (
        "who writes",
        "failures::those_who_meet_are_told_how, a_deadlock_is_told_to_one_of_them",
    ),
    (
        "tables altered",
        "migrations::postgres::tests::every_operation_goes_forward_and_back_with_rows",
    ),
    (
        "a condition whose column is dropped",
        "migrations::postgres::tests::a_column_that_a_condition_needs_is_not_dropped",
    ),
];

/// Letters that came into Unicode with version 14 or later: an ICU from before does not know their small ones.
const NEW: &[std::ops::RangeInclusive<u32>] = &[
    0x1c89..=0x1c8a,
    0x2c2f..=0x2c2f,
    0xa7c0..=0xa7c0,
    0xa7cb..=0xa7dc,
    0x10570..=0x10595,
    0x10d50..=0x10d65,
    0x16ea0..=0x16eb8,
];

/// CWE-407: what `search` folds on PostgreSQL in one walk is what it folds on SQLite: letter by letter, all that there are.
#[test]
fn cwe_407_a_search_folds_the_same_letters() {
    use std::collections::BTreeMap;

    use crate::tree::folding::{folded, folded_on_postgres};

    let postgres = cluster::database();
    let mut session = postgres.session();
    let fold = folded_on_postgres("letter");
    assert!(
        !fold.contains("translate"),
        "it goes through all letters for each"
    );
    let letters = "SELECT code, chr(code) AS letter FROM generate_series(1, 1114111) AS code WHERE code NOT BETWEEN 55296 AND 57343";
    let sql = format!("SELECT code, {fold} FROM ({letters}) AS all_of_them WHERE {fold} <> letter");
    let theirs: BTreeMap<u32, String> = session
        .run(&sql)
        .unwrap()
        .iter()
        .map(|row| {
            (
                row[0].as_deref().unwrap().parse().unwrap(),
                row[1].clone().unwrap(),
            )
        })
        .collect();
    let letters = (1..=0x10_ffff_u32).filter_map(char::from_u32);
    let ours: BTreeMap<u32, String> = letters
        .map(|letter| (letter.into(), folded(&letter.to_string()), letter.to_string()))
        .filter(|(_, folded, letter)| folded != letter)
        .map(|(code, folded, _)| (code, folded))
        .collect();
    assert!(theirs.len() > 1_300, "{}", theirs.len());
    for code in ours.keys().chain(theirs.keys()) {
        let is_new = NEW.iter().any(|new| new.contains(code));
        assert!(
            is_new || ours.get(code) == theirs.get(code),
            "{code:x}: {:?}, {:?}",
            ours.get(code),
            theirs.get(code)
        );
    }
    // Nor by what stands beside them.
    for text in [
        "ΟΔΟΣ",
        "ΟΔΟΣ, ΟΔΟΣ ΑΣ",
        "ὁδός Σ",
        "İSTANBUL Iı",
        "STRASSE ẞ ǅ",
        "plain ASCII",
        "\u{c4}\u{301}Σ\u{301}",
    ] {
        let sql = format!(
            "SELECT {} FROM (VALUES ('{text}')) AS v (t)",
            folded_on_postgres("t")
        );
        assert_eq!(
            session.run(&sql).unwrap()[0][0].as_deref(),
            Some(&*folded(text)),
            "{text}"
        );
    }
}

#[test]
fn the_guides_list_of_differences_is_true() {
    let sqlite = rusqlite::Connection::open_in_memory().unwrap();
    let long = "x".repeat(70);
    sqlite
        .execute_batch(&format!(
            "CREATE TABLE texts (t TEXT) STRICT; INSERT INTO texts VALUES ('a'), ('B'), ('ä'), ('Z');
             CREATE TABLE \"long\" (\"{long}\" TEXT) STRICT; CREATE TABLE unique_texts (t TEXT UNIQUE) STRICT;
             CREATE TABLE moments (created INTEGER) STRICT; INSERT INTO moments VALUES (0)"
        ))
        .unwrap();
    let postgres = cluster::database();
    postgres.run(&format!(
        "CREATE TABLE texts (t text COLLATE \"C\"); INSERT INTO texts SELECT t FROM {TEXTS};
         CREATE TABLE \"long\" (\"{long}\" text); CREATE TABLE unique_texts (t text COLLATE \"C\" UNIQUE);
         CREATE TABLE moments (created timestamptz); INSERT INTO moments VALUES (now())"
    ));
    let mut session = postgres.session();
    let guide = include_str!("../../../../../../docs/src/postgresql.md");
    let list = guide.split("## What differs").nth(1).unwrap();
    let mut listed: Vec<&str> = list
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .collect();
    for (name, on_sqlite, on_postgres) in rows() {
        assert!(listed.contains(&name), "the guide has no row `{name}`");
        listed.retain(|row| *row != name);
        for (sql, expected) in on_sqlite {
            let said = sqlite.query_row(sql, [], |row| row.get::<_, Stored>(0));
            let said = match said {
                Ok(Stored::Null) => "-".to_owned(),
                Ok(Stored::Integer(number)) => number.to_string(),
                Ok(Stored::Real(number)) => number.to_string(),
                Ok(Stored::Text(text)) => text,
                Ok(Stored::Blob(_)) => "bytes".to_owned(),
                Err(_) => "!".to_owned(),
            };
            assert_eq!(said, *expected, "{name}, SQLite: {sql}");
        }
        for (sql, expected) in on_postgres {
            let said = match session.run(sql) {
                Ok(rows) => rows[0][0].clone().unwrap_or_else(|| "-".to_owned()),
                Err(_) => "!".to_owned(),
            };
            assert_eq!(said, *expected, "{name}, PostgreSQL: {sql}");
        }
    }
    listed.retain(|row| *row != "| SQLite" && !ELSEWHERE.iter().any(|(name, _)| name == row));
    assert!(listed.is_empty(), "without a test: {listed:?}");
}

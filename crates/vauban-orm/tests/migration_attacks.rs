//! What migrations would take from a database that is not what the files say: it is refused, or kept.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test"
)]

use rusqlite::Connection;
use vauban_orm::migrations::{
    Applied, Dialect, MigrationError, Set, SetFile, Target, apply, pending, plan, step,
};

const FIRST: &str = "[[operations]]\ncreate_table = 'membership'\ncolumns = [\
    { name = 'id', type = 'uuid', primary_key = true }, { name = 'person', type = 'string' }, \
    { name = 'level', type = 'int' }, { name = 'active', type = 'boolean' }, { name = 'parent', type = 'uuid', null = true, references = 'membership' }]";
const ALTERS: &str =
    "[[operations]]\nalter_column = 'membership'\ncolumn = { name = 'level', type = 'bigint' }";
const ADDS: &str = "[[operations]]\nadd_column = 'membership'\ncolumn = { name = 'note', type = 'string', default = \"''\" }\n\
    [[operations]]\ncreate_index = 'membership_person_uniq'\ntable = 'membership'\ncolumns = ['person']\nunique = true";
const OTHER: &str = "[[operations]]\ncreate_table = 'team'\ncolumns = [{ name = 'id', type = 'uuid', primary_key = true }, \
    { name = 'of', type = 'uuid', references = 'membership' }]";

fn set(package: &'static str, files: &[(&'static str, &str)]) -> Set {
    let files = files.iter().map(|&(name, text)| SetFile {
        name,
        text: text.to_owned().leak(),
    });
    Set {
        package,
        folder: "",
        files: files.collect::<Vec<_>>().leak(),
    }
}

fn site(files: &[(&'static str, &str)]) -> [Set; 1] {
    [set("demo", files)]
}

fn opened() -> Connection {
    Connection::open_in_memory().expect("a database")
}

fn newest(connection: &mut Connection, sets: &[Set]) -> Result<Vec<Applied>, MigrationError> {
    apply(connection, sets, &Target::Newest, |_| {})
}

fn run(connection: &Connection, sql: &str) -> Result<(), String> {
    connection.execute_batch(sql).map_err(|error| error.to_string())
}

fn schema(connection: &Connection) -> Vec<String> {
    let sql = "SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(|row| row.unwrap()).collect()
}

fn one<T: rusqlite::types::FromSql>(connection: &Connection, sql: &str) -> T {
    connection.query_row(sql, [], |row| row.get(0)).expect(sql)
}

const ROW: &str =
    "INSERT INTO membership (id, person, level, active, note) VALUES (x'01', 'ann', 1, 1, 'precious')";

/// A database that has `files`, with a row that has a note.
fn with_note(sets: &[Set]) -> Connection {
    let mut connection = opened();
    newest(&mut connection, sets).expect("it applies");
    run(&connection, ROW).unwrap();
    connection
}

fn keeps_the_note(connection: &Connection) {
    assert_eq!(
        one::<String>(connection, "SELECT note FROM membership"),
        "precious"
    );
    let twice = "INSERT INTO membership (id, person, level, active, note) VALUES (x'02', 'ann', 1, 1, '')";
    assert!(
        run(connection, twice).unwrap_err().contains("UNIQUE"),
        "the unique index is there"
    );
}

/// Refused by `plan` and by `apply`, and nothing was done.
fn refused(connection: &mut Connection, sets: &[Set], target: &Target) -> MigrationError {
    let was = schema(connection);
    let applied: i64 = one(connection, "SELECT count(*) FROM vauban_migration");
    plan(connection, sets, target).expect_err("the plan tells");
    let error = apply(connection, sets, target, |_| {}).expect_err("it is refused");
    assert_eq!(schema(connection), was, "{error}");
    assert_eq!(
        applied,
        one::<i64>(connection, "SELECT count(*) FROM vauban_migration")
    );
    error
}

/// CWE-1289: two branches, the later of which a database has already.
#[test]
fn a_branch_that_comes_late_is_refused_where_both_change_a_table() {
    let mut connection = with_note(&site(&[("0001", FIRST), ("0002_b", ADDS)]));
    let merged = site(&[("0001", FIRST), ("0002_a", ALTERS), ("0002_b", ADDS)]);
    let error = refused(&mut connection, &merged, &Target::Newest);
    assert!(matches!(error, MigrationError::Late { .. }), "{error}");
    let told = error.to_string();
    assert!(
        told.contains("demo/0002_a comes late")
            && told.contains("demo/0002_b already")
            && told.contains("`membership`"),
        "{told}"
    );
    assert_eq!(pending(&connection, &merged).unwrap().missing, ["demo/0002_a"]);
    keeps_the_note(&connection);
    // What it says helps: the late one stands behind the other.
    let moved = site(&[("0001", FIRST), ("0002_b", ADDS), ("0002_a", ALTERS)]);
    newest(&mut connection, &moved).expect("in this order");
    keeps_the_note(&connection);
    // Raw SQL, a reference or a third one between makes it no better.
    for late in [
        "[[operations]]\nsql = 'UPDATE membership SET level = 2'",
        "[[operations]]\nrename_table = 'membership'\nto = 'member'",
        "[[operations]]\ndrop_column = 'active'\ntable = 'membership'",
        "[[operations]]\ndrop_table = 'membership'",
    ] {
        let mut connection = with_note(&site(&[("0001", FIRST), ("0002_b", ADDS)]));
        let merged = site(&[("0001", FIRST), ("0002_a", late), ("0002_b", ADDS)]);
        let error = refused(&mut connection, &merged, &Target::Newest);
        assert!(matches!(error, MigrationError::Late { .. }), "{error}");
        keeps_the_note(&connection);
        let merged = site(&[
            ("0001", FIRST),
            ("0002_a", late),
            ("0002_c", OTHER),
            ("0002_b", ADDS),
        ]);
        refused(&mut connection, &merged, &Target::Newest);
        keeps_the_note(&connection);
    }
}

/// Branches that have nothing to do with each other are no trouble to a team.
#[test]
fn a_branch_that_comes_late_is_made_where_no_table_is_both_s() {
    let alone = "[[operations]]\ncreate_table = 'place'\ncolumns = [{ name = 'id', type = 'uuid', primary_key = true }]";
    let mut connection = with_note(&site(&[("0001", FIRST), ("0002_b", ADDS)]));
    let merged = site(&[("0001", FIRST), ("0002_a", alone), ("0002_b", ADDS)]);
    let applied = newest(&mut connection, &merged).expect("they do not meet");
    assert_eq!(applied.len(), 1);
    keeps_the_note(&connection);
    // One refers to the other's table: which of them came first makes no difference.
    let merged = site(&[
        ("0001", FIRST),
        ("0002_a", alone),
        ("0002_c", OTHER),
        ("0002_b", ADDS),
    ]);
    newest(&mut connection, &merged).expect("it refers to what is there");
    keeps_the_note(&connection);
    let mut connection = opened();
    newest(&mut connection, &site(&[("0001", FIRST), ("0002_c", OTHER)])).unwrap();
    let merged = site(&[("0001", FIRST), ("0002_a", ALTERS), ("0002_c", OTHER)]);
    newest(&mut connection, &merged).expect("it is referred to");
}

/// CWE-1289: a site's own column on a package's table, which the package's next version makes anew.
#[test]
fn a_package_s_next_version_keeps_what_the_site_added() {
    let site_s = format!("depends_on = ['book/0001']\n{ADDS}");
    let sets = |files| [set("book", files), set("demo", &[("0001", &site_s)])];
    let mut connection = with_note(&sets(&[("0001", FIRST)]));
    newest(&mut connection, &sets(&[("0001", FIRST), ("0002", ALTERS)])).expect("it applies");
    keeps_the_note(&connection);
    // And back, and the site's own away and again.
    let sets = sets(&[("0001", FIRST), ("0002", ALTERS)]);
    apply(&mut connection, &sets, &Target::Last("book/0001".into()), |_| {}).expect("back");
    keeps_the_note(&connection);
    newest(&mut connection, &sets).expect("again");
    keeps_the_note(&connection);
    // Where the order matters, a new database would have another schema.
    let sets = [
        set(
            "book",
            &[
                ("0001", FIRST),
                (
                    "0002",
                    "[[operations]]\ndrop_column = 'parent'\ntable = 'membership'\n\
            [[operations]]\nadd_column = 'membership'\ncolumn = { name = 'more', type = 'string', null = true }",
                ),
            ],
        ),
        set(
            "demo",
            &[(
                "0001",
                &site_s
                    .replace(
                        "'note', type = 'string', default = \"''\"",
                        "'parent2', type = 'string', null = true",
                    )
                    .replace("['person']", "['person', 'parent']"),
            )],
        ),
    ];
    let mut connection = opened();
    let only = |book: &'static [(&'static str, &'static str)]| [set("book", book), sets[1].clone()];
    newest(&mut connection, &only(&[("0001", FIRST)])).expect("it applies");
    refused(&mut connection, &sets, &Target::Newest);
}

/// CWE-1289: a release is rolled back, and a hotfix from its old branch makes the same table anew, or drops it.
#[test]
fn what_a_newer_version_made_is_not_taken_by_an_older_one() {
    for fix in [
        ALTERS,
        "[[operations]]\ndrop_column = 'parent'\ntable = 'membership'",
        "[[operations]]\ndrop_table = 'membership'",
        // Before it, others that would do no harm.
        "[[operations]]\nadd_column = 'membership'\ncolumn = { name = 'x', type = 'string', null = true }\n\
         [[operations]]\nalter_column = 'membership'\ncolumn = { name = 'level', type = 'bigint' }",
        "[[operations]]\nsql = 'SELECT 1'\n[[operations]]\nalter_column = 'membership'\ncolumn = { name = 'level', type = 'bigint' }",
        "[[operations]]\nrename_table = 'membership'\nto = 'm'\n\
         [[operations]]\nalter_column = 'm'\ncolumn = { name = 'level', type = 'bigint' }",
    ] {
        let mut connection = with_note(&site(&[("0001", FIRST), ("0002_newer", ADDS)]));
        let was = schema(&connection);
        let old = site(&[("0001", FIRST), ("0002_fix", fix)]);
        let error = newest(&mut connection, &old).expect_err(fix);
        assert!(matches!(error, MigrationError::Differs { .. }), "{error}");
        assert!(
            error.to_string().contains("would be lost: the column `note`"),
            "{error}"
        );
        assert_eq!(schema(&connection), was);
        keeps_the_note(&connection);
        let back = site(&[("0001", FIRST)]);
        let error = apply(&mut connection, &back, &Target::Zero("demo".into()), |_| {}).expect_err("back");
        assert!(matches!(error, MigrationError::Differs { .. }), "{error}");
        keeps_the_note(&connection);
    }
    // One migration before it is not made either.
    let mut connection = with_note(&site(&[("0001", FIRST), ("0002_newer", ADDS)]));
    let first = "[[operations]]\ncreate_table = 'place'\ncolumns = [{ name = 'id', type = 'uuid', primary_key = true }]";
    refused(
        &mut connection,
        &site(&[("0001", FIRST), ("0002", first), ("0003", ALTERS)]),
        &Target::Newest,
    );
}

const BY_HAND: &str = "[[operations]]\nsql = '''CREATE UNIQUE INDEX membership_active ON membership (person) WHERE active;
    CREATE TRIGGER membership_kept BEFORE DELETE ON membership BEGIN SELECT RAISE(ABORT, 'kept'); END;
    CREATE VIEW people AS SELECT person, level FROM membership;
    CREATE TABLE log (id BLOB PRIMARY KEY) STRICT;
    CREATE TRIGGER log_kept AFTER INSERT ON log BEGIN UPDATE membership SET level = level + 1; END'''\n\
    back = 'DROP TRIGGER log_kept; DROP TABLE log; DROP VIEW people; DROP TRIGGER membership_kept; DROP INDEX membership_active'";

/// CWE-1289: an index, triggers and a view that SQL made by hand, on a table that is made anew.
#[test]
fn what_was_written_by_hand_is_there_after_a_table_was_made_anew() {
    for remakes in [
        ALTERS,
        "[[operations]]\ndrop_column = 'parent'\ntable = 'membership'",
    ] {
        let files = site(&[("0001", FIRST), ("0002", BY_HAND), ("0003", remakes)]);
        let mut connection = opened();
        newest(&mut connection, &site(&[("0001", FIRST), ("0002", BY_HAND)])).unwrap();
        let insert =
            |id| format!("INSERT INTO membership (id, person, level, active) VALUES (x'{id}', 'ann', 1, 1)");
        run(&connection, &insert("01")).unwrap();
        newest(&mut connection, &files).expect("it applies");
        let still = |connection: &Connection| {
            assert!(run(connection, &insert("02")).unwrap_err().contains("UNIQUE"));
            assert!(
                run(connection, "DELETE FROM membership")
                    .unwrap_err()
                    .contains("kept")
            );
            let level: i64 = one(connection, "SELECT level FROM people");
            run(connection, &format!("INSERT INTO log VALUES (x'0{level}')")).unwrap();
            assert_eq!(one::<i64>(connection, "SELECT level FROM membership"), level + 1);
        };
        still(&connection);
        apply(&mut connection, &files, &Target::Last("demo/0002".into()), |_| {}).expect("back");
        still(&connection);
        apply(&mut connection, &files, &Target::Zero("demo".into()), |_| {}).expect("away");
        newest(&mut connection, &files).expect("again");
    }
}

/// What was written by hand and cannot be kept is not left broken.
#[test]
fn a_view_or_an_index_by_hand_of_a_column_that_goes_stops_the_migration() {
    let goes = "[[operations]]\ndrop_column = 'parent'\ntable = 'membership'";
    for (by_hand, told) in [
        (
            "CREATE VIEW children AS SELECT parent FROM membership",
            "the view `children`",
        ),
        (
            "CREATE INDEX by_hand ON membership (parent) WHERE active",
            "by_hand",
        ),
        (
            "CREATE TRIGGER t AFTER UPDATE ON membership BEGIN SELECT NEW.parent; END",
            "a trigger of `membership`",
        ),
        (
            "CREATE TABLE log (id BLOB) STRICT; CREATE TRIGGER t AFTER DELETE ON log BEGIN UPDATE membership SET parent = NULL; END",
            "a trigger of `log`",
        ),
    ] {
        let by_hand = format!("[[operations]]\nsql = '{by_hand}'");
        let mut connection = opened();
        newest(&mut connection, &site(&[("0001", FIRST), ("0002", &by_hand)])).unwrap();
        let was = schema(&connection);
        let files = site(&[("0001", FIRST), ("0002", &by_hand), ("0003", goes)]);
        let error = newest(&mut connection, &files)
            .expect_err("it would not work")
            .to_string();
        assert!(error.contains(told) && error.contains("parent"), "{error}");
        assert_eq!(schema(&connection), was);
    }
}

/// CWE-1289: SQL by hand changed a table in a way that the files do not know.
#[test]
fn a_table_that_sql_changed_is_not_made_anew_from_what_the_files_say() {
    for (by_hand, told) in [
        (
            "ALTER TABLE membership RENAME COLUMN person TO who",
            "the column `who`",
        ),
        (
            "ALTER TABLE membership ADD COLUMN extra TEXT COLLATE NOCASE",
            "the column `extra`",
        ),
        (
            "ALTER TABLE membership ADD CONSTRAINT some CHECK (level < 9)",
            "the condition `CONSTRAINT some CHECK (level < 9)`",
        ),
        (
            "DROP TABLE membership; CREATE TABLE membership (id BLOB NOT NULL PRIMARY KEY, person TEXT NOT NULL COLLATE NOCASE, \
             level INTEGER NOT NULL, active INTEGER NOT NULL, parent BLOB REFERENCES membership) STRICT",
            "here it is `person TEXT NOT NULL COLLATE NOCASE`",
        ),
        (
            "DROP TABLE membership; CREATE TABLE membership (id BLOB NOT NULL PRIMARY KEY, person TEXT NOT NULL, \
             level INTEGER NOT NULL, active INTEGER NOT NULL, parent BLOB REFERENCES membership, UNIQUE (person, level)) STRICT",
            "the condition `UNIQUE (person, level)`",
        ),
        ("DROP TABLE membership", "the table"),
    ] {
        let by_hand = format!("[[operations]]\nsql = '{by_hand}'");
        let mut connection = opened();
        newest(&mut connection, &site(&[("0001", FIRST), ("0002", &by_hand)])).unwrap();
        let files = site(&[("0001", FIRST), ("0002", &by_hand), ("0003", ALTERS)]);
        let error = refused(&mut connection, &files, &Target::Newest).to_string();
        assert!(error.contains(told), "{error}");
    }
    // What the message says helps.
    let by_hand = "[[operations]]\nsql = 'ALTER TABLE membership RENAME COLUMN person TO who'";
    let said = "[[operations]]\nsql = 'ALTER TABLE membership RENAME COLUMN who TO person'\n\
        [[operations]]\nrename_column = 'person'\nto = 'who'\ntable = 'membership'";
    let files = [
        ("0001", FIRST),
        ("0002", by_hand),
        ("0003", said),
        ("0004", ALTERS),
    ];
    let mut connection = opened();
    newest(&mut connection, &site(&files[..2])).unwrap();
    run(
        &connection,
        "INSERT INTO membership VALUES (x'01', 'ann', 1, 1, NULL)",
    )
    .unwrap();
    newest(&mut connection, &site(&files)).expect("it is said now");
    assert_eq!(one::<String>(&connection, "SELECT who FROM membership"), "ann");
}

/// CWE-89: a name in double quotes that there is not is no text in SQLite's schema, nor in a migration's statements.
#[test]
fn a_mistyped_name_in_double_quotes_is_an_error() {
    for (second, told) in [
        (
            "[[operations]]\nadd_constraint = 'membership'\nconstraint = { name = 'c', check = '\"persn\" <> \"\"' }",
            "persn",
        ),
        (
            "[[operations]]\nsql = '''UPDATE \"membership\" SET \"level\" = length(\"persn\")'''",
            "persn",
        ),
        (
            "[[operations]]\nadd_column = 'membership'\ncolumn = { name = 'a', type = 'string', default = '(\"persn\")' }",
            "persn",
        ),
        (
            "[[operations]]\nalter_column = 'membership'\ncolumn = { name = 'person', type = 'string' }\nusing = '\"persn\"'",
            "persn",
        ),
        (
            "[[operations]]\nsql = 'CREATE INDEX i ON membership (\"persn\")'",
            "persn",
        ),
    ] {
        let mut connection = opened();
        let error = newest(&mut connection, &site(&[("0001", FIRST), ("0002", second)]))
            .expect_err(second)
            .to_string();
        assert!(error.contains(told), "{error}");
    }
    let first =
        FIRST.replace("]\"", "]").to_owned() + "\nconstraints = [{ name = 'c', check = '\"persn\" <> 1' }]";
    newest(&mut opened(), &site(&[("0001", &first)])).expect_err("in a new table");
}

/// CWE-460: a transaction that SQL ends by itself leaves half a migration, unrecorded.
#[test]
fn sql_does_not_end_the_migration_s_transaction() {
    for bad in [
        "[[operations]]\nsql = \"INSERT INTO log VALUES (x'01'); COMMIT\"\n[[operations]]\nsql = 'SELECT 1 FROM nowhere'",
        "[[operations]]\nsql = \"INSERT INTO log VALUES (x'01'); END; BEGIN\"",
        "[[operations]]\nsql = 'ROLLBACK; BEGIN'",
        "[[operations]]\nsql = '/* nothing */ rollback'",
        "[[operations]]\nsql = 'BEGIN'",
        "[[operations]]\nadd_constraint = 'log'\nconstraint = { name = 'c', check = '1); COMMIT; --' }",
    ] {
        let mut connection = opened();
        let first = "[[operations]]\nsql = 'CREATE TABLE done (id BLOB) STRICT'";
        let bad = format!(
            "[[operations]]\ncreate_table = 'log'\ncolumns = [{{ name = 'id', type = 'uuid', primary_key = true }}]\n{bad}"
        );
        let error = newest(&mut connection, &site(&[("0001", first), ("0002", &bad)])).expect_err(&bad);
        assert!(matches!(error, MigrationError::Forbidden { .. }), "{error}");
        assert!(
            error
                .to_string()
                .contains("demo/0002 is undone: a migration is one transaction"),
            "{error}"
        );
        assert!(one::<bool>(
            &connection,
            "SELECT count(*) = 0 FROM sqlite_schema WHERE name = 'log'"
        ));
        assert_eq!(
            pending(&connection, &site(&[("0001", first), ("0002", &bad)]))
                .unwrap()
                .missing,
            ["demo/0002"]
        );
    }
}

/// CWE-345: what was applied is recorded by what applied it.
#[test]
fn sql_does_not_write_the_record() {
    for bad in [
        "DELETE FROM vauban_migration",
        "INSERT INTO vauban_migration VALUES ('other', '0001', '', '')",
        "UPDATE \"VAUBAN_MIGRATION\" SET checksum = ''",
        "DROP TABLE vauban_migration",
        "UPDATE vauban_key SET state = 'active'",
        "ALTER TABLE vauban_migration RENAME TO other",
        "CREATE TRIGGER t AFTER INSERT ON vauban_migration BEGIN SELECT 1; END",
    ] {
        let bad = format!("[[operations]]\nsql = '''{bad}'''");
        let error = newest(&mut opened(), &site(&[("0001", FIRST), ("0002", &bad)])).expect_err(&bad);
        assert!(matches!(error, MigrationError::Forbidden { .. }), "{error}");
    }
}

/// Tables with rows that refer to each other go together; one that is still referred to stays.
#[test]
fn tables_that_refer_to_each_other_are_dropped_in_one_migration() {
    let second = "[[operations]]\nadd_column = 'membership'\ncolumn = { name = 'team', type = 'uuid', null = true, references = 'team' }";
    let both = "[[operations]]\ndrop_table = 'team'\n[[operations]]\ndrop_table = 'membership'";
    let files = [("0001", FIRST), ("0002", OTHER), ("0003", second), ("0004", both)];
    let filled = || {
        let mut connection = opened();
        newest(&mut connection, &site(&files[..3])).unwrap();
        run(
            &connection,
            "INSERT INTO membership (id, person, level, active) VALUES (x'01', 'a', 1, 1);
             INSERT INTO team VALUES (x'02', x'01'); UPDATE membership SET team = x'02', parent = x'01'",
        )
        .unwrap();
        connection
    };
    newest(&mut filled(), &site(&files)).expect("both go");
    let one_of_both = [
        files[0],
        files[1],
        files[2],
        ("0004", "[[operations]]\ndrop_table = 'team'"),
    ];
    let mut connection = filled();
    let error = newest(&mut connection, &site(&one_of_both)).expect_err("a row refers to it");
    assert!(matches!(error, MigrationError::BrokenKey { .. }), "{error}");
    assert_eq!(one::<i64>(&connection, "SELECT count(*) FROM team"), 1);
}

/// `sqlmigrate` asks no database, and its statements do the same.
#[test]
fn the_sql_that_is_shown_makes_the_table_anew() {
    let files = site(&[("0001", FIRST), ("0002", ADDS), ("0003", ALTERS)]);
    let mut connection = with_note(&site(&[("0001", FIRST), ("0002", ADDS)]));
    let shown = step(&files, "demo/0003", false, Dialect::Sqlite, &[])
        .unwrap()
        .statements;
    run(
        &connection,
        &format!("PRAGMA foreign_keys = OFF; BEGIN; {}; COMMIT", shown.join(";")),
    )
    .unwrap();
    keeps_the_note(&connection);
    let by_hand = schema(&connection);
    connection = with_note(&site(&[("0001", FIRST), ("0002", ADDS)]));
    newest(&mut connection, &files).unwrap();
    assert_eq!(schema(&connection), by_hand);
}

/// A test of a site's migrations tells before a later migration stops.
#[cfg(feature = "testing")]
#[test]
fn a_round_trip_tells_what_no_operation_says() {
    use vauban_orm::migrations::round_trip;
    round_trip(
        &site(&[("0001", FIRST), ("0002", BY_HAND), ("0003", ALTERS)]),
        &[],
    )
    .expect("it is all said");
    for (by_hand, told) in [
        (
            "ALTER TABLE membership ADD COLUMN more TEXT",
            "has the column `more` in the end",
        ),
        (
            "ALTER TABLE membership RENAME COLUMN person TO who",
            "lacks the column `person` in the end",
        ),
        ("DROP TABLE membership", "`membership` is not there in the end"),
    ] {
        let by_hand = format!("[[operations]]\nsql = '{by_hand}'");
        let error = round_trip(&site(&[("0001", FIRST), ("0002", &by_hand)]), &[]).expect_err(told);
        assert!(error.contains(told), "{error}");
    }
}

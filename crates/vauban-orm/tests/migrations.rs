//! From models to migration files: what is made by itself, and what is refused with advice.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test"
)]

use vauban_macros::Model;
use vauban_orm::migrations::{
    Answers, Dialect, Made, Migration, MigrationError, Operation, Rename, Set, SetFile, Target, apply,
    differences, empty, step,
};
use vauban_orm::{Columns, ForeignKey, Id, Model, ModelMeta, Policy, Rules, Slug, Who};

macro_rules! closed {
    ($($model:ty),+) => {$(
        impl Policy for $model {
            fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() }
        }
    )+};
}

mod before {
    use super::*;

    #[derive(Model)]
    #[model(crate = vauban_orm, table = "team")]
    pub(crate) struct Team {
        pub id: Id<Team>,
        #[field(max_length = 20)]
        pub name: String,
    }
    closed!(Team);
}

/// More of everything.
mod after {
    use super::*;

    #[derive(Model)]
    #[model(crate = vauban_orm, table = "team", unique(name, size), check(some = "size >= 0"))]
    pub(crate) struct Team {
        pub id: Id<Team>,
        #[field(max_length = 20)]
        pub name: String,
        #[field(default = 3, index)]
        pub size: i64,
        pub slug: Option<Slug>,
        pub parent: Option<ForeignKey<Team>>,
    }

    #[derive(Model)]
    #[model(crate = vauban_orm, table = "player")]
    pub(crate) struct Player {
        pub id: Id<Player>,
        pub team: ForeignKey<Team>,
    }
    closed!(Team, Player);
}

/// Differences that could lose data or mean several things.
mod altered {
    use super::*;

    #[derive(Model)]
    #[model(crate = vauban_orm, table = "team")]
    pub(crate) struct Team {
        pub id: Id<Team>,
        pub name: Option<bool>,
        #[field(max_length = 5)]
        pub code: String,
        pub boss: ForeignKey<Team>,
    }
    closed!(Team);
}

/// Less of everything, and `name` has another name.
mod narrow {
    use super::*;

    #[derive(Model)]
    #[model(crate = vauban_orm, table = "team", unique(title, size))]
    pub(crate) struct Team {
        pub id: Id<Team>,
        #[field(max_length = 20, unique)]
        pub title: String,
        #[field(max_length = 20, index)]
        pub size: String,
    }

    #[derive(Model)]
    #[model(crate = vauban_orm, table = "player")]
    pub(crate) struct Player {
        pub id: Id<Player>,
        pub team: ForeignKey<Team>,
    }
    closed!(Team, Player);
}

/// `team` has another name.
mod squad {
    use super::*;

    #[derive(Model)]
    #[model(crate = vauban_orm, table = "squad")]
    pub(crate) struct Squad {
        pub id: Id<Squad>,
        #[field(max_length = 20)]
        pub name: String,
    }
    closed!(Squad);
}

/// `name` has another name.
mod renamed {
    use super::*;

    #[derive(Model)]
    #[model(crate = vauban_orm, table = "team")]
    pub(crate) struct Team {
        pub id: Id<Team>,
        #[field(max_length = 20)]
        pub title: String,
    }
    closed!(Team);
}

/// The table and a column have other names, and columns hold something else as well.
mod moved {
    use super::*;

    #[derive(Model)]
    #[model(crate = vauban_orm, table = "squad")]
    pub(crate) struct Squad {
        pub id: Id<Squad>,
        pub number: i32,
    }

    #[derive(Model)]
    #[model(crate = vauban_orm, table = "team")]
    pub(crate) struct Team {
        pub id: Id<Team>,
        pub number: i32,
    }
    closed!(Squad, Team);
}

/// Defaults that are others each time.
mod random {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    fn next() -> i64 {
        static NEXT: AtomicI64 = AtomicI64::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    #[derive(Model)]
    #[model(crate = vauban_orm, table = "team")]
    pub(crate) struct Team {
        pub id: Id<Team>,
        #[field(max_length = 20)]
        pub name: String,
        #[field(default = Id::<Team>::random().to_string(), max_length = 60, unique)]
        pub token: String,
        #[field(default = vauban_orm::DateTime::now())]
        pub since: vauban_orm::DateTime,
        #[field(default = Some(next()))]
        pub place: Option<i64>,
        #[field(default = 7)]
        pub size: i64,
    }
    closed!(Team);
}

mod required {
    use super::*;

    #[derive(Model)]
    #[model(crate = vauban_orm, table = "team")]
    pub(crate) struct Team {
        pub id: Id<Team>,
        #[field(max_length = 20, default = Id::<Team>::random().to_string())]
        pub slug: String,
    }
    closed!(Team);
}

const PACKAGE: &str = env!("CARGO_PKG_NAME");

fn set(texts: Vec<(String, String)>) -> Set {
    let files = texts.into_iter().map(|(name, text)| SetFile {
        name: name.leak(),
        text: text.leak(),
    });
    Set {
        package: PACKAGE,
        folder: "",
        files: files.collect::<Vec<_>>().leak(),
    }
}

fn make(models: &[&'static ModelMeta], files: &[(String, String)], answers: &Answers) -> Made {
    vauban_orm::migrations::make(PACKAGE, models, &[set(files.to_vec())], answers).expect("files")
}

fn made(models: &[&'static ModelMeta], files: Vec<(String, String)>) -> (String, String, Vec<Operation>) {
    made_with(models, &files, &Answers::default())
}

fn made_with(
    models: &[&'static ModelMeta],
    files: &[(String, String)],
    answers: &Answers,
) -> (String, String, Vec<Operation>) {
    match make(models, files, answers) {
        Made::New(new) => (new.name, new.text, new.operations),
        other => panic!("{other:?}"),
    }
}

fn nothing_is_missing(models: &[&'static ModelMeta], files: &[(String, String)]) {
    let made = make(models, files, &Answers::default());
    assert!(matches!(made, Made::Nothing), "{made:?}");
}

/// Nothing that is gone has another name.
fn no_rename() -> Answers {
    Answers {
        no_other: true,
        ..Answers::default()
    }
}

fn summaries(operations: &[Operation]) -> Vec<String> {
    operations.iter().map(Operation::summary).collect()
}

fn opened() -> rusqlite::Connection {
    let connection = rusqlite::Connection::open_in_memory().expect("a database");
    connection
        .pragma_update(None, "foreign_keys", true)
        .expect("a pragma");
    connection
}

fn newest(
    connection: &mut rusqlite::Connection,
    files: &[(String, String)],
) -> Result<usize, MigrationError> {
    apply(connection, &[set(files.to_vec())], &Target::Newest, |_| {}).map(|applied| applied.len())
}

/// The whole schema, to be compared.
fn schema(connection: &rusqlite::Connection) -> Vec<String> {
    let sql = "SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_schema \
               WHERE tbl_name NOT IN ('vauban_migration', 'vauban_key') ORDER BY 1";
    let mut statement = connection.prepare(sql).expect("a statement");
    let rows = statement
        .query_map([], |row| row.get::<_, String>(0))
        .expect("rows");
    // Where SQLite writes a table's name anew, it puts it in other quotes.
    rows.map(|row| row.expect("a row").replace('"', "").replace('\n', " "))
        .collect()
}

fn initial() -> Vec<(String, String)> {
    let (name, text, _) = made(&[before::Team::meta()], Vec::new());
    vec![(name, text)]
}

#[test]
fn the_first_migration_creates_and_then_nothing_is_missing() {
    let files = initial();
    assert_eq!(files[0].0, "0001_initial");
    assert!(files[0].1.contains("create_table = \"team\""), "{}", files[0].1);
    nothing_is_missing(&[before::Team::meta()], &files);
}

#[test]
fn tables_columns_indexes_and_constraints_are_made_and_really_apply() {
    let models = [after::Player::meta(), after::Team::meta()];
    let mut files = initial();
    let (name, text, operations) = made(&models, files.clone());
    let summary = summaries(&operations);
    for expected in [
        "create table player",
        "add column team.size",
        "add column team.slug",
        "add column team.parent_id",
        "add constraint some to team",
        "create index on team (size)",
        "create index on team (parent_id)",
        "create unique index on team (name, size)",
        "create index on player (team_id)",
    ] {
        assert!(
            summary.iter().any(|line| line == expected),
            "{expected} is missing from {summary:#?}"
        );
    }
    assert_eq!(summary.len(), 9, "{summary:#?}");
    files.push((name, text));
    let mut connection = opened();
    assert_eq!(newest(&mut connection, &files).expect("it applies"), 2);
    let run = |sql: &str| {
        connection
            .execute(sql, [])
            .map(drop)
            .map_err(|error| error.to_string())
    };
    run("INSERT INTO team (id, name, row_version) VALUES (x'01', 'a', 0)").unwrap();
    for (broken, sql) in [
        (
            "UNIQUE",
            "INSERT INTO team (id, name, row_version) VALUES (x'02', 'a', 0)",
        ),
        ("CHECK", "UPDATE team SET size = -1"),
        (
            "FOREIGN KEY",
            "INSERT INTO player (id, team_id, row_version) VALUES (x'01', x'09', 0)",
        ),
    ] {
        let error = run(sql).unwrap_err();
        assert!(error.contains(broken), "{sql}: {error}");
    }
    nothing_is_missing(&models, &files);
}

#[test]
fn what_has_no_one_answer_is_refused_all_at_once_with_what_to_write() {
    let Made::Refuses(text) = make(&[altered::Team::meta()], &initial(), &no_rename()) else {
        panic!("nobody can know");
    };
    assert_eq!(text.len(), 3, "{text:#?}");
    for (what, advice) in [
        ("`team.name` holds something else now", "using = \"…\""),
        ("`team.code` is new", "default"),
        ("`team.boss_id` is a new foreign key", "Option"),
    ] {
        assert!(
            text.iter().any(|t| t.contains(what) && t.contains(advice)),
            "{what}: {text:#?}"
        );
    }
}

/// A column of another type, that needs a value now, that goes; a table that goes: made, applied and undone with the rows.
#[test]
fn what_changes_is_altered_with_its_rows_and_back() {
    let mut files = initial();
    let (name, text, _) = made(&[after::Player::meta(), after::Team::meta()], files.clone());
    files.push((name, text));
    let mut connection = opened();
    newest(&mut connection, &files).expect("it applies");
    let was = schema(&connection);
    connection
        .execute_batch(
            "INSERT INTO team (id, name, size, parent_id, row_version) VALUES (x'01', 'a', 5, NULL, 1), (x'02', 'b', 7, x'01', 1);
             INSERT INTO player (id, team_id, row_version) VALUES (x'03', x'02', 1)",
        )
        .expect("rows");
    let models = [narrow::Player::meta(), narrow::Team::meta()];
    let Made::Asks(asked) = make(&models, &files, &Answers::default()) else {
        panic!("`title` may be the new name of `name`, and of `slug`");
    };
    let name = |from: &str| Rename::OfColumn {
        table: "team".into(),
        from: from.into(),
        to: "title".into(),
    };
    assert_eq!(asked, [name("name"), name("slug"), name("parent_id")]);
    let answers = Answers {
        renamed: [name("name")].into(),
        ..Answers::default()
    };
    let (name, text, operations) = made_with(&models, &files, &answers);
    assert_eq!(name, "0003_rename_team_title");
    assert_eq!(
        summaries(&operations),
        [
            "rename column team.name to title",
            "drop constraint some of team",
            "rename index team_name_size_uniq to team_title_size_uniq",
            "alter column team.size",
            "create unique index on team (title)",
            "drop column team.slug",
            "drop column team.parent_id",
        ],
        "{text}"
    );
    assert!(
        text.contains("# Careful: what the rows have in it is lost.\n[[operations]]\ndrop_column"),
        "{text}"
    );
    files.push((name, text));
    nothing_is_missing(&models, &files);
    newest(&mut connection, &files).expect("it applies");
    let rows: String = connection
        .query_row(
            "SELECT group_concat(title || size || typeof(size), ' ' ORDER BY id) FROM team",
            [],
            |row| row.get(0),
        )
        .expect("rows");
    assert_eq!(rows, "a5text b7text");
    connection
        .execute(
            "INSERT INTO player (id, team_id, row_version) VALUES (x'09', x'99', 1)",
            [],
        )
        .expect_err("foreign keys are on again");
    let back = Target::Last(format!("{PACKAGE}/{}", files[1].0));
    let told = apply(&mut connection, &[set(files.clone())], &back, |_| {}).expect("there is a way back");
    assert!(told.len() == 1 && told[0].back, "{told:?}");
    let sorted = |mut all: Vec<String>| {
        // A column that went and came back stands last, and what rows were given once is no default of a table made anew.
        for line in &mut all {
            *line = line.replace("DEFAULT 3", "");
            let mut words: Vec<&str> = line
                .split([' ', ',', '(', ')'])
                .filter(|word| !word.is_empty())
                .collect();
            words.sort_unstable();
            *line = words.join(" ");
        }
        all
    };
    assert_eq!(sorted(schema(&connection)), sorted(was));
    let rows: String = connection
        .query_row(
            "SELECT group_concat(name || size || typeof(size), ' ' ORDER BY id) FROM team",
            [],
            |row| row.get(0),
        )
        .expect("rows");
    assert_eq!(rows, "a5integer b7integer");
    assert_eq!(newest(&mut connection, &files).expect("and forward again"), 1);
    let zero = apply(
        &mut connection,
        &[set(files)],
        &Target::Zero(PACKAGE.into()),
        |_| {},
    );
    assert_eq!(zero.expect("all the way").len(), 3);
    assert_eq!(schema(&connection), [""; 0]);
}

/// A value that does not fit its column's new type is not bent: nothing is changed.
#[test]
fn a_value_that_does_not_fit_stops_the_migration() {
    let files = initial();
    let alter = |using: &str| {
        let text = format!(
            "[[operations]]\nalter_column = 'team'\ncolumn = {{ name = 'name', type = 'int' }}\n{using}"
        );
        [files.clone(), vec![("0002_number".to_owned(), text)]].concat()
    };
    for (value, using, fits) in [
        ("'12'", "", true),
        ("'-2147483648'", "", true),
        ("'2147483648'", "", false),
        ("'twelve'", "", false),
        ("''", "", false),
        ("''", "using = 'length(name)'", true),
    ] {
        let mut connection = opened();
        newest(&mut connection, &files).expect("it applies");
        connection
            .execute(
                &format!("INSERT INTO team (id, name, row_version) VALUES (x'01', {value}, 1)"),
                [],
            )
            .expect("a row");
        let was = schema(&connection);
        let done = newest(&mut connection, &alter(using));
        assert_eq!(done.is_ok(), fits, "{value}, {using}: {done:?}");
        if !fits {
            assert_eq!(schema(&connection), was);
            let kept: i64 = connection
                .query_row("SELECT count(*) FROM team", [], |row| row.get(0))
                .expect("a count");
            assert_eq!(kept, 1);
        }
        let broken = "INSERT INTO player (id, team_id, row_version) VALUES (x'09', x'99', 1)";
        connection
            .execute(broken, [])
            .expect_err("there is no such table, whatever the migration came to");
        let on: bool = connection
            .query_row("PRAGMA foreign_keys", [], |row| row.get(0))
            .expect("a pragma");
        assert!(on, "foreign keys are on again");
    }
}

/// CWE-20: a table that is made anew with rows that refer to none is not kept.
#[test]
fn a_key_that_refers_to_nothing_stops_the_migration() {
    let mut files = initial();
    let (name, text, _) = made(&[after::Player::meta(), after::Team::meta()], files.clone());
    files.push((name, text));
    let mut connection = opened();
    newest(&mut connection, &files).expect("it applies");
    connection
        .execute_batch(
            "INSERT INTO team (id, name, size, row_version) VALUES (x'01', 'a', 5, 1);
             INSERT INTO player (id, team_id, row_version) VALUES (x'03', x'01', 1)",
        )
        .expect("rows");
    let wrong = "[[operations]]\nalter_column = 'player'\ncolumn = { name = 'team_id', type = 'uuid', references = 'team' }\n\
                 using = \"x'99'\"";
    files.push(("0003_wrong".into(), wrong.into()));
    let error = newest(&mut connection, &files).expect_err("nobody is there");
    assert!(
        matches!(&error, MigrationError::BrokenKey { table, target, .. } if table == "player" && target == "team")
    );
    let team: Vec<u8> = connection
        .query_row("SELECT team_id FROM player", [], |row| row.get(0))
        .expect("a row");
    assert_eq!(team, [1]);
}

#[test]
fn a_table_that_is_gone_is_asked_about_and_dropped() {
    let mut files = initial();
    let (name, text, _) = made(&[after::Player::meta(), after::Team::meta()], files.clone());
    files.push((name, text));
    // Player has the columns of nobody else.
    let (name, _, operations) = made_with(&[after::Team::meta()], &files, &Answers::default());
    assert_eq!(
        (name.as_str(), summaries(&operations).as_slice()),
        ("0003_drop_player", &["drop table player".to_owned()][..])
    );
    let models = [squad::Squad::meta()];
    let squad = Rename::OfTable {
        from: "team".into(),
        to: "squad".into(),
    };
    let Made::Asks(asked) = make(&models, &initial(), &Answers::default()) else {
        panic!("`squad` may be the new name of `team`");
    };
    assert_eq!(asked, std::slice::from_ref(&squad));
    let (_, _, operations) = made_with(&models, &initial(), &no_rename());
    assert_eq!(summaries(&operations), ["create table squad", "drop table team"]);
    let answers = Answers {
        renamed: [squad].into(),
        ..Answers::default()
    };
    let (name, text, operations) = made_with(&models, &initial(), &answers);
    assert_eq!(summaries(&operations), ["rename table team to squad"]);
    let files = [initial(), vec![(name, text)]].concat();
    nothing_is_missing(&models, &files);
    newest(&mut opened(), &files).expect("it applies");
}

/// CWE-1289: what is gone may be what is new by another name, also where it holds something else now.
#[test]
fn a_renaming_together_with_another_change_is_asked() {
    let Made::Asks(asked) = make(&[moved::Squad::meta()], &initial(), &Answers::default()) else {
        panic!("`squad` may be the new name of `team`");
    };
    assert_eq!(asked[0].to_string(), "team=squad");
    let mut answers = Answers {
        renamed: asked.into_iter().collect(),
        ..Answers::default()
    };
    let Made::Asks(asked) = make(&[moved::Squad::meta()], &initial(), &answers) else {
        panic!("`number` may be the new name of `name`");
    };
    assert_eq!(asked[0].to_string(), "squad.name=number");
    answers.renamed.extend(asked);
    let (_, text, operations) = made_with(&[moved::Squad::meta()], &initial(), &answers);
    assert_eq!(
        summaries(&operations),
        [
            "rename table team to squad",
            "rename column squad.name to number",
            "alter column squad.number"
        ]
    );
    let mut connection = opened();
    newest(&mut connection, &initial()).expect("it applies");
    connection
        .execute(
            "INSERT INTO team (id, name, row_version) VALUES (x'01', '42', 0)",
            [],
        )
        .expect("a row");
    newest(
        &mut connection,
        &[initial(), vec![("0002".to_owned(), text)]].concat(),
    )
    .expect("it applies");
    let number: i64 = connection
        .query_row("SELECT number FROM squad", [], |row| row.get(0))
        .expect("the row");
    assert_eq!(number, 42);
    let Made::Asks(asked) = make(&[moved::Team::meta()], &initial(), &Answers::default()) else {
        panic!("`number` may be the new name of `name`");
    };
    assert_eq!(asked[0].to_string(), "team.name=number");
}

/// CWE-330: one value in a committed file would be every row's.
#[test]
fn a_default_that_is_another_one_each_time_is_written_into_no_file() {
    let Made::Refuses(told) = make(&[random::Team::meta()], &initial(), &Answers::default()) else {
        panic!("one token for all rows");
    };
    assert_eq!(told.len(), 3, "{told:#?}");
    for (told, (what, why)) in told.iter().zip([
        ("`team.token` is new", "asks `Id::random`"),
        ("`team.since` is new", "asks `DateTime::now`"),
        ("`team.place` is new", "is another one each time"),
    ]) {
        assert!(told.contains(what) && told.contains(why), "{told}");
    }
    // What is told to be written can be read, and filled in it does what is meant.
    let file = told[0].split_once(" with\n").expect("a file").1;
    let file = file.replace("= …", "= lower(hex(randomblob(16)))");
    let mut connection = opened();
    newest(&mut connection, &initial()).expect("it applies");
    connection
        .execute_batch("INSERT INTO team (id, name, row_version) VALUES (x'01', 'a', 0), (x'02', 'b', 0)")
        .expect("rows");
    newest(
        &mut connection,
        &[initial(), vec![("0002".to_owned(), file)]].concat(),
    )
    .expect("it applies");
    let tokens: i64 = connection
        .query_row(
            "SELECT count(DISTINCT token) FROM team WHERE length(token) = 32",
            [],
            |row| row.get(0),
        )
        .expect("tokens");
    assert_eq!(tokens, 2);
    // A column that may not be empty any more.
    let (name, text, _) = made_with(&[after::Team::meta()], &[], &Answers::default());
    let Made::Refuses(told) = make(&[required::Team::meta()], &[(name, text)], &no_rename()) else {
        panic!("one slug for all rows that have none");
    };
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(
        told[0].contains("its default asks `Id::random`")
            && told[0].contains("using = \"coalesce(\\\"slug\\\", …)\""),
        "{told:#?}"
    );
}

/// CWE-354: what is recorded as applied is not what is there.
#[test]
fn a_database_that_is_not_what_the_models_say_is_told() {
    let models = [after::Player::meta(), after::Team::meta()];
    let (name, text, _) = made(&models, Vec::new());
    let by_hand = "[[operations]]\nsql = 'CREATE INDEX by_hand ON team (size) WHERE size > 3'".to_owned();
    let files = [(name, text), ("0002_by_hand".to_owned(), by_hand)];
    let told = |change: &str| {
        let mut connection = opened();
        newest(&mut connection, &files).expect("it applies");
        connection.execute_batch(change).expect(change);
        let found = differences(&connection, &models, &[set(files.to_vec())]).expect("it is asked");
        (found.missing, found.more)
    };
    assert_eq!(told(""), (vec![], vec![]));
    // Where it was made piece by piece, too, and with other names of indexes.
    let one_by_one = "ALTER TABLE team RENAME COLUMN size TO s; ALTER TABLE team RENAME COLUMN s TO size; \
        DROP INDEX team_size_idx; CREATE INDEX [other] ON Team(\"size\"); \
        ALTER TABLE player RENAME TO p; ALTER TABLE p RENAME TO player";
    assert_eq!(told(one_by_one), (vec![], vec![]));
    for (change, missing, more) in [
        ("DROP TABLE player", Some("the table `player`"), None),
        (
            "DROP INDEX team_name_size_uniq",
            Some("the unique index on (name, size) of `team`"),
            None,
        ),
        (
            "DROP INDEX team_size_idx; CREATE INDEX team_size_idx ON team (size) WHERE size > 1",
            Some("the index on (size) of `team`"),
            Some("the index `team_size_idx` of `team`"),
        ),
        (
            "ALTER TABLE team DROP COLUMN slug",
            Some("the column `slug` of `team`"),
            None,
        ),
        (
            "ALTER TABLE team DROP CONSTRAINT some",
            Some("the condition `CONSTRAINT \"some\" CHECK (size >= 0)` of `team`"),
            None,
        ),
        (
            "ALTER TABLE team DROP COLUMN slug; ALTER TABLE team ADD COLUMN slug BLOB",
            Some("the column `\"slug\" TEXT` (here it is `slug BLOB`) of `team`"),
            None,
        ),
        (
            "ALTER TABLE team ADD COLUMN more TEXT",
            None,
            Some("the column `more` of `team`"),
        ),
        (
            "CREATE TRIGGER spy AFTER INSERT ON team BEGIN SELECT 1; END",
            None,
            Some("the trigger `spy` of `team`"),
        ),
    ] {
        let lines = |line: Option<&str>| line.map(str::to_owned).into_iter().collect::<Vec<_>>();
        assert_eq!(told(change), (lines(missing), lines(more)), "{change}");
    }
}

#[test]
fn a_renaming_is_read_as_it_is_told() {
    for text in ["team=squad", "team.name=title"] {
        assert_eq!(text.parse::<Rename>().expect("a renaming").to_string(), text);
    }
    "team".parse::<Rename>().expect_err("no new name");
    let answers = Answers {
        renamed: ["team.nam=title".parse().expect("a renaming")].into(),
        no_other: true,
        ..Answers::default()
    };
    let Made::Refuses(told) = make(&[renamed::Team::meta()], &initial(), &answers) else {
        panic!("there is no `nam`");
    };
    assert!(
        told[0].contains("`team.nam=title` is no renaming here"),
        "{told:?}"
    );
}

#[test]
fn what_cannot_be_undone_says_why_and_changes_nothing() {
    let sql = |back: &str| format!("[[operations]]\nsql = \"UPDATE team SET name = 'x'\"\n{back}");
    let with = |text: String| [initial(), vec![("0002_data".to_owned(), text)]].concat();
    let zero = Target::Zero(PACKAGE.into());
    let files = with(sql(""));
    let mut connection = opened();
    newest(&mut connection, &files).expect("it applies");
    let was = schema(&connection);
    let error = apply(&mut connection, &[set(files)], &zero, |_| {}).expect_err("no `back`");
    assert!(matches!(error, MigrationError::OneWay { .. }), "{error}");
    assert_eq!(schema(&connection), was);
    let files = with(sql("back = \"UPDATE team SET name = 'y'\""));
    let mut connection = opened();
    newest(&mut connection, &files).expect("it applies");
    let undone = step(
        &[set(files.clone())],
        &format!("{PACKAGE}/0002_data"),
        true,
        Dialect::Sqlite,
        &[],
    )
    .expect("a way back");
    assert_eq!(undone.statements, ["UPDATE team SET name = 'y'"]);
    apply(&mut connection, &[set(files)], &zero, |_| {}).expect("there is a way back");
}

#[test]
fn steps_written_by_hand_change_what_the_files_say() {
    let mut files = initial();
    files.push((
        "0002_rename".into(),
        "[[operations]]\nrename_column = 'name'\nto = 'title'\ntable = 'team'\n\
         [[operations]]\nrename_column = 'title'\nto = 'name'\ntable = 'team'"
            .into(),
    ));
    nothing_is_missing(&[before::Team::meta()], &files);
}

/// Types that older files do not name: a database that they made is as it was, and nothing is to be done.
#[test]
fn files_of_before_the_types_had_names_stay_valid() {
    let (_, text, _) = made(&[after::Team::meta()], Vec::new());
    let old = text
        .replace("\"uuid\"", "\"blob\"")
        .replace("\"string\"", "\"text\"")
        .replace("\"bigint\"", "\"integer\"");
    assert_ne!(old, text);
    let files = |text: String| vec![("0001_initial".to_owned(), text)];
    nothing_is_missing(&[after::Team::meta()], &files(old.clone()));
    let made = |text: String| {
        let mut connection = opened();
        newest(&mut connection, &files(text)).expect("it applies");
        schema(&connection)
    };
    assert_eq!(made(old), made(text));
}

#[test]
fn an_empty_migration_is_refused_until_it_is_filled_in() {
    let files = initial();
    let new = empty(PACKAGE, "by_hand", &[set(files)]).expect("an empty migration");
    let refused = Migration::read(PACKAGE, &new.name, &new.text)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("no operations yet"), "{refused}");
    // What stands in it as an example is read as it should be.
    let filled = new.text.replace("\n# [[", "\n[[");
    let mut lines = Vec::new();
    for line in filled.lines() {
        let key = line.strip_prefix("# ").filter(|rest| rest.contains(" = \""));
        lines.push(key.unwrap_or(line));
    }
    let read = Migration::read(PACKAGE, &new.name, &lines.join("\n")).expect("the examples");
    assert_eq!(read.operations.len(), 9, "{}", new.text);
    for bad in ["", "Rename", "a-b", "../a", "a b", "a\nb", &"a".repeat(49)] {
        let problem = empty(PACKAGE, bad, &[set(initial())]).unwrap_err();
        assert!(problem.contains("is no name"), "{problem}");
    }
}

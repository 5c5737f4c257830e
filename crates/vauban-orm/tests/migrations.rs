//! From models to migration files: what is made by itself, and what is refused with advice.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test"
)]

use vauban_macros::Model;
use vauban_orm::migrations::{Migration, Operation, Set, SetFile, empty, make};
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
        pub name: Option<i64>,
        #[field(max_length = 5)]
        pub code: String,
        pub boss: ForeignKey<Team>,
    }
    closed!(Team);
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

fn made(models: &[&'static ModelMeta], files: Vec<(String, String)>) -> (String, String, Vec<Operation>) {
    let new = make(PACKAGE, models, &[set(files)])
        .expect("files")
        .expect("no refusal")
        .expect("a migration");
    (new.name, new.text, new.operations)
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
    let again = make(PACKAGE, &[before::Team::meta()], &[set(files)])
        .unwrap()
        .unwrap();
    assert!(again.is_none(), "{again:?}");
}

#[test]
fn tables_columns_indexes_and_constraints_are_made_and_really_apply() {
    let models = [after::Player::meta(), after::Team::meta()];
    let mut files = initial();
    let (name, text, operations) = made(&models, files.clone());
    let summary: Vec<String> = operations.iter().map(Operation::summary).collect();
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
    let sets = [set(files)];
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    vauban_orm::migrations::apply(&mut connection, &sets, |_| {}).unwrap();
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
    assert!(
        make(PACKAGE, &models, &sets).unwrap().unwrap().is_none(),
        "nothing is left to make"
    );
}

#[test]
fn what_could_lose_data_is_refused_all_at_once_with_what_to_write() {
    let refusals = make(PACKAGE, &[altered::Team::meta()], &[set(initial())])
        .unwrap()
        .unwrap_err();
    let text: Vec<&str> = refusals.iter().map(|refusal| refusal.message.as_str()).collect();
    assert_eq!(text.len(), 3, "{text:#?}");
    assert!(
        text.iter().any(|t| t.contains("`team.name` is stored otherwise")),
        "{text:#?}"
    );
    assert!(
        text.iter()
            .any(|t| t.contains("`team.code` is new") && t.contains("default")),
        "{text:#?}"
    );
    assert!(
        text.iter()
            .any(|t| t.contains("`team.boss_id` is new") && t.contains("Option")),
        "{text:#?}"
    );
}

#[test]
fn a_column_or_table_that_is_gone_is_never_guessed() {
    let mut files = initial();
    let (name, text, _) = made(&[after::Player::meta(), after::Team::meta()], files.clone());
    files.push((name, text));
    let refusals = make(PACKAGE, &[before::Team::meta()], &[set(files)])
        .unwrap()
        .unwrap_err();
    let text = refusals
        .iter()
        .map(|refusal| refusal.message.as_str())
        .collect::<Vec<_>>()
        .join("\n");
    for expected in [
        "drop_column = \"size\"",
        "rename_column = \"slug\"",
        "drop_table = \"player\"",
        "drop_constraint = \"some\"",
    ] {
        assert!(text.contains(expected), "{expected} is missing from\n{text}");
    }
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
    assert!(
        make(PACKAGE, &[before::Team::meta()], &[set(files)])
            .unwrap()
            .unwrap()
            .is_none()
    );
}

/// Flask-Migrate#30: the message about a renamed field leads to something that works, step by step.
#[test]
fn a_renamed_field_is_told_as_one_and_the_advice_works() {
    let models = [renamed::Team::meta()];
    let mut files = initial();
    let refusals = make(PACKAGE, &models, &[set(files.clone())])
        .unwrap()
        .unwrap_err();
    // One message, not a second one that asks for a default of the "new" column.
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    let message = &refusals[0].message;
    assert!(message.contains("`makemigrations --empty NAME`"), "{message}");
    let advice: Vec<&str> = message
        .lines()
        .skip_while(|line| !line.contains("[[operations]]"))
        .take_while(|line| !line.trim().eq("or"))
        .map(str::trim)
        .collect();
    let new = empty(PACKAGE, "rename_name", &[set(files.clone())]).expect("an empty migration");
    assert_eq!(new.name, "0002_rename_name");
    files.push((new.name, format!("{}\n{}\n", new.text, advice.join("\n"))));
    let sets = [set(files)];
    assert!(make(PACKAGE, &models, &sets).unwrap().unwrap().is_none());
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    vauban_orm::migrations::apply(&mut connection, &sets, |_| {}).expect("it applies");
    connection
        .prepare("SELECT title FROM team")
        .expect("the column has its new name");
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
    assert_eq!(read.operations.len(), 7, "{}", new.text);
    for bad in ["", "Rename", "a-b", "../a", "a b", "a\nb", &"a".repeat(49)] {
        let problem = empty(PACKAGE, bad, &[set(initial())]).unwrap_err();
        assert!(problem.contains("is no name"), "{problem}");
    }
}

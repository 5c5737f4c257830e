//! Tables that change under their policies, and a wall that is switched off.

use vauban_macros::Model;

use super::*;
use crate::migrations::{Answers, Made, Secured, Set, SetFile, Target, make};

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Shelf {
    id: Id<Shelf>,
    #[field(default = false)]
    open: bool,
    #[field(privileged, default = 0)]
    rank: i64,
}
impl Policy for Shelf {
    fn rules(_: Who<Self>, s: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: s.open.eq(true),
            add: Filter::always(),
            ..Rules::none()
        }
    }
}

/// The same, in the next version of the program.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "shelf")]
struct NextShelf {
    id: Id<NextShelf>,
    #[field(default = 0)]
    rank: i64,
}
impl Policy for NextShelf {
    fn rules(_: Who<Self>, s: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: s.rank.eq(0),
            ..Rules::none()
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a set's files are in the program")]
fn sets(texts: &[String]) -> [Set; 1] {
    let files = texts.iter().enumerate().map(|(at, text)| SetFile {
        name: format!("{:04}", at + 1).leak(),
        text: text.clone().leak(),
    });
    [Set {
        package: "vauban-orm",
        folder: "",
        files: files.collect::<Vec<_>>().leak(),
    }]
}

/// The migration that the model asks for, behind those that are there.
fn next(model: &'static ModelMeta, texts: &mut Vec<String>) {
    let answers = Answers {
        no_other: true,
        ..Answers::default()
    };
    match make("vauban-orm", &[model], &sets(texts), &answers).unwrap() {
        Made::New(new) => texts.push(new.text.clone()),
        made => panic!("{made:?}"),
    }
}

fn program(server: &cluster::Database, model: &'static ModelMeta, row_security: bool) -> Database {
    let (url, owner) = server.with_two_roles();
    let options = Options {
        models: vec![model],
        row_security,
        owner: Some(OwnersUrl::new(&owner)),
        ..Options::default()
    };
    Database::open(&url, options).unwrap()
}

/// A database in which a first program has a wall and one row, and the next one's migration let a column go; whether that one has a
/// wall, too, is `row_security`.
async fn without_a_column(server: &cluster::Database, row_security: bool) -> Database {
    let mut texts = Vec::new();
    next(Shelf::meta(), &mut texts);
    let first = program(server, Shelf::meta(), true);
    first.migrate(&sets(&texts), &Target::Newest, |_| {}).unwrap();
    first.secure_rows().unwrap();
    let unit = first.bind(Actor::nobody());
    let new = Shelf::create(NewShelf {}).set(|s| [s.open.set(true)]);
    new.save(&unit.db()).await.unwrap();
    unit.finish(true).await.unwrap();
    next(NextShelf::meta(), &mut texts);
    let second = program(server, NextShelf::meta(), row_security);
    second.migrate(&sets(&texts), &Target::Newest, |_| {}).unwrap();
    second
}

async fn seen(database: &Database) -> u64 {
    let unit = database.bind(Actor::nobody());
    NextShelf::objects().count(&unit.read_db()).await.unwrap()
}

/// CWE-636: a column that a policy names may go; until the policies are said anew, nothing of its table is seen. On threads of its own: a
/// migration waits for the end of what was read, which is sent while nobody waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_column_goes_with_the_policies_that_name_it() {
    let server = cluster::database();
    let second = without_a_column(&server, true).await;
    assert_eq!(seen(&second).await, 0);
    assert!(second.secured().unwrap().policies.is_some());
    second.secure_rows().unwrap();
    assert!(second.secured().unwrap().policies.is_none());
    assert_eq!(seen(&second).await, 1);
}

/// The wall is switched off by the same release whose migration took all policies of the table with a column: that nothing is seen is
/// told, and mended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wall_is_taken_away_where_its_policies_went_with_a_column() {
    let server = cluster::database();
    let second = without_a_column(&server, false).await;
    assert!(server.run("SELECT 1 FROM pg_policy").is_empty());
    assert_eq!(seen(&second).await, 0);
    assert!(second.secured().unwrap().policies.unwrap().contains("is off"));
    assert_eq!(second.secure_rows().unwrap(), Secured::Removed);
    assert_eq!(seen(&second).await, 1);
    assert!(second.secured().unwrap().policies.is_none());
    assert_eq!(second.secure_rows().unwrap(), Secured::Unchanged);
}

/// CWE-862: what somebody else shut is told and not opened, neither by a wall of theirs nor by none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wall_of_somebody_else_stays() {
    let server = cluster::database();
    let second = without_a_column(&server, false).await;
    server.run("CREATE POLICY theirs ON shelf USING (rank > 0)");
    assert_eq!(second.secure_rows().unwrap(), Secured::Removed);
    assert_eq!(seen(&second).await, 0);
    assert!(second.secured().unwrap().policies.is_none());
    server.run("DROP POLICY theirs ON shelf");
    let told = second.secured().unwrap().policies.unwrap();
    assert!(told.contains("ALTER TABLE shelf DISABLE"), "{told}");
    assert_eq!(second.secure_rows().unwrap(), Secured::Unchanged);
    assert_eq!(seen(&second).await, 0);
}

/// CWE-345: the record of what was applied belongs to who applies it; another owner is told by name before anything is tried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_migrates_owns_the_record() {
    let server = cluster::database();
    without_a_column(&server, true).await;
    for table in ["vauban_migration", "vauban_row_security"] {
        server.run(&format!("ALTER TABLE {table} OWNER TO {}", cluster::APPLICATION));
        let mut texts = Vec::new();
        next(Shelf::meta(), &mut texts);
        next(NextShelf::meta(), &mut texts);
        next(Shelf::meta(), &mut texts);
        let third = program(&server, Shelf::meta(), true);
        let migrated = third.migrate(&sets(&texts), &Target::Newest, |_| {});
        let told = migrated.unwrap_err().to_string();
        assert!(
            told.contains(&format!("ALTER TABLE {table} OWNER TO vauban_owner")),
            "{told}"
        );
        let found = third.secured().unwrap().too_much;
        assert!(
            found
                .iter()
                .any(|one| one.contains(&format!("owns the table `{table}`"))),
            "{found:?}"
        );
        server.run(&format!("ALTER TABLE {table} OWNER TO {}", cluster::OWNER));
    }
}

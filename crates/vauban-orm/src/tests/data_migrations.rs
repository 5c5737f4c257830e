//! What becomes of rows that are there: by a function with rights of its own, some rows at a time, on the schema of then.

use std::sync::atomic::{AtomicU64, Ordering};

use vauban_macros::Model;

use super::{Control, on, without};
use crate::engine::{Database, Options};
use crate::migrations::{DataMigration, DataMigrationMeta, MigrationError, OldRow, Set, SetFile, Target};
use crate::*;

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "old_text")]
pub(super) struct OldText {
    id: Id<OldText>,
    #[field(max_length = 100)]
    body: String,
    #[field(default = 0)]
    words: i64,
    #[field(max_length = 100)]
    note: Option<String>,
}
impl Policy for OldText {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            ..Rules::public()
        }
    }
}

data_migration! {
    /// Counts words.
    pub(super) CountWords: View<old_text(body)>, Change<old_text(words)>;
    waiver!(ServiceRights, "texts of before are counted once for all")
}
/// At which row it fails, from 1; 0: at none. How many rows it went through.
static FAILS_AT: AtomicU64 = AtomicU64::new(0);
static ROWS: AtomicU64 = AtomicU64::new(0);

impl DataMigration for CountWords {
    fn row(row: &mut OldRow<'_>) -> Result<()> {
        let n = ROWS.fetch_add(1, Ordering::SeqCst) + 1;
        if n == FAILS_AT.load(Ordering::SeqCst) {
            return Err(Error::Internal("a word too long".into()));
        }
        let words = row.get::<String>("body")?.split(' ').count();
        row.set("words", &i64::try_from(words).unwrap())
    }
}

data_migration! {
    /// The way back.
    pub(super) Uncount: Change<old_text(words)>, View<old_text(body)>;
    waiver!(ServiceRights, "texts of before are uncounted once for all")
}
impl DataMigration for Uncount {
    fn row(row: &mut OldRow<'_>) -> Result<()> {
        assert!(row.get::<i64>("words")? > 0);
        row.set("words", &0_i64)
    }
}

data_migration! {
    /// Does what its file does not say.
    pub(super) Greedy: View<old_text(body, words, note)>, Change<old_text(words, body)>;
    waiver!(ServiceRights, "an attack on what the file says")
}
/// What it tries.
static TRIES: AtomicU64 = AtomicU64::new(0);
impl DataMigration for Greedy {
    fn row(row: &mut OldRow<'_>) -> Result<()> {
        match TRIES.load(Ordering::SeqCst) {
            0 => row.set("body", &"stolen".to_owned()),
            1 => row.get_option::<String>("note").map(drop),
            2 => row.set("words", &7_i32),
            3 => row.set("words", &Decimal::<2, 15>::from_str_exact("1.00")),
            _ => row.set_null("words"),
        }
    }
}

trait Exact: Sized {
    fn from_str_exact(text: &str) -> Self;
}
impl Exact for Decimal<2, 15> {
    fn from_str_exact(text: &str) -> Self {
        text.parse().unwrap()
    }
}

const FIRST: &str = r#"
[[operations]]
create_table = "old_text"
columns = [
    { name = "id", type = "uuid", primary_key = true },
    { name = "body", type = "string" },
    { name = "note", type = "string", null = true },
    { name = "row_version", type = "bigint" },
]"#;
const COLUMN: &str =
    "[[operations]]\nadd_column = 'old_text'\ncolumn = { name = 'words', type = 'bigint', default = '0' }";
const COUNT: &str = "[[operations]]\nrun = 'CountWords'\ntable = 'old_text'\nreads = ['body']\nwrites = ['words']\nback = 'Uncount'";
const GREEDY: &str = "[[operations]]\nrun = 'Greedy'\ntable = 'old_text'\nreads = ['body']\nwrites = ['words']\nback = 'nothing'";
const STEALS: &str =
    "[[operations]]\nrun = 'CountWords'\ntable = 'old_text'\nreads = ['body']\nwrites = ['words', 'note']";

fn set(files: &[(&'static str, &'static str)]) -> Vec<Set> {
    let files: Vec<SetFile> = files.iter().map(|&(name, text)| SetFile { name, text }).collect();
    vec![Set {
        package: "demo",
        folder: "",
        files: files.leak(),
    }]
}

fn database() -> Database {
    let options = Options {
        models: vec![OldText::meta()],
        data_migrations: vec![
            DataMigrationMeta::of::<CountWords>(),
            DataMigrationMeta::of::<Uncount>(),
            DataMigrationMeta::of::<Greedy>(),
        ],
        ..Options::default()
    };
    Database::open(&on::url(), options).unwrap()
}

/// With these rows, in the state before the third migration.
async fn filled(rows: usize) -> (Database, Vec<Set>) {
    let (database, sets) = (
        database(),
        set(&[("0001", FIRST), ("0002", COLUMN), ("0003", COUNT)]),
    );
    to(&database, &sets, "demo/0002").unwrap();
    // As `migrate` does: the role that asks may read and write what there is now.
    database.secure_rows().unwrap();
    let unit = database.bind(Actor::nobody());
    let texts = (0..rows).map(|n| NewOldText {
        body: ["one", "two words", "three words here"][n % 3].to_owned(),
        note: None,
    });
    OldText::create_all(texts).save(&unit.db()).await.unwrap();
    unit.finish(true).await.unwrap();
    (database, sets)
}

fn to(database: &Database, sets: &[Set], target: &str) -> std::result::Result<usize, MigrationError> {
    let target = if target.is_empty() {
        Target::Newest
    } else {
        target.parse().unwrap()
    };
    database.migrate(sets, &target, |_| {}).map(|done| done.len())
}

/// How many rows are counted.
async fn counted(database: &Database) -> u64 {
    let unit = database.bind(Actor::nobody());
    let counted = OldText::objects().filter(|t| t.words.gt(0));
    counted.count(&unit.read_db()).await.unwrap()
}

/// One after the other: the function says how often it was asked.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_gone_through_there_and_back() {
    let _alone = ALONE.lock().await;
    let (database, sets) = filled(2_500).await;
    ROWS.store(0, Ordering::SeqCst);
    assert_eq!(to(&database, &sets, "").unwrap(), 1);
    assert_eq!(
        (counted(&database).await, ROWS.load(Ordering::SeqCst)),
        (2_500, 2_500)
    );
    let unit = database.bind(Actor::nobody());
    let row = OldText::objects()
        .filter(|t| t.body.eq("two words"))
        .first(&unit.read_db())
        .await
        .unwrap();
    assert_eq!(row.unwrap().words, 2);
    // It is done once.
    assert_eq!(to(&database, &sets, "").unwrap(), 0);
    assert_eq!(ROWS.load(Ordering::SeqCst), 2_500);
    assert_eq!(to(&database, &sets, "demo/0002").unwrap(), 1);
    assert_eq!(counted(&database).await, 0);
    // Somebody who was shown a row before conflicts.
    let unit = database.bind(Actor::nobody());
    let shown = OldText::objects()
        .with_may()
        .first(&unit.read_db())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(shown.version(), Version(3));
    let step = |back| migrations::step(&sets, "demo/0003", back, migrations::Dialect::Sqlite, &[]).unwrap();
    let said = step(false).statements.join("\n");
    assert!(
        said.contains("`CountWords`, in transactions of 1000 rows") && said.contains("SET \"words\" = …"),
        "{said}"
    );
    assert!(step(true).statements.join("\n").contains("`Uncount`"));
    assert_eq!(
        step(false).operations[0].summary(),
        "run CountWords on old_text (words)"
    );
}

/// Killed in its middle, the next run goes on with the rows that are not done, and nothing else is done meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_half_done_is_gone_on_with() {
    let _alone = ALONE.lock().await;
    let (database, sets) = filled(2_500).await;
    ROWS.store(0, Ordering::SeqCst);
    FAILS_AT.store(1_501, Ordering::SeqCst);
    let error = to(&database, &sets, "").unwrap_err().to_string();
    FAILS_AT.store(0, Ordering::SeqCst);
    assert!(
        error.contains("a word too long") && error.contains("`CountWords` on the row "),
        "{error}"
    );
    // The rows of its last transaction are undone, those before it are kept.
    assert_eq!(counted(&database).await, 1_000);
    let pending = database.pending(&sets).unwrap();
    assert_eq!(
        (pending.half, pending.missing),
        (vec!["demo/0003".to_owned()], vec!["demo/0003".to_owned()])
    );
    let error = to(&database, &sets, "demo/0001").unwrap_err().to_string();
    assert!(
        error.starts_with("demo/0003 is half made: finish it first"),
        "{error}"
    );
    ROWS.store(0, Ordering::SeqCst);
    assert_eq!(to(&database, &sets, "").unwrap(), 1);
    assert_eq!(
        (counted(&database).await, ROWS.load(Ordering::SeqCst)),
        (2_500, 1_500)
    );
    assert!(database.pending(&sets).unwrap().half.is_empty());
}

/// CWE-862. Attack: a file lets a function change what is not among its reviewed rights, and a function changes or reads what its
/// file does not say.
#[tokio::test(flavor = "multi_thread")]
async fn cwe_862_a_data_migration_has_its_rights_and_no_others() {
    let _alone = ALONE.lock().await;
    let steals = set(&[("0001", FIRST), ("0002", COLUMN), ("0003", STEALS)]);
    let fresh = database();
    let error = to(&fresh, &steals, "").unwrap_err().to_string();
    assert!(
        error.contains("demo/0003 cannot run `CountWords`: it has no right `Change<old_text(note)>`"),
        "{error}"
    );
    // Before anything was done.
    assert_eq!(fresh.pending(&steals).unwrap().missing.len(), 3);
    // A server's migrations are made on a thread of their own, where every control is there.
    if on::sqlite() {
        let _out = without(Control::DataRights);
        assert_eq!(to(&database(), &steals, "").unwrap(), 3);
    }
    let (database, _) = filled(1).await;
    let greedy = set(&[("0001", FIRST), ("0002", COLUMN), ("0003", GREEDY)]);
    let told = [
        "`old_text.body`: the migration's file does not say that it is written",
        "`old_text.note`: the migration's file does not name it",
        "`old_text.words`: it is `bigint`, and `i32` is not",
        "`old_text.words`: it is `bigint`",
        "`old_text.words`: it may not be empty",
    ];
    for (tries, expected) in told.iter().enumerate() {
        TRIES.store(tries as u64, Ordering::SeqCst);
        let error = to(&database, &greedy, "").unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    TRIES.store(0, Ordering::SeqCst);
    if on::sqlite() {
        let _out = without(Control::DataRights);
        assert_eq!(to(&database, &greedy, "").unwrap(), 1);
    }
}

/// A function of then goes on working when the model has changed since; what nobody brings is refused before anything is done.
#[tokio::test(flavor = "multi_thread")]
async fn a_data_migration_is_of_its_own_time() {
    const RENAME: &str = "[[operations]]\nrename_column = 'words'\nto = 'count'\ntable = 'old_text'";
    const UNKNOWN: &str = "[[operations]]\nrun = 'Nobodys'\ntable = 'old_text'\nwrites = ['count']";
    let all = [
        ("0001", FIRST),
        ("0002", COLUMN),
        ("0003", COUNT),
        ("0004", RENAME),
    ];
    assert_eq!(to(&database(), &set(&all), "").unwrap(), 4);
    let unknown = set(&[all[0], all[1], all[2], all[3], ("0005", UNKNOWN)]);
    let database = database();
    let error = to(&database, &unknown, "").unwrap_err().to_string();
    assert!(
        error.contains("no module of this program brings it")
            && error.contains(".data_migration::<Nobodys>()"),
        "{error}"
    );
    assert_eq!(database.pending(&unknown).unwrap().missing.len(), 5);
    // A column that is not called so then.
    const EARLY: &str = "[[operations]]\nrun = 'CountWords'\ntable = 'old_text'\nwrites = ['words']";
    let early = set(&[("0001", FIRST), ("0002", EARLY)]);
    let error = to(&database, &early, "").unwrap_err().to_string();
    assert!(error.contains("there is no column `old_text.words`"), "{error}");
    // One way.
    let step = migrations::step(
        &set(&[all[0], all[1], ("0003", STEALS)]),
        "demo/0003",
        true,
        migrations::Dialect::Sqlite,
        &[],
    );
    assert!(step.unwrap_err().to_string().contains("without a `back = \"…\"`"));
    for (text, expected) in [
        (format!("{COUNT}\n{COLUMN}"), "put it into a file of its own"),
        (
            COUNT.replace("CountWords", "x; y"),
            "is no function of the program",
        ),
        (COUNT.replace("'words'", "'words\"'"), "is no name"),
    ] {
        let error = migrations::Migration::read("demo", "0001", &text)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}

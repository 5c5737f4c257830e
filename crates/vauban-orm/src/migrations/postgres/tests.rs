//! Every operation on a real cluster, forward and back, with rows.

mod attacks;
mod inspected;
mod locks;
mod walks;

use std::sync::Arc;

use super::super::file::Migration;
use super::super::operation::ColumnState;
use super::super::resolved::resolved;
use super::super::set::SetFile;
use super::super::writing;
use super::super::{ColumnType, Operation};
use super::recorded::LOCK;
use super::*;
use crate::backend::postgres::{Access, Pool, PoolOptions, Pooled};
use crate::tree::value::Kind;

struct Site {
    database: cluster::Database,
    connection: Pooled,
    pool: Arc<Pool>,
}

async fn site() -> Site {
    let database = cluster::database();
    let pool = Pool::new(&database.url(), PoolOptions::default()).unwrap();
    let connection = pool.get(Access::Write).await.unwrap();
    Site {
        database,
        connection,
        pool,
    }
}

#[expect(clippy::disallowed_methods, reason = "a set's files are in the program")]
fn set(texts: &[&str]) -> [Set; 1] {
    let files: Vec<SetFile> = texts
        .iter()
        .enumerate()
        .map(|(i, text)| SetFile {
            name: format!("{:04}", i + 1).leak(),
            text: (*text).to_owned().leak(),
        })
        .collect();
    [Set {
        package: "demo",
        folder: "",
        files: files.leak(),
    }]
}

impl Site {
    async fn to(&self, sets: &[Set], target: &str) -> Result<Vec<String>, MigrationError> {
        let target = match target {
            "newest" => Target::Newest,
            name => format!("demo/{name}").parse().unwrap(),
        };
        let applied = apply(&self.connection, sets, &target, &[], &[], |_| {}).await?;
        Ok(applied.into_iter().map(|applied| applied.id).collect())
    }

    /// Everything that there is, as PostgreSQL describes it; without defaults, which only serve the rows that were there.
    fn schema(&self) -> Vec<String> {
        let rows = self.database.run(
            "SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' '
                    || coalesce((SELECT collname FROM pg_collation o WHERE o.oid = a.attcollation), '')
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
              WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
             UNION ALL
             SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
               FROM pg_constraint WHERE connamespace = 'public'::regnamespace
             UNION ALL
             SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        );
        rows.into_iter()
            .filter_map(|row| row.into_iter().next()?)
            .collect()
    }

    fn one(&self, sql: &str) -> String {
        self.database.run(sql)[0][0]
            .clone()
            .unwrap_or_else(|| "NULL".to_owned())
    }
}

const TEAM: &str = "[[operations]]\ncreate_table = 'team'\ncolumns = [{ name = 'id', type = 'uuid', primary_key = true }, { name = 'name', type = 'string' }]";
const ID: &str = "'00000000-0000-0000-0000-000000000001'";

/// One of each operation, each in a file of its own; and what is put in between.
fn every_operation() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            TEAM,
            "INSERT INTO team VALUES ('00000000-0000-0000-0000-000000000001', 'a')",
        ),
        (
            "[[operations]]\ncreate_table = 'task'\ncolumns = [{ name = 'id', type = 'uuid', primary_key = true }, \
             { name = 'team_id', type = 'uuid', references = 'team' }, { name = 'parent_id', type = 'uuid', null = true, references = 'task' }, \
             { name = 'order', type = 'int' }]\nconstraints = [{ name = 'some', check = '\"order\" > 0' }]",
            "INSERT INTO task VALUES ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000001', \
             '00000000-0000-0000-0000-000000000001', 3)",
        ),
        (
            "[[operations]]\nadd_column = 'task'\ncolumn = { name = 'done', type = 'boolean', default = '1' }",
            "",
        ),
        (
            "[[operations]]\nadd_column = 'task'\ncolumn = { name = 'key', type = 'uuid', default = \"x'000102030405060708090a0b0c0d0e0f'\" }",
            "",
        ),
        (
            "[[operations]]\nadd_column = 'task'\ncolumn = { name = 'due', type = 'datetime', default = '1000000' }",
            "",
        ),
        (
            "[[operations]]\nadd_column = 'task'\ncolumn = { name = 'note', type = 'string', null = true }",
            "",
        ),
        (
            "[[operations]]\nadd_column = 'task'\ncolumn = { name = 'second_id', type = 'uuid', null = true, references = 'team' }",
            "",
        ),
        (
            "[[operations]]\ncreate_index = 'task_order_done_uniq'\ntable = 'task'\ncolumns = ['order', 'done']\nunique = true",
            "",
        ),
        (
            "[[operations]]\nadd_constraint = 'task'\nconstraint = { name = 'more', check = 'length(\"note\") > 0' }",
            "",
        ),
        (
            "[[operations]]\nalter_column = 'task'\ncolumn = { name = 'order', type = 'bigint' }",
            "",
        ),
        (
            "[[operations]]\nalter_column = 'task'\ncolumn = { name = 'order', type = 'string', null = true }\nusing = 'CAST(\"order\" AS text)'\n\
          [[operations]]\nalter_column = 'task'\ncolumn = { name = 'order', type = 'bigint' }",
            "",
        ),
        (
            "[[operations]]\nalter_column = 'task'\ncolumn = { name = 'second_id', type = 'uuid', null = true, references = 'task' }",
            "",
        ),
        (
            "[[operations]]\nrename_column = 'order'\nto = 'place'\ntable = 'task'",
            "",
        ),
        (
            "[[operations]]\nrename_column = 'team_id'\nto = 'group_id'\ntable = 'task'",
            "",
        ),
        ("[[operations]]\nrename_table = 'task'\nto = 'job'", ""),
        ("[[operations]]\nrename_table = 'team'\nto = 'group'", ""),
        ("[[operations]]\ndrop_index = 'task_order_done_uniq'", ""),
        ("[[operations]]\ndrop_constraint = 'more'\ntable = 'job'", ""),
        ("[[operations]]\ndrop_column = 'note'\ntable = 'job'", ""),
        (
            "[[operations]]\nsql = 'UPDATE job SET place = place + 1'\nback = 'UPDATE job SET place = place - 1'",
            "",
        ),
        ("[[operations]]\ndrop_column = 'second_id'\ntable = 'job'", ""),
    ]
}

#[tokio::test]
async fn every_operation_goes_forward_and_back_with_rows() {
    let site = site().await;
    let all = every_operation();
    let mut operations: Vec<String> = all.iter().map(|(text, _)| (*text).to_owned()).collect();
    // SQLite writes the condition anew when a column is renamed; so does PostgreSQL.
    operations[10] = format!(
        "[[operations]]\ndrop_constraint = 'some'\ntable = 'task'\n{}",
        operations[10]
    );
    let texts: Vec<&str> = operations.iter().map(String::as_str).collect();
    let sets = set(&texts);
    let mut schemas = vec![Vec::new()];
    for (i, (_, rows)) in all.iter().enumerate() {
        let made = site.to(&sets, &format!("{:04}", i + 1)).await;
        assert_eq!(
            made.unwrap_or_else(|error| panic!("{}: {error}", texts[i])).len(),
            1
        );
        if !rows.is_empty() {
            site.database.run(rows);
        }
        schemas.push(without_record(site.schema()));
    }
    assert_eq!(site.one("SELECT place FROM job"), "4");
    assert_eq!(
        site.one("SELECT key || ' ' || done || ' ' || extract(epoch FROM due)::int FROM job"),
        "00010203-0405-0607-0809-0a0b0c0d0e0f true 1"
    );
    let names = site.schema().join("\n");
    for name in [
        "job_pkey",
        "job_group_id_fkey FOREIGN KEY (group_id) REFERENCES \"group\"(id) DEFERRABLE",
        "job_parent_id_fkey",
        "group_pkey",
    ] {
        assert!(names.contains(name), "{name}\n{names}");
    }
    for i in (3..all.len()).rev() {
        site.to(&sets, &format!("{i:04}"))
            .await
            .unwrap_or_else(|error| panic!("back from {}: {error}", texts[i]));
        let now = without_record(site.schema());
        assert_eq!(now, schemas[i].clone(), "back from {}", texts[i]);
    }
    assert_eq!(
        site.one("SELECT \"order\" FROM task"),
        "3",
        "the row is as it was"
    );
    site.to(&sets, "newest").await.unwrap();
    assert_eq!(without_record(site.schema()), schemas[all.len()].clone());
    site.to(&sets, "zero").await.unwrap();
    assert_eq!(without_record(site.schema()), [""; 0]);
}

fn without_record(schema: Vec<String>) -> Vec<String> {
    schema
        .into_iter()
        .filter(|line| !line.contains("vauban_migration") && !line.contains("vauban_key"))
        .collect()
}

#[tokio::test]
async fn tables_that_refer_to_each_other_are_made_and_dropped() {
    let site = site().await;
    let circle = "[[operations]]\ncreate_table = 'a'\ncolumns = [{ name = 'id', type = 'uuid', primary_key = true }, { name = 'b_id', type = 'uuid', null = true, references = 'b' }]\n\
                  [[operations]]\ncreate_table = 'b'\ncolumns = [{ name = 'id', type = 'uuid', primary_key = true }, { name = 'a_id', type = 'uuid', null = true, references = 'a' }]";
    let sets = set(&[circle]);
    site.to(&sets, "newest").await.unwrap();
    let names = site.schema().join("\n");
    assert!(
        names.contains("a a_b_id_fkey FOREIGN KEY (b_id) REFERENCES b(id)") && names.contains("b_a_id_fkey"),
        "{names}"
    );
    site.database.run(&format!(
        "INSERT INTO a VALUES ({ID}, NULL); INSERT INTO b VALUES ({ID}, {ID}); UPDATE a SET b_id = {ID}"
    ));
    // Rows refer to what would go: as on SQLite, it stays.
    assert!(site.to(&sets, "zero").await.is_err());
    site.database
        .run("UPDATE a SET b_id = NULL; UPDATE b SET a_id = NULL");
    site.to(&sets, "zero").await.unwrap();
    assert_eq!(without_record(site.schema()), [""; 0]);
}

/// A value that does not fit stops the migration, and nothing of it is changed.
#[tokio::test]
async fn no_value_becomes_another_one() {
    let site = site().await;
    let cases: &[(&str, &str, &str, Option<&str>)] = &[
        ("bigint", "int", "2147483647", Some("2147483647")),
        ("bigint", "int", "2147483648", None),
        (
            "bigint",
            "double",
            "9007199254740992",
            Some("9.007199254740992e+15"),
        ),
        ("bigint", "double", "9007199254740993", None),
        ("double", "int", "-2147483648", Some("-2147483648")),
        ("double", "int", "1.5", None),
        ("double", "int", "2147483648", None),
        ("double", "bigint", "1e15", Some("1000000000000000")),
        ("double", "bigint", "0.1", None),
        ("double", "bigint", "'NaN'", None),
        ("double", "bigint", "'infinity'", None),
        ("double", "string", "1.5", Some("1.5")),
        ("int", "string", "7", Some("7")),
        ("string", "int", "' 7'", Some("7")),
        ("string", "int", "'7 of them'", None),
        ("string", "double", "'1.5'", Some("1.5")),
        ("string", "double", "'NaN'", None),
        ("string", "bigint", "''", None),
        ("double", "int", "NULL", Some("NULL")),
    ];
    for (i, (from, to, value, expected)) in cases.iter().enumerate() {
        let text = |head: &str, of: &str| {
            format!("[[operations]]\n{head} = 't{i}'\ncolumn = {{ name = 'v', type = '{of}', null = true }}")
        };
        let first = format!(
            "[[operations]]\ncreate_table = 't{i}'\ncolumns = [{{ name = 'id', type = 'int', primary_key = true }}]\n{}",
            text("add_column", from)
        );
        let second = text("alter_column", to);
        site.database.run("DROP TABLE IF EXISTS vauban_migration");
        let sets = set(&[&first, &second]);
        site.to(&sets, "0001").await.unwrap();
        site.database
            .run(&format!("INSERT INTO t{i} VALUES (1, {value})"));
        let made = site.to(&sets, "newest").await;
        let told = format!("{from} {value} as {to}");
        match expected {
            Some(expected) => {
                made.unwrap_or_else(|error| panic!("{told}: {error}"));
                assert_eq!(site.one(&format!("SELECT v FROM t{i}")), *expected, "{told}");
            }
            None => {
                assert!(
                    matches!(made, Err(MigrationError::Database { .. })),
                    "{told}: {made:?}"
                );
                assert!(!site.connection.is_in_transaction());
                let kept = site
                    .database
                    .run(&format!("SELECT 1 FROM t{i} WHERE v = {value}"));
                assert_eq!(kept.len(), 1, "{told}");
            }
        }
    }
}

#[tokio::test]
async fn a_migration_is_whole_or_not_at_all_and_an_edited_one_is_refused() {
    let site = site().await;
    let broken =
        "[[operations]]\nsql = 'DELETE FROM team'\n[[operations]]\nsql = 'SELECT nothing FROM nowhere'";
    site.to(&set(&[TEAM]), "newest").await.unwrap();
    site.database.run(&format!("INSERT INTO team VALUES ({ID}, 'a')"));
    let error = site
        .to(&set(&[TEAM, broken]), "newest")
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("demo/0002 is undone") && error.contains("nowhere"),
        "{error}"
    );
    assert_eq!(site.one("SELECT count(*) FROM team"), "1");
    // CWE-460. Attack on a promise: a file that commits in its middle.
    let halves = "[[operations]]\nsql = 'UPDATE team SET name = name; COMMIT; SELECT 1'";
    let error = site
        .to(&set(&[TEAM, halves]), "newest")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("take BEGIN, COMMIT and ROLLBACK out"), "{error}");
    let edited = set(&[&TEAM.replace("name = 'name'", "name = 'title'")]);
    assert!(matches!(
        site.to(&edited, "newest").await,
        Err(MigrationError::Changed { .. })
    ));
    let pending = pending(&site.connection, &set(&[TEAM, broken])).await.unwrap();
    assert_eq!(pending.missing, ["demo/0002"]);
    assert!(pending.age < Duration::from_secs(3600) && pending.changed.is_empty());
}

#[tokio::test]
async fn several_processes_at_once_make_each_migration_once() {
    let site = site().await;
    let sets = set(&[
        TEAM,
        "[[operations]]\nadd_column = 'team'\ncolumn = { name = 'size', type = 'int', default = '3' }",
    ]);
    let migrate = async || {
        let connection = site.pool.get(Access::Write).await.unwrap();
        apply(&connection, &sets, &Target::Newest, &[], &[], |_| {})
            .await
            .unwrap()
            .len()
    };
    let made = tokio::join!(migrate(), migrate(), migrate(), migrate());
    assert_eq!(made.0 + made.1 + made.2 + made.3, 2, "{made:?}");
    // Somebody who holds the lock for long is told of.
    let mut other = site.database.session();
    other
        .run(&format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})"))
        .unwrap();
    let sets = set(&[
        TEAM,
        "[[operations]]\nadd_column = 'team'\ncolumn = { name = 'size', type = 'int', default = '3' }",
        "[[operations]]\ndrop_table = 'team'",
    ]);
    let refused = site.to(&sets, "newest").await;
    assert!(matches!(refused, Err(MigrationError::Locked)), "{refused:?}");
}

#[tokio::test]
async fn models_have_their_types_and_texts_the_order_of_code_points() {
    let site = site().await;
    create_all(&site.connection, &crate::tests::MODELS())
        .await
        .unwrap();
    let schema = site.schema();
    for line in [
        "article.id uuid true ",
        "article.title text true C",
        "article.published boolean true ",
        "article.created timestamp with time zone true ",
        "article.row_version bigint true ",
    ] {
        assert!(
            schema.iter().any(|found| found == line),
            "{line}\n{}",
            schema.join("\n")
        );
    }
    site.database
        .run("CREATE TABLE plain (t text); CREATE TABLE ours (t text COLLATE \"C\")");
    for table in ["plain", "ours"] {
        site.database
            .run(&format!("INSERT INTO {table} VALUES ('a'), ('B'), ('ä'), ('Z')"));
    }
    let order = |table: &str| site.one(&format!("SELECT string_agg(t, '' ORDER BY t) FROM {table}"));
    assert_eq!(order("ours"), "BZaä");
    assert_ne!(
        order("plain"),
        "BZaä",
        "the test's own doubt: the server has another order"
    );
}

/// CWE-1289: what was recorded says what was done once, not what is there.
#[tokio::test]
async fn a_table_that_is_not_as_its_model_says_is_told() {
    let site = site().await;
    let models = crate::tests::MODELS();
    create_all(&site.connection, &models).await.unwrap();
    let none = differences(&site.connection, &models).await.unwrap();
    assert_eq!((none.missing.len(), none.more.len()), (0, 0), "{none:?}");
    site.database.run(
        "ALTER TABLE article ADD COLUMN extra int; ALTER TABLE article ALTER COLUMN title DROP NOT NULL;
         ALTER TABLE article DROP CONSTRAINT article_author_id_fkey; DROP TABLE task CASCADE",
    );
    let found = differences(&site.connection, &models).await.unwrap();
    assert_eq!(found.more, ["the column `extra` of `article`"]);
    assert_eq!(
        found.missing,
        [
            "the column `title` of `article` as text NOT NULL (it is text)",
            "the foreign key from `author_id` to `user` of `article`",
            "the table `task`"
        ]
    );
}

/// Migration files that were made before types had names.
#[test]
fn what_an_older_file_leaves_open_the_models_say() {
    let models = crate::tests::MODELS();
    let wanted = make::from_nothing(&models);
    let mut old = wanted.clone();
    let stored = |column: &mut ColumnState| column.kind = ColumnType::Stored(column.kind.storage());
    for operation in &mut old {
        if let Operation::CreateTable { columns, .. } = operation {
            columns.iter_mut().for_each(stored);
        }
    }
    let text = writing::write("demo", "0001", &[], &old, State::default());
    assert!(
        text.contains("type = 'blob'") || text.contains("type = \"blob\""),
        "{text}"
    );
    let read = Migration::read("demo", "0001", &text).unwrap();
    let checksum = read.checksum.clone();
    let resolved = resolved(vec![read], &models);
    assert_eq!(resolved[0].operations, wanted);
    assert_eq!(resolved[0].checksum, checksum);
}

#[test]
fn an_older_column_is_followed_through_renames_and_steps() {
    let files = [
        "[[operations]]\ncreate_table = 'old'\ncolumns = [{ name = 'id', type = 'blob', primary_key = true }, { name = 'was', type = 'integer' }, \
         { name = 'gone', type = 'integer' }, { name = 'ref_id', type = 'blob', references = 'old' }, { name = 'raw', type = 'blob' }]",
        "[[operations]]\nrename_column = 'was'\nto = 'published'\ntable = 'old'\n[[operations]]\ndrop_column = 'gone'\ntable = 'old'\n\
         [[operations]]\ndrop_column = 'ref_id'\ntable = 'old'",
        "[[operations]]\nalter_column = 'old'\ncolumn = { name = 'published', type = 'integer', null = true }\n\
         [[operations]]\nrename_table = 'old'\nto = 'article'",
    ];
    let read = files
        .iter()
        .enumerate()
        .map(|(i, text)| Migration::read("demo", &format!("{i:04}"), text).unwrap());
    let resolved = resolved(read.collect(), &crate::tests::MODELS());
    let kinds: Vec<(String, ColumnType)> = resolved
        .iter()
        .flat_map(|migration| &migration.operations)
        .flat_map(|operation| match operation {
            Operation::CreateTable { columns, .. } => columns.clone(),
            Operation::AlterColumn { column, .. } => vec![column.clone()],
            _ => vec![],
        })
        .map(|column| (column.name, column.kind))
        .collect();
    let expected = [
        ("id", Kind::Uuid),
        ("was", Kind::Bool),
        ("gone", Kind::BigInt),
        ("ref_id", Kind::Uuid),
        ("raw", Kind::Bytes),
        ("published", Kind::Bool),
    ];
    assert_eq!(
        kinds,
        expected.map(|(name, kind)| (name.to_owned(), ColumnType::Of(kind)))
    );
}

/// PostgreSQL would drop the condition with the column.
#[test]
fn a_column_that_a_condition_needs_is_not_dropped() {
    let mut state = State::default();
    let read = |text: &str| {
        Migration::read("demo", "0001", text)
            .unwrap()
            .operations
            .remove(0)
    };
    let create = "[[operations]]\ncreate_table = 'task'\ncolumns = [{ name = 'size', type = 'int' }, { name = 'siz', type = 'int' }]\n\
                  constraints = [{ name = 'some', check = '\"size\" > 0' }]";
    state.apply(&read(create)).unwrap();
    let statements = |column: &str| {
        let operation = read(&format!(
            "[[operations]]\ndrop_column = '{column}'\ntable = 'task'"
        ));
        Dialect::Postgres.statements(&operation, &state)
    };
    let refused = statements("size").unwrap_err();
    assert!(
        refused.contains("the constraint `some` of `task` speaks of `size`"),
        "{refused}"
    );
    assert!(statements("siz").is_ok());
}

crate::data_migration! {
    /// In place of the demo's own.
    TidyBylines: Change<article(byline)>;
    waiver!(ServiceRights, "the demo's function stands in the demo")
}
impl crate::migrations::DataMigration for TidyBylines {
    fn row(_: &mut crate::migrations::OldRow<'_>) -> crate::Result<()> {
        Ok(())
    }
}

/// The migrations that there are: those of the framework's own tables and the demo's.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a set's files are in the program")]
async fn the_frameworks_and_the_demos_files_go_both_ways() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let package = |package: &'static str, folder: &str| {
        let folder = root.join(folder);
        let index = std::fs::read_to_string(folder.join("INDEX")).unwrap();
        let names = index
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let files = names.map(|name| SetFile {
            name: name.to_owned().leak(),
            text: std::fs::read_to_string(folder.join(format!("{name}.toml")))
                .unwrap()
                .leak(),
        });
        Set {
            package,
            folder: "",
            files: files.collect::<Vec<_>>().leak(),
        }
    };
    let sets = [
        package("vauban", "crates/vauban-accounts/migrations"),
        package("demo", "demo/migrations"),
    ];
    let functions = [DataMigrationMeta::of::<TidyBylines>()];
    let site = site().await;
    let made = apply(&site.connection, &sets, &Target::Newest, &[], &functions, |_| {})
        .await
        .unwrap();
    assert!(made.len() >= 5, "{made:?}");
    let schema = site.schema();
    assert!(
        schema
            .iter()
            .any(|line| line.contains("task_organisation_id_fkey FOREIGN KEY")),
        "{}",
        schema.join("\n")
    );
    for target in ["demo/zero", "vauban/zero"] {
        apply(
            &site.connection,
            &sets,
            &target.parse().unwrap(),
            &[],
            &functions,
            |_| {},
        )
        .await
        .unwrap();
    }
    assert_eq!(without_record(site.schema()), [""; 0]);
    apply(&site.connection, &sets, &Target::Newest, &[], &functions, |_| {})
        .await
        .unwrap();
    assert_eq!(site.schema(), schema);
}

/// CWE-400. Attack: a table of which PostgreSQL knows nothing, because it is new or its index is.
#[tokio::test]
async fn what_was_migrated_has_statistics() {
    let site = site().await;
    let first = "[[operations]]\ncreate_table = 'team'\ncolumns = [{ name = 'id', type = 'uuid', primary_key = true }]\n\
        [[operations]]\ncreate_table = 'rest'\ncolumns = [{ name = 'id', type = 'uuid', primary_key = true }]\n\
        [[operations]]\nsql = 'INSERT INTO team SELECT gen_random_uuid() FROM generate_series(1, 500)'\nback = 'DELETE FROM team'";
    let second = "[[operations]]\nadd_column = 'team'\ncolumn = { name = 'size', type = 'int', default = '3' }\n\
        [[operations]]\ndrop_table = 'rest'";
    site.to(&set(&[first, second]), "newest").await.unwrap();
    let columns = "SELECT attname::text, n_distinct::text FROM pg_stats WHERE tablename = 'team' ORDER BY 1";
    let known = asked::texts(&site.connection, columns).await.unwrap();
    assert_eq!(known, [["id", "-1"], ["size", "1"]]);
}

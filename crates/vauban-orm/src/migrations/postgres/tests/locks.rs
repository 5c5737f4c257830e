//! What locks a table with many rows is said, and what was done before by hand is found.

use super::*;

const TASK: &str = "[[operations]]\ncreate_table = 'task'\ncolumns = [{ name = 'id', type = 'uuid', primary_key = true }, { name = 'title', type = 'string', null = true }]\n\
    [[operations]]\ncreate_index = 'task_id_idx'\ntable = 'task'\ncolumns = ['id']";
const INDEX: &str =
    "[[operations]]\ncreate_index = 'task_title_uniq'\ntable = 'task'\ncolumns = ['title']\nunique = true";
const CHECK: &str = "[[operations]]\nadd_constraint = 'task'\nconstraint = { name = 'some', check = 'length(\"title\") > 0' }";
const NEEDED: &str = "[[operations]]\nalter_column = 'task'\ncolumn = { name = 'title', type = 'string' }";

#[tokio::test]
async fn what_locks_is_said_with_what_to_do_before_and_that_is_found() {
    for (step, said) in [
        (
            INDEX,
            "CREATE UNIQUE INDEX CONCURRENTLY \"task_title_uniq\" ON \"task\" (\"title\")",
        ),
        (CHECK, "CHECK (length(\"title\") > 0) NOT VALID"),
        (NEEDED, "CHECK (\"title\" IS NOT NULL) NOT VALID"),
    ] {
        let site = site().await;
        let sets = set(&[TASK, step]);
        let planned = plan(&site.connection, &sets, &Target::Newest, &[]).await.unwrap();
        assert_eq!(planned[0].warnings, [""; 0], "a table that is new has no rows");
        let [warning] = &planned[1].warnings[..] else {
            panic!("{:?}", planned[1].warnings);
        };
        assert!(warning.contains(said), "{warning}");
        site.to(&sets, "0001").await.unwrap();
        // As it says.
        let (_, by_hand) = warning.split_once("outside a transaction: ").unwrap();
        let (by_hand, _) = by_hand.split_once("; the migration").unwrap();
        for statement in by_hand.split("; ") {
            site.database.run(statement);
        }
        let made = site.schema();
        site.to(&sets, "newest").await.unwrap();
        let differs = site.schema() != made;
        assert_eq!(differs, step == NEEDED, "what was made before is the step's own");
        site.to(&sets, "0001").await.unwrap();
    }
}

/// CWE-1289: the attack is something else that has the name.
#[tokio::test]
async fn what_only_has_the_name_is_refused() {
    for (step, by_hand, said) in [
        (
            INDEX,
            "CREATE INDEX task_title_uniq ON task (title)",
            "another one than the file says",
        ),
        (
            INDEX,
            "CREATE UNIQUE INDEX task_title_uniq ON task (title, id)",
            "another one",
        ),
        (
            INDEX,
            "CREATE UNIQUE INDEX task_title_uniq ON task (title) WHERE id IS NULL",
            "another one",
        ),
        (
            INDEX,
            "CREATE TABLE x (title text); CREATE UNIQUE INDEX task_title_uniq ON x (title)",
            "another one",
        ),
        (
            INDEX,
            "CREATE UNIQUE INDEX task_title_uniq ON task (title); UPDATE pg_index SET indisvalid = FALSE \
             WHERE indexrelid = 'task_title_uniq'::regclass",
            "is there and not valid",
        ),
        (
            CHECK,
            "ALTER TABLE task ADD CONSTRAINT \"some\" CHECK (TRUE)",
            "says something else",
        ),
        (
            CHECK,
            "ALTER TABLE task ADD CONSTRAINT \"some\" CHECK (length(title) > 0) NOT VALID",
            "VALIDATE CONSTRAINT",
        ),
    ] {
        let site = site().await;
        let sets = set(&[TASK, step]);
        site.to(&sets, "0001").await.unwrap();
        site.database.run(by_hand);
        let error = site.to(&sets, "newest").await.unwrap_err().to_string();
        assert!(error.contains(said), "{by_hand}: {error}");
    }
}

//! What a file must not do, and what nobody said must not go.

use super::*;
use crate::sabotage::{Control, without};

const MEMBERS: &str = "[[operations]]\ncreate_table = 'member'\ncolumns = [{ name = 'id', type = 'uuid', primary_key = true }, { name = 'org', type = 'int' }, { name = 'owns', type = 'boolean', null = true }]\n\
    [[operations]]\ncreate_index = 'member_owns_idx'\ntable = 'member'\ncolumns = ['owns']";
const DROPS: &str = "[[operations]]\ndrop_column = 'owns'\ntable = 'member'";

/// CWE-1289: the attack is a file that drops a column, and with it what keeps others honest: an index or a condition made by
/// hand.
#[tokio::test]
async fn a_column_takes_nothing_along_that_nobody_said() {
    for (by_hand, told) in [
        (
            "CREATE UNIQUE INDEX one_owner ON member (org) WHERE owns",
            "index one_owner",
        ),
        ("CREATE INDEX owners ON member ((owns IS TRUE))", "index owners"),
        (
            "ALTER TABLE member ADD CONSTRAINT sane CHECK (org > 0 OR owns)",
            "constraint sane on table member",
        ),
        (
            "CREATE VIEW owners AS SELECT id FROM member WHERE owns",
            "view owners",
        ),
        (
            "ALTER TABLE member ADD also boolean GENERATED ALWAYS AS (NOT owns) STORED",
            "column also of table member",
        ),
        ("CREATE STATISTICS both_of ON org, owns FROM member", "both_of"),
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
             CREATE TRIGGER owned AFTER UPDATE OF owns ON member FOR EACH ROW EXECUTE FUNCTION f()",
            "trigger owned on table member",
        ),
        (
            "CREATE POLICY mine ON member USING (owns)",
            "policy mine on table member",
        ),
    ] {
        let site = site().await;
        let by_hand = format!("[[operations]]\nsql = '''{by_hand}'''");
        let sets = set(&[MEMBERS, &by_hand, DROPS]);
        site.to(&sets, "0002").await.unwrap();
        let before = site.schema();
        let error = site.to(&sets, "newest").await.unwrap_err();
        assert!(matches!(error, MigrationError::Differs { .. }), "{told}: {error}");
        let said = error.to_string();
        assert!(
            said.contains(told) && !said.contains("member_owns_idx"),
            "{told}: {said}"
        );
        assert_eq!(site.schema(), before, "{told}");
    }
    // What the files know of goes with it: its index, and the default of the rows that were there.
    let site = site().await;
    site.to(&set(&[MEMBERS, DROPS]), "newest").await.unwrap();
}

/// CWE-1289: another version added a column and filled it; this one drops the table.
#[tokio::test]
async fn a_table_takes_no_column_along_that_nobody_said() {
    let site = site().await;
    let sets = set(&[MEMBERS, "[[operations]]\ndrop_table = 'member'"]);
    site.to(&sets, "0001").await.unwrap();
    site.database.run("ALTER TABLE member ADD COLUMN secret text");
    site.database
        .run(&format!("INSERT INTO member VALUES ({ID}, 1, true, 'precious')"));
    for target in ["newest", "zero"] {
        let error = site.to(&sets, target).await.unwrap_err().to_string();
        assert!(
            error.contains("the column `secret`") && error.contains("Nothing of it was done"),
            "{error}"
        );
        assert_eq!(site.one("SELECT secret FROM member"), "precious");
    }
    site.database.run("ALTER TABLE member DROP COLUMN secret");
    site.to(&sets, "newest").await.unwrap();
}

/// CWE-345: the attack is a file that writes what was applied.
#[tokio::test]
async fn no_file_writes_the_record() {
    let forge = "UPDATE vauban_migration SET checksum = 'forged'";
    let hidden = "DO $$ BEGIN EXECUTE 'UPDATE vauban_' || 'migration SET checksum = ''forged'''; END $$";
    let later = "CREATE FUNCTION forge() RETURNS trigger LANGUAGE plpgsql AS \
        'BEGIN NEW.checksum = ''forged''; RETURN NEW; END'; DO $$ BEGIN EXECUTE \
        'CREATE TRIGGER forge BEFORE INSERT ON vauban_' || 'migration FOR EACH ROW EXECUTE FUNCTION forge()'; END $$";
    for sql in [
        forge,
        hidden,
        later,
        "INSERT INTO vauban_migration VALUES ('demo', '0003', 'x', '2020')",
        "DROP TABLE vauban_migration",
    ] {
        let site = site().await;
        let sets = set(&[TEAM, &format!("[[operations]]\nsql = \"\"\"{sql}\"\"\"")]);
        let error = site.to(&sets, "newest").await.unwrap_err();
        let told = error.to_string();
        assert!(
            matches!(error, MigrationError::Forbidden { .. }) && told.contains("record of what was applied"),
            "{sql}: {told}"
        );
        let rows = site
            .database
            .run("SELECT name FROM vauban_migration WHERE checksum <> 'forged'");
        assert_eq!(rows.len(), 1, "{sql}");
    }
}

/// CWE-460: a file that commits in its middle does nothing; and where its words hide it, nobody says "undone" of what stays.
#[tokio::test]
async fn a_file_does_not_end_its_transaction() {
    let table =
        "[[operations]]\ncreate_table = 'x'\ncolumns = [{ name = 'id', type = 'uuid', primary_key = true }]";
    let fails = "[[operations]]\nsql = 'SELECT nothing FROM nowhere'";
    for ends in [
        "COMMIT",
        "COMMIT; BEGIN; SAVEPOINT s0",
        "ROLLBACK",
        "END; SELECT 1",
    ] {
        for last in [fails, ""] {
            let bad = format!("{table}\n[[operations]]\nsql = '{ends}'\n{last}");
            let sets = set(&[TEAM, &bad]);
            let site = site().await;
            let error = site.to(&sets, "newest").await.unwrap_err();
            assert!(
                matches!(error, MigrationError::Forbidden { .. }),
                "{ends}: {error}"
            );
            assert_eq!(site.one("SELECT to_regclass('x')"), "NULL", "{ends}");
            let _control = without(Control::MigrationWords);
            let error = site.to(&sets, "newest").await.unwrap_err();
            let told = error.to_string();
            assert!(
                matches!(error, MigrationError::Torn { .. }) && !told.contains("is undone"),
                "{ends}: {told}"
            );
            assert!(!site.connection.is_in_transaction());
            assert_eq!(site.one("SELECT count(*) FROM vauban_migration"), "1", "{ends}");
        }
    }
}

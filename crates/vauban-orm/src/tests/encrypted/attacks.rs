//! Whoever can write to the database moves, cuts and changes ciphertexts. Each is seen to work without the control.

use super::*;
use crate::sabotage::{Control, without};

/// Writes to the tables, past the framework.
async fn tamper(database: &Database, sql: &str) {
    database.tamper(sql).await.unwrap();
}

async fn two(site: &Site) {
    for (name, tax_id) in [("Ann", "DE1"), ("Ben", "DE2")] {
        let new = NewPerson {
            notes: Some(format!("of {name}").into()),
            ..person(name, tax_id)
        };
        unit(&site.database, async |db| Person::create(new).save(&db).await)
            .await
            .unwrap();
    }
}

/// What reading says: the values, or why not.
async fn read(site: &Site) -> Result<Vec<String>, (&'static str, &'static str, Unopened)> {
    tax_ids(&site.database).await.map_err(|error| match error {
        Error::Undecipherable {
            table, column, why, ..
        } => (table, column, why),
        other => panic!("{other}"),
    })
}

const ROW_TO_ROW: &str =
    "UPDATE person SET tax_id = (SELECT tax_id FROM person WHERE name = 'Ben') WHERE name = 'Ann'";
const COLUMN_TO_COLUMN: &str = "UPDATE person SET tax_id = notes WHERE name = 'Ann'";

/// CWE-353, ASVS 11.3.3. Attack: another row's ciphertext stands in one's own row, which shows it.
#[tokio::test]
async fn a_ciphertext_of_another_row_does_not_open() {
    let foreign = Err(("person", "tax_id", Unopened::Foreign));
    let site = Site::new();
    two(&site).await;
    tamper(&site.database, ROW_TO_ROW).await;
    assert_eq!(read(&site).await, foreign);
    let open = Site::new();
    let _out = without(Control::SealedForRow);
    two(&open).await;
    tamper(&open.database, ROW_TO_ROW).await;
    assert_eq!(read(&open).await.unwrap(), ["DE2", "DE2"], "the attack");
}

/// CWE-353. Attack: what one may not see stands in a column that one may.
#[tokio::test]
async fn a_ciphertext_of_another_column_or_table_does_not_open() {
    let foreign = Err(("person", "tax_id", Unopened::Foreign));
    let site = Site::new();
    two(&site).await;
    tamper(&site.database, COLUMN_TO_COLUMN).await;
    assert_eq!(read(&site).await, foreign);
    {
        let open = Site::new();
        let _out = without(Control::SealedForLabel);
        two(&open).await;
        tamper(&open.database, COLUMN_TO_COLUMN).await;
        assert_eq!(read(&open).await.unwrap(), ["of Ann", "DE2"], "the attack");
    }
    // From another table, with the row's id there: only the label differs.
    let from_table = |id: Id<Person>| {
        let id = id.uuid();
        let id = match on::sqlite() {
            true => format!("x'{}'", id.simple()),
            false => format!("'{id}'"),
        };
        format!(
            "INSERT INTO patient (id, person_id, scan, row_version) SELECT id, id, notes, 1 FROM person WHERE id = {id}; \
             UPDATE person SET notes = (SELECT scan FROM patient), tax_id = notes WHERE id = {id}"
        )
    };
    let site = Site::new();
    two(&site).await;
    let unit = site.database.bind(Actor::nobody());
    let ann = Person::objects()
        .get(&unit.read_db(), |p| p.name.eq("Ann"))
        .await
        .unwrap()
        .id;
    tamper(&site.database, &from_table(ann)).await;
    let unit = site.database.bind(Actor::nobody());
    let patients = Patient::objects().all(&unit.read_db()).await;
    let told = patients.err().unwrap().to_string();
    assert!(
        told.contains("`patient.scan` of the row") && !told.contains("of Ann"),
        "{told}"
    );
}

/// Attack: a ciphertext is cut, changed, or says that it was sealed by another key.
#[tokio::test]
async fn a_ciphertext_that_was_changed_does_not_open() {
    let bytes = |text: &str| match on::sqlite() {
        true => format!("x'{text}'"),
        false => format!("'\\x{text}'::bytea"),
    };
    let concat = |parts: &[String]| match on::sqlite() {
        // SQLite's `||` makes a text.
        true => format!("CAST({} AS BLOB)", parts.join(" || ")),
        false => parts.join(" || "),
    };
    let rest = |from: u32| format!("substr(tax_id, {from})");
    let start = |length: u32| format!("substr(tax_id, 1, {length})");
    let length = if on::sqlite() {
        "length(tax_id)"
    } else {
        "octet_length(tax_id)"
    };
    for (set, why) in [
        (bytes(""), Unopened::Malformed),
        (bytes("01"), Unopened::Malformed),
        (start(10), Unopened::Malformed),
        (start(11), Unopened::Foreign),
        (format!("substr(tax_id, 1, {length} - 1)"), Unopened::Foreign),
        (concat(&[bytes("02"), rest(2)]), Unopened::Malformed),
        (
            concat(&[start(7), bytes("00000002"), rest(12)]),
            Unopened::Foreign,
        ),
        (
            concat(&[bytes("01"), bytes("616161616161"), rest(8)]),
            Unopened::UnknownRoot,
        ),
        (concat(&[start(11), bytes("00"), rest(13)]), Unopened::Foreign),
    ] {
        let site = Site::new();
        two(&site).await;
        tamper(
            &site.database,
            &format!("UPDATE person SET tax_id = {set} WHERE name = 'Ann'"),
        )
        .await;
        assert_eq!(read(&site).await, Err(("person", "tax_id", why)), "{set}");
    }
}

/// What is told of it names the place, and nothing of the value (CWE-532).
#[tokio::test]
async fn what_is_told_names_the_row_and_not_the_value() {
    let site = Site::new();
    two(&site).await;
    tamper(&site.database, ROW_TO_ROW).await;
    let unit = site.database.bind(Actor::nobody());
    let error = Person::objects()
        .get(&unit.read_db(), |p| p.name.eq("Ann"))
        .await
        .err()
        .unwrap();
    assert_eq!(error.status(), 500);
    let told = format!("{error} {error:?}");
    assert!(
        told.contains("person.tax_id") && !told.contains("DE2") && !told.contains("DE1"),
        "{told}"
    );
    // What carries it on its way is not printed either.
    let set = Person::columns::<Own<Person>>(&__private::Path::ROOT)
        .tax_id
        .set("DE3");
    assert!(!format!("{:?} {:?}", set.new, set.problem).contains("DE3"));
}

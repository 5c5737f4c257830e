//! Random statements by random people in random worlds, against a reference that keeps rows in lists: what is read, what is
//! refused and what is stored afterwards must be the same. And the comparison sees mistakes: with a control taken out it
//! fails.

mod by_metadata;
mod computed;
mod conditions;
mod loaded;
mod many;
mod models;
mod reference;
mod statements;
mod told;
mod upsert;
mod values;

use long::Numbers;

use super::{Control, without};
use statements::{KINDS, Kind, On, Way, World};

/// The kinds in both ways.
const STATEMENTS: usize = KINDS.len() * 2;

fn statement(number: usize) -> (Kind, Way) {
    let way = if number < KINDS.len() {
        Way::Typed
    } else {
        Way::Untyped
    };
    (KINDS[number % KINDS.len()], way)
}

/// The numbers of all statements, or of those that are written in this way.
fn written(only: Option<Way>) -> Vec<usize> {
    let is_one = |number: &usize| only.is_none_or(|way| way == statement(*number).1);
    (0..STATEMENTS).filter(is_one).collect()
}

/// So many worlds with so many of these statements each; how many statements of each kind there were and how many found or did
/// something, or the first that went another way than the reference.
async fn run(
    on: On,
    worlds: u64,
    seed: u64,
    statements: &[usize],
) -> Result<[(u64, u64); STATEMENTS], String> {
    let mut counts = [(0, 0); STATEMENTS];
    for number in 0..worlds {
        let mut n = Numbers::new(seed, number);
        let mut world = World::new(&mut n, on).await;
        // A world on a server takes its time to be made.
        let steps = if on == On::Sqlite { 60 } else { 120 };
        for step in 0..steps {
            let kind = statements[n.below(statements.len())];
            let (what, way) = statement(kind);
            let did = world.step(&mut n, what, way).await;
            let did =
                did.map_err(|wrong| format!("world {number}, step {step}, {what:?} {way:?}: {wrong}"))?;
            counts[kind].0 += 1;
            counts[kind].1 += u64::from(did);
            if world.is_spent() {
                break;
            }
        }
    }
    Ok(counts)
}

mod properties {
    use super::*;

    /// What a policy means (DESIGN), for every kind of statement.
    async fn statements_do_what_the_reference_does(on: On, worlds: u64) {
        let seed = long::seed();
        let counts = run(on, worlds, seed, &written(None))
            .await
            .unwrap_or_else(|wrong| panic!("{wrong}"));
        for (number, (all, did)) in counts.into_iter().enumerate() {
            println!(
                "{:?}: {all}, of which {did} found or did something",
                statement(number)
            );
            long::figure(all, "statements against the reference");
        }
        for (number, kind) in KINDS.iter().enumerate() {
            let ways = [counts[number], counts[KINDS.len() + number]];
            let [all, did] = [ways[0].0 + ways[1].0, ways[0].1 + ways[1].1];
            // Of few, some kinds do little by chance.
            let often = all < 500 || (did * 100 > all && ways.iter().all(|(_, did)| *did > 0));
            // A kind's number is chance: far below what it is on average.
            let enough = ways.iter().all(|(all, _)| *all * 2 > worlds) && did > 0;
            assert!(enough && often, "{kind:?}: {ways:?} meant something");
        }
    }

    #[tokio::test]
    async fn statements_on_sqlite_do_what_the_reference_does() {
        statements_do_what_the_reference_does(On::Sqlite, long::amount(150, 3_600)).await;
    }

    #[cfg(feature = "postgres")]
    #[tokio::test]
    async fn statements_on_postgresql_do_what_the_reference_does() {
        statements_do_what_the_reference_does(On::Postgres, long::amount(45, 750)).await;
    }
}

/// CWE-862, CWE-863: of kinds that are rare among all.
#[tokio::test]
async fn the_comparison_sees_each_missing_control_of_a_kind() {
    for (control, kind) in [
        (Control::Unlink, Kind::Link),
        (Control::AsRead, Kind::SetTo),
        (Control::Fits, Kind::SetTo),
        (Control::UpsertJudged, Kind::Upsert),
        (Control::LockChangeable, Kind::ForUpdate),
    ] {
        let _attack = without(control);
        let of_kind = KINDS.iter().position(|other| *other == kind).unwrap();
        for number in [of_kind, KINDS.len() + of_kind] {
            let found = run(On::Sqlite, 500, 7, &[number]).await;
            let way = statement(number).1;
            assert!(found.is_err(), "nobody sees that {control:?} is missing: {way:?}");
        }
    }
}

/// CWE-862, CWE-863, CWE-639, CWE-203: each control that is missing is seen.
#[tokio::test]
async fn the_comparison_sees_each_missing_control() {
    for control in [
        Control::View,
        Control::Add,
        Control::ChangeBefore,
        Control::ChangeAfter,
        Control::Delete,
        Control::Target,
        Control::Related,
        Control::Folded,
        Control::TwoValued,
        Control::MaySet,
        Control::Cascade,
        Control::EachRow,
        Control::Loaded,
        Control::Told,
    ] {
        let _attack = without(control);
        for way in [Way::Typed, Way::Untyped] {
            // Metadata leads to nothing that is counted over related rows.
            if (control, way) == (Control::Folded, Way::Untyped) {
                continue;
            }
            let found = run(On::Sqlite, 500, 7, &written(Some(way))).await;
            assert!(found.is_err(), "nobody sees that {control:?} is missing: {way:?}");
        }
    }
}

//! Random statements by random people in random worlds, against a reference that keeps rows in lists: what is read, what is
//! refused and what is stored afterwards must be the same. And the comparison sees mistakes: with a control taken out it
//! fails.

mod conditions;
mod models;
mod reference;
mod statements;

use long::Numbers;

use super::{Control, without};
use statements::{KINDS, On, World};

/// So many worlds with so many statements each; how many statements of each kind there were and how many found or did
/// something, or the first that went another way than the reference.
async fn run(on: On, worlds: u64, seed: u64) -> Result<[(u64, u64); KINDS.len()], String> {
    let mut counts = [(0, 0); KINDS.len()];
    for number in 0..worlds {
        let mut n = Numbers::new(seed, number);
        let mut world = World::new(&mut n, on).await;
        for step in 0..60 {
            let kind = n.below(KINDS.len());
            let did = world.step(&mut n, KINDS[kind]).await;
            let did =
                did.map_err(|wrong| format!("world {number}, step {step}, {:?}: {wrong}", KINDS[kind]))?;
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
        let counts = run(on, worlds, seed)
            .await
            .unwrap_or_else(|wrong| panic!("{wrong}"));
        for (kind, (all, did)) in KINDS.iter().zip(counts) {
            println!("{kind:?}: {all}, of which {did} found or did something");
            assert!(
                all > worlds * 3 && did * 40 > all,
                "{kind:?}: {did} of {all} meant something"
            );
            long::figure(all, "statements against the reference");
        }
    }

    #[tokio::test]
    async fn statements_on_sqlite_do_what_the_reference_does() {
        statements_do_what_the_reference_does(On::Sqlite, long::amount(100, 2_400)).await;
    }

    #[cfg(feature = "postgres")]
    #[tokio::test]
    async fn statements_on_postgresql_do_what_the_reference_does() {
        statements_do_what_the_reference_does(On::Postgres, long::amount(20, 500)).await;
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
        Control::TwoValued,
        Control::MaySet,
        Control::Cascade,
    ] {
        let _attack = without(control);
        let found = run(On::Sqlite, 500, 7).await;
        assert!(found.is_err(), "nobody sees that {control:?} is missing");
    }
}

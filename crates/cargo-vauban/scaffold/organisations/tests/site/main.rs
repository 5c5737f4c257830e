//! What the site does, and what it refuses, over HTTP.

// In a test a panic is an answer.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod leaving;
mod organisations;
mod pages;
mod people;
mod world;

use ::__crate__::app;

use vauban::testing::Prober;

use crate::world::World;

/// Every route is called as nobody, Ann, Ben, Cleo and Dan, and gets what the tables say. A route without a line in a table
/// fails.
#[tokio::test]
async fn everybody_gets_what_the_tables_say_and_no_more() {
    let w = World::with_passwords().await;
    let prober = Prober::new(&w.app).member(&w.ann).outsider(&w.ben).staff(&w.cleo);
    // Ann runs the Lighthouse. What a member without a role may do is a question of its own.
    let prober = prober.caller("plain member", &w.dan);
    let prober = pages::probe(prober);
    let prober = people::probe(prober);
    let prober = organisations::probe(prober, &w);
    let prober = leaving::probe(prober, &w);
    prober.run().await;
}

#[test]
fn the_committed_files_say_what_the_program_does() {
    vauban::testing::committed_files_are_true(app);
}

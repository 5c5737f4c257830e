//! What the site does, and what it refuses, over HTTP.

// In a test a panic is an answer.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod pages;

use ::__crate__::app;

use vauban::testing::{Prober, TestApp};

/// Every route is called, and gets what the tables say. A route without a line in a table fails.
#[tokio::test]
async fn everybody_gets_what_the_tables_say_and_no_more() {
    let site = TestApp::new(app);
    let prober = Prober::new(&site);
    let prober = pages::probe(prober);
    prober.run().await;
}

#[test]
fn the_committed_files_say_what_the_program_does() {
    vauban::testing::committed_files_are_true(app);
}

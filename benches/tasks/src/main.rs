//! What tasks cost beside a queue table that is written by hand, on the same database, in turn: enqueueing beside the bare INSERT,
//! from commit to done, from idle to the start. Everything that is committed is on the disk. Read the ratios.
//!
//! `cargo run --release -p tasks-bench`, or `… -- sqlite` or `… -- postgres` for one of the two; `-- ROUNDS` for more than 41.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a measuring program starts others, and a panic is an answer"
)]

mod by_hand;
mod done;
mod ours;
mod pairs;
mod tables;

use std::sync::Arc;

use vauban::testing::TestApp;

use by_hand::ByHand;
use ours::Ours;
use pairs::{middle, pair};
use tables::Tables;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    done::watch();
    if let Some(url) = words.iter().skip_while(|word| *word != "worker").nth(1) {
        return runtime.block_on(ours::work_alone(url.clone()));
    }
    let rounds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(41);
    for kind in ["sqlite", "postgres"] {
        if words.iter().any(|word| word == kind) || !words.iter().any(|word| word.parse::<usize>().is_err()) {
            runtime.block_on(measure(kind, rounds));
        }
    }
}

async fn measure(kind: &str, rounds: usize) {
    let tables = Tables::of(kind);
    let app = Arc::new(ours::app_on(&tables.url));
    tables.make_bare().await;
    println!(
        "\n{kind}\n\n| what | by hand | ours | ratio (quartiles of {rounds} pairs) |\n|---|---|---|---|"
    );
    enqueueing(&app, rounds).await;
    let ours = Ours::begin(&app);
    let hand = ByHand::begin(&tables).await;
    for many in [1, 64] {
        let times = if many == 1 { 16 } else { 1 };
        let (one, other) = pair(
            rounds,
            async || hand.run(many, times).await,
            async || ours.run(many, times).await,
        )
        .await
        .row(&format!("from commit to done, {many} at once, µs each"));
        println!(
            "|   that is, a second | {:.0} | {:.0} | |",
            1e6 / one,
            1e6 / other
        );
    }
    starts(&tables, &ours, rounds.min(41)).await;
    ours.end().await;
}

/// As many of both in one unit that is undone at its end, twenty of the one and twenty of the other in turn.
async fn enqueueing(app: &TestApp, rounds: usize) {
    for keyed in ["", "keyed"] {
        for _ in 0..rounds {
            // It fails, so that nothing stays.
            drop(app.command("insert", &["--how", keyed]).await);
        }
        let mut all = pairs::Pairs::default();
        for (bare, enqueued) in ours::inserted() {
            all.add(bare, enqueued);
        }
        all.row(&format!(
            "{keyed} enqueue beside an INSERT of the ORM of the same row, µs"
        ));
    }
}

/// From the commit until a worker that had nothing to do begins.
async fn starts(tables: &Tables, ours: &Ours, rounds: usize) {
    let mut here = Vec::new();
    for _ in 0..rounds {
        here.push(ours.start().await);
    }
    middle("idle to start, in the process", here);
    // From here on another process works.
    ours.stop().await;
    let worker = ours::Alone::begin(&tables.url);
    let mut across = Vec::new();
    for _ in 0..rounds.min(21) {
        across.push(worker.start(async || ours.tell().await).await);
    }
    middle("idle to start, across processes", across);
    if tables.is_on_a_server() {
        let mut unheard = Vec::new();
        for _ in 0..rounds.min(21) {
            unheard.push(worker.start(async || tables.enqueue_unheard().await).await);
        }
        middle("the same where NOTIFY is lost", unheard);
    }
}

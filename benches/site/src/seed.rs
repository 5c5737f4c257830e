//! The rows: as many, and as long, as those of every peer.

use std::sync::Arc;

use vauban::accounts::{Accounts, Email, Password};
use vauban::commands::{Command, Failure, Run};
use vauban::prelude::*;

use crate::models::{Author, Fortune, NewAuthor, NewFortune, NewPost, Post};

service! {
    /// Makes the rows of the benchmark.
    pub(crate) Seed: View<Fortune>, Add<Fortune>, Add<Author>, View<Author>, Add<Post>;
    waiver!(ServiceRights, "makes the rows of the benchmark before anybody is there")
}

const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "nine lanterns over the harbour";

pub(crate) fn module() -> Module {
    Module::new("seed").service::<Seed>().command(Command::new(
        "seed",
        "Makes the rows, and somebody to sign in as",
        run,
    ))
}

async fn run(run: Run) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    let email = Email::parse(EMAIL).map_err(Failure::new)?;
    let there = run
        .unit(|db| async move { Ok(Fortune::objects().exists(&db.acting::<Seed>()).await?) })
        .await?;
    if !there {
        run.unit(rows).await?;
        let password = Password::new(PASSWORD).map_err(told)?;
        run.unit(async |db| {
            accounts
                .create_account(&run, &db, &email, &password)
                .await
                .map_err(told)?
                .map_err(told)?;
            Ok(())
        })
        .await?;
    }
    run.out.line(format_args!(
        "Sign in at /accounts/login/ as {EMAIL} with `{PASSWORD}`."
    ));
    Ok(())
}

fn told(error: impl std::fmt::Debug) -> Failure {
    Failure::new(format_args!("{error:?}"))
}

async fn rows(db: Db<Write>) -> Result<(), Failure> {
    let db = db.acting::<Seed>();
    for number in 1..=12 {
        let message = if number == 11 {
            "<script>alert(\"This should not be displayed in a browser alert box.\");</script>".to_owned()
        } else {
            format!("Fortune number {number}: any program that runs right is obsolete & done.")
        };
        Fortune::create(NewFortune { number, message }).save(&db).await?;
    }
    let mut authors = Vec::new();
    for number in 1..=100 {
        let name = format!("Author O'Name {number}");
        authors.push(Author::create(NewAuthor { name }).save(&db).await?.id);
    }
    for number in 1..=10_000_i64 {
        let (month, day, minute) = (number % 12 + 1, number % 28 + 1, number % 60);
        let created = format!("2026-{month:02}-{day:02}T10:{minute:02}:00Z");
        Post::create(NewPost {
            number,
            title: format!("Post <{number}> on \"secure\" frameworks & more"),
            score: (number * 37) % 101,
            published: number % 4 != 0,
            created: created.parse().map_err(Failure::new)?,
            author: authors[usize::try_from(number % 100).unwrap_or(0)],
        })
        .save(&db)
        .await?;
    }
    Ok(())
}

//! `passwords import FILE`: hashes of another program, given to accounts that have no password.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use vauban::commands::{Command, Failure, Run};

use super::bounded::{Line, next_line};
use super::lines::{self, Entry, MAX_LINE};
use crate::Accounts;
use crate::users::Brought;

/// Lines in one unit: all of them or none.
const IN_A_UNIT: usize = 500;
/// Bad lines that are told one by one.
const TOLD: u64 = 1000;

pub(super) fn command() -> Command {
    Command::new(
        "import",
        "Give accounts that have no password the hash that Django has of it; who has one keeps it, so it may be run again",
        run,
    )
    .argument(
        "FILE",
        "a line for each: `address,hash`, a JSON object with `email` and `password`, or what `dumpdata auth.user --format jsonl` writes",
    )
    .flag("create", "Make an account for each address that has none")
}

/// What became of the lines.
#[derive(Default)]
struct Counts {
    set: u64,
    made: u64,
    kept: u64,
    without: u64,
    bad: u64,
}

async fn run(run: Run) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    let path = run.argument("FILE").unwrap_or_default();
    let create = run.flag("create");
    let file =
        File::open(path).map_err(|error| Failure::new(format_args!("{path} cannot be opened: {error}")))?;
    let (mut from, mut line) = (BufReader::new(file), Vec::new());
    let (mut counts, mut batch, mut number) = (Counts::default(), Vec::new(), 0_u64);
    loop {
        let read = next_line(&mut from, &mut line, MAX_LINE)
            .map_err(|error| Failure::new(format_args!("{path} cannot be read on: {error}")));
        // What was read before is kept.
        let (is_end, error) = match read {
            Ok(Line::End) => (true, None),
            Ok(Line::TooLong) => {
                number += 1;
                let why = format!("it is longer than {MAX_LINE} bytes");
                counts.bad(&run, number, &why);
                (false, None)
            }
            Ok(Line::Here) => {
                number += 1;
                match lines::read(&line) {
                    Ok(Some(entry)) => batch.push((number, entry)),
                    Ok(None) => {}
                    Err(why) => counts.bad(&run, number, &why),
                }
                (false, None)
            }
            Err(error) => (true, Some(error)),
        };
        if batch.len() >= IN_A_UNIT || (is_end && !batch.is_empty()) {
            counts.bring(&run, accounts, &batch, create).await?;
            batch.clear();
        }
        if let Some(error) = error {
            return Err(error);
        }
        if is_end {
            break;
        }
    }
    counts.tell(&run)
}

impl Counts {
    /// A line that is not taken. CWE-532: `why` has nothing of a hash.
    fn bad(&mut self, run: &Run, number: u64, why: &str) {
        self.bad += 1;
        if self.bad <= TOLD {
            run.out.error(format_args!("line {number}: {why}"));
        }
    }

    /// Brings these lines over, all of them or none.
    async fn bring(
        &mut self,
        run: &Run,
        accounts: &Arc<Accounts>,
        batch: &[(u64, Entry)],
        create: bool,
    ) -> Result<(), Failure> {
        let brought = run.unit(|db| {
            let accounts = Arc::clone(accounts);
            let entries: Vec<_> = batch.iter().map(|(_, entry)| entry.clone()).collect();
            async move {
                let mut all = Vec::with_capacity(entries.len());
                for Entry { email, hash } in entries {
                    let brought = accounts.users.bring(&db, email, hash, create).await;
                    all.push(brought.map_err(|error| Failure::of(error.into()))?);
                }
                Ok(all)
            }
        });
        let first = batch.first().map_or(0, |(number, _)| *number);
        let brought = brought.await.map_err(|failure| {
            Failure::new(format_args!(
                "{failure}\nWhat stands before line {first} is done, nothing from there on. Run it again: who has a password keeps it."
            ))
        })?;
        for ((number, _), brought) in batch.iter().zip(brought) {
            match brought {
                Brought::Set => self.set += 1,
                Brought::Made => self.made += 1,
                Brought::Kept => self.kept += 1,
                Brought::Nothing => self.without += 1,
                Brought::Unknown => self.bad(
                    run,
                    *number,
                    "nobody has this address (`--create` makes accounts)",
                ),
            }
        }
        Ok(())
    }

    fn tell(&self, run: &Run) -> Result<(), Failure> {
        let Self {
            set,
            made,
            kept,
            without,
            bad,
        } = self;
        run.out.line(format_args!(
            "{set} account(s) were given their password, {made} were made, {kept} have one and keep it, {without} have none there, \
             {bad} line(s) were not taken."
        ));
        match bad {
            0 => Ok(()),
            _ => Err(Failure::new(
                "Some lines were not taken: see above. The others are done.",
            )),
        }
    }
}

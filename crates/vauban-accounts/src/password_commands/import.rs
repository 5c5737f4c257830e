//! `passwords import FILE`: hashes of another program, given to accounts that have no password.

use std::collections::HashSet;
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, BufReader, Seek as _};
use std::sync::Arc;

use vauban::commands::{Command, Failure, Run};
use vauban::http::Error;
use vauban::orm::{Db, Write};

use super::bounded::{Line, next_line};
use super::lines::{self, Entry, MAX_LINE};
use crate::users::Brought;
use crate::{Accounts, Email};

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
    let cannot = |error| Failure::new(format_args!("{path} cannot be read on: {error}"));
    let mut from = BufReader::new(file);
    let shared = Shared::of(&mut from).map_err(cannot)?;
    let (mut line, mut counts, mut batch, mut number) = (Vec::new(), Counts::default(), Vec::new(), 0_u64);
    loop {
        let read = next_line(&mut from, &mut line, MAX_LINE);
        number += 1;
        let read = match read {
            Ok(Line::End) => break,
            Ok(Line::TooLong) => Err(format!("it is longer than {MAX_LINE} bytes")),
            Ok(Line::Here) => lines::read(&line, accounts.peppers()),
            Err(error) => {
                // What was read before is kept.
                counts.bring(&run, accounts, &batch, create).await?;
                return Err(cannot(error));
            }
        };
        match read {
            Ok(Some(entry)) if shared.has(&entry.email) => counts.bad(&run, number, SHARED),
            Ok(Some(entry)) => batch.push((number, entry)),
            Ok(None) => {}
            Err(why) => counts.bad(&run, number, &why),
        }
        if batch.len() >= IN_A_UNIT {
            counts.bring(&run, accounts, &batch, create).await?;
            batch.clear();
        }
    }
    counts.bring(&run, accounts, &batch, create).await?;
    counts.tell(&run)
}

const SHARED: &str = "its address is on more than one line, so nobody can tell whose it is; leave the line of its owner, or have them ask \
                      for a link to a new password";

async fn bring(accounts: &Accounts, db: &Db<Write>, entry: Entry, create: bool) -> Result<Brought, Error> {
    let Entry { email, hash } = entry;
    // CWE-269: as staff, and superusers: whoever had this address elsewhere need not be whom something was granted to here.
    if hash.is_some()
        && let Some((person, None)) = accounts.users.by_email(&accounts.units, &email).await?
        && !accounts.rights.names(db, person.facts.id).await?.is_empty()
    {
        return Ok(Brought::Privileged);
    }
    Ok(accounts.users.bring(db, email, hash, create).await?)
}

/// The addresses that more than one line has, lines that are not taken among them.
///
/// CWE-287: to Django `Ann@example.com` and `ann@example.com` are two accounts, and neither address was ever confirmed. Here they
/// are one, and whoever wrote somebody else's address into their own account there would be given that account here.
struct Shared {
    hasher: RandomState,
    /// Eight bytes for each address; nobody outside can choose what collides.
    addresses: HashSet<u64>,
}

impl Shared {
    /// Reads all lines, and goes back to the first.
    fn of(from: &mut BufReader<File>) -> io::Result<Self> {
        let (hasher, mut line) = (RandomState::new(), Vec::new());
        let (mut seen, mut addresses) = (HashSet::new(), HashSet::new());
        loop {
            match next_line(from, &mut line, MAX_LINE)? {
                Line::End => break,
                Line::TooLong => {}
                Line::Here => {
                    let key = lines::address(&line).map(|email| hasher.hash_one(email.as_str()));
                    addresses.extend(key.filter(|key| !seen.insert(*key)));
                }
            }
        }
        from.rewind()?;
        Ok(Self { hasher, addresses })
    }

    fn has(&self, email: &Email) -> bool {
        self.addresses.contains(&self.hasher.hash_one(email.as_str()))
    }
}

impl Counts {
    /// A line that is not taken. CWE-532: `why` has nothing of a hash.
    fn bad(&mut self, run: &Run, number: u64, why: &str) {
        self.bad += 1;
        if self.bad <= TOLD {
            run.out.error(format_args!("line {number}: {why}"));
        }
    }

    /// Brings these lines over: all in one unit, or, where the database does not take one of them, each in its own.
    async fn bring(
        &mut self,
        run: &Run,
        accounts: &Arc<Accounts>,
        batch: &[(u64, Entry)],
        create: bool,
    ) -> Result<(), Failure> {
        let Err(failure) = self.bring_unit(run, accounts, batch, create).await else {
            return Ok(());
        };
        let mut refused = Vec::new();
        for one in batch.chunks(1) {
            if self.bring_unit(run, accounts, one, create).await.is_err() {
                refused.extend(one.iter().map(|(number, _)| *number));
            }
        }
        // Where it takes none of them, it is not the lines.
        if refused.len() == batch.len() {
            let first = batch.first().map_or(0, |(number, _)| *number);
            return Err(Failure::new(format_args!(
                "{failure}\nWhat stands before line {first} is done, nothing from there on. Run it again: who has a password keeps it."
            )));
        }
        for number in refused {
            self.bad(run, number, "the database does not take it");
        }
        Ok(())
    }

    /// Brings these lines over, all of them or none.
    async fn bring_unit(
        &mut self,
        run: &Run,
        accounts: &Arc<Accounts>,
        batch: &[(u64, Entry)],
        create: bool,
    ) -> Result<(), Failure> {
        if batch.is_empty() {
            return Ok(());
        }
        let brought = run.unit(|db| {
            let accounts = Arc::clone(accounts);
            let entries: Vec<_> = batch.iter().map(|(_, entry)| entry.clone()).collect();
            async move {
                let mut all = Vec::with_capacity(entries.len());
                for entry in entries {
                    let brought = bring(&accounts, &db, entry, create).await;
                    all.push(brought.map_err(Failure::of)?);
                }
                Ok(all)
            }
        });
        for ((number, _), brought) in batch.iter().zip(brought.await?) {
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
                Brought::Privileged => self.bad(
                    run,
                    *number,
                    "the account may more than others here (staff, superuser or a permission), and no file opens such: its owner asks for a link to a new password",
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

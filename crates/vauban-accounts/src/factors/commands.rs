//! `factors list|reset`: for whoever holds the machine, and somebody who has lost app and codes.

use std::sync::Arc;

use vauban::commands::{Command, Failure, Run};
use vauban::http::Result;
use vauban::orm::{Db, Write};

use crate::history::Happened;
use crate::hooks::FactorChange;
use crate::people::Account;
use crate::sessions::Visitor;
use crate::{Accounts, Email, events};

/// `factors …`.
pub(crate) fn factors() -> Command {
    Command::group("factors", "Second factors of people")
        .with(
            Command::new("list", "Say which second factors somebody has", list)
                .argument("EMAIL", "whose"),
        )
        .with(
            Command::new(
                "reset",
                "Take somebody's second factors and recovery codes away, and end their sessions; they are told by mail",
                reset,
            )
            .argument("EMAIL", "whose"),
        )
}

async fn list(run: Run) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    let person = whose(&run, accounts).await?;
    let (factors, id) = (accounts.factors.clone(), person.facts.id);
    let (since, passkeys, left) = run
        .unit(|db| {
            let factors = factors.clone();
            async move {
                Ok((
                    factors.app_since(&db, id).await?,
                    factors.passkeys_of(&db, id).await?,
                    factors.codes_left(&db, id).await?,
                ))
            }
        })
        .await?;
    let email = &person.email;
    let app = since.map(|since| format!("an authenticator app since {}", since.strftime("%-d %B %Y")));
    let passkeys = (passkeys > 0).then(|| format!("{passkeys} passkey(s)"));
    let has: Vec<String> = [app, passkeys].into_iter().flatten().collect();
    match has.is_empty() {
        true => run.out.line(format_args!("{email} has no second factor.")),
        false => run.out.line(format_args!(
            "{email} has {}, and {left} recovery code(s).",
            has.join(", ")
        )),
    }
    Ok(())
}

async fn reset(run: Run) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    let person = whose(&run, accounts).await?;
    let was = run
        .unit(|db| {
            let (accounts, person) = (Arc::clone(accounts), person.clone());
            async move { accounts.reset_factors(&db, &person).await.map_err(Failure::of) }
        })
        .await?;
    if !was {
        return Err(Failure::new(format_args!(
            "{} has no second factor.",
            person.email
        )));
    }
    run.out.line(format_args!(
        "{} has no second factor any more, and is told by mail. Every session of theirs has ended.",
        person.email
    ));
    Ok(())
}

async fn whose(run: &Run, accounts: &Accounts) -> Result<Account, Failure> {
    let email = run.argument("EMAIL").unwrap_or_default();
    let email = Email::parse(email).map_err(|error| Failure::new(format_args!("{email}: {error}")))?;
    let found = accounts.users.by_email(&accounts.units, &email).await?;
    found
        .map(|(person, _)| person)
        .ok_or_else(|| Failure::new("Nobody has this address."))
}

impl Accounts {
    /// Takes an account's second factor away; `false`: it had none. ASVS 6.6.1, 7.4.3: whoever had a session has it no longer.
    pub(crate) async fn reset_factors(&self, db: &Db<Write>, person: &Account) -> Result<bool> {
        let id = person.facts.id;
        db.begin().await?;
        let had_app = self.factors.remove_app(db, id).await?;
        let had_passkeys = self.factors.remove_passkeys(db, id).await?;
        if !had_app && !had_passkeys {
            return Ok(false);
        }
        let gone = [
            (had_app, FactorChange::Removed),
            (had_passkeys, FactorChange::PasskeyRemoved),
        ];
        for (_, change) in gone.into_iter().filter(|(had_one, _)| *had_one) {
            self.factor_changed(db, person, change).await?;
        }
        self.sessions.end_all(db, id).await?;
        let (happened, visitor) = (Happened::FactorReset, Visitor::default());
        self.history.record(db, id, happened, visitor).await?;
        // CWE-778: once it is saved.
        db.on_commit(
            async move { events::FACTOR_REMOVED.log_of(None, Some(&format!("of {id}, by a command"))) },
        );
        Ok(true)
    }
}

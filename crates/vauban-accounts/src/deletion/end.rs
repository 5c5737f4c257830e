//! The end of an account: a task, in one unit.

use std::sync::Arc;

use uuid::Uuid;
use vauban::hooks::{Refused, fire};
use vauban::http;
use vauban::orm::{self, DateTime, Db, Write};
use vauban::tasks::{AsService, Attempt, Failed};
use vauban::{Id, Part, Problem, hook, task};
use vauban_mail::{Mail as _, preferences};

use super::model::{AccountEnd, DeletionRow, on_day};
use crate::accounts::Accounts;
use crate::events;
use crate::hooks::{Deleting, SigningIn};
use crate::mails::{DeletedMail, KeptMail};
use crate::people::Account;

/// Erases an account, unless its owner has taken the wish back: then its row, by which this is queued, is gone.
#[task(name = "accounts.erase", tries = 20, timeout = 600)]
pub(crate) async fn erase(
    _: AsService<AccountEnd>,
    db: Db<Write>,
    accounts: Part<Arc<Accounts>>,
    attempt: Attempt,
    wish: Id<DeletionRow>,
) -> Result<(), Failed> {
    db.begin().await?;
    let wish = DeletionRow::objects().filter(|d| d.id.eq(wish));
    let Some(wish) = wish.first(&db.acting::<AccountEnd>()).await? else {
        return Ok(());
    };
    let now = DateTime::from(accounts.sessions.clock().now());
    if wish.due > now {
        return Err(Failed::again_after(
            std::time::Duration::from_secs(60),
            "its owner may still take it back",
        ));
    }
    match accounts.erase(&db, wish.user).await {
        Err(failed) if attempt.number >= attempt.of => accounts.give_up(&db, wish.user, &failed).await,
        done => done,
    }
}

/// Between the wish and the end nobody signs in (CWE-613): whoever changes their mind has the link of the mail.
#[hook]
pub(crate) async fn not_while_leaving(
    _: AsService<AccountEnd>,
    db: Db<Write>,
    who: &SigningIn,
) -> Result<(), Refused> {
    let wish = DeletionRow::objects().filter(|d| d.user.eq(who.user.uuid()));
    let Some(wish) = wish.first(&db.acting::<AccountEnd>()).await? else {
        return Ok(());
    };
    let problem = Problem::new(
        "account_leaving",
        "This account will be deleted on {day}. The link in the mail that said so keeps it.",
    );
    Err(problem.with("day", on_day(wish.due)).into())
}

impl Accounts {
    /// Deletes an account, with what other models state of the rows that refer to it, or nothing.
    async fn erase(&self, db: &Db<Write>, user: Uuid) -> Result<(), Failed> {
        let Some((person, _)) = self.users.standing(db, user).await? else {
            self.keep_account(db, user).await?;
            return Ok(());
        };
        // It may be the last one since the wish, and rows may keep it. Before any hook puts away what is not in the database.
        if self.is_last_superuser(db, &person).await?
            || self.is_last_owner(db, user).await?
            || self.users.is_kept(db, user).await?
        {
            return self.release(db, &person).await;
        }
        match db.nested(async || self.erase_all(db, &person).await).await {
            Ok(()) => Ok(()),
            Err(Stopped::Kept) => self.release(db, &person).await,
            Err(Stopped::Failed(failed)) => Err(failed),
        }
    }

    async fn erase_all(&self, db: &Db<Write>, person: &Account) -> Result<(), Stopped> {
        let user = person.facts.id;
        let going = Deleting {
            user: person.user,
            email: person.email.clone(),
        };
        fire(db, &going).await?;
        // CWE-362: by the wish that this is for, and whoever it was.
        if !self.keep_account(db, user).await? || self.users.erase(db, user).await? != 1 {
            let why = "the wish or the account is another by now";
            return Err(Stopped::Failed(Failed::again(why)));
        }
        // CWE-212: by its address alone.
        preferences::forget(db, &person.email).await?;
        let site = self.site.clone();
        DeletedMail { site }.to(&person.email).send(db).await?;
        db.on_commit(async { events::ERASED.log(None) });
        Ok(())
    }

    /// CWE-400: what fails every time locks nobody out for good, either.
    async fn give_up(&self, db: &Db<Write>, user: Uuid, failed: &Failed) -> Result<(), Failed> {
        tracing::error!(target: "vauban::accounts", error = %failed, "an account could not be erased: it stays, and its owner is told");
        match self.users.standing(db, user).await? {
            Some((person, _)) => self.release(db, &person).await,
            None => Ok(()),
        }
    }

    /// The account stays: CWE-400, its owner is not locked out for good by what cannot be done.
    async fn release(&self, db: &Db<Write>, person: &Account) -> Result<(), Failed> {
        self.keep_account(db, person.facts.id).await?;
        let site = self.site.clone();
        KeptMail { site }.to(&person.email).send(db).await?;
        db.on_commit(async { events::DELETION_RELEASED.log(None) });
        Ok(())
    }
}

/// Why an account was not erased.
enum Stopped {
    /// It cannot be: rows keep it, or more would go than one unit deletes.
    Kept,
    /// Not this time.
    Failed(Failed),
}

impl From<orm::Error> for Stopped {
    fn from(error: orm::Error) -> Self {
        match error {
            orm::Error::Restricted { .. } | orm::Error::TooLarge(_) | orm::Error::TooMuchWork => Self::Kept,
            error => Self::Failed(error.into()),
        }
    }
}

impl From<http::Error> for Stopped {
    fn from(error: http::Error) -> Self {
        Self::Failed(error.into())
    }
}

//! The end of an account: a task, in one unit.

use std::sync::Arc;

use uuid::Uuid;
use vauban::hooks::{Refused, fire};
use vauban::orm::{DateTime, Db, Write};
use vauban::tasks::{AsService, Failed};
use vauban::{Id, Part, Problem, hook, task};
use vauban_mail::Mail as _;

use super::model::{DeletionRow, Leaving, on_day};
use crate::accounts::Accounts;
use crate::hooks::{Deleting, SigningIn};
use crate::mails::DeletedMail;
use crate::{data, events};

/// Erases an account, unless its owner has taken the wish back: then its row, by which this is queued, is gone.
#[task(name = "accounts.erase", tries = 20, timeout = 600)]
pub(crate) async fn erase(
    _: AsService<Leaving>,
    db: Db<Write>,
    accounts: Part<Arc<Accounts>>,
    wish: Id<DeletionRow>,
) -> Result<(), Failed> {
    db.begin().await?;
    let wish = DeletionRow::objects().filter(|d| d.id.eq(wish));
    let Some(wish) = wish.first(&db.acting::<Leaving>()).await? else {
        return Ok(());
    };
    let now = DateTime::from(accounts.sessions.clock().now());
    if wish.due > now {
        return Err(Failed::again_after(
            std::time::Duration::from_secs(60),
            "its owner may still take it back",
        ));
    }
    accounts.erase(&db, wish.user).await
}

/// Between the wish and the end nobody signs in (CWE-613): whoever changes their mind has the link of the mail.
#[hook]
pub(crate) async fn not_while_leaving(
    _: AsService<Leaving>,
    db: Db<Write>,
    who: &SigningIn,
) -> Result<(), Refused> {
    let wish = DeletionRow::objects().filter(|d| d.user.eq(who.user.uuid()));
    let Some(wish) = wish.first(&db.acting::<Leaving>()).await? else {
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
        // It may be the last one since the wish.
        if self.is_last_superuser(db, &person).await? {
            return Err(Failed::for_good(
                "it is the last superuser's account: make another one superuser first (`createsuperuser`), then run it again",
            ));
        }
        let going = Deleting {
            user: person.user,
            email: person.email.clone(),
        };
        fire(db, &going).await?;
        // Pitfall 40, CWE-613: nothing that opened it opens the address's next account.
        self.end_all_that_opens(db, user).await?;
        data::forget(db, user).await?;
        // CWE-359: where somebody was is theirs, too.
        self.history.forget(db, user).await?;
        self.keep_account(db, user).await?;
        self.users.erase(db, user).await?;
        let site = self.site.clone();
        DeletedMail { site }.to(&person.email).send(db).await?;
        events::ERASED.log(None);
        Ok(())
    }
}

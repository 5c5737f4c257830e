//! Asking for an account's end, and taking it back.

use jiff::SignedDuration;
use uuid::Uuid;
use vauban::PathSecret;
use vauban::http::{Error, Result};
use vauban::orm::{self, DateTime, Db, Write};
use vauban_mail::Mail as _;

use super::end::erase;
use super::model::{AccountEnd, DeletionRow, NewDeletionRow, on_day};
use crate::accounts::Accounts;
use crate::links::{Epoch, Link, Purpose};
use crate::mails::DeletionMail;
use crate::people::Account;
use crate::urls;

/// What became of the wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The account is erased from this day on.
    Due(String),
    /// It is the last one that may everything.
    LastSuperuser,
    /// Something that it owns has no other owner.
    LastOwner,
    /// Rows keep it, which say `restrict`.
    Restricted,
}

impl Accounts {
    /// Notes that somebody wants their account deleted, ends all that opens it, and sends the link that takes it back.
    pub(crate) async fn ask_for_deletion(&self, db: &Db<Write>, person: &Account) -> Result<Asked> {
        let user = person.facts.id;
        // CWE-362: from here on nobody else counts the same superusers.
        db.begin().await?;
        if self.is_last_superuser(db, person).await? {
            return Ok(Asked::LastSuperuser);
        }
        if self.is_last_owner(db, user).await? {
            return Ok(Asked::LastOwner);
        }
        // CWE-400: not what goes, which others may have made too much to count.
        if self.users.is_kept(db, user).await? {
            return Ok(Asked::Restricted);
        }
        let acting = db.acting::<AccountEnd>();
        let grace = self.links.lifetime_of(Purpose::Deletion);
        let grace = SignedDuration::try_from(grace).map_err(|error| Error::internal(error.to_string()))?;
        let now = self.sessions.clock().now();
        let due = DateTime::from(now.saturating_add(grace).unwrap_or(now));
        // Asked for twice at once: the later one counts.
        let before = DeletionRow::objects().filter(|d| d.user.eq(user));
        before.delete_all(&acting).await?;
        let row = DeletionRow::create(NewDeletionRow { user, due })
            .save(&acting)
            .await?;
        erase::enqueue(db, row.id).at(due).await?;
        self.end_all_that_opens(db, user).await?;
        let day = on_day(due);
        self.send_deletion_link(db, person, &day).await?;
        Ok(Asked::Due(day))
    }

    /// Takes the wish back: `false` if there is none.
    pub(crate) async fn keep_account(&self, db: &Db<Write>, user: Uuid) -> orm::Result<bool> {
        let wish = DeletionRow::objects().filter(|d| d.user.eq(user));
        Ok(wish.delete_all(&db.acting::<AccountEnd>()).await? == 1)
    }

    /// Whether an account is to be deleted.
    pub(crate) async fn is_leaving(&self, db: &Db<Write>, user: Uuid) -> orm::Result<bool> {
        let wish = DeletionRow::objects().filter(|d| d.user.eq(user));
        wish.exists(&db.acting::<AccountEnd>()).await
    }

    /// Whether nobody else could administer the site if this account were gone (CWE-269: nor would anybody find it unguarded).
    pub(crate) async fn is_last_superuser(&self, db: &Db<Write>, person: &Account) -> Result<bool> {
        if !person.facts.is_superuser {
            return Ok(false);
        }
        let others = self.users.other_superusers(db, person.facts.id).await?;
        let leaving = DeletionRow::objects().filter(|d| d.user.is_in(others.iter().copied()));
        let leaving = leaving.all(&db.acting::<AccountEnd>()).await?;
        Ok(leaving.len() >= others.len())
    }

    /// Whether some tenant would be left without an owner if this account were gone.
    pub(crate) async fn is_last_owner(&self, db: &Db<Write>, user: Uuid) -> orm::Result<bool> {
        for tenancy in &self.tenancies {
            if tenancy.is_last_owner(db, user).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Ends sessions, begun ones too, and links of an account (CWE-613).
    async fn end_all_that_opens(&self, db: &Db<Write>, user: Uuid) -> Result<()> {
        self.sessions.end_all(db, user).await?;
        self.halves.end(db, user).await?;
        self.links.end_all(db, user).await
    }

    async fn send_deletion_link(&self, db: &Db<Write>, person: &Account, day: &str) -> Result<()> {
        let link = Link {
            email: person.email.clone(),
            account: person.facts.id,
            epoch: Epoch::of(&person.email, None),
        };
        let token: PathSecret = self.links.make(db, Purpose::Deletion, link).await?;
        let mail = DeletionMail {
            site: self.site.clone(),
            day: day.to_owned(),
            link: urls::delete_link(&token).absolute(db)?,
        };
        mail.to(&person.email).send(db).await?;
        Ok(())
    }
}

//! Owners are told by mail who came in, and who of them was made or is one no longer.

use uuid::Uuid;
use vauban::http::Result;
use vauban::orm::{Db, Write};
use vauban_mail::Mail as _;

use super::kind::{AnyTenancy, short};
use crate::Email;
use crate::accounts::Accounts;
use crate::mails::MembersChangedMail;

/// What became of somebody, for the owners.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Told<'a> {
    /// Came in by an invitation, as this role.
    Joined(&'a str),
    /// Is an owner now.
    Owns,
    /// Is an owner no longer.
    OwnsNoMore,
}

impl Accounts {
    /// The owners of a tenant, but for who acts: looked for before something becomes of them, so that whoever is one no longer is told too.
    pub(crate) async fn owners_to_tell(
        &self,
        db: &Db,
        tenancy: &dyn AnyTenancy,
        tenant: Uuid,
        acts: Uuid,
    ) -> Result<Vec<Email>> {
        let owners = tenancy.owners(db, tenant).await?;
        let others = owners.into_iter().filter(|(person, _)| *person != acts);
        Ok(others.map(|(_, email)| email).collect())
    }

    /// Tells them: whoever came in or was made an owner unseen has taken the tenant over (CWE-778; ASVS 6.3.7).
    pub(crate) async fn tell_owners(
        &self,
        db: &Db<Write>,
        owners: &[Email],
        (tenant, person): (&str, Uuid),
        told: Told<'_>,
    ) -> Result<()> {
        if owners.is_empty() {
            return Ok(());
        }
        let Some(person) = self.users.read(db, person).await? else {
            return Ok(());
        };
        let who = format!("{} ({})", short(&person.name), person.email);
        let says = match told {
            Told::Joined(role) => format!("{who} has joined {tenant} as {role}"),
            Told::Owns => format!("{who} is an owner of {tenant} now"),
            Told::OwnsNoMore => format!("{who} is no owner of {tenant} any more"),
        };
        for owner in owners {
            let mail = MembersChangedMail {
                site: self.site.clone(),
                says: says.clone(),
            };
            mail.to(owner).send(db).await?;
        }
        Ok(())
    }
}

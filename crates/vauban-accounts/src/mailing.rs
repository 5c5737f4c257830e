//! Mails that a stranger asks for: the same work, whoever has the address (CWE-204, CWE-208).

use uuid::Uuid;
use vauban::PathSecret;
use vauban::http::{Request, Result};
use vauban::orm::{DateTime, Db, Write};
use vauban_mail::Mail as _;

use crate::accounts::{Accounts, SignInFailure};
use crate::hooks::FactorChange;
use crate::links::{Epoch, Link, Purpose};
use crate::mails::{
    FactorChangedMail, FactorLinkMail, HasAccountMail, NewDeviceMail, NewEmailMail, NoAccountMail,
    OldEmailMail, PasswordChangedMail, RecoveryUsedMail, ResetMail, SignUpMail, TakenEmailMail,
};
use crate::people::Account;
use crate::sessions::Visitor;
use crate::throttle::Admission;
use crate::{Email, urls};

impl Accounts {
    /// Counts a mail, before it is known whether anybody has the address.
    pub(crate) async fn count_mail(
        &self,
        purpose: Purpose,
        email: &Email,
        cx: &Request,
    ) -> Result<(), SignInFailure> {
        let buckets = self
            .throttles
            .keys()
            .of_mail(purpose.name(), email.as_str(), cx.client_ip());
        match self.throttles.admit(&buckets).await? {
            Admission::Counted(_) => Ok(()),
            Admission::Wait(wait) => Err(SignInFailure::Wait(wait)),
        }
    }

    /// Sends the mail that somebody asked for who gave an address: with a link for an account that there is, or to one. Known or
    /// not, the statements are the same, and there is one task.
    pub(crate) async fn send_link(&self, db: &Db<Write>, asked: Purpose, email: &Email) -> Result<()> {
        let found = self.users.by_email(&self.units, email).await?;
        let (person, hash) = match found {
            Some((person, hash)) => (Some(person), hash),
            None => (None, None),
        };
        let purpose = match (&person, asked) {
            (None, Purpose::SignUp) => Purpose::SignUp,
            _ => Purpose::Reset,
        };
        // CVE-2023-7028, CWE-640: to the address that is stored, which is the one that was looked for, in its one form.
        let to = person.as_ref().map_or(email, |person| &person.email).clone();
        let link = Link {
            epoch: Epoch::of(&to, hash.as_ref()),
            email: to.clone(),
            account: person.as_ref().map_or(Uuid::nil(), |person| person.facts.id),
        };
        // Where nobody may use it, it is in no mail.
        let token = self.links.make(db, purpose, link).await?;
        let (site, lifetime) = (self.site.clone(), self.links.lifetime(purpose));
        let active = person.filter(|person| person.is_active);
        match (active, purpose, asked) {
            (None, Purpose::SignUp, _) => {
                let link = urls::signup_link(&token).absolute(db)?;
                let mail = SignUpMail { site, link, lifetime };
                mail.to(&to).send(db).await?;
            }
            (Some(_), _, Purpose::SignUp) => {
                let mail = HasAccountMail {
                    site,
                    sign_in: urls::login().absolute(db)?,
                    link: self.reset_link(db, &token)?,
                    lifetime,
                };
                mail.to(&to).send(db).await?;
            }
            (Some(_), ..) => {
                let link = self.reset_link(db, &token)?;
                let mail = ResetMail { site, link, lifetime };
                mail.to(&to).send(db).await?;
            }
            (None, ..) => {
                NoAccountMail { site }.to(&to).send(db).await?;
            }
        }
        Ok(())
    }

    /// Sends the link that proves the new address of an account, and tells the old one. The same statements, whether or not the new one
    /// is somebody's (CWE-204).
    pub(crate) async fn send_email_link(
        &self,
        db: &Db<Write>,
        person: &Account,
        hash: Option<&crate::Hash>,
        email: &Email,
    ) -> Result<()> {
        let link = Link {
            email: email.clone(),
            account: person.facts.id,
            epoch: Epoch::of(&person.email, hash),
        };
        let is_taken = self.users.is_taken(db, email).await?;
        // One address at a time.
        self.links.end(db, Purpose::Email, person.facts.id).await?;
        let token = self.links.make(db, Purpose::Email, link).await?;
        let site = self.site.clone();
        if is_taken {
            TakenEmailMail { site }.to(email).send(db).await?;
        } else {
            let mail = NewEmailMail {
                site,
                link: urls::email_link(&token).absolute(db)?,
                lifetime: self.links.lifetime(Purpose::Email),
            };
            mail.to(email).send(db).await?;
        }
        self.tell_old_address(db, &person.email, email, false).await
    }

    /// Tells the address that an account has, or had, of another one.
    pub(crate) async fn tell_old_address(
        &self,
        db: &Db<Write>,
        old: &Email,
        new: &Email,
        is_done: bool,
    ) -> Result<()> {
        let mail = OldEmailMail {
            site: self.site.clone(),
            email: new.to_string(),
            is_done,
            reset: urls::reset().absolute(db)?,
        };
        mail.to(old).send(db).await?;
        Ok(())
    }

    /// Sends somebody a link to an account, for whoever holds the machine. `false`: they have one.
    pub(crate) async fn invite(&self, db: &Db<Write>, email: &Email) -> Result<bool> {
        if self.users.is_taken(db, email).await? {
            return Ok(false);
        }
        let link = Link {
            email: email.clone(),
            account: Uuid::nil(),
            epoch: Epoch::of(email, None),
        };
        let token = self.links.make(db, Purpose::SignUp, link).await?;
        let mail = SignUpMail {
            site: self.site.clone(),
            link: urls::signup_link(&token).absolute(db)?,
            lifetime: self.links.lifetime(Purpose::SignUp),
        };
        mail.to(email).send(db).await?;
        Ok(true)
    }

    /// Tells somebody that their password is another one.
    pub(crate) async fn tell_of_password(&self, db: &Db<Write>, person: &Account) -> Result<()> {
        let mail = PasswordChangedMail {
            site: self.site.clone(),
            reset: urls::reset().absolute(db)?,
        };
        mail.to(&person.email).send(db).await?;
        Ok(())
    }

    /// Sends the link by which somebody adds the second factor that they have to have.
    pub(crate) async fn send_factor_link(
        &self,
        db: &Db<Write>,
        person: &Account,
        hash: Option<&crate::Hash>,
    ) -> Result<()> {
        let link = Link {
            email: person.email.clone(),
            account: person.facts.id,
            epoch: Epoch::of(&person.email, hash),
        };
        let token = self.links.make(db, Purpose::Factor, link).await?;
        let mail = FactorLinkMail {
            site: self.site.clone(),
            link: urls::factor_link(&token).absolute(db)?,
            lifetime: self.links.lifetime(Purpose::Factor),
        };
        mail.to(&person.email).send(db).await?;
        Ok(())
    }

    /// Tells somebody that their second factor is another one (ASVS 6.3.7).
    pub(crate) async fn tell_of_factor(
        &self,
        db: &Db<Write>,
        person: &Account,
        change: FactorChange,
    ) -> Result<()> {
        let says = match change {
            FactorChange::Added => "An authenticator app was added to your account",
            FactorChange::Removed => "The authenticator app of your account was removed",
            FactorChange::PasskeyAdded => "A passkey was added to your account",
            FactorChange::PasskeyRemoved => "A passkey of your account was removed",
            FactorChange::NewRecoveryCodes => {
                "New recovery codes were made for your account; the ones before open nothing"
            }
        };
        let mail = FactorChangedMail {
            site: self.site.clone(),
            says: says.to_owned(),
            security: urls::security().absolute(db)?,
            reset: urls::reset().absolute(db)?,
        };
        mail.to(&person.email).send(db).await?;
        Ok(())
    }

    /// Tells somebody that a recovery code of theirs was used, and how many are left.
    pub(crate) async fn tell_of_recovery(&self, db: &Db<Write>, person: &Account) -> Result<()> {
        let mail = RecoveryUsedMail {
            site: self.site.clone(),
            left: self.factors.codes_left(db, person.facts.id).await?,
            security: urls::security().absolute(db)?,
            reset: urls::reset().absolute(db)?,
        };
        mail.to(&person.email).send(db).await?;
        Ok(())
    }

    /// Whether somebody is told of a sign-in from a browser that is new. Three times an hour: whoever signs in again and again floods no
    /// mailbox (CWE-799), and the list of events has them all. Counted with the sign-in: one that is refused uses up none.
    pub(crate) async fn may_tell_of_device(&self, db: &Db<Write>, person: &Account) -> Result<bool> {
        let bucket = self.throttles.keys().of_notice("device", person.email.as_str());
        let admission = self.throttles.admit_with(db, &bucket).await?;
        Ok(matches!(admission, Admission::Counted(_)))
    }

    /// Tells them.
    pub(crate) async fn tell_of_device(
        &self,
        db: &Db<Write>,
        person: &Account,
        visitor: Visitor,
    ) -> Result<()> {
        let mail = NewDeviceMail {
            site: self.site.clone(),
            device: visitor.device,
            network: visitor.network,
            at: DateTime::from(self.sessions.clock().now()),
            security: urls::security().absolute(db)?,
            reset: urls::reset().absolute(db)?,
        };
        mail.to(&person.email).send(db).await?;
        Ok(())
    }

    /// The account behind a link that was found, as it stands: `None` if it may not be used, or its password or address is another
    /// one than when the link was made.
    pub(crate) async fn behind(
        &self,
        db: &Db,
        link: &Link,
    ) -> Result<Option<(Account, Option<crate::Hash>)>> {
        let found = self.users.standing(db, link.account).await?;
        Ok(found.filter(|(person, hash)| {
            person.is_active && link.epoch == Epoch::of(&person.email, hash.as_ref())
        }))
    }

    fn reset_link(&self, db: &Db<Write>, token: &PathSecret) -> Result<vauban::AbsoluteUrl> {
        Ok(urls::reset_link(token).absolute(db)?)
    }
}

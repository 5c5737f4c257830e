//! Reading and writing accounts without knowing the application's user type.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use uuid::Uuid;
use vauban::orm::{Create, DateTime, Db, DeletePreview, Error, Id, ModelMeta, QuerySet, Result, Write};
use vauban::units::Units;

use super::credential::{Credential, NewCredential};
use super::own_fields::{OwnData, changes_of};
use super::passwords::NAMED;
use super::people::{Account, UserAccount};
use super::services::{AddressChange, Administration, Erasure, PasswordChange, SignIn, SignUp};
use super::{Email, Hash};
use crate::rights::superusers;

/// A future of what the database answers.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The application's accounts.
pub(crate) trait UserTable: Send + Sync + 'static {
    /// The model of the site's users.
    fn model(&self) -> &'static ModelMeta;
    /// By id, whoever asks: for the session of that user. One read by key.
    fn read<'a>(&'a self, db: &'a Db, id: Uuid) -> Answer<'a, Option<Account>>;
    /// The same, in a unit of its own.
    fn by_id<'a>(&'a self, units: &'a Units, id: Uuid) -> Answer<'a, Option<Account>> {
        Box::pin(async move {
            let unit = units.begin();
            self.read(&unit.read_db(), id).await
        })
    }
    /// By address, with the password's hash if there is one.
    fn by_email<'a>(
        &'a self,
        units: &'a Units,
        email: &'a Email,
    ) -> Answer<'a, Option<(Account, Option<Hash>)>>;
    /// Whether the address is taken.
    fn is_taken<'a>(&'a self, db: &'a Db<Write>, email: &'a Email) -> Answer<'a, bool>;
    /// An account as it stands where this is asked, with its hash: the first by the rows of the unit, if `db` writes.
    fn standing<'a>(&'a self, db: &'a Db, id: Uuid) -> Answer<'a, Option<(Account, Option<Hash>)>>;
    /// Gives somebody who has proved their address this hash in place of that one, or of none; `false` if it is another by now.
    fn reset_hash<'a>(
        &'a self,
        db: &'a Db<Write>,
        id: Uuid,
        old: Option<&'a Hash>,
        new: &'a Hash,
    ) -> Answer<'a, bool>;
    /// Gives an account the address that it has proved; `false` if it is somebody's.
    fn set_email<'a>(&'a self, db: &'a Db<Write>, id: Uuid, email: &'a Email) -> Answer<'a, bool>;
    /// Makes an account, with what its owner says of themselves in the site's own fields.
    fn add<'a>(
        &'a self,
        db: &'a Db<Write>,
        email: Email,
        hash: Option<Hash>,
        own: Option<&'a dyn OwnData>,
    ) -> Answer<'a, Account>;
    /// Makes a superuser of an account, or a new one.
    fn add_superuser<'a>(
        &'a self,
        db: &'a Db<Write>,
        email: Email,
        hash: Option<Hash>,
    ) -> Answer<'a, Account>;
    /// The other superusers that may be used, a hundred at most.
    fn other_superusers<'a>(&'a self, db: &'a Db<Write>, id: Uuid) -> Answer<'a, Vec<Uuid>>;
    /// Whether rows that refer to an account keep it, whoever sees them.
    fn is_kept<'a>(&'a self, db: &'a Db, id: Uuid) -> Answer<'a, bool>;
    /// What the end of an account would take along, as far as whoever asks sees it.
    fn would_erase<'a>(&'a self, db: &'a Db, id: Uuid) -> Answer<'a, DeletePreview>;
    /// Erases an account: its row, and what models state of rows that refer to it. Says how many accounts went.
    fn erase<'a>(&'a self, db: &'a Db<Write>, id: Uuid) -> Answer<'a, u64>;
    /// Gives a user this hash, whatever it was: for whoever holds the machine.
    fn put_hash<'a>(&'a self, db: &'a Db<Write>, id: Uuid, hash: &'a Hash) -> Answer<'a, ()>;
    /// Whether there is an active superuser: for development's first administrator.
    #[cfg_attr(not(debug_assertions), allow(dead_code))]
    fn has_superuser<'a>(&'a self, units: &'a Units) -> Answer<'a, bool>;
    /// In the unit that begins the session: whether the account is active and its hash the one that was verified, or still none;
    /// then notes the time.
    fn confirm<'a>(
        &'a self,
        db: &'a Db<Write>,
        id: Uuid,
        verified: Option<&'a Hash>,
        now: DateTime,
    ) -> Answer<'a, bool>;
    /// The hash of a user.
    fn hash_of<'a>(&'a self, units: &'a Units, id: Uuid) -> Answer<'a, Option<Hash>>;
    /// Whether some hash names a pepper, and none of these (each as hashes name it).
    fn has_lost_pepper<'a>(&'a self, units: &'a Units, names: Vec<String>) -> Answer<'a, bool>;
    /// Since when a user has the hash that is stored.
    fn password_since<'a>(&'a self, units: &'a Units, id: Uuid) -> Answer<'a, Option<DateTime>>;
    /// Replaces a hash, if it is still the one that was verified.
    fn replace_hash<'a>(
        &'a self,
        db: &'a Db<Write>,
        id: Uuid,
        old: &'a Hash,
        new: &'a Hash,
    ) -> Answer<'a, bool>;
    /// Gives an account that has no password this hash of another program's, or makes one: for whoever holds the machine.
    fn bring<'a>(
        &'a self,
        db: &'a Db<Write>,
        email: Email,
        hash: Option<Hash>,
        create: bool,
    ) -> Answer<'a, Brought>;
}

/// What became of an account that was brought from another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Brought {
    /// It was there, and has this password now.
    Set,
    /// It is there now.
    Made,
    /// It has a password, and keeps it.
    Kept,
    /// It is there, and has no password on either side.
    Nothing,
    /// It is not there.
    Unknown,
    /// It is staff or superuser, and has no password.
    Privileged,
}

/// [`UserTable`] of the application's type.
pub(crate) struct TableOf<U>(PhantomData<fn() -> U>);

impl<U> TableOf<U> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<U: UserAccount> UserTable for TableOf<U> {
    fn model(&self) -> &'static ModelMeta {
        U::meta()
    }

    fn read<'a>(&'a self, db: &'a Db, id: Uuid) -> Answer<'a, Option<Account>> {
        Box::pin(async move {
            let db = db.acting::<SignIn<U>>();
            let found = QuerySet::<U>::new()
                .filter(|u| U::columns_of_account(u).id.eq(Id::from_uuid(id)))
                .first(&db);
            Ok(found.await?.map(Account::of))
        })
    }

    fn by_email<'a>(
        &'a self,
        units: &'a Units,
        email: &'a Email,
    ) -> Answer<'a, Option<(Account, Option<Hash>)>> {
        Box::pin(async move {
            let unit = units.begin();
            let db = unit.read_db().acting::<SignIn<U>>();
            let found = QuerySet::<U>::new()
                .filter(|u| U::columns_of_account(u).email.eq(email))
                .first(&db)
                .await?;
            let person = found.map(Account::of);
            // CWE-208: as many reads for an unknown address as for a known one.
            let id = person.as_ref().map_or(Uuid::nil(), |person| person.facts.id);
            let credential = Credential::objects().filter(|c| c.user.eq(id)).first(&db).await?;
            Ok(person.map(|person| (person, credential.map(|c| Hash::from_stored(&c.hash)))))
        })
    }

    fn is_taken<'a>(&'a self, db: &'a Db<Write>, email: &'a Email) -> Answer<'a, bool> {
        Box::pin(async move {
            let same = QuerySet::<U>::new().filter(|u| U::columns_of_account(u).email.eq(email));
            same.exists(&db.acting::<SignUp<U>>()).await
        })
    }

    fn standing<'a>(&'a self, db: &'a Db, id: Uuid) -> Answer<'a, Option<(Account, Option<Hash>)>> {
        Box::pin(async move {
            let acting = db.acting::<PasswordChange<U>>();
            let found = QuerySet::<U>::new()
                .filter(|u| U::columns_of_account(u).id.eq(Id::from_uuid(id)))
                .first(&acting)
                .await?;
            let credential = Credential::objects()
                .filter(|c| c.user.eq(id))
                .first(&acting)
                .await?;
            let hash = credential.map(|c| Hash::from_stored(&c.hash));
            Ok(found.map(|user| (Account::of(user), hash)))
        })
    }

    fn set_email<'a>(&'a self, db: &'a Db<Write>, id: Uuid, email: &'a Email) -> Answer<'a, bool> {
        Box::pin(async move {
            let acting = db.acting::<AddressChange<U>>();
            let same = QuerySet::<U>::new().filter(|u| U::columns_of_account(u).email.eq(email));
            if same.exists(&acting).await? {
                return Ok(false);
            }
            let this = QuerySet::<U>::new().filter(|u| U::columns_of_account(u).id.eq(Id::from_uuid(id)));
            let changed = this
                .change_all(&acting, |u| [U::columns_of_account(u).email.set(email.clone())])
                .await?;
            Ok(changed == 1)
        })
    }

    fn reset_hash<'a>(
        &'a self,
        db: &'a Db<Write>,
        id: Uuid,
        old: Option<&'a Hash>,
        new: &'a Hash,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            if let Some(old) = old {
                return self.replace_hash(db, id, old, new).await;
            }
            let new = NewCredential {
                user: id,
                hash: new.as_str().to_owned(),
            };
            Credential::create(new)
                .save(&db.acting::<PasswordChange<U>>())
                .await?;
            Ok(true)
        })
    }

    fn add<'a>(
        &'a self,
        db: &'a Db<Write>,
        email: Email,
        hash: Option<Hash>,
        own: Option<&'a dyn OwnData>,
    ) -> Answer<'a, Account> {
        Box::pin(async move {
            let acting = db.acting::<SignUp<U>>();
            // CWE-915: the flags have their defaults; nothing that was sent comes near them, for this service may not grant.
            let user = Create::<U>::new(U::fresh(email))
                .set(|u| own.map(|own| changes_of::<U>(own, u)).unwrap_or_default())
                .save(&acting)
                .await?;
            if let Some(hash) = hash {
                let credential = NewCredential {
                    user: user.id().uuid(),
                    hash: hash.as_str().to_owned(),
                };
                Credential::create(credential).save(&acting).await?;
            }
            Ok(Account::of(user))
        })
    }

    fn add_superuser<'a>(
        &'a self,
        db: &'a Db<Write>,
        email: Email,
        hash: Option<Hash>,
    ) -> Answer<'a, Account> {
        Box::pin(async move {
            let acting = db.acting::<Administration<U>>();
            let found = QuerySet::<U>::new()
                .filter(|u| U::columns_of_account(u).email.eq(&email))
                .first(&acting)
                .await?;
            let id = match found {
                Some(user) => user.id(),
                None => Create::<U>::new(U::fresh(email)).save(&acting).await?.id(),
            };
            let raised = QuerySet::<U>::new()
                .filter(|u| U::columns_of_account(u).id.eq(id))
                .change_all(&acting, |u| {
                    let columns = U::columns_of_account(u);
                    [
                        columns.is_active.set(true),
                        columns.is_staff.set(true),
                        columns.is_superuser.set(true),
                    ]
                });
            raised.await?;
            if let Some(hash) = hash {
                self.put_hash(db, id.uuid(), &hash).await?;
            }
            let user = QuerySet::<U>::new()
                .filter(|u| U::columns_of_account(u).id.eq(id))
                .first(&acting)
                .await?;
            user.map(Account::of).ok_or(Error::NotFound)
        })
    }

    fn other_superusers<'a>(&'a self, db: &'a Db<Write>, id: Uuid) -> Answer<'a, Vec<Uuid>> {
        Box::pin(async move {
            let others = superusers::<U>().filter(|u| U::columns_of_account(u).id.ne(Id::from_uuid(id)));
            let others = others.limit(100).all(&db.acting::<Administration<U>>()).await?;
            Ok(others.iter().map(|other| other.id().uuid()).collect())
        })
    }

    fn is_kept<'a>(&'a self, db: &'a Db, id: Uuid) -> Answer<'a, bool> {
        Box::pin(async move {
            let this = QuerySet::<U>::new().filter(|u| U::columns_of_account(u).id.eq(Id::from_uuid(id)));
            #[allow(deprecated)]
            this.__is_kept(&db.acting::<Erasure<U>>()).await
        })
    }

    fn would_erase<'a>(&'a self, db: &'a Db, id: Uuid) -> Answer<'a, DeletePreview> {
        Box::pin(async move {
            let this = QuerySet::<U>::new().filter(|u| U::columns_of_account(u).id.eq(Id::from_uuid(id)));
            #[allow(deprecated)]
            this.__preview_erase(db).await
        })
    }

    fn erase<'a>(&'a self, db: &'a Db<Write>, id: Uuid) -> Answer<'a, u64> {
        Box::pin(async move {
            let acting = db.acting::<Erasure<U>>();
            let this = QuerySet::<U>::new().filter(|u| U::columns_of_account(u).id.eq(Id::from_uuid(id)));
            #[allow(deprecated)]
            this.__erase(&acting).await
        })
    }

    fn put_hash<'a>(&'a self, db: &'a Db<Write>, id: Uuid, hash: &'a Hash) -> Answer<'a, ()> {
        Box::pin(async move {
            let acting = db.acting::<Administration<U>>();
            let hash = hash.as_str().to_owned();
            let old = Credential::objects().filter(|c| c.user.eq(id));
            if old.change_all(&acting, |c| [c.hash.set(hash.clone())]).await? == 0 {
                let new = NewCredential { user: id, hash };
                Credential::create(new).save(&acting).await?;
            }
            Ok(())
        })
    }

    fn has_superuser<'a>(&'a self, units: &'a Units) -> Answer<'a, bool> {
        Box::pin(async move {
            let unit = units.begin();
            let db = unit.read_db().acting::<Administration<U>>();
            superusers::<U>().exists(&db).await
        })
    }

    fn confirm<'a>(
        &'a self,
        db: &'a Db<Write>,
        id: Uuid,
        verified: Option<&'a Hash>,
        now: DateTime,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            let acting = db.acting::<SignIn<U>>();
            // CWE-367: between verifying and now the password may have been changed, or the account closed.
            db.begin().await?;
            let theirs = Credential::objects().filter(|c| c.user.eq(id));
            let is_same = match verified {
                Some(hash) => {
                    theirs
                        .filter(|c| c.hash.eq(hash.as_str()))
                        .exists(&acting)
                        .await?
                }
                None => !theirs.exists(&acting).await?,
            };
            if !is_same {
                return Ok(false);
            }
            let active = QuerySet::<U>::new().filter(|u| {
                let columns = U::columns_of_account(u);
                columns.id.eq(Id::from_uuid(id)) & columns.is_active.eq(true)
            });
            let noted = active
                .change_all(&acting, |u| [U::columns_of_account(u).last_login.set(Some(now))])
                .await?;
            Ok(noted == 1)
        })
    }

    fn hash_of<'a>(&'a self, units: &'a Units, id: Uuid) -> Answer<'a, Option<Hash>> {
        Box::pin(async move {
            let unit = units.begin();
            let db = unit.read_db().acting::<PasswordChange<U>>();
            let credential = Credential::objects().filter(|c| c.user.eq(id)).first(&db).await?;
            Ok(credential.map(|c| Hash::from_stored(&c.hash)))
        })
    }

    fn has_lost_pepper<'a>(&'a self, units: &'a Units, names: Vec<String>) -> Answer<'a, bool> {
        Box::pin(async move {
            let unit = units.begin();
            let db = unit.read_db().acting::<PasswordChange<U>>();
            let named = Credential::objects().filter(|c| c.hash.contains(NAMED));
            let others = names
                .iter()
                .fold(named, |rows, name| rows.filter(|c| !c.hash.contains(name)));
            others.exists(&db).await
        })
    }

    fn password_since<'a>(&'a self, units: &'a Units, id: Uuid) -> Answer<'a, Option<DateTime>> {
        Box::pin(async move {
            let unit = units.begin();
            let db = unit.read_db().acting::<PasswordChange<U>>();
            let credential = Credential::objects().filter(|c| c.user.eq(id)).first(&db).await?;
            Ok(credential.map(|c| c.changed))
        })
    }

    fn replace_hash<'a>(
        &'a self,
        db: &'a Db<Write>,
        id: Uuid,
        old: &'a Hash,
        new: &'a Hash,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            let (old, new) = (old.as_str().to_owned(), new.as_str().to_owned());
            let same = Credential::objects().filter(|c| c.user.eq(id) & c.hash.eq(&old));
            let changed = same
                .change_all(&db.acting::<PasswordChange<U>>(), |c| [c.hash.set(new)])
                .await?;
            Ok(changed == 1)
        })
    }

    fn bring<'a>(
        &'a self,
        db: &'a Db<Write>,
        email: Email,
        hash: Option<Hash>,
        create: bool,
    ) -> Answer<'a, Brought> {
        Box::pin(async move {
            let acting = db.acting::<Administration<U>>();
            let found = QuerySet::<U>::new()
                .filter(|u| U::columns_of_account(u).email.eq(&email))
                .first(&acting)
                .await?;
            let is_privileged = found
                .as_ref()
                .is_some_and(|user| user.is_staff() || user.is_superuser());
            let (id, then) = match found {
                Some(user) => (user.id().uuid(), Brought::Set),
                None if !create => return Ok(Brought::Unknown),
                // CWE-269: the flags have their defaults, whatever they were there.
                None => {
                    let user = Create::<U>::new(U::fresh(email)).save(&acting).await?;
                    (user.id().uuid(), Brought::Made)
                }
            };
            // CWE-620: a password that somebody has chosen here is not undone by an old file.
            if Credential::objects()
                .filter(|c| c.user.eq(id))
                .exists(&acting)
                .await?
            {
                return Ok(Brought::Kept);
            }
            match hash {
                // CWE-269: whoever had this address elsewhere need not be whom it was made for here.
                Some(_) if is_privileged => return Ok(Brought::Privileged),
                Some(hash) => self.put_hash(db, id, &hash).await?,
                None if then == Brought::Set => return Ok(Brought::Nothing),
                None => {}
            }
            Ok(then)
        })
    }
}

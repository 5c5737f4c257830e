//! Groups: what several people may together.

use uuid::Uuid;
use vauban::commands::Run;
use vauban::http::{Error, Result};
use vauban::orm::{Create, Db, Permission, PermissionMeta, Write};

use super::model::{GroupRow, LONGEST_NAME, MemberRow, NewGroupRow, NewMemberRow};
use super::store::{Holder, MOST_GROUPS, Rights, RightsStore};
use crate::{Accounts, events};

/// Why a name is none. CWE-178, CWE-1007: one spelling, so that no two groups look alike.
pub(crate) fn refused(name: &str) -> Option<&'static str> {
    let is_plain = |char: char| matches!(char, 'a'..='z' | '0'..='9' | '_' | '-' | '.');
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_plain) {
        return Some("A group's name has up to 100 characters of a-z, 0-9, `_`, `-` and `.`.");
    }
    None
}

/// A group to be made by a command: sample data, the groups that a site begins with.
///
/// ```ignore
/// let moderators = Group::new("moderators").may::<HideComments>().with(ann.id.uuid());
/// accounts.create_group(&run, &db, moderators).await?;
/// ```
#[derive(Debug, Clone)]
pub struct Group {
    name: String,
    permissions: Vec<PermissionMeta>,
    members: Vec<Uuid>,
}

impl Group {
    /// By its name: up to 100 characters of a-z, 0-9, `_`, `-` and `.`.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            permissions: Vec::new(),
            members: Vec::new(),
        }
    }

    /// Its members hold this permission, which some module has to list.
    #[must_use]
    pub fn may<P: Permission>(mut self) -> Self {
        self.permissions.push(PermissionMeta::of::<P>());
        self
    }

    /// Somebody, by the id of their account, is in it from the beginning.
    #[must_use]
    pub fn with(mut self, person: Uuid) -> Self {
        self.members.push(person);
        self
    }
}

impl Accounts {
    /// Makes a group, for a command; one that is there gets what it lacks.
    ///
    /// CWE-269: the run says that no view grants what whoever asks does not hold; a view has [`Granting`](crate::Granting).
    ///
    /// # Errors
    /// 400 for what is no name; 404 where there is no such account; 500 for a permission that no module lists; those of the database.
    pub async fn create_group(&self, _: &Run, db: &Db<Write>, group: Group) -> Result<()> {
        if let Some(why) = refused(&group.name) {
            return Err(Error::bad_request(why));
        }
        self.rights.create_group(db, &group.name).await?;
        let holder = Holder::Group(group.name.clone());
        for permission in &group.permissions {
            // CWE-863: a name that a later release lists as something else would open that.
            if self.rights.named(permission.name) != Some(permission) {
                return Err(Error::internal(format!(
                    "no module lists the permission `{}`: add `.permission::<{}>()` to one",
                    permission.name,
                    permission.type_name()
                )));
            }
            self.rights.give(db, &holder, permission.name).await?;
        }
        for member in group.members {
            self.must_be(db, member).await?;
            self.rights.add_member(db, &group.name, member).await?;
        }
        Ok(())
    }
}

impl Rights {
    /// Makes a group that holds nothing yet; `false` if there is one of this name.
    pub(crate) async fn create_group(&self, db: &Db<Write>, name: &str) -> Result<bool> {
        db.begin().await?;
        if self.found(db, &Holder::Group(name.to_owned())).await?.is_some() {
            return Ok(false);
        }
        let new = NewGroupRow {
            name: Some(name.to_owned()),
            person: None,
        };
        Create::<GroupRow>::new(new)
            .save(&db.acting::<RightsStore>())
            .await?;
        Ok(true)
    }

    /// Deletes a group, and its memberships with it; `false` if there is none of this name.
    pub(crate) async fn delete_group(&self, db: &Db<Write>, name: &str) -> Result<bool> {
        let these = GroupRow::objects().filter(|g| g.name.eq(name));
        let is_gone = these.delete_all(&db.acting::<RightsStore>()).await? > 0;
        if is_gone {
            self.log(db, events::PERMISSION_REVOKED, format!("all of group {name}"));
        }
        Ok(is_gone)
    }

    /// Makes somebody a member; `false` if they are one.
    ///
    /// # Errors
    /// 404 where there is no such group; 409 where they are in as many as one may be.
    pub(crate) async fn add_member(&self, db: &Db<Write>, group: &str, person: Uuid) -> Result<bool> {
        db.begin().await?;
        let row = self.found(db, &Holder::Group(group.to_owned())).await?;
        let row = row.ok_or_else(Error::not_found)?;
        let acting = db.acting::<RightsStore>();
        let theirs = MemberRow::objects().filter(|m| m.person.eq(person));
        let (id, all) = (row.id, theirs.clone().count(&acting).await?);
        if theirs.filter(|m| m.group.eq(id)).exists(&acting).await? {
            return Ok(false);
        }
        // CWE-770: as many as are read at a request; one place is for what they are granted themselves.
        if all + 1 >= u64::from(MOST_GROUPS) {
            return Err(Error::conflict());
        }
        let new = NewMemberRow { person, group: id };
        MemberRow::create(new).save(&acting).await?;
        self.log(
            db,
            events::PERMISSION_GRANTED,
            format!("group {group} to {person}"),
        );
        Ok(true)
    }

    /// Ends a membership; `false` if there is none.
    ///
    /// # Errors
    /// 404 where there is no such group.
    pub(crate) async fn remove_member(&self, db: &Db<Write>, group: &str, person: Uuid) -> Result<bool> {
        db.begin().await?;
        let row = self.found(db, &Holder::Group(group.to_owned())).await?;
        let id = row.ok_or_else(Error::not_found)?.id;
        let this = MemberRow::objects().filter(|m| m.person.eq(person) & m.group.eq(id));
        let is_out = this.delete_all(&db.acting::<RightsStore>()).await? > 0;
        if is_out {
            self.log(
                db,
                events::PERMISSION_REVOKED,
                format!("group {group} from {person}"),
            );
        }
        Ok(is_out)
    }
}

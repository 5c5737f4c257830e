//! The store of rights: a service of its own, the only one that reaches the rows.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;
use vauban::http::{Request, SecurityEvent};
use vauban::orm::{Create, Db, Id, PermissionMeta, Permissions, Result, Write};

use crate::events;

use super::model::{GroupRow, MOST_NAMES, MemberRow, NewGroupRow, NewMemberRow};

vauban::orm::service! {
    /// Keeps what people and groups may.
    pub(crate) RightsStore:
        View<GroupRow>, Add<GroupRow>, Change<GroupRow>, Delete<GroupRow>, View<MemberRow>, Add<MemberRow>, Delete<MemberRow>;
    waiver!(ServiceRights, "what somebody may is found out before they act")
}

/// Groups of one person, their own among them (CWE-770): more memberships nobody gets, and so many are looked at. (A limit in the statement
/// would have it sorted.)
pub(super) const MOST_GROUPS: u32 = 50;

/// Whose permissions a row holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A person's own.
    Person(Uuid),
    /// A group's, by its name.
    Group(String),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => write!(f, "{person}"),
            Self::Group(group) => write!(f, "group {group}"),
        }
    }
}

/// What people may: the permissions of the program, and the rows that say who holds them.
#[derive(Debug, Clone)]
pub(crate) struct Rights {
    /// By name.
    listed: Vec<PermissionMeta>,
    /// The request that grants; none for a command.
    asking: Option<Arc<Request>>,
}

impl Rights {
    /// With the permissions that modules list.
    pub(crate) fn new(listed: &[PermissionMeta]) -> Self {
        let mut listed = listed.to_vec();
        listed.sort_by_key(|permission| permission.name);
        Self { listed, asking: None }
    }

    /// The same, as a request asks for it.
    pub(crate) fn asked_by(&self, cx: &Arc<Request>) -> Self {
        Self {
            asking: Some(Arc::clone(cx)),
            ..self.clone()
        }
    }

    /// Logs what was granted or revoked, once it is (CWE-778): whoever asked by the request, a command by none.
    pub(super) fn log(&self, db: &Db<Write>, event: SecurityEvent, what: String) {
        let asking = self.asking.clone();
        db.on_commit(async move { event.log_of(asking.as_deref(), Some(&what)) });
    }

    pub(crate) fn listed(&self) -> &[PermissionMeta] {
        &self.listed
    }

    /// The permission of this very name (CWE-178).
    pub(crate) fn named(&self, name: &str) -> Option<&PermissionMeta> {
        let found = self.listed.binary_search_by(|known| known.name.cmp(name)).ok()?;
        self.listed.get(found)
    }

    /// What somebody may now: of the groups that they belong to, and their own. One read by an index, and none where no module lists a
    /// permission.
    pub(crate) async fn of(&self, db: &Db, person: Uuid) -> Result<Permissions> {
        if self.listed.is_empty() {
            return Ok(Permissions::NONE);
        }
        let memberships = MemberRow::objects()
            .filter(|m| m.person.eq(person))
            .values(|m| &m.group.permissions)
            .all(&db.acting::<RightsStore>())
            .await?;
        let each = memberships.iter().flatten().take(MOST_GROUPS as usize);
        Ok(each.fold(Permissions::NONE, |held, names| held.and(&self.read(names))))
    }

    /// The permissions that a row's text names. CWE-863: a name that the program does not list is none, however like another it is.
    pub(crate) fn read(&self, names: &str) -> Permissions {
        let mut held = Permissions::NONE;
        // Both are in order, so that each is looked at once.
        let mut rest = self.listed.as_slice();
        for name in names.split(' ') {
            let before = rest.iter().take_while(|known| known.name < name).count();
            rest = &rest[before..];
            match rest.first() {
                Some(known) if known.name == name => held = held.with(known),
                Some(_) => {}
                None => break,
            }
        }
        held
    }

    /// Gives a permission to a person or a group; `false` if they have it.
    pub(crate) async fn give(&self, db: &Db<Write>, to: &Holder, name: &str) -> Result<bool> {
        // CWE-362: of two at once one is second.
        db.begin().await?;
        let row = self.row(db, to).await?;
        let mut names = names_of(&row.permissions);
        let Err(place) = names.binary_search(&name) else {
            return Ok(false);
        };
        names.insert(place, name);
        let names = names.join(" ");
        if names.len() > MOST_NAMES {
            return Err(vauban::orm::Error::TooLarge(
                "a group holds at most 32,000 bytes of names: revoke those that the program does not list any more",
            ));
        }
        self.write(db, row.id, names).await?;
        self.log(db, events::PERMISSION_GRANTED, format!("{name} to {to}"));
        Ok(true)
    }

    /// Takes a permission away; `false` if they have it not.
    pub(crate) async fn take(&self, db: &Db<Write>, from: &Holder, name: &str) -> Result<bool> {
        db.begin().await?;
        let Some(row) = self.found(db, from).await? else {
            return Ok(false);
        };
        let mut names = names_of(&row.permissions);
        let before = names.len();
        names.retain(|known| *known != name);
        if names.len() == before {
            return Ok(false);
        }
        self.write(db, row.id, names.join(" ")).await?;
        self.log(db, events::PERMISSION_REVOKED, format!("{name} from {from}"));
        Ok(true)
    }

    async fn write(&self, db: &Db<Write>, id: Id<GroupRow>, names: String) -> Result<()> {
        GroupRow::objects()
            .filter(|g| g.id.eq(id))
            .change_all(&db.acting::<RightsStore>(), |g| [g.permissions.set(names)])
            .await?;
        Ok(())
    }

    /// The rows of somebody: of the groups that they belong to, and their own.
    pub(crate) async fn rows_of(&self, db: &Db<Write>, person: Uuid) -> Result<Vec<GroupRow>> {
        let memberships = MemberRow::objects()
            .filter(|m| m.person.eq(person))
            .related(|m| &m.group)
            .limit(MOST_GROUPS)
            .all(&db.acting::<RightsStore>())
            .await?;
        Ok(memberships
            .iter()
            .filter_map(|membership| membership.group.get().cloned())
            .collect())
    }

    /// Every name that stands in a row of somebody's, listed or not.
    pub(crate) async fn names(&self, db: &Db<Write>, person: Uuid) -> Result<BTreeSet<String>> {
        let rows = self.rows_of(db, person).await?;
        let names = rows.iter().flat_map(|row| names_of(&row.permissions));
        Ok(names.map(str::to_owned).collect())
    }

    /// The row of a holder, locked, if there is one.
    pub(crate) async fn found(&self, db: &Db<Write>, holder: &Holder) -> Result<Option<GroupRow>> {
        let rows = match holder {
            Holder::Person(person) => GroupRow::objects().filter(|g| g.person.eq(*person)),
            Holder::Group(name) => GroupRow::objects().filter(|g| g.name.eq(name)),
        };
        let row = rows.for_update().first(&db.acting::<RightsStore>()).await?;
        Ok(row.map(|row| (*row).clone()))
    }

    /// The row of a holder, locked; a person's own is made where there is none.
    async fn row(&self, db: &Db<Write>, holder: &Holder) -> Result<GroupRow> {
        if let Some(row) = self.found(db, holder).await? {
            return Ok(row);
        }
        let Holder::Person(person) = holder else {
            return Err(vauban::orm::Error::NotFound);
        };
        let acting = db.acting::<RightsStore>();
        let new = NewGroupRow {
            name: None,
            person: Some(*person),
        };
        let row = Create::<GroupRow>::new(new).save(&acting).await?;
        let member = NewMemberRow {
            person: *person,
            group: row.id,
        };
        MemberRow::create(member).save(&acting).await?;
        Ok(row)
    }
}

/// The names in a row's text, in order.
pub(crate) fn names_of(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = text.split(' ').filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names
}

//! Rights in words and as JSON, for commands.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use uuid::Uuid;
use vauban::orm::{Acting, Result, Write};

use super::model::{GroupRow, MemberRow};
use super::store::{Rights, RightsStore, names_of};

/// Who holds a permission.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) groups: BTreeSet<String>,
    pub(crate) people: BTreeSet<Uuid>,
}

/// A group, with who belongs to it.
#[derive(Debug)]
pub(crate) struct GroupTold {
    pub(crate) name: String,
    pub(crate) permissions: Vec<String>,
    pub(crate) members: Vec<Uuid>,
}

impl Rights {
    /// Every permission that the program lists or a row names, with who was granted it.
    pub(crate) async fn all(&self, db: &Acting<RightsStore, Write>) -> Result<BTreeMap<String, Held>> {
        let mut all: BTreeMap<String, Held> = self
            .listed()
            .iter()
            .map(|permission| (permission.name.to_owned(), Held::default()))
            .collect();
        for row in GroupRow::objects().order_by(|g| g.id.asc()).all(db).await? {
            for name in names_of(&row.permissions) {
                let held = all.entry(name.to_owned()).or_default();
                held.groups.extend(row.name.clone());
                held.people.extend(row.person);
            }
        }
        Ok(all)
    }

    /// Every group that has a name.
    pub(crate) async fn all_groups(&self, db: &Acting<RightsStore, Write>) -> Result<Vec<GroupTold>> {
        let rows = GroupRow::objects()
            .filter(|g| g.person.is_null())
            .order_by(|g| g.name.asc());
        let mut groups = Vec::new();
        for row in rows.all(db).await? {
            let id = row.id;
            let members = MemberRow::objects().filter(|m| m.group.eq(id)).all(db).await?;
            groups.push(GroupTold {
                permissions: names_of(&row.permissions)
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
                name: row.name.unwrap_or_default(),
                members: members.iter().map(|member| member.person).collect(),
            });
        }
        Ok(groups)
    }

    /// As JSON; `called` says who somebody is.
    pub(crate) fn json(&self, name: &str, held: &Held, called: &BTreeMap<Uuid, String>) -> Value {
        let known = self.named(name);
        json!({
            "name": name,
            "about": known.map(|permission| permission.about),
            "known": known.is_some(),
            "groups": held.groups,
            "people": held.people.iter().map(|person| of(*person, called)).collect::<Vec<_>>(),
        })
    }
}

/// How somebody is called, or that they are gone.
pub(super) fn of(person: Uuid, called: &BTreeMap<Uuid, String>) -> String {
    match called.get(&person) {
        Some(email) => email.clone(),
        None => format!("{person} (no account)"),
    }
}

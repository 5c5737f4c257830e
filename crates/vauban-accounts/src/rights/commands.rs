//! `permissions list|grant|revoke` and `groups list|create|delete|add|remove|grant|revoke`: the operator's, who may give what they
//! like.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;
use vauban::commands::{Command, Failure, Run};

use super::groups::refused;
use super::model::GroupRow;
use super::store::{Holder, Rights, RightsStore, names_of};
use super::told::{GroupTold, Held, of};
use crate::{Accounts, Email};

/// `permissions …`.
pub(crate) fn permissions() -> Command {
    Command::group("permissions", "What people may beyond what everybody may")
        .with(
            Command::new(
                "list",
                "List the permissions, and who was granted them",
                list_permissions,
            )
            .flag("json", "Print them as JSON"),
        )
        .with(
            Command::new("grant", "Grant somebody a permission", |run| {
                change(run, Whose::Person, true)
            })
            .argument("EMAIL", "whose")
            .argument("NAME", "the permission, as `permissions list` prints it"),
        )
        .with(
            Command::new(
                "revoke",
                "Take a permission away that somebody was granted themselves",
                |run| change(run, Whose::Person, false),
            )
            .argument("EMAIL", "whose, or an account's id")
            .argument("NAME", "the permission"),
        )
}

/// `groups …`.
pub(crate) fn groups() -> Command {
    Command::group("groups", "What several people may together")
        .with(
            Command::new(
                "list",
                "List the groups, what they may, and who is in them",
                list_groups,
            )
            .flag("json", "Print them as JSON"),
        )
        .with(Command::new("create", "Make a group", create).argument("GROUP", "its name"))
        .with(
            Command::new(
                "delete",
                "Delete a group; whoever was in it loses what it gave",
                delete,
            )
            .argument("GROUP", "its name"),
        )
        .with(
            Command::new("add", "Put somebody into a group", |run| member(run, true))
                .argument("GROUP", "its name")
                .argument("EMAIL", "whom"),
        )
        .with(
            Command::new("remove", "Take somebody out of a group", |run| member(run, false))
                .argument("GROUP", "its name")
                .argument("EMAIL", "whom"),
        )
        .with(
            Command::new("grant", "Grant a group a permission", |run| {
                change(run, Whose::Group, true)
            })
            .argument("GROUP", "its name")
            .argument("NAME", "the permission, as `permissions list` prints it"),
        )
        .with(
            Command::new("revoke", "Take a permission away from a group", |run| {
                change(run, Whose::Group, false)
            })
            .argument("GROUP", "its name")
            .argument("NAME", "the permission"),
        )
}

#[derive(Clone, Copy)]
enum Whose {
    Person,
    Group,
}

async fn list_permissions(run: Run) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    let rights = accounts.rights.clone();
    let all = run
        .unit(|db| {
            let rights = rights.clone();
            async move { Ok(rights.all(&db.acting::<RightsStore>()).await?) }
        })
        .await?;
    let called = called(
        accounts,
        all.values().flat_map(|held| held.people.iter().copied()),
    )
    .await?;
    if run.flag("json") {
        let all: Vec<Value> = all
            .iter()
            .map(|(name, held)| rights.json(name, held, &called))
            .collect();
        run.out.line(format_args!("{}", Value::from(all)));
        return Ok(());
    }
    if all.is_empty() {
        run.out.line(format_args!("The program has no permissions."));
    }
    for (name, held) in &all {
        run.out
            .line(format_args!("{}", told(&rights, name, held, &called)));
    }
    Ok(())
}

fn told(rights: &Rights, name: &str, held: &Held, called: &BTreeMap<Uuid, String>) -> String {
    let about = match rights.named(name) {
        Some(permission) => permission.about.to_owned(),
        None => "unknown: the program does not list it, and it opens nothing".to_owned(),
    };
    let groups = held.groups.iter().map(|group| format!("group {group}"));
    let people = held.people.iter().map(|person| of(*person, called));
    let holders: Vec<String> = groups.chain(people).collect();
    let holders = match holders.is_empty() {
        true => "nobody".to_owned(),
        false => holders.join(", "),
    };
    format!("{name}: {about}. Granted to: {holders}.")
}

async fn list_groups(run: Run) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    let rights = accounts.rights.clone();
    let all: Vec<GroupTold> = run
        .unit(|db| {
            let rights = rights.clone();
            async move { Ok(rights.all_groups(&db.acting::<RightsStore>()).await?) }
        })
        .await?;
    let called = called(
        accounts,
        all.iter().flat_map(|group| group.members.iter().copied()),
    )
    .await?;
    let members = |group: &GroupTold| -> BTreeSet<String> {
        group.members.iter().map(|person| of(*person, &called)).collect()
    };
    if run.flag("json") {
        let all: Vec<Value> = all
            .iter()
            .map(|group| {
                json!({ "name": group.name, "permissions": group.permissions, "members": members(group) })
            })
            .collect();
        run.out.line(format_args!("{}", Value::from(all)));
        return Ok(());
    }
    if all.is_empty() {
        run.out.line(format_args!(
            "There is no group. Make one with `groups create NAME`."
        ));
    }
    for group in &all {
        let or_none = |all: Vec<String>| match all.is_empty() {
            true => "nobody".to_owned(),
            false => all.join(", "),
        };
        let may = match group.permissions.is_empty() {
            true => "nothing".to_owned(),
            false => group.permissions.join(", "),
        };
        run.out.line(format_args!(
            "{}: {may}. Members: {}.",
            group.name,
            or_none(members(group).into_iter().collect())
        ));
    }
    Ok(())
}

/// Grants or revokes.
async fn change(run: Run, whose: Whose, gives: bool) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    let rights = accounts.rights.clone();
    let name = run.argument("NAME").unwrap_or_default().to_owned();
    // What the program lists no longer may still be taken away.
    if gives && rights.named(&name).is_none() {
        return Err(unknown(&rights, &name));
    }
    let (holder, called) = match whose {
        Whose::Person => {
            let (person, email) = person(accounts, run.argument("EMAIL"), gives).await?;
            (Holder::Person(person), email)
        }
        Whose::Group => {
            let group = run.argument("GROUP").unwrap_or_default().to_owned();
            (Holder::Group(group.clone()), format!("The group {group}"))
        }
    };
    let done = run
        .unit(|db| {
            let (rights, holder, name) = (rights.clone(), holder.clone(), name.clone());
            async move {
                if matches!(holder, Holder::Group(_)) && rights.found(&db, &holder).await?.is_none() {
                    return Ok(None);
                }
                let done = match gives {
                    true => rights.give(&db, &holder, &name).await?,
                    false => rights.take(&db, &holder, &name).await?,
                };
                let still = match holder {
                    Holder::Person(person) if !gives => {
                        still(&rights.rows_of(&db, person).await?, &[name.as_str()])
                    }
                    _ => Vec::new(),
                };
                Ok(Some((done, still)))
            }
        })
        .await?;
    let Some((done, still)) = done else {
        return no_group(&run, &rights).await;
    };
    let said = match (gives, done) {
        (true, true) => format!("{called} has {name} now."),
        (true, false) => format!("{called} had {name} before."),
        (false, true) => format!("{called} was granted {name}, and is no more."),
        (false, false) if rights.named(&name).is_none() => return Err(unknown(&rights, &name)),
        (false, false) => {
            return Err(Failure::new(match still.is_empty() {
                true => format!("{called} was not granted {name}: see `permissions list` for who was."),
                false => format!("{called} was not granted {name} themselves. {}", still.join(" ")),
            }));
        }
    };
    run.out.line(format_args!("{said}"));
    if matches!(whose, Whose::Group) && !gives {
        run.out.line(format_args!(
            "Its members may hold {name} otherwise: `permissions list` says by what."
        ));
    }
    still
        .iter()
        .for_each(|still| run.out.line(format_args!("{still}")));
    Ok(())
}

async fn create(run: Run) -> Result<(), Failure> {
    let rights = run.part::<Arc<Accounts>>()?.rights.clone();
    let name = run.argument("GROUP").unwrap_or_default().to_owned();
    if let Some(why) = refused(&name) {
        return Err(Failure::new(why));
    }
    let made = run
        .unit(|db| {
            let (rights, name) = (rights.clone(), name.clone());
            async move { rights.create_group(&db, &name).await.map_err(Failure::of) }
        })
        .await?;
    if !made {
        return Err(Failure::new(format_args!("There is a group {name} already.")));
    }
    run.out.line(format_args!(
        "The group {name} is made. Give it something with `groups grant {name} PERMISSION`."
    ));
    Ok(())
}

async fn delete(run: Run) -> Result<(), Failure> {
    let rights = run.part::<Arc<Accounts>>()?.rights.clone();
    let name = run.argument("GROUP").unwrap_or_default().to_owned();
    let gone = run
        .unit(|db| {
            let (rights, name) = (rights.clone(), name.clone());
            async move { rights.delete_group(&db, &name).await.map_err(Failure::of) }
        })
        .await?;
    if !gone {
        return no_group(&run, &rights).await;
    }
    run.out.line(format_args!("The group {name} is deleted."));
    Ok(())
}

async fn member(run: Run, joins: bool) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    let rights = accounts.rights.clone();
    let group = run.argument("GROUP").unwrap_or_default().to_owned();
    let (person, email) = person(accounts, run.argument("EMAIL"), joins).await?;
    let done = run
        .unit(|db| {
            let (rights, group) = (rights.clone(), group.clone());
            async move {
                let Some(row) = rights.found(&db, &Holder::Group(group.clone())).await? else {
                    return Ok(None);
                };
                let done = match joins {
                    true => rights.add_member(&db, &group, person).await,
                    false => rights.remove_member(&db, &group, person).await,
                };
                let still = match joins {
                    true => Vec::new(),
                    false => still(&rights.rows_of(&db, person).await?, &names_of(&row.permissions)),
                };
                Ok(Some((done.map_err(Failure::of)?, still)))
            }
        })
        .await?;
    let Some((done, still)) = done else {
        return no_group(&run, &rights).await;
    };
    let said = match (joins, done) {
        (true, true) => format!("{email} is in the group {group} now."),
        (true, false) => format!("{email} was in the group {group} before."),
        (false, true) => format!("{email} is no more in the group {group}."),
        (false, false) => {
            return Err(Failure::new(format_args!("{email} is not in the group {group}.")));
        }
    };
    run.out.line(format_args!("{said}"));
    still
        .iter()
        .for_each(|still| run.out.line(format_args!("{still}")));
    Ok(())
}

/// What of these somebody holds by other rows of theirs (CWE-281: an end that is none is said).
pub(crate) fn still(rows: &[GroupRow], names: &[&str]) -> Vec<String> {
    let by = |name: &str| {
        let holding = rows
            .iter()
            .filter(|row| names_of(&row.permissions).contains(&name));
        let by: Vec<String> = holding
            .map(|row| match &row.name {
                Some(group) => format!("the group {group}"),
                None => "their own grant".to_owned(),
            })
            .collect();
        by.join(", ")
    };
    names
        .iter()
        .map(|name| (name, by(name)))
        .filter(|(_, by)| !by.is_empty())
        .map(|(name, by)| format!("They still hold {name} by {by}."))
        .collect()
}

/// Says which permissions there are.
fn unknown(rights: &Rights, name: &str) -> Failure {
    let all: Vec<_> = rights.listed().iter().map(|permission| permission.name).collect();
    match all.is_empty() {
        true => Failure::new(format_args!(
            "There is no permission `{name}`: no module of the program lists any."
        )),
        false => Failure::new(format_args!(
            "There is no permission `{name}`. There are: {}.",
            all.join(", ")
        )),
    }
}

/// Says which groups there are.
async fn no_group(run: &Run, rights: &Rights) -> Result<(), Failure> {
    let name = run.argument("GROUP").unwrap_or_default();
    let all: Vec<GroupTold> = run
        .unit(|db| {
            let rights = rights.clone();
            async move { Ok(rights.all_groups(&db.acting::<RightsStore>()).await?) }
        })
        .await?;
    let all: Vec<String> = all.into_iter().map(|group| group.name).collect();
    Err(match all.is_empty() {
        true => Failure::new(format_args!(
            "There is no group `{name}`. Make it with `groups create {name}`."
        )),
        false => Failure::new(format_args!(
            "There is no group `{name}`. There are: {}.",
            all.join(", ")
        )),
    })
}

/// Whose account it is: by its address or, as `permissions list` calls whoever has none any more, by its id. Nothing is given to who is
/// gone.
async fn person(accounts: &Accounts, email: Option<&str>, gives: bool) -> Result<(Uuid, String), Failure> {
    let email = email.unwrap_or_default();
    if let Ok(id) = Uuid::try_parse(email) {
        if gives && accounts.users.by_id(&accounts.units, id).await?.is_none() {
            return Err(Failure::new(format_args!("There is no account {id}.")));
        }
        return Ok((id, id.to_string()));
    }
    let email = Email::parse(email).map_err(|error| Failure::new(format_args!("{email}: {error}")))?;
    let found = accounts.users.by_email(&accounts.units, &email).await?;
    let (person, _) = found.ok_or_else(|| Failure::new(format_args!("Nobody has the address {email}.")))?;
    Ok((person.facts.id, email.to_string()))
}

/// The addresses of these people; who is gone has none.
async fn called(
    accounts: &Accounts,
    people: impl Iterator<Item = Uuid>,
) -> Result<BTreeMap<Uuid, String>, Failure> {
    let mut called = BTreeMap::new();
    for person in people.collect::<BTreeSet<_>>() {
        if let Some(account) = accounts.users.by_id(&accounts.units, person).await? {
            called.insert(person, account.email.to_string());
        }
    }
    Ok(called)
}

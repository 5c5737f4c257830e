//! Which rows belong to which organisation, as the sources of the models say: a form that refers to rows of others offers
//! those of the same organisation only (CWE-639).

use std::collections::BTreeMap;

/// How the rows of each model belong to an organisation.
#[derive(Debug, Default)]
pub(crate) struct Tenants {
    /// Models that organisations have members of: the collection of memberships.
    people: BTreeMap<String, String>,
    /// The foreign keys of each model; those that are its tenant first.
    keys: BTreeMap<String, Vec<(String, String)>>,
}

impl Tenants {
    /// Reads the models of one file.
    pub(crate) fn read(&mut self, text: &str) {
        let mut before = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some((_, rest)) = line.split_once("struct ") else {
                match line.starts_with(['#', ' ', ')']) {
                    true => before.push_str(line),
                    false => before.clear(),
                }
                continue;
            };
            let attributes = std::mem::take(&mut before);
            let Some(name) = rest.split(|c: char| !c.is_alphanumeric()).next() else {
                continue;
            };
            if let Some((start, _)) = attributes.split_once(": Membership.user") {
                let memberships = start.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next();
                self.people
                    .insert(name.to_owned(), memberships.unwrap_or_default().to_owned());
            }
            let body: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with('}')).collect();
            self.keys.insert(name.to_owned(), keys(&body));
        }
    }

    /// What narrows a query of these models to those that belong to `*organisation`; nothing if they belong to none.
    pub(crate) fn filter(&self, model: &str) -> Option<String> {
        if let Some(memberships) = self.people.get(model) {
            return Some(format!(
                "|r| r.{memberships}.any(|m| m.organisation.eq(*organisation))"
            ));
        }
        let path = self.path(model, &mut vec![model])?.join(".");
        Some(format!("|r| r.{path}.eq(*organisation)"))
    }

    /// The foreign keys that lead from a model to its organisation, the shortest way first that the tenants say.
    fn path<'a>(&'a self, model: &str, seen: &mut Vec<&'a str>) -> Option<Vec<&'a str>> {
        let keys = self.keys.get(model)?;
        if let Some((field, _)) = keys.iter().find(|(_, target)| target == "Organisation") {
            return Some(vec![field]);
        }
        for (field, target) in keys {
            // A person may belong to several: that a row is theirs says nothing of where it belongs.
            if self.people.contains_key(target) || seen.contains(&target.as_str()) {
                continue;
            }
            seen.push(target);
            if let Some(mut path) = self.path(target, seen) {
                path.insert(0, field);
                return Some(path);
            }
        }
        None
    }
}

/// The foreign keys among a struct's fields, those first that are its tenant.
fn keys(body: &[&str]) -> Vec<(String, String)> {
    let mut tenant = false;
    let (mut first, mut others) = (Vec::new(), Vec::new());
    for line in body.iter().map(|line| line.trim()) {
        if line.starts_with('#') {
            tenant |= line
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| word == "tenant");
            continue;
        }
        let Some((name, kind)) = line.split_once(':') else {
            continue;
        };
        let is_tenant = std::mem::take(&mut tenant);
        let name = name.trim_start_matches("pub ").trim().to_owned();
        let target = kind.trim().strip_prefix("ForeignKey<");
        if let Some(target) = target.and_then(|rest| rest.split('>').next()) {
            let of = if is_tenant { &mut first } else { &mut others };
            of.push((name, target.to_owned()));
        }
    }
    first.append(&mut others);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_the_organisation_is_found() {
        let mut tenants = Tenants::default();
        tenants.read(
            "#[derive(Clone, Model, UserAccount)]\n#[model(\n    user,\n    related(memberships: Membership.user, notes: Note.owner),\n)]\n\
             pub struct User {\n    pub id: Id<Self>,\n}\n\
             #[derive(Model)]\npub struct Queue {\n    #[field(owner)]\n    pub owner: ForeignKey<User>,\n    #[field(tenant)]\n\
             \x20   pub place: ForeignKey<Organisation>,\n    pub other: ForeignKey<Colour>,\n}\n",
        );
        tenants.read(
            "#[derive(Model)]\npub struct Line {\n    pub colour: ForeignKey<Colour>,\n    #[field(tenant, index)]\n\
             \x20   pub queue: ForeignKey<Queue>,\n}\n\
             #[derive(Model)]\npub struct Colour {\n    pub lines: Option<ForeignKey<Line>>,\n}\n\
             #[derive(Model)]\npub struct Note {\n    pub owner: ForeignKey<User>,\n}\n\
             #[derive(Model)]\npub struct Ring {\n    pub ring: ForeignKey<Ring>,\n}\n",
        );
        for (model, filter) in [
            (
                "User",
                Some("|r| r.memberships.any(|m| m.organisation.eq(*organisation))"),
            ),
            ("Queue", Some("|r| r.place.eq(*organisation)")),
            ("Line", Some("|r| r.queue.place.eq(*organisation)")),
            ("Colour", None),
            ("Note", None),
            ("Ring", None),
            ("Nothing", None),
        ] {
            assert_eq!(tenants.filter(model).as_deref(), filter, "{model}");
        }
    }
}

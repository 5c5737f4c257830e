//! What a program lists: its models and services. What is not listed is in no review, so it cannot be used.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::error::{Error, Result};
use crate::policy::actor::{Actor, Inner, ServiceMeta};
use crate::tree::identifier;
use crate::tree::meta::{ModelMeta, Sealing};
use crate::tree::permission::{PermissionMeta, Permissions};

/// The models and services of a program.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    models: Vec<&'static ModelMeta>,
    services: Vec<ServiceMeta>,
    /// Whether the database has the models' rules as well, as policies of its own.
    emitted: bool,
    /// The permissions that some rule asks; found when somebody comes who holds one.
    asked: OnceLock<Vec<PermissionMeta>>,
}

/// A label that two fields have, and the second one's model (CWE-353).
pub(crate) fn labelled_twice(models: &[&'static ModelMeta]) -> Option<(&'static str, &'static ModelMeta)> {
    let mut labels = BTreeSet::new();
    for (nth, &model) in models.iter().enumerate() {
        let is_again = models[..nth].iter().any(|other| other.is(model));
        for column in model.columns.iter().filter(|_| !is_again) {
            if let Sealing::Encrypted { label } = column.sealed
                && !labels.insert(label)
            {
                return Some((label, model));
            }
        }
    }
    None
}

impl Listed {
    /// # Errors
    /// [`Error::Internal`] if two of the models have one table, or a name is none that may stand in SQL.
    pub(crate) fn new(models: Vec<&'static ModelMeta>, services: Vec<ServiceMeta>) -> Result<Self> {
        for (i, model) in models.iter().enumerate() {
            // CWE-89: whoever wrote them down.
            let columns = model.columns.iter().map(|column| column.column);
            let indexed = model.indexes.iter().flat_map(|index| index.columns).copied();
            let names = std::iter::once(model.table).chain(columns).chain(indexed);
            if let Some(name) = names.into_iter().find(|name| !identifier::valid(name)) {
                return Err(Error::Internal(format!(
                    "the model `{}` names `{name}`: {}",
                    model.type_name(),
                    identifier::RULE
                )));
            }
            // CWE-668: as SQLite compares names. A second model on a table would bring a second policy to the same rows.
            if let Some(other) = models[..i]
                .iter()
                .find(|other| other.table.eq_ignore_ascii_case(model.table) && !other.is(model))
            {
                return Err(Error::Internal(format!(
                    "the models `{}` and `{}` have one table, `{}`: give one of them another, \
                     `#[model(table = \"…\")]`, or list only one",
                    other.type_name(),
                    model.type_name(),
                    model.table
                )));
            }
        }
        if let Some((label, model)) = labelled_twice(&models) {
            return Err(Error::Internal(format!(
                "two encrypted fields have the label `{label}`, of which one is in `{}`: each has its own, or what is sealed for the one \
                 opens in the other",
                model.type_name()
            )));
        }
        Ok(Self {
            models,
            services,
            emitted: false,
            asked: OnceLock::new(),
        })
    }

    /// The same, in a database that has the rules as well, or not.
    pub(crate) fn emitted(self, emitted: bool) -> Self {
        Self { emitted, ..self }
    }

    /// The permissions that some rule of these models asks, by name. They are kept as what they are and not as bits, for a module may list
    /// one after this is asked first: it would count as not asked, and its holder get the texts of others (CWE-863).
    pub(crate) fn asked(&self) -> &[PermissionMeta] {
        self.asked.get_or_init(|| {
            let mut asked = Vec::new();
            for model in &self.models {
                (model.rules)().permissions(&mut |_, permission| asked.push(permission));
            }
            asked.sort_by_key(|permission| permission.name);
            asked.dedup();
            asked
        })
    }

    /// Which of them are held.
    pub(crate) fn asked_of(&self, held: Permissions) -> impl Iterator<Item = &PermissionMeta> {
        self.asked().iter().filter(move |permission| held.has(permission))
    }

    pub(crate) fn is_emitted(&self) -> bool {
        self.emitted
    }

    pub(crate) fn models(&self) -> &[&'static ModelMeta] {
        &self.models
    }

    /// A model whose policy nobody reviewed is not asked (CWE-862). Looked at once for each text of a statement.
    pub(crate) fn check_model(&self, model: &'static ModelMeta) -> Result<()> {
        if self.models.iter().any(|listed| listed.is(model)) {
            return Ok(());
        }
        Err(Error::Unlisted {
            what: "model",
            name: model.type_name(),
        })
    }

    /// Neither does a service act whose rights nobody reviewed (CWE-441).
    pub(crate) fn check_actor(&self, actor: Actor) -> Result<()> {
        match actor.0 {
            Inner::Service(service)
                if !service.may_everything() && !self.services.iter().any(|listed| listed.is(&service)) =>
            {
                Err(Error::Unlisted {
                    what: "service",
                    name: service.type_name(),
                })
            }
            _ => Ok(()),
        }
    }
}

//! Whether the database understands what models say in SQL: their constraints, and the fragments of their rules. Asked of an
//! empty database in memory, before anybody is.

use std::sync::Arc;

use crate::backend::sqlite::Connection;
use crate::error::{Error, Result};
use crate::migrations::{self, MigrationError};
use crate::policy::actor::{Action, Actor, UserFacts};
use crate::policy::authority::Authority;
use crate::policy::listed::Listed;
use crate::sql::dialect::Dialect;
use crate::sql::render::{Cond, Renderer};
use crate::sql::source::Which;
use crate::tree::meta::ModelMeta;

/// What it does not understand: the first of each model. Models that refer to one another stand and fall together, so this is
/// asked of models that have no other finding.
pub(super) fn not_understood(models: &[&'static ModelMeta]) -> Vec<(&'static ModelMeta, String)> {
    let finding =
        |model, what: &str, why: String| (model, format!("the database does not understand {what}: {why}"));
    let database = match tables(models) {
        Ok(database) => database,
        Err(MigrationError::Database { statement, error, .. }) => {
            let of = models
                .iter()
                .find(|model| statement.contains(&format!("\"{}\"", model.table)));
            let model = of.or(models.first());
            return model.map_or_else(Vec::new, |model| {
                vec![finding(*model, "its table", format!("{error}, in {statement}"))]
            });
        }
        // No database in memory: the one that serves will say so.
        Err(_) => return Vec::new(),
    };
    let Ok(listed) = Listed::new(models.to_vec(), Vec::new()) else {
        return Vec::new();
    };
    let listed = Arc::new(listed);
    let asked = |model: &&'static ModelMeta| {
        let mut askers = askers().into_iter();
        let refused = askers.find_map(|actor| {
            let authority = Authority::new(actor, Arc::clone(&listed));
            rules(model, &authority, &database).err()
        })?;
        Some(finding(*model, "its rules", refused.to_string()))
    };
    models.iter().filter_map(asked).collect()
}

/// What is known of who asks is folded in, so that each of them asks something else.
fn askers() -> Vec<Actor> {
    let user = |is_staff, is_superuser| {
        Actor::user(UserFacts {
            id: uuid::Uuid::nil(),
            is_staff,
            is_superuser,
        })
    };
    vec![
        Actor::nobody(),
        user(false, false),
        user(true, false),
        user(false, true),
    ]
}

fn tables(models: &[&'static ModelMeta]) -> Result<Connection, MigrationError> {
    let mut database =
        Connection::in_memory().map_err(|error: Error| MigrationError::Set(error.to_string()))?;
    migrations::create_all(database.schema(), models)?;
    Ok(database)
}

/// Prepares every rule of a model.
fn rules(model: &'static ModelMeta, authority: &Authority, database: &Connection) -> Result<()> {
    for action in [Action::View, Action::Add, Action::Change, Action::Delete] {
        let mut renderer = Renderer::new(Dialect::Sqlite, authority, true, 0);
        let source = renderer.source(model, Which::Found)?;
        let rule = renderer.rule(action, model, source.row())?;
        database.understands(&source.select("1", rule))?;
    }
    for column in model.columns {
        let mut renderer = Renderer::new(Dialect::Sqlite, authority, true, 0);
        let source = renderer.source(model, Which::Found)?;
        for action in [Action::Add, Action::Change] {
            let rule = renderer.may_set(action, model, column, source.row())?;
            if !matches!(rule, Cond::True | Cond::False) {
                database.understands(&source.select("1", rule))?;
            }
        }
    }
    Ok(())
}

//! Whether the database understands what models say in SQL: their constraints, and the fragments of their rules. SQLite is asked
//! with an empty database in memory, PostgreSQL with the one that serves, before anybody is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::finding::ModelFinding;
#[cfg(feature = "postgres")]
use crate::backend::postgres::{self, Failure};
use crate::backend::sqlite::Connection;
use crate::error::{Error, Result};
use crate::migrations::{self, MigrationError};
use crate::policy::actor::{Action, Actor, UserFacts};
use crate::policy::authority::Authority;
use crate::policy::listed::Listed;
use crate::sql::dialect::Dialect;
use crate::sql::render::{Cond, Renderer};
use crate::sql::source::{Source, Which};
use crate::sql::statement::Text;
use crate::tree::meta::ModelMeta;
use crate::tree::permission::Permissions;

fn finding(model: &'static ModelMeta, what: &str, why: &str) -> ModelFinding {
    ModelFinding {
        id: "orm.E011",
        model: model.name,
        message: format!("the database does not understand {what}: {why}"),
    }
}

/// What SQLite does not understand: the first of each model. Models that refer to one another stand and fall together, so this is
/// asked of models that have no other finding.
pub(super) fn not_understood(models: &[&'static ModelMeta]) -> Vec<ModelFinding> {
    let database = match tables(models) {
        Ok(database) => database,
        Err(MigrationError::Database { statement, error, .. }) => {
            let of = models
                .iter()
                .find(|model| statement.contains(&format!("\"{}\"", model.table)));
            let model = of.or(models.first());
            return model.map_or_else(Vec::new, |model| {
                vec![finding(model, "its table", &format!("{error}, in {statement}"))]
            });
        }
        // No database in memory: the one that serves will say so.
        Err(_) => return Vec::new(),
    };
    let asked = |model: &&'static ModelMeta| {
        let refused = match rules(model, models, Dialect::Sqlite) {
            Ok(texts) => texts
                .values()
                .find_map(|text| database.understands(&text.sql).err())?,
            Err(error) => error,
        };
        Some(finding(model, "its rules", &refused.to_string()))
    };
    models.iter().filter_map(asked).collect()
}

/// What a PostgreSQL with all migrations does not understand, the first of each model: a function that it has not would be an
/// error for whoever asks first (CWE-400). Nothing is run.
///
/// # Errors
/// If it cannot be asked.
#[cfg(feature = "postgres")]
pub(crate) async fn not_understood_by_a_server(
    connection: &postgres::Connection,
    models: &[&'static ModelMeta],
) -> Result<Vec<ModelFinding>, Failure> {
    let mut out = Vec::new();
    for model in models {
        match rules(model, models, Dialect::Postgres) {
            Ok(texts) => {
                for text in texts.values() {
                    match connection.understands(text).await {
                        Ok(()) => continue,
                        Err(Failure::Other { message, .. }) => {
                            out.push(finding(model, "its rules", &message));
                        }
                        Err(failure @ Failure::Data { .. }) => {
                            out.push(finding(model, "its rules", &failure.to_string()));
                        }
                        Err(failure) => return Err(failure),
                    }
                    break;
                }
            }
            Err(error) => out.push(finding(model, "its rules", &error.to_string())),
        }
    }
    Ok(out)
}

/// What is known of who asks is folded in, so that each of them asks something else.
fn askers(asked: Permissions) -> Vec<Actor> {
    let user = |is_staff, is_superuser, held| {
        Actor::user(UserFacts {
            id: uuid::Uuid::nil(),
            is_staff,
            is_superuser,
        })
        .holding(held)
    };
    vec![
        Actor::nobody(),
        user(false, false, Permissions::NONE),
        user(true, false, Permissions::NONE),
        user(false, true, Permissions::NONE),
        user(false, false, asked),
    ]
}

fn tables(models: &[&'static ModelMeta]) -> Result<Connection, MigrationError> {
    let mut database =
        Connection::in_memory().map_err(|error: Error| MigrationError::Set(error.to_string()))?;
    migrations::create_all(database.schema(), models)?;
    Ok(database)
}

/// The statements of every rule of a model, each once, whoever asks.
fn rules(
    model: &'static ModelMeta,
    models: &[&'static ModelMeta],
    dialect: Dialect,
) -> Result<BTreeMap<String, Text>> {
    let listed = Arc::new(Listed::new(models.to_vec(), Vec::new())?);
    let mut out = BTreeMap::new();
    for actor in askers(listed.asked().iter().fold(Permissions::NONE, Permissions::with)) {
        let authority = Authority::new(actor, Arc::clone(&listed));
        let mut ask = |renderer: Renderer<'_>, source: &Source, rule: Cond| -> Result<()> {
            let text = renderer.text(source.select("1", rule))?;
            out.insert(text.sql.clone(), text);
            Ok(())
        };
        for action in [Action::View, Action::Add, Action::Change, Action::Delete] {
            let mut renderer = Renderer::new(dialect, &authority, true, 0);
            let source = renderer.source(model, Which::Found)?;
            let rule = renderer.rule(action, model, source.row())?;
            ask(renderer, &source, rule)?;
        }
        for column in model.columns {
            for action in [Action::Add, Action::Change] {
                let mut renderer = Renderer::new(dialect, &authority, true, 0);
                let source = renderer.source(model, Which::Found)?;
                let rule = renderer.may_set(action, model, column, source.row())?;
                if !matches!(rule, Cond::True | Cond::False) {
                    ask(renderer, &source, rule)?;
                }
            }
        }
    }
    Ok(out)
}

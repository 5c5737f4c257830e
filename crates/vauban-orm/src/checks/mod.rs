//! Mistakes in models that only all of them together show: for the command `check` and for start.

mod counsel;
mod finding;
mod oracles;
mod understood;

pub use self::counsel::counsel;
pub use self::finding::ModelFinding;
pub use crate::policy::said::policy;
pub use crate::tree::shown::{named, shown_path, shown_type};

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::Error;
use crate::migrations::stated;
use crate::policy::actor::{Action, Actor};
use crate::policy::authority::Authority;
use crate::policy::listed::{Listed, labelled_twice};
use crate::sql::cond::Cond;
use crate::sql::dialect::Dialect;
use crate::sql::render::{Renderer, Row};
use crate::tree::expr::Expr;
use crate::tree::meta::ModelMeta;
use crate::tree::permission::PermissionMeta;
use crate::tree::shown::{RESERVED, crate_of, is_framework};
use crate::tree::term::Term;

/// Checks all models of a program.
///
/// * `orm.E001`: a foreign key to a model that is not listed.
/// * `orm.E002`: policies that include each other in a circle.
/// * `orm.E003`: a uniqueness that tells that a hidden row exists (CWE-203).
/// * `orm.E004`: two models with one table.
/// * `orm.E006`: rules that hold only for the moment at which they were built (CWE-367).
/// * `orm.E007`: rules that are larger than a statement may be (CWE-674).
/// * `orm.E008`: a rule for writing a column that carries no privilege, which nobody would ask (CWE-862).
/// * `orm.E009`: rules that speak of a row that is not there where they do (CWE-863).
/// * `orm.E010`: rules with a fragment that is an error on some rows (CWE-400).
/// * `orm.E011`: rules or constraints that the database does not understand.
/// * `orm.E012`: two encrypted fields with one label (CWE-353).
pub fn check(models: &[&'static ModelMeta]) -> Vec<ModelFinding> {
    let mut found = Vec::new();
    if let Some((label, model)) = labelled_twice(models) {
        found.push(ModelFinding {
            id: "orm.E012",
            model: model.name,
            message: format!(
                "another encrypted field has the label `{label}` too: each has its own, `#[field(encrypted = \"…\")]`"
            ),
        });
    }
    for (i, model) in models.iter().enumerate() {
        for column in model.columns {
            if let Some(target) = column.target.map(|target| target())
                && !models.iter().any(|listed| listed.is(target))
            {
                found.push(ModelFinding {
                    id: "orm.E001",
                    model: model.name,
                    message: format!(
                        "`{}` refers to `{}`, which no module of the app lists: add `.model::<{}>()`",
                        column.field, target.name, target.name
                    ),
                });
            }
        }
        if models[..i]
            .iter()
            .any(|other| other.table.eq_ignore_ascii_case(model.table))
        {
            let message = format!(
                "another model has the table `{}` too: `#[model(table = \"…\")]`",
                model.table
            );
            found.push(ModelFinding {
                id: "orm.E004",
                model: model.name,
                message,
            });
        }
        if let Some(unfit) = &(model.rules)().unfit {
            found.push(ModelFinding {
                id: unfit.id,
                model: model.name,
                message: unfit.why.clone(),
            });
        }
        if (model.rules)().unfit.is_none()
            && let Some(why) = too_large(model, models)
        {
            found.push(ModelFinding {
                id: "orm.E007",
                model: model.name,
                message: format!("its rules are too large with those that they include: {why}"),
            });
        }
        if let Some(why) = stated::not_kept(model) {
            found.push(ModelFinding {
                id: "orm.E011",
                model: model.name,
                message: format!("no database keeps its condition: {why}"),
            });
        }
        if let Some(circle) = circle(model, &mut Vec::new()) {
            let message =
                format!("its policy includes itself: {circle}. Write one of these rules without `visible`");
            found.push(ModelFinding {
                id: "orm.E002",
                model: model.name,
                message,
            });
        }
        found.extend(oracles(model));
    }
    // CWE-203 may be signed and is asked by nobody; what else is wrong would only be said again.
    if found.iter().all(|finding| finding.id == "orm.E003") {
        found.extend(understood::not_understood(models));
    }
    found
}

#[cfg(feature = "postgres")]
pub(crate) use understood::not_understood_by_a_server;

/// Why a model's rules make no statement, together with the rules that they include. They are written whoever asks.
fn too_large(model: &'static ModelMeta, models: &[&'static ModelMeta]) -> Option<&'static str> {
    let listed = Listed::new(models.to_vec(), Vec::new()).ok()?;
    let authority = Authority::new(Actor::nobody(), Arc::new(listed));
    let actions = [Action::View, Action::Add, Action::Change, Action::Delete];
    actions.into_iter().find_map(|action| {
        let mut renderer = Renderer::new(Dialect::Sqlite, &authority, false, 0);
        match renderer.rule(action, model, Row::old("t")) {
            Err(Error::TooLarge(why)) => Some(why),
            _ => None,
        }
    })
}

/// The permissions that a model's rules ask, each with what for: `view`, `add`, `change`, `delete`, `set COLUMN`.
pub fn permissions(model: &ModelMeta) -> Vec<(String, PermissionMeta)> {
    let mut asked: Vec<(String, PermissionMeta)> = Vec::new();
    (model.rules)().permissions(&mut |what, permission| {
        if !asked
            .iter()
            .any(|(known, other)| known == what && other.is(&permission))
        {
            asked.push((what.to_owned(), permission));
        }
    });
    asked
}

/// What somebody may do to rows of a model, as far as it does not depend on the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// To every row.
    Every,
    /// To none.
    None,
    /// To those that the rule says.
    ByRule,
}

/// What an actor may do to rows of a model of these. A rule that the program does not start with is none.
pub fn may(model: &'static ModelMeta, models: &[&'static ModelMeta], actor: Actor) -> Vec<(Action, May)> {
    let Ok(listed) = Listed::new(models.to_vec(), Vec::new()) else {
        return Vec::new();
    };
    let authority = Authority::new(actor, Arc::new(listed));
    let actions = [Action::View, Action::Add, Action::Change, Action::Delete];
    let may = |action| {
        let mut renderer = Renderer::new(Dialect::Sqlite, &authority, false, 0);
        match renderer.rule(action, model, Row::old("t")) {
            Ok(Cond::True) => May::Every,
            Ok(Cond::False) | Err(_) => May::None,
            Ok(Cond::Sql(_)) => May::ByRule,
        }
    };
    actions.into_iter().map(|action| (action, may(action))).collect()
}

/// Whether the tables of these models belong to those who bring them (CWE-668): `site` is the package that the program
/// is built from.
///
/// * `orm.E005`: a table of the framework's, or of another package's, or without its package's name.
///
/// The site's own models have whatever names are free; a package that it depends on begins its tables with its own
/// name, so that two packages never meet and none passes for another.
pub fn tables(models: &[&'static ModelMeta], site: &str) -> Vec<ModelFinding> {
    let crates: BTreeSet<&str> = models
        .iter()
        .filter(|model| model.package != site && !is_framework(crate_of(model)))
        .map(|model| crate_of(model))
        .collect();
    let mut found = Vec::new();
    for model in models {
        let own = crate_of(model);
        if is_framework(own) {
            continue;
        }
        // As SQLite compares names.
        let table = &*model.table.to_ascii_lowercase();
        let is_sites = model.package == site;
        // Of `guest` and `guest_book`, `guest_book_entry` belongs to the longer.
        let owner = crates
            .iter()
            .filter(|name| after(table, name).is_some())
            .max_by_key(|name| name.len());
        let message = if table.starts_with(RESERVED) {
            format!(
                "the table `{table}`: names that begin with `{RESERVED}` are the framework's. Choose another"
            )
        } else if let Some(owner) = owner.filter(|owner| is_sites || **owner != own) {
            format!(
                "the table `{table}` belongs to the package `{owner}`, whose tables begin with `{owner}_`. Choose \
                 another: `#[model(table = \"…\")]`"
            )
        } else if !is_sites && after(table, own).is_none() {
            format!(
                "it comes from the package `{own}`, whose tables begin with `{own}_`, and its table is `{table}`: write \
                 `#[model(module)]` above it, or `#[model(table = \"{own}_{table}\")]`"
            )
        } else {
            continue;
        };
        found.push(ModelFinding {
            id: "orm.E005",
            model: model.name,
            message,
        });
    }
    found
}

/// What follows `name_` in a table's name.
fn after<'a>(table: &'a str, name: &str) -> Option<&'a str> {
    table
        .strip_prefix(name)?
        .strip_prefix('_')
        .filter(|rest| !rest.is_empty())
}

/// The models whose view rule a model's rules include by name.
fn included(model: &'static ModelMeta, all: bool) -> Vec<&'static ModelMeta> {
    let rules = (model.rules)();
    let mut out = Vec::new();
    visible(&rules.view, &mut out);
    if all {
        for rule in [&rules.add, &rules.change, &rules.delete] {
            visible(rule, &mut out);
        }
    }
    out
}

fn visible(expr: &Expr, out: &mut Vec<&'static ModelMeta>) {
    match expr {
        Expr::Visible(key) => out.extend(key.meta.target.map(|target| target())),
        Expr::And(all) | Expr::Or(all) => all.iter().for_each(|part| visible(part, out)),
        Expr::Not(inner) | Expr::Through(_, inner) | Expr::Any(_, inner) => visible(inner, out),
        // CWE-674: what is computed has conditions in it, too.
        Expr::Terms(_, two) => [&two.0, &two.1]
            .into_iter()
            .for_each(|term| visible_in(term, out)),
        Expr::TermIn(term, _) | Expr::TermIsNull(term) => visible_in(term, out),
        Expr::True
        | Expr::False
        | Expr::Flag(_)
        | Expr::Compare(..)
        | Expr::Columns(..)
        | Expr::In(..)
        | Expr::IsNull(_)
        | Expr::IsActor(_)
        | Expr::Fragment(..)
        | Expr::TooLarge(_) => {}
    }
}

fn visible_in(term: &Term, out: &mut Vec<&'static ModelMeta>) {
    match term {
        Term::Whole(_, two) | Term::Coalesce(two) | Term::Concat(two) => {
            visible_in(&two.0, out);
            visible_in(&two.1, out);
        }
        Term::Case(case) => {
            visible(&case.0, out);
            visible_in(&case.1, out);
            case.2.iter().for_each(|rest| visible_in(rest, out));
        }
        Term::Text(_, of) | Term::Part(_, of) => visible_in(of, out),
        Term::Fold(_, of) => {
            visible_in(&of.0, out);
            visible(&of.1, out);
        }
        Term::Related(of) => {
            visible_in(&of.of, out);
            visible(&of.filter, out);
        }
        Term::Column(_) | Term::Value(..) | Term::TooLarge(_) => {}
    }
}

fn circle(model: &'static ModelMeta, way: &mut Vec<&'static ModelMeta>) -> Option<String> {
    if way.first().is_some_and(|first| first.is(model)) {
        let names: Vec<_> = way.iter().chain([&model]).map(|model| model.name).collect();
        return Some(names.join(" → "));
    }
    if way.iter().any(|seen| seen.is(model)) {
        return None; // a circle that does not go through the first: told where it is
    }
    way.push(model);
    let found = included(model, way.len() == 1)
        .into_iter()
        .find_map(|next| circle(next, way));
    way.pop();
    found
}

/// Unique keys whose writers do not see all rows with the same key.
fn oracles(model: &'static ModelMeta) -> Option<ModelFinding> {
    let rules = (model.rules)();
    let written = !matches!((&rules.add, &rules.change), (Expr::False, Expr::False));
    if matches!(rules.view, Expr::True) || !written || model.unique_oracle.is_some() {
        return None;
    }
    let telling = oracles::telling(model);
    (!telling.is_empty()).then(|| ModelFinding {
        id: "orm.E003",
        model: model.name,
        message: format!(
            "unique {}: whoever may write a row learns that a hidden row has the same value. Make it unique together \
             with the columns by which its writers see rows (the tenant's, the owner's), show them all rows with the same \
             value, or sign it: `#[model(unique_oracle = waiver!(UniqueOracle, \"…\"))]`",
            telling.join(", ")
        ),
    })
}

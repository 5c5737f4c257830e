//! Mistakes in models that only all of them together show: for the command `check` and for start.

mod oracles;
mod said;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::Error;
use crate::policy::actor::{Action, Actor};
use crate::policy::authority::Authority;
use crate::policy::listed::Listed;
use crate::sql::render::{Renderer, Row};
use crate::tree::expr::Expr;
use crate::tree::meta::{ModelMeta, Privilege};
use said::Said;

/// A mistake, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFinding {
    /// `orm.E001` and so on: stays the same from version to version, so that a log can be searched for it.
    pub id: &'static str,
    /// The struct's name of the model that it is about.
    pub model: &'static str,
    /// What is wrong and what to do about it.
    pub message: String,
}

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
pub fn check(models: &[&'static ModelMeta]) -> Vec<ModelFinding> {
    let mut found = Vec::new();
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
    found
}

/// Why a model's rules make no statement, together with the rules that they include. They are written whoever asks.
fn too_large(model: &'static ModelMeta, models: &[&'static ModelMeta]) -> Option<&'static str> {
    let listed = Listed::new(models.to_vec(), Vec::new()).ok()?;
    let authority = Authority::new(Actor::nobody(), Arc::new(listed));
    let actions = [Action::View, Action::Add, Action::Change, Action::Delete];
    actions.into_iter().find_map(|action| {
        let mut renderer = Renderer::new(&authority, false, 0);
        match renderer.rule(action, model, Row::old("t")) {
            Err(Error::TooLarge(why)) => Some(why),
            _ => None,
        }
    })
}

/// The framework's own crates: `vauban_…` names their tables, and no other crate's. CWE-668: those that there are; a name
/// that nobody has yet is whoever's that publishes it first.
const FRAMEWORK: &[&str] = &[
    "vauban",
    "vauban_core",
    "vauban_orm",
    "vauban_accounts",
    "vauban_template",
    "vauban_text",
    "vauban_waiver",
];

/// The prefix of the framework's tables.
const RESERVED: &str = "vauban_";

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

/// The crate that declares a model, as the compiler says it: a package's name is what its author wrote.
fn crate_of(model: &ModelMeta) -> &'static str {
    model.type_name().split("::").next().unwrap_or_default()
}

fn is_framework(name: &str) -> bool {
    FRAMEWORK.contains(&name)
}

/// What follows `name_` in a table's name.
fn after<'a>(table: &'a str, name: &str) -> Option<&'a str> {
    table
        .strip_prefix(name)?
        .strip_prefix('_')
        .filter(|rest| !rest.is_empty())
}

/// A function's path as a site names it: what stands in `vauban_accounts` is `vauban::accounts`.
pub fn shown_path(path: &str) -> String {
    let ours = path.split_once("::").filter(|(first, _)| is_framework(first));
    match ours {
        // CWE-451: another's crate is not ours, however it is called.
        None => path.to_owned(),
        Some(("vauban" | "vauban_core", rest)) => format!("vauban::{rest}"),
        Some((first, rest)) => format!("vauban::{}::{rest}", first.trim_start_matches(RESERVED)),
    }
}

/// A type's name as reviews show it: as the compiler has it, but the framework's own types without their modules, so
/// that moving one of its files changes nobody's `access.lock`.
pub fn shown_type(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while !rest.is_empty() {
        let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        let end = rest.find(|c| !is_path(c)).unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        let ours = path.split("::").next().is_some_and(is_framework);
        out.push_str(match path.rsplit_once("::") {
            Some((_, last)) if ours => last,
            _ => path,
        });
        let next = after.find(is_path).unwrap_or(after.len());
        out.push_str(&after[..next]);
        rest = &after[next..];
    }
    out
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
        _ => {}
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

/// A model's name, with its path where two of the program's models would have one (CWE-451: no line passes for
/// another's).
pub fn named(model: &ModelMeta, models: &[&'static ModelMeta]) -> String {
    if models
        .iter()
        .any(|other| !std::ptr::eq(*other, model) && other.name == model.name)
    {
        shown_type(model.type_name())
    } else {
        model.name.to_owned()
    }
}

/// A model's rules as text, for reviews: one line for each action. `models` are the program's.
pub fn policy(model: &'static ModelMeta, models: &[&'static ModelMeta]) -> Vec<(Action, String)> {
    let rules = (model.rules)();
    let name = |model: &ModelMeta| named(model, models);
    let said = |rule: &Expr| Said { name: &name }.rule(rule);
    let mut lines = vec![
        (Action::View, said(&rules.view)),
        (Action::Add, said(&rules.add)),
        (Action::Change, said(&rules.change)),
        (Action::Delete, said(&rules.delete)),
    ];
    for set in &rules.set {
        let field = set.column.field;
        let (add, change) = (said(&set.add), said(&set.change));
        let given = matches!(set.column.privilege, Privilege::Owner | Privilege::Tenant);
        if given {
            // CWE-451: whoever adds the row gives it, which the add rule judges.
            lines.push((Action::Grant, format!("{field} of a row that is there: {change}")));
        } else if add == change {
            lines.push((Action::Grant, format!("{field}: {change}")));
        } else {
            lines.push((Action::Grant, format!("{field} of a new row: {add}")));
            lines.push((Action::Grant, format!("{field} of a row that is there: {change}")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-668. Attack: somebody publishes a crate with the name of one that the framework may have one day, and has the
    /// framework's tables.
    #[test]
    fn only_crates_that_there_are_are_the_frameworks() {
        let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for name in FRAMEWORK {
            let manifest = crates.join(name.replace('_', "-")).join("Cargo.toml");
            assert!(manifest.is_file(), "no crate of the workspace is called {name}");
        }
    }

    #[test]
    fn a_path_is_shown_as_a_site_names_it() {
        for (path, shown) in [
            (
                "vauban_accounts::views::login::show",
                "vauban::accounts::views::login::show",
            ),
            ("vauban_core::routing::show", "vauban::routing::show"),
            ("vauban::access::show", "vauban::access::show"),
            ("app::show", "app::show"),
            // CWE-451
            ("vauban_evil::login::show", "vauban_evil::login::show"),
            ("vauban_accounts_evil::show", "vauban_accounts_evil::show"),
        ] {
            assert_eq!(shown_path(path), shown);
        }
    }

    #[test]
    fn types_are_shown_by_their_path_and_ours_by_their_name() {
        for (name, shown) in [
            ("app::people::SignUp", "app::people::SignUp"),
            (
                "vauban_accounts::services::SignUp<app::users::User>",
                "SignUp<app::users::User>",
            ),
            (
                "(vauban::routing::Staff, app::Mfa, [u8; 3])",
                "(Staff, app::Mfa, [u8; 3])",
            ),
            ("vauban_core::a::HasPerm<app::Close>", "HasPerm<app::Close>"),
            // CWE-451: a name that only begins like ours is shown in full.
            ("vauban_evil::Superuser", "vauban_evil::Superuser"),
            ("app::Superuser", "app::Superuser"),
            ("app::vauban::Superuser", "app::vauban::Superuser"),
        ] {
            assert_eq!(shown_type(name), shown);
        }
    }
}

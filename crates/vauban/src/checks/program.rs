//! Whether the program fits together: its routes, its models.

use super::{Checking, Finding};

/// Which view answers must not depend on order (CWE-436).
pub(super) fn routes(c: &Checking<'_>) -> Vec<Finding> {
    c.modules
        .routes()
        .conflicts()
        .into_iter()
        .map(|conflict| {
            let hint = "Give one of them another path or another name, or take it out of `routes!`.";
            Finding::error("routes.twice", conflict.to_string(), hint)
        })
        .collect()
}

/// CWE-451: a rule inside a function or a `const _` shares its printed name with others, so that `access.lock` would not
/// show that another took its place.
pub(super) fn rules(c: &Checking<'_>) -> Vec<Finding> {
    let nameless = |rule: &str| rule.contains("{{") || rule.split("::").any(|part| part == "_");
    c.modules
        .routes()
        .iter()
        .filter(|route| nameless(&route.meta.rule))
        .map(|route| {
            let what = format!(
                "the rule {} of the view {} has no path of its own: it stands inside a function or a `const _`",
                route.meta.rule, route.meta.id
            );
            Finding::error("access.nameless", what, "Move the rule into a module, where its path is its own.")
        })
        .collect()
}

/// CWE-693: a form to another site that the page's policy does not send is a dead button.
pub(super) fn forms(c: &Checking<'_>) -> Vec<Finding> {
    let hint = "Vauban's guide explains it: docs/src/page-policy.md.";
    let unsent = c.modules.unsent_forms().into_iter();
    unsent
        .map(|what| Finding::error("csp.form", what, hint))
        .collect()
}

/// What only all models together show: policies in a circle, telling uniqueness, unlisted targets; and what will be slow.
pub(super) fn models(c: &Checking<'_>) -> Vec<Finding> {
    let hint = "Vauban's guide explains it: docs/src/models.md.";
    let told = |model: &str, message: &str| format!("the model {model}: {message}");
    let models = c.modules.models();
    let tables = vauban_orm::checks::tables(&models, c.package.name());
    // What only PostgreSQL understands is no mistake there, and SQLite would say so: the database that serves is asked.
    let on_sqlite = c.settings.database_url.expose().starts_with("sqlite:");
    let wrong = vauban_orm::checks::check(&models)
        .into_iter()
        .filter(|found| on_sqlite || found.id != "orm.E011")
        .chain(tables)
        .map(|found| Finding::error(found.id, told(found.model, &found.message), hint));
    let misunderstood = c
        .migrations
        .into_iter()
        .flat_map(|migrated| &migrated.misunderstood);
    let misunderstood =
        misunderstood.map(|(model, message)| Finding::error("orm.E011", told(model, message), hint));
    let slow = vauban_orm::checks::counsel(&models)
        .into_iter()
        .map(|found| Finding::warning(found.id, told(found.model, &found.message), hint));
    wrong.chain(misunderstood).chain(slow).collect()
}

/// Whose tables each package's migrations touch (CWE-668).
pub(super) fn migrations(c: &Checking<'_>) -> Vec<Finding> {
    let hint = "Vauban's guide explains it: docs/src/queries.md.";
    let told = c.modules.refused_migrations(c.package.name()).into_iter();
    told.map(|message| Finding::error("migrations.foreign", message, hint))
        .collect()
}

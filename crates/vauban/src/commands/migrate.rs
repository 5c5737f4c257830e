//! `migrate` and `makemigrations`.

use vauban_orm::engine::Database;
use vauban_orm::migrations;

use super::{Failure, Out};
use crate::app::App;
use crate::assemble;

/// `migrate`: brings the database to what the program needs.
pub(super) fn migrate(app: &App, out: &Out) -> Result<(), Failure> {
    let settings = app.settings()?;
    if let Some(told) = app.modules.without_migrations(app.package.name()) {
        return Err(Failure::new(told));
    }
    let database = assemble::open(app, &settings)?;
    let count = apply(app, &database, out)?;
    let path = database.path().display();
    match count {
        0 => out.line(format_args!("{path} has every migration already.")),
        n => out.line(format_args!("Applied {n} migration(s) to {path}.")),
    }
    warn_of_changes(app, out);
    Ok(())
}

/// Applies what the database lacks and says so, one line each. How many there were.
pub(super) fn apply(app: &App, database: &Database, out: &Out) -> Result<usize, Failure> {
    let applied = database.migrate(&app.migration_sets(), |applied| {
        out.line(format_args!("  {}: {}", applied.id, told(&applied.steps)));
    })?;
    Ok(applied.len())
}

/// The steps of a migration in one line that can be read: tables by name, their indexes by number.
fn told(steps: &[String]) -> String {
    let tables: Vec<&str> = steps
        .iter()
        .filter_map(|step| step.strip_prefix("create table "))
        .collect();
    if tables.is_empty() {
        return steps.join(", ");
    }
    let is_index = |step: &str| step.starts_with("create index ") || step.starts_with("create unique index ");
    let indexes = steps.iter().filter(|step| is_index(step)).count();
    let others = steps
        .iter()
        .filter(|step| !is_index(step) && !step.starts_with("create table "));
    let noun = if tables.len() == 1 { "table" } else { "tables" };
    let mut parts = vec![format!("create {noun} {}", tables.join(", "))];
    parts.extend(others.cloned());
    match indexes {
        0 => {}
        1 => parts.push("1 index".into()),
        n => parts.push(format!("{n} indexes")),
    }
    parts.join("; ")
}

/// While developing: the models say more than the migrations.
pub(super) fn warn_of_changes(app: &App, out: &Out) {
    if app.package.sources().is_none() {
        return;
    }
    match migrations::make(app.package.name(), &own_models(app), &app.migration_sets()) {
        Ok(Ok(None)) | Err(_) => {}
        Ok(Ok(Some(new))) => out.line(format_args!(
            "The models have changed ({} step(s)): write the migration with `makemigrations`.",
            new.operations.len()
        )),
        Ok(Err(refusals)) => out.line(format_args!(
            "The models have changed in {} way(s) that need a migration by hand: see `makemigrations`.",
            refusals.len()
        )),
    }
}

/// `makemigrations`: writes the migration that the models ask for, or one to be filled in by hand with this name.
pub(super) fn make(app: &App, empty: Option<&str>, out: &Out) -> Result<(), Failure> {
    let package = app.package.name();
    let sets = app.migration_sets();
    let Some(set) = sets.iter().find(|set| set.package == package) else {
        return Err(Failure::new(
            "The program has no folder of migrations: add `.migrations(vauban::migrations!(\"migrations\"))` to the app.",
        ));
    };
    if app.package.sources().is_none() {
        return Err(Failure::new(
            "Migrations are written beside the sources: run this in a development build.",
        ));
    }
    if let Some(title) = empty {
        let new = migrations::empty(package, title, &sets).map_err(Failure::new)?;
        let path = migrations::add_file(std::path::Path::new(set.folder), &new.name, &new.text)?;
        out.line(format_args!(
            "Wrote {}, without operations: the next run refuses it until it has some. Write them, apply them with \
             `migrate`, and commit the file together with {}.",
            path.display(),
            migrations::INDEX
        ));
        return Ok(());
    }
    let made = migrations::make(package, &own_models(app), &sets)?.map_err(|refusals| {
        let told: Vec<String> = refusals
            .iter()
            .map(|refusal| format!("\n  {}", refusal.message))
            .collect();
        Failure::new(format_args!(
            "Some changes are not made by themselves:{}",
            told.concat()
        ))
    })?;
    let Some(new) = made else {
        out.line(format_args!(
            "The migrations say everything that the models say. Nothing was written."
        ));
        return Ok(());
    };
    let path = migrations::add_file(std::path::Path::new(set.folder), &new.name, &new.text)?;
    out.line(format_args!("Wrote {}:", path.display()));
    for operation in &new.operations {
        out.line(format_args!("  {}", operation.summary()));
    }
    out.line(format_args!(
        "Read it, apply it with `migrate`, and commit it together with {}.",
        migrations::INDEX
    ));
    Ok(())
}

/// The models that the program's own package declares.
fn own_models(app: &App) -> Vec<&'static vauban_orm::ModelMeta> {
    app.modules
        .models()
        .into_iter()
        .filter(|model| model.package == app.package.name())
        .collect()
}

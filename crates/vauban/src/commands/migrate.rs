//! `migrate`, `makemigrations`, `showmigrations`, `sqlmigrate`.

use std::io::IsTerminal;

use vauban_orm::engine::Database;
use vauban_orm::migrations::{self, Answers, Made, Operation, Rename, RowSecurity, Secured, Target};

use super::{Failure, Out, prompt};
use crate::app::App;
use crate::assemble;
use crate::checks::{Finding, row_security};

/// `migrate`: brings the database to what the program needs, or to where it is asked to be; with `plan` it only says how.
pub(super) fn migrate(app: &App, target: Option<&str>, plan: bool, out: &Out) -> Result<(), Failure> {
    let settings = app.settings()?;
    if let Some(told) = app.modules.without_migrations(app.package.name()) {
        return Err(Failure::new(told));
    }
    let target = target
        .map_or(Ok(Target::Newest), str::parse)
        .map_err(Failure::new)?;
    let database = assemble::open(app, &settings)?;
    if plan {
        return show_plan(app, &database, &target, out);
    }
    let count = apply(app, &database, &target, out)?;
    let path = database.name();
    match (count, &target) {
        (0, Target::Newest) => out.line(format_args!("{path} has every migration already.")),
        (0, _) => out.line(format_args!("{path} is there already.")),
        (n, Target::Newest) => out.line(format_args!("Applied {n} migration(s) to {path}.")),
        (n, _) => out.line(format_args!("Applied or undid {n} migration(s) in {path}.")),
    }
    secure(&database, &target, out)?;
    warn_of_changes(app, out);
    Ok(())
}

/// Brings the database's own policies to what the program's rules say. Not behind a target: tables of the models may not be there.
pub(super) fn secure(database: &Database, target: &Target, out: &Out) -> Result<(), Failure> {
    if *target != Target::Newest {
        return Ok(());
    }
    match database.secure_rows()? {
        Secured::Unchanged => {}
        Secured::Emitted { tables } => out.line(format_args!(
            "Row-level security: the policies of {tables} table(s) are said anew."
        )),
        Secured::Removed => out.line(format_args!(
            "Row-level security: the database's policies are gone, as `database_row_security` is off."
        )),
    }
    Ok(())
}

/// `rls`: the policies as statements, or with `check` whether the database has them.
pub(super) fn rls(app: &App, check: bool, out: &Out) -> Result<(), Failure> {
    let settings = app.settings()?;
    let database = assemble::open(app, &settings)?;
    if !check {
        for statement in database.policies()? {
            out.line(format_args!("{statement};"));
        }
        return Ok(());
    }
    if !settings.database_row_security {
        return Err(Failure::new(
            "`database_row_security` is off: the ORM's policies stand alone.",
        ));
    }
    held(&database.secured()?)?;
    out.line(format_args!(
        "The database's policies are those of this program, and hold the role that it asks as."
    ));
    Ok(())
}

/// CWE-250: the policies are right, and hold whoever asks; all of it is told, as `check` does.
fn held(state: &RowSecurity) -> Result<(), Failure> {
    let found = row_security::found(state);
    let told: Vec<_> = found.iter().map(Finding::to_string).collect();
    match told.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(told.join("\n"))),
    }
}

fn show_plan(app: &App, database: &Database, target: &Target, out: &Out) -> Result<(), Failure> {
    let steps = database.migration_plan(&app.migration_sets(), target)?;
    for step in &steps {
        let summaries: Vec<String> = step.operations.iter().map(Operation::summary).collect();
        out.line(format_args!(
            "  {}{}: {}",
            undo(step.back),
            step.id(),
            told(&summaries)
        ));
        for warning in &step.warnings {
            out.line(format_args!("    careful, {warning}."));
        }
    }
    for finding in row_security::found(&database.secured()?) {
        out.line(format_args!("{finding}"));
    }
    let path = database.name();
    out.line(format_args!(
        "{} migration(s) would be made in {path}. Nothing was changed.",
        steps.len()
    ));
    Ok(())
}

/// `sqlmigrate`: the SQL of one migration, or of undoing it.
pub(super) fn sql(app: &App, id: &str, back: bool, out: &Out) -> Result<(), Failure> {
    let dialect = assemble::dialect(&app.settings()?);
    let models = app.modules.models();
    let step = migrations::step(&app.migration_sets(), id, back, dialect, &models)?;
    for warning in &step.warnings {
        out.line(format_args!("-- Careful, {warning}."));
    }
    for statement in &step.statements {
        out.line(format_args!("{};", statement.trim_end().trim_end_matches(';')));
    }
    Ok(())
}

/// `inspectdb`: models of whatever tables there are.
pub(super) fn inspect(app: &App, url: Option<&str>, out: &Out) -> Result<(), Failure> {
    let source = match url {
        Some(url) => Database::inspected(url)?,
        None => Database::inspected(app.settings()?.database_url.expose())?,
    };
    out.line(format_args!("{}", source.trim_end()));
    Ok(())
}

/// `showmigrations`: every migration in its order, and whether the database has it.
pub(super) fn show(app: &App, out: &Out) -> Result<(), Failure> {
    let settings = app.settings()?;
    let database = assemble::open(app, &settings)?;
    let sets = app.migration_sets();
    let pending = database.pending(&sets)?;
    for id in migrations::ids(&sets)? {
        let mark = match (pending.missing.contains(&id), pending.changed.contains(&id)) {
            _ if pending.half.contains(&id) => "[~]",
            (true, _) => "[ ]",
            (_, true) => "[!]",
            _ => "[x]",
        };
        out.line(format_args!("{mark} {id}"));
    }
    for id in &pending.ahead {
        out.line(format_args!("[?] {id}"));
    }
    if !pending.half.is_empty() {
        out.line(format_args!(
            "[~]: in the middle of its rows; `migrate` goes on with it."
        ));
    }
    if !pending.changed.is_empty() {
        out.line(format_args!("[!]: edited since this database applied it."));
    }
    if !pending.ahead.is_empty() {
        out.line(format_args!(
            "[?]: applied by another version of the program; this one does not have it."
        ));
    }
    Ok(())
}

/// Applies what the database lacks and says so, one line each. How many there were.
pub(super) fn apply(app: &App, database: &Database, target: &Target, out: &Out) -> Result<usize, Failure> {
    let applied = database.migrate(&app.migration_sets(), target, |applied| {
        out.line(format_args!(
            "  {}{}: {}",
            undo(applied.back),
            applied.id,
            told(&applied.steps)
        ));
    })?;
    Ok(applied.len())
}

fn undo(back: bool) -> &'static str {
    if back { "undo " } else { "" }
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
    let answers = Answers::default();
    let Ok(made) = migrations::make(
        app.package.name(),
        &own_models(app),
        &app.migration_sets(),
        &answers,
    ) else {
        return;
    };
    match made.told().len() {
        0 => {}
        n => out.line(format_args!(
            "The models have changed ({n} step(s)): write the migration with `makemigrations`."
        )),
    }
}

/// What `makemigrations` is asked for.
pub(super) struct Make {
    /// One to be filled in by hand, with this name.
    pub(super) empty: Option<String>,
    /// Write nothing; fail if there is something to write.
    pub(super) check: bool,
    /// What was renamed: `table.column=new_name`.
    pub(super) renames: Vec<String>,
    /// Nothing else was.
    pub(super) no_rename: bool,
}

/// `makemigrations`: writes the migration that the models ask for.
pub(super) fn make(app: &App, asked: &Make, out: &Out) -> Result<(), Failure> {
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
    if let Some(title) = &asked.empty {
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
    let mut answers = Answers {
        no_other: asked.no_rename,
        ..Answers::default()
    };
    for rename in &asked.renames {
        answers.renamed.insert(rename.parse().map_err(Failure::new)?);
    }
    let new = loop {
        match migrations::make(package, &own_models(app), &sets, &answers)? {
            Made::Nothing => {
                out.line(format_args!(
                    "The migrations say everything that the models say. Nothing was written."
                ));
                return Ok(());
            }
            made if asked.check => {
                return Err(Failure::new(format_args!(
                    "The models say more than the migrations. Nothing was written.\n  {}",
                    made.told().join("\n  ")
                )));
            }
            Made::New(new) => break new,
            Made::Asks(renames) => ask(&renames, &mut answers)?,
            Made::Refuses(told) => {
                return Err(Failure::new(format_args!(
                    "Some changes are not made by themselves:\n  {}",
                    told.join("\n  ")
                )));
            }
        }
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

/// Asks of the first of them whether it is a renaming. Without a terminal nobody answers, and nothing is guessed.
fn ask(renames: &[Rename], answers: &mut Answers) -> Result<(), Failure> {
    let Some(rename) = renames.first() else {
        return Ok(());
    };
    if !std::io::stdin().is_terminal() {
        let told: Vec<String> = renames
            .iter()
            .map(|rename| format!("--rename {rename}"))
            .collect();
        return Err(Failure::new(format_args!(
            "Some names are gone and others are new. Say which were renamed, and `--no-rename` if no other was:\n  {}",
            told.join("\n  ")
        )));
    }
    let question = match rename {
        Rename::OfTable { from, to } => format!("Was the table `{from}` renamed to `{to}`? [y/N] "),
        Rename::OfColumn { table, from, to } => {
            format!("Was the column `{table}.{from}` renamed to `{to}`? [y/N] ")
        }
    };
    let yes = prompt::line(&question)?.trim().eq_ignore_ascii_case("y");
    let heard = if yes {
        &mut answers.renamed
    } else {
        &mut answers.not_renamed
    };
    heard.insert(rename.clone());
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

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-250: `rls --check` does not pass where the policies are right and hold nobody.
    #[test]
    fn policies_that_hold_nobody_do_not_pass() {
        assert!(held(&RowSecurity::default()).is_ok());
        let told = |state| held(&state).unwrap_err().to_string();
        let role = told(RowSecurity {
            too_much: vec!["app owns the table `task`".to_owned()],
            ..RowSecurity::default()
        });
        assert!(role.contains("app owns the table `task`"), "{role}");
        let rights = told(RowSecurity {
            lacks: vec!["GRANT SELECT ON task TO app".to_owned()],
            ..RowSecurity::default()
        });
        assert!(rights.contains("GRANT SELECT ON task TO app"), "{rights}");
        assert!(
            told(RowSecurity {
                policies: Some("others".to_owned()),
                ..RowSecurity::default()
            })
            .contains("others")
        );
    }
}

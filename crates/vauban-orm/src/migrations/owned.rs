//! Whose tables a package's migrations may touch: its own.

use super::MigrationError;
use super::file::Migration;
use super::operation::Operation;
use super::set::Set;

/// The framework's own package, as databases know it.
const FRAMEWORK: &str = "vauban";

/// The table in which the framework keeps what was applied. Of no package.
pub(super) const RECORD: &str = "vauban_migration";

/// The table in which it keeps how far a data migration is.
pub(super) const PROGRESS: &str = "vauban_migration_progress";

/// The table in which it keeps which keys there are. Of no package, and written by the program that serves.
pub(super) const KEYS: &str = "vauban_key";

/// What the framework alone writes: these, and what it made of the program's rules.
pub(super) const RECORDS: [&str; 3] = [RECORD, PROGRESS, "vauban_row_security"];

/// What packages other than `site` do to tables that are not theirs, and packages that bring two sets: what to do about
/// each (CWE-668). A package's tables begin with its own name; the site's own migrations may touch all but the framework's
/// record of them.
///
/// SQL that is written by hand has no table that could be looked at: [`with_sql`] lists it for review.
///
/// # Errors
/// Files that cannot be read.
pub fn foreign(sets: &[Set], site: &str) -> Result<Vec<String>, MigrationError> {
    let mut told = Vec::new();
    for (i, set) in sets.iter().enumerate() {
        // Several modules of one package bring the same.
        let same = sets[..i].iter().find(|other| other.package == set.package);
        if let Some(other) = same {
            if !other.is_same(set) {
                told.push(format!(
                    "Two folders of migrations say that they are of the package `{}`: a package has one, which its own \
                     `vauban::migrations!(\"migrations\")` brings.",
                    set.package
                ));
            }
            continue;
        }
        for migration in set.migrations()? {
            let refusals = migration.operations.iter().filter_map(|operation| {
                let why = refused(operation, set.package, site, sets)?;
                Some(format!(
                    "The migration {} may not {}: {why}",
                    migration.id(),
                    operation.summary()
                ))
            });
            told.extend(refusals);
        }
    }
    Ok(told)
}

/// The migrations of packages other than `site` that run SQL written by hand: `package/name`. A set that cannot be read
/// says nothing here; with it nothing starts.
pub fn with_sql(sets: &[Set], site: &str) -> Vec<String> {
    let theirs = sets.iter().filter(|set| set.package != site);
    let readable = theirs.filter_map(|set| set.migrations().ok()).flatten();
    let runs = |migration: &Migration| {
        let mut operations = migration.operations.iter();
        operations.any(|operation| {
            matches!(
                operation,
                Operation::Sql { .. } | Operation::AlterColumn { using: Some(_), .. }
            )
        })
    };
    readable.filter(runs).map(|migration| migration.id()).collect()
}

fn refused(operation: &Operation, package: &str, site: &str, sets: &[Set]) -> Option<String> {
    let names = named(operation);
    if let Some(record) = names.iter().find(|name| RECORDS.contains(name)) {
        return Some(format!(
            "`{record}` is the framework's record of what was applied."
        ));
    }
    if names.contains(&KEYS) {
        return Some(format!("`{KEYS}` is the framework's record of its keys."));
    }
    if package == site {
        return None;
    }
    // CWE-89: a piece of SQL that ends its statement would begin another, on whatever table.
    if pieces(operation).any(|sql| sql.contains(';')) {
        return Some(
            "a condition or a default holds no `;`. What is more than that is an operation `sql = …`."
                .to_owned(),
        );
    }
    let own = prefix(package);
    let stranger = names
        .into_iter()
        .find(|name| owner(name, sets).as_deref() != Some(own.as_str()))?;
    Some(format!(
        "`{stranger}` does not belong to the package `{package}`, whose tables and indexes begin with `{own}`. What a \
         site's other tables need stands in the site's own migrations."
    ))
}

/// The names of tables and indexes that an operation makes, changes or removes. A foreign key's target stays as it is.
fn named(operation: &Operation) -> Vec<&str> {
    match operation {
        Operation::CreateTable { table, .. }
        | Operation::AddColumn { table, .. }
        | Operation::AddConstraint { table, .. }
        | Operation::AlterColumn { table, .. }
        | Operation::DropColumn { table, .. }
        | Operation::RenameColumn { table, .. }
        | Operation::DropTable { table }
        | Operation::Run { table, .. }
        | Operation::DropConstraint { table, .. } => vec![table],
        Operation::CreateIndex { name, table, .. } => vec![table, name],
        Operation::RenameTable { from, to } => vec![from, to],
        Operation::RenameIndex { table, to, .. } => vec![table, to],
        Operation::DropIndex { name } => vec![name],
        Operation::Sql { .. } => Vec::new(),
    }
}

/// The SQL within an operation that is written into its statement as it is.
fn pieces(operation: &Operation) -> Box<dyn Iterator<Item = &str> + '_> {
    match operation {
        Operation::CreateTable { constraints, .. } => {
            Box::new(constraints.iter().map(|one| one.check.as_str()))
        }
        Operation::AddConstraint { constraint, .. } => Box::new(std::iter::once(constraint.check.as_str())),
        Operation::AddColumn { default: piece, .. } | Operation::AlterColumn { using: piece, .. } => {
            Box::new(piece.iter().map(String::as_str))
        }
        Operation::CreateIndex { only, .. } => Box::new(only.iter().map(String::as_str)),
        _ => Box::new(std::iter::empty()),
    }
}

/// How a package's tables begin: with the name of its crate.
fn prefix(package: &str) -> String {
    format!("{}_", package.replace('-', "_"))
}

/// Whose name it is: of `guest` and `guest_book`, `guest_book_entry` belongs to the longer.
fn owner(name: &str, sets: &[Set]) -> Option<String> {
    let packages = sets.iter().map(|set| set.package).chain([FRAMEWORK]);
    packages
        .map(prefix)
        .filter(|prefix| name.len() > prefix.len() && name.starts_with(prefix.as_str()))
        .max_by_key(String::len)
}

#[cfg(test)]
mod tests {
    use super::super::SetFile;
    use super::*;

    fn set(package: &'static str, text: &'static str) -> Set {
        let files = vec![SetFile {
            name: "0001_initial",
            text,
        }];
        Set {
            package,
            folder: "",
            files: Box::leak(files.into_boxed_slice()),
        }
    }

    fn told(sets: &[Set]) -> Vec<String> {
        foreign(sets, "site").unwrap()
    }

    const BOOK: &str = "[[operations]]\ncreate_table = \"guestbook_entry\"\n\
        columns = [{ name = \"id\", type = \"blob\", primary_key = true }]\n\
        [[operations]]\ncreate_index = \"guestbook_entry_id\"\ntable = \"guestbook_entry\"\ncolumns = [\"id\"]\n";

    /// CWE-668: the attack is a package whose migrations change what is not its own.
    #[test]
    fn packages_migrate_their_own_tables() {
        assert_eq!(told(&[set("guestbook", BOOK)]), [] as [String; 0]);
        for operation in [
            "drop_table = \"vauban_credential\"",
            "drop_table = \"article\"",
            "drop_table = \"vauban_migration\"",
            "drop_table = \"guestbook_entry\"",
            "rename_table = \"evil_entry\"\nto = \"article\"",
            "rename_table = \"article\"\nto = \"evil_entry\"",
            "drop_column = \"user\"\ntable = \"vauban_session\"",
            "rename_column = \"user\"\nto = \"other\"\ntable = \"vauban_session\"",
            "drop_constraint = \"c\"\ntable = \"article\"",
            "drop_index = \"article_slug\"",
            "add_column = \"article\"\ncolumn = { name = \"more\", type = \"integer\", null = true }",
            "add_constraint = \"article\"\nconstraint = { name = \"c\", check = \"1\" }",
            "add_constraint = \"evil_entry\"\nconstraint = { name = \"c\", check = \"1); DROP TABLE article; --\" }",
            "create_index = \"evil_x\"\ntable = \"evil_entry\"\ncolumns = [\"id\"]\nwhere = \"1; DROP TABLE article\"",
            "create_index = \"evil_x\"\ntable = \"article\"\ncolumns = [\"id\"]",
            "create_index = \"article_x\"\ntable = \"evil_entry\"\ncolumns = [\"id\"]",
        ] {
            let text: &'static str = Box::leak(format!("[[operations]]\n{operation}\n").into_boxed_str());
            let told = told(&[set("guestbook", BOOK), set("evil", text)]);
            assert!(
                told.len() == 1 && told[0].starts_with("The migration evil/0001_initial may not "),
                "{operation}: {told:?}"
            );
        }
        // The site changes its own, and what its packages left; not the record.
        assert_eq!(
            told(&[set("site", "[[operations]]\ndrop_table = \"article\"\n")]),
            [] as [String; 0]
        );
        for record in [
            "vauban_migration",
            "vauban_migration_progress",
            "vauban_row_security",
            "vauban_key",
        ] {
            let text = format!("[[operations]]\ndrop_table = \"{record}\"\n");
            let text: &'static str = Box::leak(text.into_boxed_str());
            let told = told(&[set("site", text)]);
            assert!(told.len() == 1 && told[0].contains(record), "{told:?}");
        }
    }

    /// CWE-345: whoever comes first is not believed.
    #[test]
    fn a_package_has_one_set() {
        let same = set("guestbook", BOOK);
        assert_eq!(told(&[same.clone(), same.clone()]), [] as [String; 0]);
        let other = set(
            "guestbook",
            "[[operations]]\nsql = \"DELETE FROM vauban_credential\"\n",
        );
        let told = told(&[other.clone(), same]);
        assert!(told.len() == 1 && told[0].contains("Two folders"), "{told:?}");
        assert_eq!(
            with_sql(std::slice::from_ref(&other), "site"),
            ["guestbook/0001_initial"]
        );
        assert_eq!(with_sql(&[other], "guestbook"), [] as [String; 0]);
    }
}

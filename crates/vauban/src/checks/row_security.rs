//! The second wall on PostgreSQL, if it is switched on: it is there, says what the program says, and holds the role that asks.

use super::{Checking, Finding};

/// CWE-862, CWE-250.
pub(super) fn row_security(c: &Checking<'_>) -> Vec<Finding> {
    let Some(state) = c.migrations.map(|migrations| &migrations.row_security) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let Some(what) = &state.policies {
        found.push(Finding::error(
            "row_security.policies",
            format!("row-level security: {what}"),
            "`rls` shows the policies of this program, `migrate` brings the database to them.",
        ));
    }
    if !state.too_much.is_empty() {
        found.push(Finding::error(
            "row_security.role",
            format!(
                "no policy holds the role that the site asks as:\n        {}",
                state.too_much.join("\n        ")
            ),
            "Name the owner's role in VAUBAN_DATABASE_MIGRATION_URL and one that owns nothing in VAUBAN_DATABASE_URL.",
        ));
    }
    if !state.lacks.is_empty() {
        found.push(Finding::error(
            "database.rights",
            format!(
                "the role that the site asks as lacks rights:\n        {};",
                state.lacks.join(";\n        ")
            ),
            "`migrate` gives them if VAUBAN_DATABASE_MIGRATION_URL names the owner; or run these as the owner.",
        ));
    }
    found
}

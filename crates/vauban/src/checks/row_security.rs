//! The second wall on PostgreSQL, if it is switched on: it is there, says what the program says, and holds the role that asks.

use vauban_orm::migrations::RowSecurity;

use super::{Checking, Finding};

pub(super) fn row_security(c: &Checking<'_>) -> Vec<Finding> {
    c.migrations
        .map(|migrations| found(&migrations.row_security))
        .unwrap_or_default()
}

/// What keeps a database from holding the rules by itself, for whoever asks: `check`, `rls --check`, `migrate --plan`. CWE-862, CWE-250.
pub(crate) fn found(state: &RowSecurity) -> Vec<Finding> {
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

#[cfg(test)]
mod tests {
    use super::super::{Migrated, Severity, checking, run};
    use super::*;
    use crate::settings::Mode;
    use crate::{App, Package, Settings};

    /// ASVS 13.2.2, CWE-250: what `check` and a release look at before they serve has it among the others.
    #[test]
    fn a_wall_that_does_not_hold_is_among_what_check_finds() {
        let app = App::new(Package::for_test("site", "", Some("")));
        let settings = Settings::defaults(Mode::Release);
        let migrated = |too_much| Migrated {
            row_security: RowSecurity {
                too_much,
                ..RowSecurity::default()
            },
            ..Migrated::default()
        };
        let ids = |state: &Migrated| -> Vec<_> {
            let found = run(&checking(&app, &settings, Some(state)));
            let found = found
                .iter()
                .filter(|finding| finding.id.starts_with("row_security."));
            found.map(|finding| (finding.id, finding.level)).collect()
        };
        assert_eq!(ids(&migrated(Vec::new())), []);
        assert_eq!(
            ids(&migrated(vec!["app owns the table `task`".to_owned()])),
            [("row_security.role", Severity::Error)]
        );
    }

    /// CWE-250: policies that say what the program says hold nobody who is above them.
    #[test]
    fn each_part_alone_is_an_error() {
        assert!(found(&RowSecurity::default()).is_empty());
        let said = || vec!["said".to_owned()];
        for (state, id) in [
            (
                RowSecurity {
                    policies: Some("said".to_owned()),
                    ..RowSecurity::default()
                },
                "row_security.policies",
            ),
            (
                RowSecurity {
                    too_much: said(),
                    ..RowSecurity::default()
                },
                "row_security.role",
            ),
            (
                RowSecurity {
                    lacks: said(),
                    ..RowSecurity::default()
                },
                "database.rights",
            ),
        ] {
            let found = found(&state);
            assert!(
                found.len() == 1 && found[0].id == id && found[0].what.contains("said"),
                "{found:?}"
            );
        }
    }
}

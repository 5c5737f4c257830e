//! The second wall: a program's rules as policies that PostgreSQL keeps by itself. What they say is said here, once for all
//! models; who brings a database to it is `migrate`.

use super::MigrationError;
use super::file::checksum;
use crate::policy::listed::Listed;
use crate::sql::emitted::Emitted;

/// What became of a database's own policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secured {
    /// They are what they should be already, or there are to be none and are none.
    Unchanged,
    /// They are said anew.
    Emitted {
        /// Of so many tables.
        tables: usize,
    },
    /// They are gone: the setting is off.
    Removed,
}

/// What keeps a database from holding a program's rules by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowSecurity {
    /// Its policies are not those of this program: in which way.
    pub policies: Option<String>,
    /// What its role may and should not.
    pub too_much: Vec<String>,
    /// What its role may not and needs.
    pub lacks: Vec<String>,
}

/// Where a text of a statement names the schema.
const SCHEMA: &str = "\u{1}";

/// The policies of all models, before it is known in which schema their tables are.
pub(super) struct Policies {
    /// The functions: how they are called in `GRANT`, and how they are made.
    functions: Vec<(String, String)>,
    policies: Vec<String>,
}

impl Policies {
    /// # Errors
    /// A rule that cannot be emitted, by its model, and why: there is none that says less (CWE-862).
    pub(super) fn of(listed: &Listed) -> Result<Self, MigrationError> {
        let mut all = Self {
            functions: vec![(REFUSED.to_owned(), refuses())],
            policies: Vec::new(),
        };
        for model in listed.models() {
            let emitted = Emitted::of(model, listed).map_err(|error| {
                MigrationError::Set(format!("row-level security cannot be emitted: {error}"))
            })?;
            let table = format!("\"{SCHEMA}\".\"{}\"", model.table);
            for function in &emitted.functions {
                let signature = function.signature(SCHEMA);
                if !all.functions.iter().any(|(known, _)| *known == signature) {
                    all.functions.push((signature, function.create(SCHEMA)));
                }
            }
            let Emitted {
                view,
                add,
                change,
                delete,
                ..
            } = &emitted;
            all.policies.extend([
                // Not FORCE: the functions are the owner's, and have to read in full.
                format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
                format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"),
                format!("CREATE POLICY \"vauban_view\" ON {table} FOR SELECT USING ({view})"),
                format!("CREATE POLICY \"vauban_add\" ON {table} FOR INSERT WITH CHECK ({add})"),
                format!(
                    "CREATE POLICY \"vauban_change\" ON {table} FOR UPDATE USING ({change}) WITH CHECK ({change})"
                ),
                format!("CREATE POLICY \"vauban_delete\" ON {table} FOR DELETE USING ({delete})"),
            ]);
            if let Some(refused) = &emitted.refused {
                // The owner, who migrates, writes what a migration says.
                all.policies.push(format!(
                    "CREATE TRIGGER \"{TRIGGER}\" BEFORE UPDATE ON {table} FOR EACH ROW \
                     WHEN ({refused} AND row_security_active('{table}'::regclass)) EXECUTE FUNCTION {REFUSED}"
                ));
            }
        }
        Ok(all)
    }

    /// What makes them in this schema, functions first; policies of an earlier program are gone.
    pub(super) fn statements(&self, schema: &str) -> Vec<String> {
        let functions = self.functions.iter().map(|(_, create)| create);
        functions
            .chain(&self.policies)
            .map(|sql| sql.replace(SCHEMA, schema))
            .collect()
    }

    /// What lets this role, and nobody else but the owner, call the functions.
    pub(super) fn grants(&self, schema: &str, role: &str) -> Vec<String> {
        let of = |(signature, _): &(String, String)| {
            [
                format!("REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"),
                format!("GRANT EXECUTE ON FUNCTION {signature} TO {role}"),
            ]
        };
        let all = self.functions.iter().flat_map(of);
        all.map(|sql| sql.replace(SCHEMA, schema)).collect()
    }

    /// What tells them from those of another program.
    pub(super) fn digest(&self) -> String {
        checksum(&self.statements("").join(";\n"))
    }
}

/// The policies of a program, as statements for review.
///
/// # Errors
/// A rule that cannot be emitted, by its model, and why.
pub(crate) fn policies(listed: &Listed) -> Result<Vec<String>, MigrationError> {
    Ok(Policies::of(listed)?.statements("public"))
}

/// What the trigger is called that judges the columns of an update.
pub(super) const TRIGGER: &str = "vauban_columns";
/// What policies of ours are called, for `LIKE`.
pub(super) const POLICY: &str = "vauban\\_%";

const REFUSED: &str = "\"\u{1}\".\"vauban_refused\"()";

fn refuses() -> String {
    format!(
        "CREATE FUNCTION {REFUSED} RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS \
         'BEGIN RAISE EXCEPTION ''columns of this row may not be written so'' USING ERRCODE = ''42501''; END'"
    )
}

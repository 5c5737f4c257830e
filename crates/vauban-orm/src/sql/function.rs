//! A part of a rule as a function that the database keeps. It is named by what it says: a changed rule is another function, and
//! statements of the ORM that ask the same call the same one.

use sha2::{Digest, Sha256};

use crate::sql::literal::quoted;

/// How parts of rules that read rows stand in a text.
#[derive(Debug, PartialEq)]
pub(crate) enum Calls {
    /// Written out.
    None,
    /// As calls of functions that the database has.
    Named,
    /// Likewise; these are the functions that it has to have.
    Kept(Vec<Function>),
}

/// A part of a rule as a function: of columns of a row, or the keys of all rows for which it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    parameters: String,
    returns: String,
    body: String,
}

/// What a function's name begins with.
const FUNCTION: &str = "vauban_rule_";
/// What functions of ours are called, for `LIKE`: an underscore that is not escaped is any character.
pub(crate) const FUNCTIONS: &str = "vauban\\_rule\\_%";

impl Function {
    pub(super) fn new(parameters: String, returns: String, body: String) -> Self {
        let digest = Sha256::digest(format!("{parameters}\n{returns}\n{body}"));
        let digest: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        Self {
            name: format!("{FUNCTION}{digest}"),
            parameters,
            returns,
            body,
        }
    }

    /// Its name with its parameters, as `GRANT` takes it.
    pub(crate) fn signature(&self, schema: &str) -> String {
        format!("\"{schema}\".\"{}\"({})", self.name, self.parameters)
    }

    /// CWE-426, CWE-250: it runs with the owner's rights, so that nothing of it is looked for where whoever calls it can put something:
    /// not in a temporary table, which would otherwise come before all others. It reads and never writes, and sees what was there
    /// before the statement, so that no row justifies itself.
    ///
    /// In PL/pgSQL, which keeps the plan of what it asks (0.05 ms a call), while a function in SQL is planned anew in each statement
    /// (0.35 ms).
    pub(crate) fn create(&self, schema: &str) -> String {
        let (rows, body) = match self.returns.starts_with("SETOF") {
            true => (" ROWS 100", format!("BEGIN RETURN QUERY {}; END", self.body)),
            false => ("", format!("BEGIN RETURN ({}); END", self.body)),
        };
        format!(
            "CREATE FUNCTION {} RETURNS {} LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER{rows} \
             SET search_path = pg_catalog, \"{schema}\", pg_temp AS {}",
            self.signature(schema),
            self.returns,
            quoted(&body)
        )
    }
}

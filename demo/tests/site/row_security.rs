//! The second wall as an operator meets it: by the program's own commands.

use std::process::{Command, Output};

/// The program on a database of two roles, as its operator runs it.
struct Program {
    database: cluster::Database,
    asks: String,
    owns: String,
}

impl Program {
    fn new() -> Self {
        let database = cluster::database();
        let (asks, owns) = database.with_two_roles();
        Self { database, asks, owns }
    }

    /// Whether it succeeds, and what it says.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        #[allow(clippy::disallowed_methods, reason = "the demo's own program")]
        let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
        let Output {
            status,
            stdout,
            stderr,
        } = command
            .args(arguments)
            .env_clear()
            .env("VAUBAN_DATABASE_URL", &self.asks)
            .env("VAUBAN_DATABASE_MIGRATION_URL", &self.owns)
            .env("VAUBAN_DATABASE_ROW_SECURITY", "true")
            .output()
            .unwrap();
        let said = [stdout, stderr].concat();
        (status.success(), String::from_utf8(said).unwrap())
    }

    fn succeeds(&self, arguments: &[&str]) -> String {
        let (done, said) = self.run(arguments);
        assert!(done, "{arguments:?}: {said}");
        said
    }

    /// `rls --check` and both kinds of `check` fail, and say so.
    fn is_refused(&self, id: &str, what: &str) {
        for arguments in [&["rls", "--check"][..], &["check"], &["check", "--deploy"]] {
            let (done, said) = self.run(arguments);
            assert!(
                !done && said.contains(id) && said.contains(what),
                "{arguments:?}: {said}"
            );
        }
    }
}

/// ASVS 13.2.2, CWE-250. Attack: somebody gives the role that asks a right that no policy judges, or opens a table by hand. What an
/// operator runs before a release says so and fails; what `migrate` may mend, it mends.
#[test]
fn asvs_13_2_2_a_wall_that_does_not_hold_is_told_by_the_commands() {
    let program = Program::new();
    let (done, said) = program.run(&["rls", "--check"]);
    assert!(!done && said.contains("`migrate`"), "{said}");
    let said = program.succeeds(&["migrate"]);
    assert!(said.contains("Row-level security: the policies of"), "{said}");
    program.succeeds(&["rls", "--check"]);
    program.succeeds(&["check"]);
    let (_, said) = program.run(&["check", "--deploy"]);
    assert!(
        !said.contains("row_security.") && !said.contains("database.rights"),
        "{said}"
    );

    program
        .database
        .run(&format!("GRANT TRUNCATE ON task TO {}", cluster::APPLICATION));
    program.is_refused("row_security.role", "REVOKE TRUNCATE");
    program
        .database
        .run(&format!("REVOKE TRUNCATE ON task FROM {}", cluster::APPLICATION));
    program.succeeds(&["rls", "--check"]);

    program
        .database
        .run("ALTER TABLE task DISABLE ROW LEVEL SECURITY");
    program.is_refused("row_security.policies", "changed by another than `migrate`");
    program.succeeds(&["migrate"]);
    program.succeeds(&["rls", "--check"]);
}

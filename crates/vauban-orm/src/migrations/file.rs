//! A migration's file: TOML in, TOML out.

use sha2::{Digest, Sha256};

use super::MigrationError;
use super::operation::Operation;
use super::reading::{self, File};

/// One migration, as its file says it.
#[derive(Debug, Clone)]
pub struct Migration {
    /// The package whose it is.
    pub package: String,
    /// The file's name without `.toml`: `0001_initial`.
    pub name: String,
    /// SHA-256 of the file's text, hexadecimal.
    pub checksum: String,
    /// Migrations of other packages that come first: `package/name`.
    pub depends_on: Vec<String>,
    /// Its steps, in the order in which they happen; all of them or none.
    pub operations: Vec<Operation>,
}

impl Migration {
    /// Reads a file.
    ///
    /// # Errors
    /// [`MigrationError::File`] with the line and what to write.
    pub fn read(package: &str, name: &str, text: &str) -> Result<Self, MigrationError> {
        let fail = |problem: String| MigrationError::File {
            migration: format!("{package}/{name}"),
            problem,
        };
        let file: File = toml::from_str(text).map_err(|error| fail(error.to_string()))?;
        let operations = file.operations.into_iter().enumerate();
        let operations = operations
            .map(|(i, table)| {
                reading::operation(table).map_err(|problem| fail(format!("operation {}: {problem}", i + 1)))
            })
            .collect::<Result<Vec<_>, _>>()?;
        // Applied as it is, its checksum would be recorded, and what is written into it later would never run.
        if operations.is_empty() {
            return Err(fail(
                "it has no operations yet: write them, or delete the file and its line in INDEX".to_owned(),
            ));
        }
        let rows = operations.iter().filter(|operation| operation.is_run()).count();
        if rows > 0 && rows < operations.len() {
            return Err(fail(
                "what goes through rows (`run = …`) is not one transaction, as everything else of a file is: put it into a file of its \
                 own".to_owned(),
            ));
        }
        Ok(Self {
            package: package.to_owned(),
            name: name.to_owned(),
            checksum: checksum(text),
            depends_on: file.depends_on,
            operations,
        })
    }

    /// How other packages name it in `depends_on`: `package/name`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.package, self.name)
    }
}

/// SHA-256 of a file's text, hexadecimal. Line endings do not count: version control may change them.
pub fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.replace("\r\n", "\n"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name that databases do not cut: of a long one the beginning, and a digest that keeps it apart.
pub(super) fn short(name: String) -> String {
    if name.len() <= 63 {
        return name;
    }
    let digest = checksum(&name);
    let cut = name.floor_char_boundary(54);
    format!("{}_{}", &name[..cut], &digest[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_endings_do_not_change_the_checksum() {
        assert_eq!(checksum("a\r\nb\r\n"), checksum("a\nb\n"));
        assert_ne!(checksum("a\nb\n"), checksum("a\nc\n"));
    }
}

//! What migrations do to rows and names, each time from the models alone, on both databases.

use super::*;
use crate::engine::{Database, Options};
use crate::migrations::{Answers, Applied, Made, MigrationError, Set, SetFile, Target, make};
use crate::*;
use vauban_macros::Model;

mod encrypted;
mod renamed;
mod rescaled;

/// A database that stays while its program changes.
struct Site {
    url: String,
    _folder: tempfile::TempDir,
    files: Vec<String>,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = if on::sqlite() {
            format!("sqlite://{}/db", folder.path().display())
        } else {
            on::url()
        };
        Self {
            url,
            _folder: folder,
            files: Vec::new(),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a set's files are in the program")]
    fn sets(&self) -> [Set; 1] {
        let files: Vec<SetFile> = self
            .files
            .iter()
            .enumerate()
            .map(|(i, text)| SetFile {
                name: format!("{:04}", i + 1).leak(),
                text: text.clone().leak(),
            })
            .collect();
        [Set {
            package: "vauban-orm",
            folder: "",
            files: files.leak(),
        }]
    }

    fn made(&self, models: &[&'static ModelMeta], answers: &Answers) -> Made {
        make("vauban-orm", models, &self.sets(), answers).unwrap()
    }

    /// The next migration, as it is made from the models.
    fn next(&mut self, models: &[&'static ModelMeta], answers: &Answers) -> String {
        let Made::New(new) = self.made(models, answers) else {
            panic!("{:?}", self.made(models, answers));
        };
        self.files.push(new.text.clone());
        new.text
    }

    fn database(&self, models: &[&'static ModelMeta]) -> Database {
        let options = Options {
            models: models.to_vec(),
            ..Options::default()
        };
        Database::open(&self.url, options).unwrap()
    }

    fn to(&self, models: &[&'static ModelMeta], target: &Target) -> Result<Vec<Applied>, MigrationError> {
        let database = self.database(models);
        let applied = database.migrate(&self.sets(), target, |_| {})?;
        // As `migrate` does: the role that asks may read what there is now.
        if *target == Target::Newest {
            database.secure_rows()?;
        }
        Ok(applied)
    }

    fn newest(&self, models: &[&'static ModelMeta]) {
        self.to(models, &Target::Newest).unwrap();
        // What the models say is said, and the database has it.
        let made = self.made(models, &Answers::default());
        assert!(matches!(made, Made::Nothing), "{made:?}");
        let difference = self.database(models).schema_difference(&self.sets()).unwrap();
        assert_eq!(difference, crate::migrations::Difference::default());
    }
}

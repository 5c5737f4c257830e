//! The database files of tests: migrated once per program, copied per test.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::app::App;
use crate::assemble;
use crate::settings::Mode;

/// A folder of its own with one database, removed when the last owner is gone.
#[derive(Debug, Clone)]
pub(super) struct Folder(Arc<Removed>);

#[derive(Debug)]
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("vauban-test-{:032x}", rand::random::<u128>()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(Arc::new(Removed(path)))
    }

    /// The database's file.
    pub(super) fn file(&self) -> PathBuf {
        self.0.0.join("db.sqlite3")
    }

    /// The database's URL.
    pub(super) fn url(&self) -> String {
        format!("sqlite://{}", self.file().display())
    }

    /// A copy: the file and the writes that wait beside it. Nobody writes meanwhile.
    pub(super) fn copy(&self) -> Self {
        let copy = Self::new();
        for end in ["", "-wal"] {
            let name = format!("db.sqlite3{end}");
            let (from, to) = (self.0.0.join(&name), copy.0.0.join(&name));
            if from.exists() {
                fs::copy(&from, &to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
            }
        }
        copy
    }
}

/// An empty database with the program's tables: by its migrations, or from its models where there are none.
pub(super) fn migrated(app: fn() -> App) -> Folder {
    static KNOWN: OnceLock<Mutex<HashMap<usize, Folder>>> = OnceLock::new();
    let mut known = KNOWN
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    known.entry(app as usize).or_insert_with(|| make(&app())).clone()
}

fn make(app: &App) -> Folder {
    let folder = Folder::new();
    let settings = super::settings(app, Mode::Development, &folder.url());
    let database = assemble::open(app, &settings).unwrap_or_else(|failure| panic!("{failure}"));
    let sets = app.migration_sets();
    let done = if app.modules.site_has_migrations() {
        database
            .migrate(&sets, &vauban_orm::migrations::Target::Newest, |_| ())
            .map(drop)
    } else {
        database.create_all(&app.modules.models())
    };
    done.unwrap_or_else(|error| panic!("the test's database cannot be made: {error}"));
    folder
}

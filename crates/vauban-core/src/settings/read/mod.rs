//! Reading settings: the layers, weakest first, and every problem at once.

mod dotenv;
mod environment;
mod one;
mod places;
#[cfg(test)]
mod tests;
mod toml_file;

use std::collections::BTreeMap;

pub use places::Places;

use self::dotenv::dotenv_layer;
use self::environment::{environment_layer, ours};
use self::one::set;
use self::toml_file::toml_layer;
use super::problem::{InvalidSetting, InvalidSettings, Source};
use super::raw::Raw;
use super::secret_file::development_key;
use super::table::rows;
use super::{Mode, Settings, SettingsSection};

impl Settings {
    /// Reads the settings for `mode` from `places`: the framework's, and those of a program's modules.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn load(mode: Mode, places: &Places, sections: &[SettingsSection]) -> Result<Self, InvalidSettings> {
        load(mode, places, sections)
    }

    /// Sets `name` from the command line, as if it stood in the strongest place.
    ///
    /// # Errors
    /// The value is not one for this setting.
    pub fn set(&mut self, name: &str, text: &str, option: &'static str) -> Result<(), InvalidSetting> {
        set(
            self,
            name,
            &Raw::One(text.to_owned()),
            Source::CommandLine(option),
        )
    }

    /// The settings of a test: the defaults of `mode`, those of the modules, a random key, the test's own database.
    #[cfg(any(test, feature = "testing"))]
    #[doc(hidden)]
    pub fn for_test(mode: Mode, database_url: &str, sections: &[SettingsSection]) -> Self {
        let clashes = clashes(sections);
        assert!(clashes.is_empty(), "{}", InvalidSettings(clashes));
        let mut settings = Self::defaults(mode);
        settings.start(sections);
        settings.test = true;
        let key = format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
        settings.secret_key = super::SecretKey::new(key);
        settings.database_url = super::Secret::new(database_url.to_owned());
        settings
    }
}

/// Reads all layers.
fn load(mode: Mode, places: &Places, sections: &[SettingsSection]) -> Result<Settings, InvalidSettings> {
    let clashes = clashes(sections);
    if !clashes.is_empty() {
        // Before anything is read: what is read goes to whoever asks for its name.
        return Err(InvalidSettings(clashes));
    }
    let mut settings = Settings::defaults(mode);
    settings.start(sections);
    let mut problems = Vec::new();
    toml_layer(&mut settings, &places.folder.join("vauban.toml"), &mut problems);
    if mode.is_development() {
        // Only in development: a file beside the program is no place for a real secret (CWE-538).
        dotenv_layer(&mut settings, places, &mut problems);
    } else if places.folder.join(".env").exists() {
        settings.ignored.push(
            "`.env` is not read in a release: its variables belong into the program's environment".into(),
        );
    }
    let from = |name: &str| Source::Env(name.to_owned());
    let environment = ours(&places.environment, &mut problems);
    environment_layer(&mut settings, places, &environment, &from, &mut problems);
    settings.place_database();
    if mode.is_development() && settings.secret_key.text().is_empty() {
        problems.extend(development_key(&mut settings, &places.folder).err());
    }
    if problems.is_empty() {
        Ok(settings)
    } else {
        Err(InvalidSettings(problems))
    }
}

/// Rows that read one variable: `secret.key` of a module would be given the site's `secret_key`, and print it (CWE-668,
/// CWE-522).
fn clashes(sections: &[SettingsSection]) -> Vec<InvalidSetting> {
    let mut read_by = BTreeMap::new();
    let mut found = Vec::new();
    for row in rows(sections) {
        let file = row.secret.then(|| format!("{}_FILE", row.variable()));
        for variable in [Some(row.variable()), file].into_iter().flatten() {
            let Some(first) = read_by.insert(variable.clone(), &row.name) else {
                continue;
            };
            found.push(InvalidSetting {
                setting: row.name.clone().into_owned(),
                source: Source::Default,
                found: format!("`{first}` is read from {variable}, too"),
                write: "Rename it: a module's `SECTION` is the module's own name.".into(),
            });
        }
    }
    found
}

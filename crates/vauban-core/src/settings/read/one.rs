//! A value that was found, given to the setting of its name.

use super::super::Settings;
use super::super::problem::{InvalidSetting, Source, nearest};
use super::super::raw::Raw;
use super::super::table::{Row, rows};

/// Sets one setting by name.
pub(super) fn set(
    settings: &mut Settings,
    name: &str,
    raw: &Raw,
    source: Source,
) -> Result<(), InvalidSetting> {
    let sections = settings.sections.clone();
    match rows(&sections).find(|row| row.name == name) {
        Some(row) => apply(settings, row, raw, source),
        None => Err(unknown(name, source, rows(&sections).map(|row| &*row.name))),
    }
}

/// Sets the setting of `row`.
pub(super) fn apply(
    settings: &mut Settings,
    row: &Row,
    raw: &Raw,
    source: Source,
) -> Result<(), InvalidSetting> {
    match row.set(settings, raw) {
        Ok(()) => {
            settings.sources.insert(row.name.clone().into_owned(), source);
            Ok(())
        }
        Err(found) => Err(InvalidSetting {
            setting: row.name.clone().into_owned(),
            source,
            found,
            write: format!("Write {}: {}.", row.accepts, row.about),
        }),
    }
}

/// A name that no setting has.
pub(super) fn unknown<'a>(
    name: &str,
    source: Source,
    names: impl Iterator<Item = &'a str>,
) -> InvalidSetting {
    InvalidSetting {
        setting: name.to_owned(),
        source,
        found: "there is no such setting".into(),
        write: match nearest(name, names) {
            Some(near) => format!("Did you mean `{near}`? The command `settings` lists all."),
            None => "Remove it. The command `settings` lists all there are.".into(),
        },
    }
}

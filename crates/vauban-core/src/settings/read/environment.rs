//! The environment's variables, and the files of secrets that they name.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Settings;
use super::super::problem::{InvalidSetting, Source};
use super::super::raw::Raw;
use super::super::secret_file::secret_file;
use super::super::table::rows;
use super::one::{apply, unknown};
use super::places::Places;

/// Variables that begin like a setting and are none: for Vauban's own tests.
const NOT_SETTINGS: &[&str] = &["VAUBAN_VECTORS"];

/// The environment's variables that are ours. Others are nobody's business here.
pub(super) fn ours(
    variables: &BTreeMap<String, String>,
    problems: &mut Vec<InvalidSetting>,
) -> BTreeMap<String, String> {
    let mut ours = BTreeMap::new();
    for (name, value) in variables.iter().filter(|(name, _)| looks_like_ours(name)) {
        // Never mended: a secret with another letter in it is another secret.
        if name.contains('\u{fffd}') || value.contains('\u{fffd}') {
            problems.push(InvalidSetting {
                setting: name.escape_debug().to_string(),
                source: Source::Env(name.escape_debug().to_string()),
                found: "name or value is not UTF-8".into(),
                write: "Set it again in UTF-8; a secret with other bytes goes into Base64 first.".into(),
            });
        } else {
            ours.insert(name.clone(), value.clone());
        }
    }
    ours
}

/// `VAUBAN_…` variables, and `…_FILE` for secrets.
pub(super) fn environment_layer(
    settings: &mut Settings,
    places: &Places,
    variables: &BTreeMap<String, String>,
    source: &dyn Fn(&str) -> Source,
    problems: &mut Vec<InvalidSetting>,
) {
    let mut known = BTreeSet::new();
    let sections = settings.sections.clone();
    for row in rows(&sections) {
        let (variable, file_variable) = (row.variable(), format!("{}_FILE", row.variable()));
        let (value, file) = (
            variables.get(&variable),
            variables.get(&file_variable).filter(|_| row.secret),
        );
        let result = match (value, file) {
            (Some(_), Some(_)) => Err(InvalidSetting {
                setting: row.name.clone().into_owned(),
                source: source(&variable),
                found: format!("{variable} and {file_variable} are both set"),
                write: "Remove one of them.".into(),
            }),
            (Some(value), None) => apply(settings, row, &Raw::One(value.clone()), source(&variable)),
            (None, Some(file)) => {
                let path = places.folder.join(file);
                let source = Source::SecretFile(file_variable.clone(), path.clone());
                match secret_file(&path) {
                    Ok(text) => apply(settings, row, &Raw::One(text), source),
                    Err((found, write)) => Err(InvalidSetting {
                        setting: row.name.clone().into_owned(),
                        source,
                        found,
                        write,
                    }),
                }
            }
            (None, None) => Ok(()),
        };
        problems.extend(result.err());
        known.insert(variable);
        if row.secret {
            known.insert(file_variable);
        }
    }
    for name in variables.keys().filter(|name| looks_like_ours(name)) {
        if !known.contains(name) && !NOT_SETTINGS.contains(&name.as_str()) {
            problems.push(unknown(name, source(name), known.iter().map(String::as_str)));
        }
    }
}

/// Whether a variable is meant for us, also if it is misspelt: `vauban_addr`, `VAUBAN-ADDR`.
pub(super) fn looks_like_ours(name: &str) -> bool {
    let start: String = name
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{feff}' | '\u{200b}'))
        .take(7)
        .collect();
    start.len() == 7
        && start.to_ascii_uppercase().starts_with("VAUBAN")
        && !start.ends_with(char::is_alphanumeric)
}

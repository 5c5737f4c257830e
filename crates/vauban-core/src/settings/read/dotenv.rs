//! `.env`, in development.

use std::collections::BTreeMap;

use super::super::Settings;
use super::super::problem::{InvalidSetting, Source};
use super::super::text::{file_text, unreadable};
use super::environment::{environment_layer, looks_like_ours};
use super::places::Places;

/// `.env`: `NAME=value` lines, as the environment. What is not read is said.
pub(super) fn dotenv_layer(settings: &mut Settings, places: &Places, problems: &mut Vec<InvalidSetting>) {
    let path = places.folder.join(".env");
    let text = match file_text(&path) {
        Ok(Some(text)) => text,
        Ok(None) => return,
        Err(error) => return problems.push(unreadable(".env", Source::DotEnv(path, 1), &error)),
    };
    let (mut variables, mut lines) = (BTreeMap::new(), BTreeMap::new());
    for (number, line) in text.lines().enumerate() {
        let at = Source::DotEnv(path.clone(), number + 1);
        let wrong = |found: String, write: &str| InvalidSetting {
            setting: ".env".into(),
            source: at.clone(),
            found,
            write: write.into(),
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else {
            problems.push(wrong("the line has no `=`".into(), "Write `NAME=value`."));
            continue;
        };
        let name = name.trim();
        if !looks_like_ours(name) {
            settings.ignored.push(format!(
                "{at}: `{}` is no setting of Vauban's",
                name.escape_debug()
            ));
            continue;
        }
        let Some(value) = unquoted(value.trim()) else {
            // CWE-532: the value may be a secret.
            let found = format!("the quotation mark of `{}` is not closed", name.escape_debug());
            problems.push(wrong(
                found,
                "Write `NAME=value` or `NAME=\"value\"`, and nothing behind it.",
            ));
            continue;
        };
        if let Some(before) = lines.insert(name.to_owned(), number + 1) {
            let found = format!("`{}` was set in line {before} already", name.escape_debug());
            problems.push(wrong(found, "Remove one of them."));
        }
        variables.insert(name.to_owned(), value.to_owned());
    }
    let from = |name: &str| Source::DotEnv(path.clone(), lines.get(name).copied().unwrap_or(1));
    environment_layer(settings, places, &variables, &from, problems);
}

/// A value without its quotation marks; `None` if they are not a pair.
fn unquoted(value: &str) -> Option<&str> {
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value[1..].strip_suffix(quote),
        _ => Some(value),
    }
}

//! `vauban.toml`: names and values with their lines.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::super::Settings;
use super::super::problem::{InvalidSetting, Source};
use super::super::raw::Raw;
use super::super::table::{has_password, rows};
use super::super::text::{file_text, unreadable};
use super::one::{apply, unknown};

/// `vauban.toml`: committed with the sources, so it may hold no secret.
pub(super) fn toml_layer(settings: &mut Settings, path: &Path, problems: &mut Vec<InvalidSetting>) {
    let text = match file_text(path) {
        Ok(Some(text)) => text,
        Ok(None) => return,
        Err(error) => {
            return problems.push(unreadable("vauban.toml", Source::Toml(path.into(), 1), &error));
        }
    };
    let line_of = |offset: usize| {
        1 + text.as_bytes()[..offset.min(text.len())]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
    };
    match DeTable::parse(&text) {
        Ok(table) => {
            let sections = settings.sections.clone();
            let mut found = Vec::new();
            flatten("", table.get_ref(), &mut found);
            for (name, offset, raw) in found {
                let source = Source::Toml(path.into(), line_of(offset));
                let row = rows(&sections).find(|row| row.name == name);
                let result = match (row, raw) {
                    (Some(row), raw)
                        if row.secret
                            && !(matches!(&*row.name, "database_url" | "database_migration_url")
                                && is_no_secret(raw.as_ref())) =>
                    {
                        Err(InvalidSetting {
                            setting: name,
                            source,
                            // CWE-798, CWE-540: a committed file is read by everybody who can read the sources.
                            found: "a secret stands in a file that is committed with the sources".into(),
                            write: format!(
                                "Remove it there, replace the secret, and set {} or {}_FILE.",
                                row.variable(),
                                row.variable()
                            ),
                        })
                    }
                    (Some(row), Some(raw)) => apply(settings, row, &raw, source),
                    (Some(row), None) => Err(InvalidSetting {
                        setting: name,
                        source,
                        found: "is neither text, number, truth value nor a list of them".into(),
                        write: format!("Write {}.", row.accepts),
                    }),
                    (None, _) => Err(unknown(&name, source, rows(&sections).map(|row| &*row.name))),
                };
                problems.extend(result.err());
            }
        }
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(span.start));
            let mut problem = unreadable("vauban.toml", Source::Toml(path.into(), line), error.message());
            if let Some(quoted) = text.lines().nth(line - 1).and_then(in_quotes) {
                problem.write = format!("Put it in quotes: {quoted}");
            }
            problems.push(problem);
        }
    }
}

/// A database's address is a secret if it has a password in it.
fn is_no_secret(url: Option<&Raw>) -> bool {
    match url {
        Some(Raw::One(url)) => !has_password(url),
        _ => true,
    }
}

/// A line that would be right if its value stood in quotes: `addr = 127.0.0.1:9000`. Not one that names a secret: it is not
/// shown (CWE-532).
fn in_quotes(line: &str) -> Option<String> {
    let (name, value) = line.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let shown = !["key", "secret", "password", "token", "url"]
        .iter()
        .any(|word| name.contains(word));
    let plain = !value.is_empty() && !value.contains(['"', '\'', '\\', '#', '[', '{', '=']);
    let quoted = format!("{name} = \"{value}\"");
    (shown && plain && DeTable::parse(line).is_err() && DeTable::parse(&quoted).is_ok()).then_some(quoted)
}

/// `[limits] body = 1` → `limits.body`. Empty tables count as names, so that a misspelt section is told.
fn flatten(prefix: &str, table: &DeTable<'_>, found: &mut Vec<(String, usize, Option<Raw>)>) {
    for (key, value) in table {
        let name = if prefix.is_empty() {
            key.get_ref().to_string()
        } else {
            format!("{prefix}.{}", key.get_ref())
        };
        let offset = key.span().start;
        match value.get_ref() {
            DeValue::Table(inner) if !inner.is_empty() => flatten(&name, inner, found),
            DeValue::Array(items) => {
                let items: Option<Vec<String>> = items.iter().map(|item| scalar(item.get_ref())).collect();
                found.push((name, offset, items.map(Raw::Many)));
            }
            other => found.push((name, offset, scalar(other).map(Raw::One))),
        }
    }
}

/// A text, number or truth value as text.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        _ => None,
    }
}

//! Finding `{% waiver Wall "why" %}` in a package's templates. Its entry's module is the file, `templates/pay.html`.

use std::io;
use std::path::Path;

/// The waivers of a template's text: line, wall and reason; a reason that cannot be read is `None`.
pub(super) fn waivers(text: &str) -> Vec<(u32, String, Option<String>)> {
    let mut found = Vec::new();
    for (at, tag) in tags(text) {
        let Some(rest) = tag.strip_prefix("waiver") else {
            continue;
        };
        if !rest.starts_with(char::is_whitespace) {
            continue;
        }
        let rest = rest.trim();
        let (wall, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        found.push((line(text, at), wall.to_owned(), literal(reason.trim())));
    }
    found
}

/// The lines on which a template names what begins with `__`.
pub(super) fn hidden_names(text: &str) -> Vec<u32> {
    let names = tags(text)
        .into_iter()
        .filter(|(_, tag)| super::literal::names_hidden(tag));
    names.map(|(at, _)| line(text, at)).collect()
}

fn line(text: &str, at: usize) -> u32 {
    u32::try_from(text[..at].matches('\n').count() + 1).unwrap_or(u32::MAX)
}

/// The trimmed insides of `{% … %}` and `{{ … }}` and where they open, as the template compiler's lexer splits a file
/// (CWE-436): a comment's inside is nothing, a tag ends on its line. What does not lex does not compile.
fn tags(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find('{').map(|open| at + open) {
        let rest = &text[open + 1..];
        let close = match rest.chars().next() {
            Some('{') => "}}",
            Some('%') => "%}",
            Some('#') => "#}",
            _ => {
                at = open + 1;
                continue;
            }
        };
        let Some(length) = rest[1..].find(close) else {
            break;
        };
        let inside = rest[1..1 + length].trim();
        at = open + 2 + length + 2;
        if close == "#}" {
            continue;
        }
        found.push((open, inside));
        if close == "%}"
            && let Some(end) = raw_block(inside)
        {
            let Some(after) = raw_end(text, at, &end) else {
                break;
            };
            at = after;
        }
    }
    found
}

/// The end of a block whose inside is not template language.
fn raw_block(tag: &str) -> Option<String> {
    let mut words = tag.split_whitespace();
    match words.next() {
        Some("verbatim") => Some(match words.next() {
            Some(name) => format!("endverbatim {name}"),
            None => "endverbatim".to_owned(),
        }),
        Some("comment") => Some("endcomment".to_owned()),
        _ => None,
    }
}

/// What follows `{% end %}`.
fn raw_end(text: &str, mut at: usize, end: &str) -> Option<usize> {
    loop {
        let open = at + text[at..].find("{%")?;
        let length = text[open + 2..].find("%}")?;
        if text[open + 2..open + 2 + length].trim() == end {
            return Some(open + 2 + length + 2);
        }
        at = open + 2;
    }
}

/// The text of a quoted string without escapes.
fn literal(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inside = text[1..].strip_suffix(quote)?;
    (!inside.contains(['\\', quote])).then(|| inside.to_owned())
}

/// Every file below a folder, as its path from there.
pub(super) fn files(folder: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries = match std::fs::read_dir(&next) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                all.push(path);
            }
        }
    }
    Ok(all)
}

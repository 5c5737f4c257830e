//! Finding `{% waiver Wall "why" %}` in a package's templates. Its entry's module is the file, `templates/pay.html`.

use std::io;
use std::path::Path;

/// The waivers of a template's text: line, wall and reason; a reason that cannot be read is `None`.
pub(super) fn waivers(text: &str) -> Vec<(u32, String, Option<String>)> {
    let mut found = Vec::new();
    let (mut at, mut until) = (0, None::<String>);
    while let Some(open) = text[at..].find("{%").map(|open| at + open) {
        // A string may hold a tag's end.
        let Some(close) = end(&text[open + 2..]).map(|close| open + 2 + close) else {
            break;
        };
        let inside = text[open + 2..close].trim().trim_matches('-').trim();
        let name = inside.split_whitespace().next().unwrap_or_default();
        at = close + 2;
        match &until {
            Some(end) if name == end => until = None,
            None if matches!(name, "comment" | "verbatim") => until = Some(format!("end{name}")),
            None if name == "waiver" => {
                let rest = inside[name.len()..].trim();
                let (wall, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                let line = text[..open].matches('\n').count() + 1;
                found.push((
                    u32::try_from(line).unwrap_or(u32::MAX),
                    wall.to_owned(),
                    literal(reason.trim()),
                ));
            }
            _ => {}
        }
    }
    found
}

/// Where a tag ends.
fn end(tag: &str) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in tag.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if tag[at..].starts_with("%}") => return Some(at),
            _ => {}
        }
    }
    None
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

//! Lines put into files that people also edit: found by plain patterns. A pattern that is not there is an error that
//! says what to write by hand.

/// A file's text with a line added.
pub(crate) type Edited = Result<String, String>;

/// Adds `{prefix}{name}{suffix}` to the file's lines of this shape, in the alphabet's order.
///
/// # Errors
/// There is no such line.
pub(crate) fn in_order(path: &str, text: &str, prefix: &str, name: &str, suffix: &str) -> Edited {
    let new = format!("{prefix}{name}{suffix}");
    let of_shape = |line: &&str| line.starts_with(prefix) && line.ends_with(suffix);
    let lines: Vec<&str> = text.lines().collect();
    let at = lines
        .iter()
        .position(|line| of_shape(line) && **line > *new)
        .or_else(|| lines.iter().rposition(of_shape).map(|last| last + 1));
    match at {
        Some(at) => Ok(with(&lines, at, &[&new])),
        None => Err(missing(path, &format!("no line `{prefix}…{suffix}`"), &new)),
    }
}

/// Adds lines below the last line that `is_it`.
///
/// # Errors
/// There is no such line.
pub(crate) fn below_last(
    path: &str,
    text: &str,
    what: &str,
    is_it: fn(&str) -> bool,
    new: &[&str],
) -> Edited {
    let lines: Vec<&str> = text.lines().collect();
    match lines.iter().rposition(|line| is_it(line.trim())) {
        Some(last) => Ok(with(&lines, last + 1, new)),
        None => Err(missing(path, &format!("no line {what}"), &new.join("\n"))),
    }
}

/// Adds routes at the end of `routes! { … }`, before what it includes.
///
/// # Errors
/// There is no `routes! {`.
pub(crate) fn routes(path: &str, text: &str, new: &[&str]) -> Edited {
    let lines: Vec<&str> = text.lines().collect();
    let start = lines
        .iter()
        .position(|line| line.trim_start().starts_with("routes! {"));
    let end = start.and_then(|start| {
        let rest = &lines[start + 1..];
        let stops = |line: &&str| line.trim_start().starts_with("include ") || line.trim() == "}";
        rest.iter().position(stops).map(|at| start + 1 + at)
    });
    let Some(end) = end else {
        return Err(missing(
            path,
            "no `routes! {` with lines of its own",
            &new.join("\n"),
        ));
    };
    let gap = lines[end - 1].trim().is_empty();
    let ends = lines[end].trim() == "}";
    let mut block: Vec<&str> = new.to_vec();
    match (gap, ends) {
        (false, _) => block.insert(0, ""),
        (true, false) => block.push(""),
        (true, true) => {}
    }
    Ok(with(&lines, end, &block))
}

fn with(lines: &[&str], at: usize, new: &[&str]) -> String {
    let (before, after) = lines.split_at(at);
    let mut text = [before, new, after].concat().join("\n");
    text.push('\n');
    text
}

fn missing(path: &str, what: &str, new: &str) -> String {
    format!(
        "{path} has {what}, beside which this would stand:\n\n{new}\n\nPut such a line back, then try again."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_in_order() {
        let text = "//! A\n\npub mod a;\npub mod c;\n\nuse x;\n";
        let add = |name| in_order("lib.rs", text, "pub mod ", name, ";").unwrap();
        assert!(add("b").contains("pub mod a;\npub mod b;\npub mod c;\n"));
        assert!(add("d").contains("pub mod c;\npub mod d;\n\nuse x;\n"));
        let told = in_order("lib.rs", "fn main() {}\n", "pub mod ", "b", ";").unwrap_err();
        assert!(told.contains("lib.rs") && told.contains("pub mod b;"), "{told}");
    }

    #[test]
    fn routes_stand_before_what_is_included() {
        let text = "routes! {\n    a => a::a,\n\n    include b at \"/b/\" = b,\n}\n";
        let with = routes("urls.rs", text, &["    c => c::c,"]).unwrap();
        assert_eq!(
            with,
            "routes! {\n    a => a::a,\n\n    c => c::c,\n\n    include b at \"/b/\" = b,\n}\n"
        );
        let with = routes("urls.rs", "routes! {\n    a => a::a,\n}\n", &["    c => c::c,"]).unwrap();
        assert_eq!(with, "routes! {\n    a => a::a,\n\n    c => c::c,\n}\n");
        assert!(routes("urls.rs", "routes! { a => a::a }\n", &["    c => c::c,"]).is_err());
    }
}

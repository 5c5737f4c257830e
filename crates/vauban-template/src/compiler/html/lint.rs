//! Hints: images without `alt`, fields without a label; and what the default policy makes of literal markup (`policy.rs`).

use super::state::{Given, Open, Tag};
use crate::compiler::error::{Error, Pos};

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Lints {
    missing: Vec<Error>,
    /// Fields that need a label by id.
    fields: Vec<(Option<String>, Pos, String)>,
    /// `for=` of labels.
    labels: Vec<String>,
    /// A label or a field has a computed id, so nothing can be said of the others.
    computed: bool,
}

/// A state to go back to.
pub(super) struct Mark(usize, usize, usize, bool);

impl Lints {
    /// Where a loop begins, which may be read again.
    pub(super) fn mark(&self) -> Mark {
        Mark(
            self.missing.len(),
            self.fields.len(),
            self.labels.len(),
            self.computed,
        )
    }

    pub(super) fn back_to(&mut self, mark: Mark) {
        self.missing.truncate(mark.0);
        self.fields.truncate(mark.1);
        self.labels.truncate(mark.2);
        self.computed = mark.3;
    }

    pub(super) fn note(&mut self, hint: Option<Error>) {
        // Each is shown with its line: a hundred are enough to begin with (CWE-400).
        if self.missing.len() < 100 {
            self.missing.extend(hint);
        }
    }

    pub(super) fn tag(&mut self, tag: &Tag, open: &[Open]) {
        if tag.foreign {
            return;
        }
        let find = |name: &str| tag.attributes.iter().find(|a| a.name == name).map(|a| &a.value);
        match tag.name.as_str() {
            "img" if find("alt").is_none() => self.missing.push(hint(
                tag.pos,
                "alt",
                "<img> without alt=",
                "say what the image shows; alt=\"\" if it is decoration",
            )),
            "html" if find("lang").is_none() => {
                self.missing.push(hint(
                    tag.pos,
                    "lang",
                    "<html> without lang=",
                    "write <html lang=\"en\">",
                ));
            }
            "label" => match find("for") {
                Some(Given::Literal(id)) => self.labels.push(id.clone()),
                Some(_) => self.computed = true,
                None => {}
            },
            "input" | "select" | "textarea" => {
                let kind = match find("type") {
                    Some(Given::Literal(kind)) => kind.to_ascii_lowercase(),
                    _ => String::new(),
                };
                let needs = !matches!(kind.as_str(), "hidden" | "submit" | "reset" | "button" | "image");
                let named = find("aria-label").is_some()
                    || find("aria-labelledby").is_some()
                    || find("title").is_some();
                if needs && !named && !open.iter().any(|o| o.name == "label") {
                    match find("id") {
                        Some(Given::Literal(id)) => {
                            self.fields.push((Some(id.clone()), tag.pos, tag.name.clone()));
                        }
                        Some(_) => {}
                        None => self.fields.push((None, tag.pos, tag.name.clone())),
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn finish(self, problems: &mut Vec<Error>) {
        // Each is shown with its line: a hundred are enough to begin with (CWE-400).
        problems.extend(self.missing.into_iter().take(100));
        let labels: std::collections::HashSet<String> = self.labels.into_iter().collect();
        for (id, pos, name) in self.fields.into_iter().take(10_000) {
            let labelled =
                id.as_ref().is_some_and(|id| labels.contains(id)) || (self.computed && id.is_some());
            if !labelled && problems.len() < 300 {
                problems.push(hint(
                    pos,
                    "label",
                    &format!("<{name}> without a label"),
                    "write <label for=\"the id of the field\">, put the field into a <label>, or add aria-label=",
                ));
            }
        }
    }
}

fn hint(pos: Pos, class: &'static str, found: &str, help: &str) -> Error {
    Error {
        warning: true,
        ..Error::new(pos, class, found, help)
    }
}

//! The bulk kinds of a site, by the words in which people choose among them.

use vauban::commands::Failure;
use vauban::http::{Error, Result};

use crate::letter::Mail;

/// A bulk kind, in people's words. The module that sends its mails says so, once for each kind:
///
/// ```ignore
/// Module::new("news").contribute(mail::BulkKind::of::<News>("What is new, on Mondays"))
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkKind {
    name: &'static str,
    title: &'static str,
}

impl BulkKind {
    /// The kind of a mail that has one; otherwise it does not compile.
    #[must_use]
    pub const fn of<M: Mail>(title: &'static str) -> Self {
        let name = const {
            match M::BULK {
                Some(name) => name,
                None => panic!("this mail is of no bulk kind: write `#[mail(…, bulk = \"news\")]`"),
            }
        };
        Self { name, title }
    }

    /// What `bulk = "…"` calls it: rows have it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What people call it.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.title
    }
}

/// Those of a site, in the order of its modules.
#[derive(Debug, Default)]
pub(crate) struct Kinds(Vec<BulkKind>);

impl Kinds {
    /// # Errors
    /// If a kind is called in two ways.
    pub(crate) fn of(all: &[BulkKind]) -> Result<Self, Failure> {
        let mut kinds: Vec<BulkKind> = Vec::new();
        for one in all {
            match kinds.iter().find(|kind| kind.name == one.name) {
                Some(other) if other.title != one.title => {
                    let BulkKind { name, title } = one;
                    return Err(Failure::new(format_args!(
                        "The bulk kind {name} is called “{}” and “{title}”: contribute it once.",
                        other.title
                    )));
                }
                Some(_) => {}
                None => kinds.push(*one),
            }
        }
        Ok(Self(kinds))
    }

    pub(crate) fn all(&self) -> &[BulkKind] {
        &self.0
    }

    /// What people call a kind; its name, where it is of a release before and nobody sends it any more.
    pub(crate) fn title(&self, name: &str) -> String {
        let kind = self.0.iter().find(|kind| kind.name == name);
        kind.map_or(name, |kind| kind.title).to_owned()
    }

    /// # Errors
    /// If people could not choose it: no mail of it is sent.
    pub(crate) fn knows(&self, name: &str) -> Result<()> {
        match self.0.iter().any(|kind| kind.name == name) {
            true => Ok(()),
            false => Err(Error::internal(format!(
                "no module says what people call the bulk kind `{name}`, so that they cannot choose it: add \
                 `.contribute(mail::BulkKind::of::<…>(\"…\"))` to the module that sends it"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_called_in_one_way() {
        let kind = |name, title| BulkKind { name, title };
        let news = kind("news", "What is new");
        let kinds = Kinds::of(&[news, kind("tips", "Tips"), news]).unwrap();
        assert_eq!(kinds.all().len(), 2);
        assert_eq!(
            (kinds.title("news"), kinds.title("old")),
            ("What is new".to_owned(), "old".to_owned())
        );
        assert!(kinds.knows("tips").is_ok() && kinds.knows("old").is_err());
        let told = Kinds::of(&[news, kind("news", "Novelties")])
            .err()
            .unwrap()
            .to_string();
        assert!(told.contains("“What is new” and “Novelties”"), "{told}");
    }
}

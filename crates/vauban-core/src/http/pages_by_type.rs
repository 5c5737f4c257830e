//! Pages of a module that the site replaces, by their type: `App::page::<LoginPage, MyLoginPage>()`.
//!
//! A module's template was compiled with the module, so a file of the site's cannot stand in for it. The page's struct
//! can: the site has a page of its own that is made [`From`] the module's, with the same values, and says so. What the
//! module decided stays decided: rule, queries, status and caching are the view's; the replacement is only written.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;

use vauban_template::Template;

/// A page that a site may replace; `#[template("…", replaceable)]` writes it.
#[diagnostic::on_unimplemented(
    message = "the page `{Self}` is not meant to be replaced",
    label = "its template is not `replaceable`",
    note = "a module says which of its pages a site may replace: #[template(\"…\", replaceable)]",
    note = "a page of the site's own needs no replacement: change its template"
)]
pub trait Replaceable: Template + Send + Sized + 'static {}

/// What stands in for which page.
#[derive(Default)]
pub struct PagesByType {
    by_type: HashMap<TypeId, Replacement>,
}

struct Replacement {
    /// What writes the page that is the key.
    write: Box<dyn Any + Send + Sync>,
    page: &'static str,
    by: &'static str,
}

/// Two replacements of one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplacedTwice {
    page: &'static str,
    first: &'static str,
    second: &'static str,
}

impl fmt::Display for ReplacedTwice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { page, first, second } = self;
        write!(
            f,
            "The page {page} is replaced twice, by {first} and by {second}: leave one `.page::<…>()` out."
        )
    }
}

impl std::error::Error for ReplacedTwice {}

impl PagesByType {
    /// `write` is what writes the page `T`.
    pub(crate) fn insert<T: Replaceable, W: Copy + Send + Sync + 'static>(
        &mut self,
        write: W,
        by: &'static str,
    ) -> Result<(), ReplacedTwice> {
        let replacement = Replacement {
            write: Box::new(write),
            page: type_name::<T>(),
            by,
        };
        match self.by_type.get(&TypeId::of::<T>()) {
            Some(known) => Err(ReplacedTwice {
                page: known.page,
                first: known.by,
                second: replacement.by,
            }),
            None => {
                self.by_type.insert(TypeId::of::<T>(), replacement);
                Ok(())
            }
        }
    }

    /// What writes the page `T`, if it is replaced.
    pub(crate) fn find<T: Replaceable, W: Copy + 'static>(&self) -> Option<W> {
        self.by_type
            .get(&TypeId::of::<T>())?
            .write
            .downcast_ref::<W>()
            .copied()
    }
}

impl fmt::Debug for PagesByType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.by_type.values().map(|one| (one.page, one.by)))
            .finish()
    }
}

//! Pages of a module that the site replaces, by their type: `App::page::<LoginPage, MyLoginPage>()`.
//!
//! A module's template was compiled with the module, so a file of the site's cannot stand in for it. The page's struct
//! can: the site has a page of its own that is made [`From`] the module's, with the same values, and says so. What the
//! module decided stays decided: rule, queries, status and caching are the view's; the replacement is only written.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;

use vauban_template::Template;

use super::render::respond_template;
use super::{Request, Response};

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
    /// `fn(T, &Request) -> Response` for the page `T` that is the key.
    write: Box<dyn Any + Send + Sync>,
    page: &'static str,
    by: &'static str,
}

type Write<T> = fn(T, &Request) -> Response;

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
    /// `R` is written where a view answers with `T`.
    ///
    /// # Errors
    /// If `T` has a replacement already.
    pub fn replace<T, R>(&mut self) -> Result<(), ReplacedTwice>
    where
        T: Replaceable,
        R: From<T> + Template + 'static,
    {
        // Written as what it is, and not asked again for a replacement of its own: there is no circle.
        let write: Write<T> = |page, cx| respond_template(&R::from(page), cx);
        let replacement = Replacement {
            write: Box::new(write),
            page: type_name::<T>(),
            by: type_name::<R>(),
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

    fn find<T: Replaceable>(&self) -> Option<Write<T>> {
        self.by_type
            .get(&TypeId::of::<T>())?
            .write
            .downcast_ref::<Write<T>>()
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

/// A replaceable page as an answer; what `#[derive(Template)]` calls.
#[doc(hidden)]
pub fn respond_replaceable<T: Replaceable>(page: T, cx: &Request) -> Response {
    match cx.site().pages.find::<T>() {
        Some(write) => write(page, cx),
        None => respond_template(&page, cx),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Respond;
    use crate::middleware::Site;
    use crate::module::Wired;
    use crate::settings::{Mode, Settings};
    use crate::signing::Keys;
    use vauban_macros::Template;

    #[derive(Template)]
    #[template(
        source = "<p>{{ text }}</p>{% partialdef part inline %}<i>theirs</i>{% endpartialdef %}",
        replaceable
    )]
    struct Theirs {
        text: String,
    }

    #[derive(Template)]
    #[template(
        source = "<h2>{{ theirs.text }}</h2>{% partialdef part inline %}<i>ours</i>{% endpartialdef %}"
    )]
    struct Ours {
        theirs: Theirs,
    }

    impl From<Theirs> for Ours {
        fn from(theirs: Theirs) -> Self {
            Self { theirs }
        }
    }

    fn cx(pages: PagesByType, fragment: Option<&str>) -> Request {
        let package = crate::Package {
            name: "test",
            version: "0",
            manifest_dir: "",
            access_lock: None,
            waivers_lock: None,
        };
        let settings = Settings::defaults(Mode::Development);
        let wired = Wired {
            pages,
            ..Wired::default()
        };
        let site = Site::of(package, wired, settings, Keys::random(), None).unwrap();
        let mut request = http::Request::get("/");
        if let Some(name) = fragment {
            request = request.header("x-fragment", name);
        }
        let head = request.body(()).unwrap().into_parts().0;
        Request::new(std::sync::Arc::new(site), head, [127, 0, 0, 1].into(), false)
    }

    fn answer(pages: PagesByType, fragment: Option<&str>) -> String {
        let cx = cx(pages, fragment);
        let page = Theirs {
            text: "<b>".to_owned(),
        };
        assert!(page.commits());
        let answer = Response::of(page)
            .status_code(http::StatusCode::UNPROCESSABLE_ENTITY)
            .render(&cx);
        assert_eq!(
            answer.status(),
            http::StatusCode::UNPROCESSABLE_ENTITY,
            "the view's status stays"
        );
        String::from_utf8(answer.body().bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_page_is_written_by_its_replacement() {
        assert_eq!(
            answer(PagesByType::default(), None),
            "<p>&lt;b&gt;</p><i>theirs</i>"
        );
        let mut pages = PagesByType::default();
        pages.replace::<Theirs, Ours>().unwrap();
        // CWE-79: the replacement escapes as every page.
        assert_eq!(answer(pages, None), "<h2>&lt;b&gt;</h2><i>ours</i>");
    }

    #[test]
    fn a_part_of_a_page_is_the_replacements() {
        let mut pages = PagesByType::default();
        pages.replace::<Theirs, Ours>().unwrap();
        assert_eq!(answer(pages, Some("part")), "<i>ours</i>");
    }

    #[test]
    fn a_page_is_replaced_once() {
        let mut pages = PagesByType::default();
        pages.replace::<Theirs, Ours>().unwrap();
        let told = pages.replace::<Theirs, Ours>().unwrap_err().to_string();
        assert!(told.contains("Theirs is replaced twice, by"), "{told}");
    }
}

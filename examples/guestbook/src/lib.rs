//! A guest book for any site on Vauban: the proof that a module in a package of its own brings one of everything.
//!
//! ```ignore
//! App::new(vauban::package!())
//!     .module(accounts::module::<User>())
//!     .module(guestbook::module())
//! // and in the site's urls.rs:  include guestbook at "/guestbook/" = guestbook::urls,
//! ```
//!
//! The site has it in its own layout by extending `guestbook/base.html` or including `guestbook/book.html`, with a page
//! of its own in place of [`views::BookPage`]: `App::page::<guestbook::views::BookPage, GuestbookPage>()`.

// Columns, pages and the functions that `routes!` writes say what they are by their names.
#![allow(missing_docs)]

pub mod entries;
pub mod manners;
pub mod tidying;
pub mod urls;
pub mod views;

use vauban::Module;
use vauban::http::StatusCode;

vauban::export_templates!("templates");

/// Everything that the guest book brings; its addresses are in [`urls`].
pub fn module() -> Module {
    Module::new("guestbook")
        .model::<entries::Entry>()
        .migrations(vauban::migrations!("migrations"))
        .static_files(vauban::static_files!("static"))
        .service::<tidying::Tidying>()
        .command(tidying::command())
        .settings::<manners::Book>()
        .part(manners::Manners::new)
        .gate(manners::Closing)
        .error_page::<manners::ClosedPage>(StatusCode::SERVICE_UNAVAILABLE)
        .security_events(&[manners::ENTRY_REFUSED])
}

#[cfg(test)]
mod tests {
    /// `VAUBAN_UPDATE_MIGRATIONS=1 cargo test -p guestbook migrations` writes what is missing.
    #[test]
    fn migrations_are_complete() {
        vauban_site::testing::migrations_are_complete(&super::module());
    }
}

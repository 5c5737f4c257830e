//! __title__.

pub mod errors;
pub mod organisations;
pub mod pages;
pub mod paging;
pub mod people;
pub mod urls;

use vauban::{App, accounts};

/// The program: a list of modules. What is not listed is not there.
pub fn app() -> App {
    App::new(vauban::package!())
        .error_pages::<errors::SiteError>()
        .module(accounts::module::<people::User>().layout::<people::AccountLayout>())
        .module(vauban::tasks::module())
        .module(vauban::mail::module())
        .module(pages::module())
        .module(people::module())
        .module(organisations::module())
        .static_files(vauban::static_files!("static"))
        .migrations(vauban::migrations!("migrations"))
}

//! Notes: people write notes and publish some of them.

// A site of one's own documents what it likes; this one is explained in the guide.
#![allow(missing_docs)]

pub mod notes;
pub mod people;
pub mod urls;

use vauban::{App, accounts};

/// The program: a list of modules.
pub fn app() -> App {
    App::new(vauban::package!())
        .module(accounts::module::<people::User>())
        .module(vauban::tasks::module())
        .module(vauban::mail::module())
        .module(people::module())
        .module(notes::module())
        .static_files(vauban::static_files!("static"))
        .migrations(vauban::migrations!("migrations"))
}

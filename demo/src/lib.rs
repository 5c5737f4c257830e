//! A small site on Vauban: articles, organisations, their tasks and events.
//!
//! A folder for each part of the site, with the same three files: `mod.rs` holds the models and who may do what to their
//! rows, `forms.rs` what people may send, `views.rs` who may call what. Start with `articles`.

// Columns, pages and the functions that `routes!` writes say what they are by their names.
#![allow(missing_docs)]

pub mod articles;
pub mod burst;
pub mod data;
pub mod digest;
pub mod errors;
pub mod events;
pub mod figures;
pub mod guests;
pub mod history;
pub mod look;
pub mod organisations;
pub mod paging;
pub mod profiles;
pub mod sample_data;
pub mod site;
pub mod tasks;
pub mod times;
pub mod urls;
pub mod users;

use vauban::{App, accounts};

/// The program: a list of modules.
pub fn app() -> App {
    let accounts = accounts::module::<users::User>()
        .layout::<users::AccountLayout>()
        .sign_up::<users::SignUpFields>()
        .members_of::<organisations::Membership>(|id| urls::organisation(&id));
    #[cfg(feature = "passkeys")]
    let accounts = accounts.passkeys();
    App::new(vauban::package!())
        .error_pages::<errors::SiteError>()
        .module(accounts)
        .page::<accounts::pages::LoginPage, look::LoginPage>()
        .mail::<accounts::mails::ResetMail, look::NewPassword>()
        .module(vauban::tasks::module())
        .module(vauban::mail::module())
        .module(site::module())
        .module(users::module())
        .module(articles::module())
        .module(organisations::module())
        .module(profiles::module())
        .module(tasks::module())
        .module(events::module())
        .module(history::module())
        .module(figures::module())
        .module(digest::module())
        .module(burst::module())
        .module(guestbook::module())
        .page::<guestbook::views::BookPage, guests::BookPage>()
        .page::<guestbook::views::DeletePage, guests::DeletePage>()
        .module(sample_data::module())
        .static_files(vauban::static_files!("static"))
        .migrations(vauban::migrations!("migrations"))
}

//! The account pages' table of routes: `include accounts at "/accounts/" = vauban::accounts::urls`.
//!
//! | name | method | path | who |
//! |---|---|---|---|
//! | `signup` | GET, POST | `signup/` | everybody |
//! | `signup_link` | GET, POST | `signup/{token}/` | whoever has the link of a mail |
//! | `reset` | GET, POST | `reset/` | everybody |
//! | `reset_link` | GET, POST | `reset/{token}/` | whoever has the link of a mail |
//! | `login` | GET, POST | `login/` | everybody |
//! | `login_factor` | GET, POST | `login/factor/` | whoever has just proved a password, and has a second factor |
//! | `login_recovery` | GET, POST | `login/recovery/` | the same, with a recovery code |
//! | `logout` | POST | `logout/` | everybody |
//! | `confirm` | GET, POST | `confirm/` | whoever is signed in, or lacks a proof for that |
//! | `email` | GET, POST | `email/` | whoever has just proved who they are |
//! | `email_link` | GET, POST | `email/{token}/` | whoever is signed in and has the link of a mail |
//! | `invitation` | GET, POST | `invitations/{token}/` | whoever has the link of a mail, and the address that it was sent to |
//! | `data` | GET, POST | `data/` | whoever has just proved who they are |
//! | `data_file` | GET | `data/file/` | whoever has just proved who they are |
//! | `delete` | GET, POST | `delete/` | whoever has just proved who they are |
//! | `delete_link` | GET, POST | `delete/{token}/` | whoever has the link of a mail |
//! | `factors` | GET, POST | `factors/` | whoever is signed in, or lacks the second factor for that |
//! | `factor_link` | GET, POST | `factors/enrol/{token}/` | whoever lacks the second factor and has the link of a mail |
//! | `totp` | GET, POST | `factors/totp/` | whoever has just proved who they are, or has followed that link |
//! | `totp_remove` | POST | `factors/totp/remove/` | whoever has just proved who they are |
//! | `recovery` | GET, POST | `factors/recovery/` | whoever is signed in; for new codes, whoever has just proved who they are |
//! | `kept` | GET, POST | `kept/` | whoever is signed in |
//! | `mails` | GET, POST | `mails/` | whoever is signed in |
//! | `password` | GET, POST | `password/` | whoever is signed in |
//! | `security` | GET | `security/` | whoever is signed in |
//! | `sessions` | GET, POST | `sessions/` | whoever is signed in; to end all others, whoever has just proved who they are |
//! | `session_end` | POST | `sessions/{id}/` | whoever has just proved who they are, and whose session it is |
//!
//! With the feature `oidc`:
//!
//! | | | | |
//! |---|---|---|---|
//! | `oidc` | POST | `oidc/{provider}/` | everybody |
//! | `oidc_callback` | GET, POST | `oidc/{provider}/callback/` | everybody; it is a sign-in by the browser that began it only |
//! | `oidc_confirm` | POST | `confirm/{provider}/` | whoever is signed in, or lacks a proof for that |
//! | `links` | GET | `links/` | whoever is signed in |
//! | `link_add` | POST | `links/{provider}/` | whoever has just proved who they are |
//! | `link_remove` | POST | `links/remove/{id}/` | whoever has just proved who they are, and whose link it is |
//!
//! A development build has two more, which are in no release: `first_administrator` and `look_as`.

use super::views;
use vauban::routing::Routes;

mod table {
    use super::views;

    vauban::routes! {
        signup => views::signup::show,
        signup_post => views::signup::submit,
        signup_link => views::signup_link::show,
        signup_link_post => views::signup_link::submit,
        reset => views::reset::show,
        reset_post => views::reset::submit,
        reset_link => views::reset_link::show,
        reset_link_post => views::reset_link::submit,
        login => views::login::show,
        login_post => views::login::submit,
        login_factor => views::login_factor::show,
        login_factor_post => views::login_factor::submit,
        login_recovery => views::login_recovery::show,
        login_recovery_post => views::login_recovery::submit,
        logout => views::logout::submit,
        confirm => views::confirm::show,
        confirm_post => views::confirm::submit,
        email => views::email::show,
        email_post => views::email::submit,
        email_link => views::email_link::show,
        email_link_post => views::email_link::submit,
        factors => views::factors::show,
        factors_post => views::factors::submit,
        factor_link => views::factor_link::show,
        factor_link_post => views::factor_link::submit,
        totp => views::totp::show,
        totp_post => views::totp::submit,
        totp_remove => views::totp::remove,
        recovery => views::recovery::show,
        recovery_post => views::recovery::submit,
        kept => views::kept::show,
        kept_post => views::kept::discard,
        invitation => views::invitation_link::show,
        invitation_post => views::invitation_link::submit,
        data => views::data::show,
        data_post => views::data::submit,
        data_file => views::data::file,
        delete => views::delete::show,
        delete_post => views::delete::submit,
        delete_link => views::delete_link::show,
        delete_link_post => views::delete_link::submit,
        mails => views::mails::show,
        mails_post => views::mails::submit,
        password => views::password::show,
        password_post => views::password::submit,
        security => views::security::show,
        sessions => views::sessions::show,
        sessions_post => views::sessions::end_others,
        session_end => views::sessions::end,
    }
}

#[cfg(feature = "oidc")]
mod single_sign_on {
    use super::views;

    vauban::routes! {
        oidc => views::oidc::start,
        oidc_callback => views::oidc::show,
        oidc_callback_post => views::oidc::submit,
        oidc_confirm => views::oidc::confirm,
        links => views::links::show,
        link_add => views::links::add,
        link_remove => views::links::remove,
    }
}

#[cfg(feature = "oidc")]
pub use single_sign_on::{
    link_add, link_remove, links, oidc, oidc_callback, oidc_callback_post, oidc_confirm,
};

pub use table::{
    confirm, confirm_post, data, data_file, data_post, delete, delete_link, delete_link_post, delete_post,
    email, email_link, email_link_post, email_post, factor_link, factor_link_post, factors, factors_post,
    invitation, invitation_post, kept, kept_post, login, login_factor, login_factor_post, login_post,
    login_recovery, login_recovery_post, logout, mails, mails_post, password, password_post, recovery,
    recovery_post, reset, reset_link, reset_link_post, reset_post, security, session_end, sessions,
    sessions_post, signup, signup_link, signup_link_post, signup_post, totp, totp_post, totp_remove,
};

/// In this package's own templates, as in a site's: `{% url accounts.login %}`.
#[cfg(feature = "passkeys")]
pub(crate) use super::passkeys;
pub(crate) use super::{members, urls as accounts};

/// The table.
pub fn routes() -> Routes {
    let routes = table::routes();
    #[cfg(feature = "oidc")]
    let routes = routes.and(single_sign_on::routes());
    // CWE-489: what helps to develop is not in a release.
    #[cfg(debug_assertions)]
    let routes = routes.and(super::development::routes().for_development());
    routes
}

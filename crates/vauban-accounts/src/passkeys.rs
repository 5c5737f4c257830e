//! The passkey pages' table of routes, for a site that says `accounts::module::<User>().passkeys()`:
//! `include passkeys at "/accounts/" = vauban::accounts::passkeys`, where the account pages are.
//!
//! | name | method | path | who |
//! |---|---|---|---|
//! | `list` | GET | `factors/passkeys/` | whoever is signed in, or has followed the link that adds a second factor |
//! | `add` | POST | `factors/passkeys/` | whoever has just proved who they are, or has followed that link |
//! | `rename` | POST | `factors/passkeys/{id}/` | whoever is signed in, and whose passkey it is |
//! | `remove` | POST | `factors/passkeys/{id}/remove/` | whoever has just proved who they are, and whose passkey it is |
//! | `sign_in` | POST | `login/passkey/` | everybody |
//! | `second` | POST | `login/factor/passkey/` | whoever has just proved a password, and has a passkey |
//! | `confirm` | POST | `confirm/passkey/` | whoever is signed in, or lacks a proof for that |

use super::views::passkeys as views;

vauban::routes! {
    list => views::list::show,
    add => views::add::submit,
    rename => views::list::rename,
    remove => views::list::remove,
    sign_in => views::sign_in::submit,
    second => views::second::submit,
    confirm => views::confirm::submit,
}

//! The member pages' table of routes, for a site with tenants: `include members at "/organisations/members/" = vauban::accounts::members`.
//!
//! | name | method | path | who |
//! |---|---|---|---|
//! | `members` | GET, POST | `{tenant}/` | members; to invite, who manages members |
//! | `withdraw` | POST | `{tenant}/withdraw/{id}/` | who invited, or manages members up to that role |
//! | `member` | GET, POST | `{tenant}/role/{member}/` | who may change that membership, by its policy |
//! | `remove` | POST | `{tenant}/remove/{member}/` | who may delete that membership, by its policy |
//!
//! Whoever does not belong to the tenant in the address gets 404, as if it were not there.

use super::views::members as views;

vauban::routes! {
    members => views::show,
    invite => views::invite,
    withdraw => views::withdraw,
    member => views::edit,
    member_save => views::save,
    remove => views::remove,
}

//! Permissions of people and groups: rows, read at every request (ASVS 8.3.2, CWE-613).

mod commands;
mod granting;
mod groups;
mod model;
mod store;
mod superusers;
mod told;
mod unlisted;

pub use granting::Granting;
pub use groups::Group;

#[cfg(test)]
pub(crate) use commands::still;
pub(crate) use commands::{groups, permissions};
pub(crate) use model::{GroupRow, MemberRow};
#[cfg(test)]
pub(crate) use store::Holder;
pub(crate) use store::{Rights, RightsStore};
pub(crate) use superusers::{SuperusersStay, superusers, too_many};
pub(crate) use unlisted::unlisted;

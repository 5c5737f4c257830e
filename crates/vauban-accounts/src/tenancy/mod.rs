//! Tenants: who belongs to them is their site's own model, and what no site may forget is here. Nobody makes anybody more than they are
//! themselves, the last owner stays, and whoever is invited proves their address.

mod accepting;
mod inviting;
mod kind;
mod model;
mod owners;
mod service;
mod telling;
mod unguarded;

pub(crate) use accepting::{Accepted, Open};
pub(crate) use inviting::Invited;
pub(crate) use kind::{AnyTenancy, Member, PageOf, TenancyOf};
#[cfg(test)]
pub(crate) use model::NewInvitationRow;
pub(crate) use model::{InvitationRow, Invitations};
pub(crate) use owners::OwnersStay;
pub(crate) use service::Members;
pub(crate) use telling::Told;
pub(crate) use unguarded::unguarded;

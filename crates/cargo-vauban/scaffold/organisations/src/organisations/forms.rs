//! What people may send about organisations.

use vauban::prelude::*;

use super::{Membership, Organisation, Role};

/// Founding and renaming.
#[derive(Form)]
#[form(edits = Organisation, creates = Organisation)]
pub struct OrganisationForm {
    #[field(max_length = 100, autocomplete = "organization")]
    pub name: String,
}

/// Adding somebody who has an account.
#[derive(Form)]
pub struct MemberForm {
    #[field(label = "Their e-mail address", help = "They need an account on this site.")]
    pub email: Email,
    pub role: Role,
}

/// Changing what a member may do. Which member, and where, stands in the address and not in the form.
#[derive(Form)]
#[form(edits = Membership)]
pub struct RoleForm {
    pub role: Role,
}

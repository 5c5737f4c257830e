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

/// Changing what a member may do. Which member, and where, stands in the address and not in the form.
#[derive(Form)]
#[form(edits = Membership)]
pub struct RoleForm {
    #[field(widget = radio)]
    pub role: Role,
}

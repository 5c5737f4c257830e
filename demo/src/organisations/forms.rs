//! What people may send about organisations.

use vauban::prelude::*;

use super::Organisation;

/// Founding and renaming.
#[derive(Form)]
#[form(edits = Organisation, creates = Organisation)]
pub struct OrganisationForm {
    #[field(max_length = 100, autocomplete = "organization")]
    pub name: String,
    #[field(
        label = "Tax ID",
        help = "Only members see it. It is stored encrypted.",
        max_length = 20,
        autocomplete = "off"
    )]
    pub tax_id: Option<Encrypted<String>>,
}

/// Looking for an organisation by its whole tax ID. It is sent as a form and not in the address, which would stand in logs.
#[derive(Form)]
pub struct FindForm {
    #[field(label = "Tax ID", max_length = 20, autocomplete = "off")]
    pub tax_id: String,
}

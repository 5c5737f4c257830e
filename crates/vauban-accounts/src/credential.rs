//! Password hashes, in a model of their own.

use uuid::Uuid;
use vauban::Model;
use vauban::orm::{Columns, DateTime, Id, Policy, Rules, Who};

/// One user's password hash.
///
/// It is not a column of the user: whoever may read or change users, through a query, a form or the admin, comes
/// nowhere near it (CWE-522, CWE-915). Only the services of this module may.
#[derive(Model, Clone)]
#[model(table = "vauban_credential")]
pub(crate) struct Credential {
    #[field(random)]
    pub(crate) id: Id<Credential>,
    /// Whose it is. Not a foreign key: the user's model is the application's.
    #[field(unique)]
    pub(crate) user: Uuid,
    /// A PHC string.
    #[field(max_length = 500)]
    pub(crate) hash: String,
    /// When it was last changed.
    #[field(auto_now)]
    pub(crate) changed: DateTime,
}

impl Policy for Credential {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-522: nobody, whatever they are; services only.
        Rules::none()
    }
}

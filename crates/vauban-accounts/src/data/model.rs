//! The rows of what was made. Nobody may see or change them but their service.

use jiff::SignedDuration;
use uuid::Uuid;
use vauban::Model;
use vauban::orm::{Columns, DateTime, Id, Policy, Rules, Who};

/// One person's data, on its way or made.
#[derive(Model, Clone)]
#[model(table = "vauban_export")]
pub(crate) struct ExportRow {
    #[field(random)]
    pub(crate) id: Id<ExportRow>,
    /// Whose data: one at a time (CWE-770).
    #[field(unique)]
    pub(crate) user: Uuid,
    /// When it was asked for.
    pub(crate) asked: DateTime,
    /// Until when it is kept.
    pub(crate) expires: DateTime,
    /// CWE-312: sealed, for this row and person; nothing while it is on its way.
    pub(crate) sealed: Option<Vec<u8>>,
}

impl Policy for ExportRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-639: reached by the service only.
        Rules::none()
    }
}

vauban::orm::service! {
    /// Keeps what people have asked for of their data, until they have fetched it.
    pub(crate) Exports: View<ExportRow>, Add<ExportRow>, Change<ExportRow>, Delete<ExportRow>;
    waiver!(ServiceRights, "a person's data is reached by its owner's page alone")
}

/// How long it is kept.
pub(super) const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// CWE-345: what is sealed for one row and person opens in no other.
pub(super) fn context(row: &ExportRow) -> Vec<u8> {
    [row.id.uuid().as_bytes().as_slice(), row.user.as_bytes()].concat()
}

//! The rows of accounts that are to be deleted. Nobody may see or change them but their service.

use uuid::Uuid;
use vauban::Model;
use vauban::orm::{Columns, DateTime, Id, Policy, Rules, Who};

/// One account that is to be deleted: until then it signs nobody in.
#[derive(Model, Clone)]
#[model(table = "vauban_deletion")]
pub(crate) struct DeletionRow {
    #[field(random)]
    pub(crate) id: Id<DeletionRow>,
    /// Whose account.
    #[field(unique)]
    pub(crate) user: Uuid,
    /// From when on it may be erased.
    pub(crate) due: DateTime,
}

impl Policy for DeletionRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-639: reached by the service only.
        Rules::none()
    }
}

vauban::orm::service! {
    /// Notes which accounts are to be deleted, and lets nobody in to one.
    pub(crate) AccountEnd: View<DeletionRow>, Add<DeletionRow>, Delete<DeletionRow>;
    waiver!(ServiceRights, "an account that is to be deleted signs nobody in")
}

/// A day for people to read.
pub(super) fn on_day(moment: DateTime) -> String {
    moment.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

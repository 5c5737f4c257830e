//! The service with which tests make their rows.

use vauban_orm::actor::{Everything, Proof};
use vauban_orm::{May, Model, Service};
use vauban_waiver::{__place, Place};

/// May do everything to every row. It exists with the feature `testing` only.
#[derive(Debug, Clone, Copy)]
pub enum Fixtures {}

impl Service for Fixtures {
    type Rights = Everything;
    #[allow(deprecated)]
    const SIGNED: Proof<Self> = Proof::__by_macro();

    fn waiver() -> Place {
        __place!(waiver!(ServiceRights, "tests make the rows that they are about"))
    }
}

impl<A, M: Model> May<A, M> for Fixtures {
    #[allow(deprecated)]
    const LISTED: Proof<Self> = Proof::__by_macro();
}

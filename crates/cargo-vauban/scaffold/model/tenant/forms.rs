//! What people may send about __many__. An organisation is chosen once.

use vauban::prelude::*;

use super::__Model__;
__form_uses__
use crate::organisations::Organisation;

/// Adding: one chooses among the organisations that one belongs to.
#[derive(Form)]
pub struct New__Model__Form {
    #[field(choices = Organisation::objects().order_by(|o| o.name.asc()))]
    pub organisation: Id<Organisation>,
__form_fields__
}

/// Changing. It stays in its organisation: the form has no field to move it.
#[derive(Form)]
pub struct __Model__Form {
__form_fields__
    #[field(widget = hidden)]
    pub version: Option<Version>,
}

impl __Model__Form {
    /// The form as it starts for a row that is there.
    pub fn of(row: &__Model__, version: Version) -> Self {
        Self {
__form_of__
            version: Some(version),
        }
    }
}

//! What people may send about __many__. Who owns them is not among it.

use vauban::prelude::*;

use super::__Model__;
__form_uses__
/// Adding and changing.
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

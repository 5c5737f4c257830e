//! What people may send about __many__. An organisation is chosen once.

use vauban::prelude::*;

use super::__Model__;
__form_uses__
use crate::organisations::Organisation;

/// Adding: one chooses among the organisations that one belongs to.
#[derive(Form)]
#[form(creates = __Model__)]
pub struct New__Model__Form {
    #[field(choices = Organisation::objects().order_by(|o| o.name.asc()))]
    pub organisation: Id<Organisation>,
__form_fields__
}

/// Changing: each field is the column of its name, and saving goes by the version that was shown. It stays in its
/// organisation: the form has no field to move it.
#[derive(Form)]
#[form(edits = __Model__)]
pub struct __Model__Form {
__form_fields__
}

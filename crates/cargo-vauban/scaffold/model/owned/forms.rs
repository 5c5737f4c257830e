//! What people may send about __many__. Who owns them is not among it.

use vauban::prelude::*;

use super::__Model__;
__form_uses__
use crate::people::User;

/// Adding and changing: each field is the column of its name, and saving goes by the version that was shown. The owner is
/// no field: the view gives it.
#[derive(Form)]
#[form(edits = __Model__, creates = __Model__, given(owner: Id<User>))]
pub struct __Model__Form {
__form_fields__
}

//! What people may send about __many__. The organisation is not among it: a row stays where it was added.

use vauban::prelude::*;

use super::__Model__;
__form_uses__
use crate::organisations::Organisation;

/// Adding and changing: each field is the column of its name, and saving goes by the version that was shown. The
/// organisation is no field: the view gives it.__within__
#[derive(Form)]
#[form(edits = __Model__, creates = __Model__, given(organisation: Id<Organisation>)__context__)]
pub struct __Model__Form {
__form_fields__
}

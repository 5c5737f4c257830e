//! Fields that several models share.

use vauban::prelude::*;

/// When a row was made.
#[derive(FieldGroup)]
pub struct Times {
    #[field(auto_now_add)]
    pub created: DateTime,
}

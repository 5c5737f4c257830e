//! Fields that several models share.

use vauban::prelude::*;

/// When a row was made, and when it was last changed.
#[derive(FieldGroup)]
pub struct Times {
    #[field(auto_now_add)]
    pub created: DateTime,
    #[field(auto_now)]
    pub changed: DateTime,
}

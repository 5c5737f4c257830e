//! The rows behind throttles. Nobody may see or change them but the throttles.

use vauban::Model;
use vauban::orm::{Columns, DateTime, Id, Policy, Rules, Who};

/// One bucket.
#[derive(Model, Clone)]
#[model(table = "vauban_throttle")]
pub(crate) struct ThrottleRow {
    #[field(random)]
    pub(crate) id: Id<ThrottleRow>,
    /// A keyed hash of what is counted: 64 hexadecimal digits.
    #[field(unique, max_length = 64)]
    pub(crate) bucket: String,
    /// Attempts counted.
    pub(crate) attempts: i64,
    /// No attempt before this.
    pub(crate) blocked_until: DateTime,
    /// The last attempt that was counted.
    #[field(index)]
    pub(crate) counted: DateTime,
}

impl Policy for ThrottleRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

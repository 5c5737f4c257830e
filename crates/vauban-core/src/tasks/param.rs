//! What a task may ask for besides its arguments.

use std::any::Any;

use vauban_orm::{Db, Read, Write};

use super::call::{Attempt, TaskCall};
use super::failed::Failed;
use crate::routing::Part;

/// A parameter of a task that the framework gives.
#[diagnostic::on_unimplemented(
    message = "a task has no parameter of the type `{Self}`",
    note = "after `AsAsker` or `AsService<…>` there may be `Db<Write>`, `Db`, `Part<…>`, `Attempt`, and one value of the task's own arguments"
)]
pub trait TaskParam: Sized {
    #[doc(hidden)]
    fn take(call: &TaskCall<'_>) -> Result<Self, Failed>;
}

/// Reads and writes, in the one unit of which the end of the task is a part: exactly once.
impl TaskParam for Db<Write> {
    fn take(call: &TaskCall<'_>) -> Result<Self, Failed> {
        Ok(call.unit.db())
    }
}

impl TaskParam for Db<Read> {
    fn take(call: &TaskCall<'_>) -> Result<Self, Failed> {
        Ok(call.unit.read_db())
    }
}

impl<T: Any> TaskParam for Part<T> {
    fn take(call: &TaskCall<'_>) -> Result<Self, Failed> {
        Self::of_site(&call.site).map_err(Failed::from)
    }
}

impl TaskParam for Attempt {
    fn take(call: &TaskCall<'_>) -> Result<Self, Failed> {
        Ok(call.attempt)
    }
}

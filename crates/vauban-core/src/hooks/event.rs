//! What happens, and how a hook says no.

use std::fmt;

use vauban_orm::Problem;

use crate::http::Error;

/// Something that happens, of which other modules may be told. Whoever can make one can [fire](super::fire) it: fields that others only
/// read are `pub` in a type that is `#[non_exhaustive]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event",
    label = "no module fires this",
    note = "a hook takes the event by reference: `e: &SignedUp` of `vauban::accounts::hooks`, or one that a module declares",
    note = "declare one of your own: `impl Event for Ordered {{ type Failure = Error; }}`"
)]
pub trait Event: Send + Sync + 'static {
    /// What a hook fails with: [`Error`](crate::Error) where it has happened already, [`Refused`] where it is about to and may be
    /// refused. Either way nothing of the unit is saved.
    type Failure: From<Error> + Send;
}

/// Why a hook does not let something happen.
#[derive(Debug)]
pub enum Refused {
    /// What the page says of it, at its form.
    Because(Problem),
    /// Something went wrong: the error's page.
    Failed(Error),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Because(problem)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<vauban_orm::Error> for Refused {
    #[track_caller]
    fn from(error: vauban_orm::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Because(problem) => problem.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

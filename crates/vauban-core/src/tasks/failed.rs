//! How a task fails: to be tried again, or for good.

use std::fmt;
use std::time::Duration;

use crate::http::Error;

/// Why one try of a task did not go well. `?` makes it of every error; it is tried again then, until its tries are used up.
pub struct Failed {
    pub(crate) what: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Again(Option<Duration>),
    ForGood,
    Unreadable,
    /// The database undid it for what others wrote meanwhile.
    Undone,
}

impl Failed {
    /// To be tried again, after a pause that grows.
    pub fn again(what: impl fmt::Display) -> Self {
        Self {
            what: what.to_string(),
            kind: Kind::Again(None),
        }
    }

    /// To be tried again after so long, if tries are left.
    pub fn again_after(pause: Duration, what: impl fmt::Display) -> Self {
        Self {
            what: what.to_string(),
            kind: Kind::Again(Some(pause)),
        }
    }

    /// Not to be tried again: it becomes a dead letter at once.
    pub fn for_good(what: impl fmt::Display) -> Self {
        Self {
            what: what.to_string(),
            kind: Kind::ForGood,
        }
    }

    /// CWE-532: what serde says of a value quotes it; where is enough.
    pub(crate) fn unreadable(error: &serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Data => "are of another type",
            _ => "are no JSON",
        };
        Self {
            what: format!(
                "this release cannot read the task's arguments: they {what} (column {})",
                error.column()
            ),
            kind: Kind::Unreadable,
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failed({:?}, {:?})", self.what, self.kind)
    }
}

// `?` works on every error; that is why `Failed` is not an error itself.
impl<E: std::error::Error + Send + Sync + 'static> From<E> for Failed {
    fn from(error: E) -> Self {
        of(&error)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        match error.source() {
            Some(source) => of(source),
            None => Self::again(error),
        }
    }
}

fn of(error: &(dyn std::error::Error + 'static)) -> Failed {
    let causes = || std::iter::successors(Some(error), |error| error.source());
    let is_undone = causes().any(|cause| matches!(cause.downcast_ref(), Some(vauban_orm::Error::Undone)));
    let told: Vec<String> = causes().take(8).map(ToString::to_string).collect();
    Failed {
        what: told.join(": "),
        kind: match is_undone {
            true => Kind::Undone,
            false => Kind::Again(None),
        },
    }
}

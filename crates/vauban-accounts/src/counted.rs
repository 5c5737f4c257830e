//! An attempt at a password that is counted, until it is known what came of it.

use jiff::SignedDuration;
use tokio::runtime::Handle;
use tokio::task::JoinError;

use super::passwords::{Busy, HasherFailure, Place};
use super::throttle::{Admission, Bucket, Step, Throttles};
use vauban::http::Error;

/// Why somebody could not sign in, or prove their password.
#[derive(Debug)]
pub(super) enum SignInFailure {
    /// Unknown, wrong or inactive: nobody is told which.
    Wrong,
    /// Too many attempts; the next one after this.
    Wait(SignedDuration),
    /// So many codes were wrong that none is looked at any more.
    Shut,
    /// Too many at once.
    Busy,
    /// Our fault.
    Internal(Error),
}

/// An attempt that is counted, and the place in the hasher's queue that it was counted for. Wrong is what it was if
/// nothing else is said.
///
/// CWE-645: what is counted is that a password was looked at. If none was, because the queue stood still until the request
/// was given up or the worker broke, the count is given back: else an overload would lock people out whom nobody guesses at.
pub(super) struct Counted {
    throttles: Throttles,
    buckets: Vec<Bucket>,
    steps: Vec<Step>,
    place: Place,
    /// Whether the password was right: then its counts are given back elsewhere.
    is_right: bool,
}

impl Counted {
    /// Counts an attempt, or says how long to wait.
    ///
    /// In a task of its own: whoever gives up meanwhile drops its answer, which gives back what it has counted.
    pub(super) async fn count(
        throttles: &Throttles,
        buckets: Vec<Bucket>,
        place: Place,
    ) -> Result<Self, SignInFailure> {
        let throttles = throttles.clone();
        let counting = tokio::spawn(async move {
            match throttles.admit(&buckets).await? {
                Admission::Wait(wait) => Err(SignInFailure::Wait(wait)),
                Admission::Counted(steps) => Ok(Self {
                    throttles,
                    buckets,
                    steps,
                    place,
                    is_right: false,
                }),
            }
        });
        counting.await.map_err(|error| stopped(&error))?
    }

    /// The place in the queue.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// The password was right: an account's own buckets are emptied, shared ones get this attempt back. Once, whoever gives
    /// up meanwhile (CWE-307: given back twice, it would clean an address of somebody's guesses).
    pub(super) async fn right(mut self) -> Result<(), SignInFailure> {
        self.is_right = true;
        let (throttles, buckets) = (self.throttles.clone(), std::mem::take(&mut self.buckets));
        drop(self);
        let giving_back = tokio::spawn(async move {
            match throttles.succeeded(&buckets).await {
                // CWE-645: who typed the right password does not pay for a busy database.
                Err(vauban::orm::Error::Busy(_)) => throttles.succeeded(&buckets).await,
                done => done,
            }
        });
        Ok(giving_back.await.map_err(|error| stopped(&error))??)
    }
}

fn stopped(error: &JoinError) -> SignInFailure {
    SignInFailure::Internal(Error::internal(error.to_string()))
}

impl Drop for Counted {
    fn drop(&mut self) {
        // CWE-307: whoever hangs up while their password is looked at has guessed.
        if self.is_right || self.place.has_worked() {
            return;
        }
        // Without one the program ends, and nobody signs in any more.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let (throttles, steps) = (self.throttles.clone(), std::mem::take(&mut self.steps));
        runtime.spawn(async move {
            if let Err(error) = throttles.give_back(&steps).await {
                tracing::warn!(target: "vauban::accounts", %error, "an attempt that was no guess stays counted");
            }
        });
    }
}

impl From<HasherFailure> for SignInFailure {
    fn from(failure: HasherFailure) -> Self {
        match failure {
            HasherFailure::Busy => Self::Busy,
            other => Self::Internal(other.into()),
        }
    }
}

impl From<Busy> for SignInFailure {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<vauban::orm::Error> for SignInFailure {
    fn from(error: vauban::orm::Error) -> Self {
        match error {
            vauban::orm::Error::Busy(_) => Self::Busy,
            other => Self::Internal(other.into()),
        }
    }
}

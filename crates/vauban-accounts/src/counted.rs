//! An attempt at a password that is counted, until it is known what came of it.

use tokio::runtime::Handle;

use super::passwords::Place;
use super::throttle::{Bucket, Step, Throttles};
use vauban::orm::Result;

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
    end: End,
}

#[derive(PartialEq, Eq)]
enum End {
    /// Nothing is known yet.
    Open,
    /// The password was right, and its counts are still to be given back.
    Right,
    /// There is nothing more to do.
    Settled,
}

impl Counted {
    pub(super) fn new(throttles: Throttles, buckets: Vec<Bucket>, steps: Vec<Step>, place: Place) -> Self {
        Self {
            throttles,
            buckets,
            steps,
            place,
            end: End::Open,
        }
    }

    /// The place in the queue.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// The password was right. If the database has no time for it now, it is tried again later.
    pub(super) async fn right(mut self) -> Result<()> {
        self.end = End::Right;
        self.throttles.succeeded(&self.buckets).await?;
        self.end = End::Settled;
        Ok(())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        // CWE-307: whoever hangs up while their password is looked at has guessed.
        let is_guess = self.end == End::Open && self.place.has_worked();
        if is_guess || self.end == End::Settled {
            return;
        }
        // The program ends, and nobody signs in any more.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let throttles = self.throttles.clone();
        let is_right = self.end == End::Right;
        let (buckets, steps) = (
            std::mem::take(&mut self.buckets),
            std::mem::take(&mut self.steps),
        );
        runtime.spawn(async move {
            let given_back = match is_right {
                true => throttles.succeeded(&buckets).await,
                false => throttles.give_back(&steps).await,
            };
            if let Err(error) = given_back {
                tracing::warn!(target: "vauban::accounts", %error, "an attempt that was no guess stays counted");
            }
        });
    }
}

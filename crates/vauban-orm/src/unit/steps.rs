//! What a handle does: one statement, or several of which one is made of what another found.

use std::future::Future;

use crate::backend::Session;
use crate::error::{Error, Result};
use crate::policy::authority::Authority;
use crate::sabotage::{Control, removed};

/// The statements by which something is read or written.
pub(crate) trait Steps: Send + Sync {
    /// What comes of them.
    type Found: Send;

    /// Whether there are several that read, so that all of them see one state of the database.
    fn are_several(&self) -> bool {
        false
    }

    /// Runs them one after the other; writes their text where a development build shows it.
    fn run(
        &self,
        authority: &Authority,
        session: Session<'_>,
        text: &mut String,
    ) -> impl Future<Output = Result<Self::Found>> + Send;

    /// Whether they may come to something else in a new transaction, if they were the first of the one in which this went wrong.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code))]
    fn may_run_again(&self, error: &Error) -> bool {
        matches!(error, Error::Undone)
    }

    /// Whether they wait for the writer's turn, where one unit writes at a time.
    fn waits(&self) -> bool {
        true
    }

    /// Whether they may take so long that nobody else should wait for the thread meanwhile.
    fn is_large(&self) -> bool {
        false
    }
}

/// Steps that read one state of the database, outside a unit's turn.
pub(super) struct OneState<'s, S>(pub(super) &'s S);

impl<S: Steps> Steps for OneState<'_, S> {
    type Found = S::Found;

    async fn run(&self, authority: &Authority, session: Session<'_>, text: &mut String) -> Result<S::Found> {
        if !self.0.are_several() {
            return self.0.run(authority, session, text).await;
        }
        session.begin_state().await?;
        let state = State(session);
        let result = self.0.run(authority, session, text).await;
        drop(state);
        session.end_state().await?;
        result
    }
}

/// CWE-613: also where a field's type panics, a connection does not stay in the state of that moment: whoever reads by it next
/// would not see what was revoked since.
struct State<'a>(Session<'a>);

impl Drop for State<'_> {
    fn drop(&mut self) {
        self.0.leave_state();
    }
}

/// Steps of which all are done or none.
pub(super) struct AllOrNone<'s, S>(pub(super) &'s S);

impl<S: Steps> Steps for AllOrNone<'_, S> {
    type Found = S::Found;

    async fn run(&self, authority: &Authority, session: Session<'_>, text: &mut String) -> Result<S::Found> {
        let takes_a_step = !session.undoes_statements();
        if takes_a_step {
            session.begin_step().await?;
        }
        let result = self.0.run(authority, session, text).await;
        // A write that fails halfway (a set with one forbidden value) leaves nothing behind.
        if takes_a_step {
            session.end_step(result.is_ok()).await?;
        }
        result
    }

    fn may_run_again(&self, error: &Error) -> bool {
        self.0.may_run_again(error)
    }

    fn is_large(&self) -> bool {
        self.0.is_large()
    }
}

/// Does what takes long. CWE-400: where the runtime has several threads, what else this one has to do is done by another
/// meanwhile. The work stays on its thread, so that it is done when it returns, also if whoever asked has gone.
pub(super) fn off_the_runtime<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    let several = Handle::try_current().is_ok_and(|it| it.runtime_flavor() == RuntimeFlavor::MultiThread);
    if several && !removed(Control::OffTheRuntime) {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}

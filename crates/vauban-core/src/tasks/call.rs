//! What one try of a task is called with.

use std::sync::Arc;

use vauban_orm::Actor;
use vauban_orm::engine::Unit;

use crate::site::Site;

/// What a task is called with. Only the driver makes one.
#[derive(Debug)]
pub struct TaskCall<'u> {
    pub(super) site: Arc<Site>,
    pub(super) unit: &'u Unit,
    pub(super) actor: Actor,
    pub(super) attempt: Attempt,
}

/// Which try this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Which of them this is, from 1.
    pub number: u32,
    /// How many tries there are at most.
    pub of: u32,
    /// The task's row: the same for all tries, for a key that a server outside knows it by (`Message-ID`, `Idempotency-Key`).
    pub task: uuid::Uuid,
}

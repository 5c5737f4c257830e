//! A task as commands show it.

use std::fmt;

use serde_json::{Value, json};
use uuid::Uuid;
use vauban::orm::DateTime;

use crate::model::{DeadTaskRow, TaskRow};
use crate::queue::CLAIMED;
use crate::text::one_line;

/// What a task does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It is due, and nobody runs it yet.
    Queued,
    /// It is not due yet.
    Waiting,
    /// A process has claimed it.
    Running,
    /// Whoever had claimed it has not renewed that: it is taken over.
    Lost,
    /// It failed, and is tried again.
    Failed,
    /// This release has no task of its name.
    Unknown,
    /// It was given up.
    Dead,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Lost => "lost",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Dead => "dead",
        }
    }
}

/// A task as commands show it.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    state: State,
    queue: String,
    priority: i16,
    attempt: i64,
    due: Option<DateTime>,
    created: DateTime,
    died: Option<DateTime>,
    asker: Option<Uuid>,
    key: Option<String>,
    args: String,
    error: Option<String>,
}

impl Shown {
    pub(crate) fn waiting(row: TaskRow, state: State) -> Self {
        Self {
            id: row.id.uuid(),
            state,
            due: Some(row.due),
            died: None,
            args: shown(&row.args, row.sealed),
            name: row.name,
            queue: row.queue,
            priority: row.priority % CLAIMED,
            attempt: row.attempt,
            created: row.created,
            asker: row.asker,
            key: row.key,
            error: row.error,
        }
    }

    pub(crate) fn dead(row: DeadTaskRow) -> Self {
        Self {
            id: row.task,
            state: State::Dead,
            due: None,
            died: Some(row.died),
            args: shown(&row.args, row.sealed),
            name: row.name,
            queue: row.queue,
            priority: row.priority,
            attempt: row.attempt,
            created: row.created,
            asker: row.asker,
            key: row.key,
            error: Some(row.error),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let moment = |moment: Option<DateTime>| moment.map(|moment| moment.to_string());
        json!({
            "id": self.id.to_string(), "task": self.name, "state": self.state.word(), "queue": self.queue,
            "priority": self.priority, "attempt": self.attempt, "due": moment(self.due),
            "created": self.created.to_string(), "died": moment(self.died), "asker": self.asker.map(|asker| asker.to_string()),
            "key": self.key, "arguments": self.args, "error": self.error,
        })
    }

    /// What else there is to be known of it.
    pub(crate) fn more(&self) -> Vec<(&'static str, String)> {
        let priority = ["high", "normal", "low"];
        let priority = usize::try_from(self.priority)
            .ok()
            .and_then(|at| priority.get(at));
        let mut all = vec![
            ("queue", self.queue.clone()),
            (
                "priority",
                priority.map_or_else(|| self.priority.to_string(), ToString::to_string),
            ),
            ("created", self.created.to_string()),
        ];
        all.extend(self.asker.map(|asker| ("asker", asker.to_string())));
        all.extend(self.key.as_ref().map(|key| ("key", one_line(key))));
        all.push(("arguments", one_line(&self.args)));
        all
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}  {:<7}  {}",
            self.id,
            self.state.word(),
            one_line(&self.name)
        )?;
        if self.attempt > 0 {
            write!(f, "  try {}", self.attempt)?;
        }
        if let Some(due) = self
            .due
            .filter(|_| matches!(self.state, State::Waiting | State::Failed))
        {
            write!(f, "  due {due}")?;
        }
        if let Some(error) = &self.error {
            write!(f, "  {}", one_line(error))?;
        }
        Ok(())
    }
}

/// CWE-532: what is sealed at rest is not opened for a terminal.
fn shown(args: &[u8], sealed: bool) -> String {
    match sealed {
        true => "***".to_owned(),
        false => String::from_utf8_lossy(args).into_owned(),
    }
}

//! A schedule of the program's, and when it is to be looked at.

use std::sync::{Mutex, PoisonError};

use vauban::commands::Failure;
use vauban::orm::DateTime;
use vauban::tasks::Scheduled;

use crate::timetable::Timetable;

/// A schedule of the program's.
#[derive(Debug)]
pub(crate) struct Clockwork {
    pub(crate) scheduled: Scheduled,
    pub(crate) table: Timetable,
    /// What rows call it: a schedule that is changed begins anew.
    pub(crate) name: String,
    /// When the database was asked, and before when it need not be asked again.
    asked: Mutex<Option<(DateTime, DateTime)>>,
}

impl Clockwork {
    /// # Errors
    /// What is wrong with its plan.
    pub(crate) fn new(scheduled: Scheduled) -> Result<Self, Failure> {
        let table = Timetable::read(scheduled.schedule.plan()).map_err(|why| {
            Failure::new(format_args!(
                "The schedule of the task `{}`: {why}.",
                scheduled.task.name
            ))
        })?;
        let name = format!("{}: {}", scheduled.task.name, scheduled.schedule);
        if name.len() > 250 {
            return Err(Failure::new(format_args!(
                "The schedule of the task `{}` is too long.",
                scheduled.task.name
            )));
        }
        Ok(Self {
            scheduled,
            table,
            name,
            asked: Mutex::default(),
        })
    }

    /// Whether the database is to be asked.
    pub(crate) fn is_due(&self, now: DateTime) -> bool {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was put back knows nothing of what is next.
        asked.is_none_or(|(asked, next)| next <= now || now < asked)
    }

    /// Nothing is to be asked between these.
    pub(crate) fn waits(&self, now: DateTime, next: DateTime) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, next));
    }
}

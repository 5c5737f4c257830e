//! When tasks come by themselves.

use std::marker::PhantomData;
use std::time::Duration;

use vauban_orm::DateTime;

use super::queue::NewTask;
use super::task::{Task, TaskMeta};
use super::when::Priority;
use super::who::{AsService, RunsAs};
use vauban_orm::Service;

/// When a task is due by itself. Fixed times ([`daily`](Self::daily), [`cron`](Self::cron)) are of a place: a time that its clocks
/// leave out in spring is due at the first moment after the gap, one that they show twice in autumn once, the first time.
/// [`every`](Self::every) is by elapsed time.
#[derive(Debug, Clone, Copy)]
#[must_use = "a schedule is given to `Module::schedule`"]
pub struct Schedule {
    plan: Plan,
    missed: Missed,
}

/// What a schedule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Every day at this time (`02:30`) of this time zone.
    Daily(&'static str, &'static str),
    /// By these five fields of cron, in this time zone.
    Cron(&'static str, &'static str),
    /// Always so long after the last time, counted from 1970.
    Every(Duration),
}

/// What becomes of times at which nothing ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missed {
    /// However many there were, it runs once as soon as something runs again.
    #[default]
    Once,
    /// They are left out: it runs at the next time.
    Skip,
}

impl Schedule {
    /// Every day at this time, in 24 hours, of the time zone with this name: `Schedule::daily("02:30", "Europe/Berlin")`.
    pub const fn daily(time: &'static str, zone: &'static str) -> Self {
        Self::new(Plan::Daily(time, zone))
    }

    /// By five fields, minute, hour, day of month, month, day of week: `Schedule::cron("0 9 * * MON", "Europe/Berlin")`.
    pub const fn cron(fields: &'static str, zone: &'static str) -> Self {
        Self::new(Plan::Cron(fields, zone))
    }

    /// Every so often by elapsed time, a minute at least: `Schedule::every(Duration::from_secs(900))`.
    pub const fn every(pause: Duration) -> Self {
        Self::new(Plan::Every(pause))
    }

    const fn new(plan: Plan) -> Self {
        let missed = Missed::Once;
        Self { plan, missed }
    }

    /// What becomes of times at which nothing ran.
    pub const fn missed(mut self, missed: Missed) -> Self {
        self.missed = missed;
        self
    }

    /// What it says of its times.
    pub const fn plan(&self) -> Plan {
        self.plan
    }

    /// What becomes of times at which nothing ran.
    pub const fn when_missed(&self) -> Missed {
        self.missed
    }
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.plan {
            Plan::Daily(time, zone) => write!(f, "daily {time} {zone}")?,
            Plan::Cron(fields, zone) => write!(f, "cron {fields} {zone}")?,
            Plan::Every(pause) => write!(f, "every {} s", pause.as_secs())?,
        }
        match self.missed {
            Missed::Once => Ok(()),
            Missed::Skip => f.write_str(", missed ones are left out"),
        }
    }
}

/// A task as a value, as `#[task]` writes it beside its type: `.schedule(…, digest)`.
#[must_use = "a task is not called: `digest::enqueue(&db, …)` queues it"]
pub struct TaskOf<T>(PhantomData<fn() -> T>);

impl<T> TaskOf<T> {
    #[doc(hidden)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> std::fmt::Debug for TaskOf<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::any::type_name::<T>())
    }
}

/// A task that may come by itself: as a service, for nobody asks.
#[diagnostic::on_unimplemented(
    message = "`{Self}` runs as whoever asked, and nobody asks for what is scheduled",
    note = "write `_: AsService<…>` as the task's first parameter"
)]
pub trait ByItself: RunsAs {}
impl<S: Service> ByItself for AsService<S> {}

/// What a scheduled task is told: nothing, or the moment for which it was due.
#[diagnostic::on_unimplemented(
    message = "a scheduled task is told nothing (`()`), or the moment for which it was due (`DateTime`), and no `{Self}`"
)]
pub trait OfSchedule: serde::Serialize {
    #[doc(hidden)]
    fn due(at: DateTime) -> Self;
}

impl OfSchedule for () {
    fn due(_: DateTime) -> Self {}
}
impl OfSchedule for DateTime {
    fn due(at: DateTime) -> Self {
        at
    }
}

/// A task with its schedule, as a module lists it.
#[derive(Debug, Clone, Copy)]
pub struct Scheduled {
    /// At which times it comes.
    pub schedule: Schedule,
    /// Which task it is, as its module lists it.
    pub task: TaskMeta,
    args: fn(DateTime) -> Vec<u8>,
    priority: Priority,
}

impl Scheduled {
    pub(crate) fn of<T: Task<As: ByItself, Args: OfSchedule>>(schedule: Schedule) -> Self {
        Self {
            schedule,
            task: TaskMeta::of::<T>(),
            priority: T::PRIORITY,
            args: |at| serde_json::to_vec(&T::Args::due(at)).unwrap_or_default(),
        }
    }

    /// The task of this time, to be queued.
    pub fn at(&self, due: DateTime) -> NewTask {
        NewTask::new(self.task, (self.args)(due), self.priority)
    }
}

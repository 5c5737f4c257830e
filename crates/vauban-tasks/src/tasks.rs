//! The tasks of one site: what is listed, and how its rows are reached.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use uuid::Uuid;
use vauban::commands::Failure;
use vauban::module::Wiring;
use vauban::signing::Sealer;
use vauban::tasks::{Scheduled, TaskMeta};
use vauban::units::Units;

use crate::clock::Clock;
use crate::clockwork::Clockwork;
use crate::settings::TaskSettings;
use crate::wake::Wake;

/// The tasks of one site: a part of it, and its queue.
pub struct Tasks {
    pub(crate) units: Units,
    pub(crate) clock: Clock,
    pub(crate) settings: TaskSettings,
    /// Opens what releases before `0002` sealed.
    pub(crate) sealer: Sealer,
    pub(crate) listed: BTreeMap<&'static str, TaskMeta>,
    pub(crate) schedules: Vec<Clockwork>,
    /// How many tasks run at once in this process, of all queues.
    pub(crate) most_at_once: usize,
    /// Told when something was queued.
    pub(crate) wake: Wake,
    /// Which process this is, to rows.
    pub(crate) worker: Uuid,
}

impl Tasks {
    /// Of what modules list.
    ///
    /// # Errors
    /// A schedule of a task that no module lists, or that no clock understands.
    pub(crate) fn new(wiring: &Wiring<'_>) -> Result<Self, Failure> {
        let listed: BTreeMap<_, _> = wiring
            .parts
            .contributed::<TaskMeta>()
            .iter()
            .map(|task| (task.name, *task))
            .collect();
        let scheduled = wiring.parts.contributed::<Scheduled>();
        for scheduled in scheduled {
            if !listed.contains_key(scheduled.task.name) {
                return Err(Failure::new(format_args!(
                    "The task `{}` is scheduled and not listed: add `.task::<…>()` beside its `.schedule(…)`.",
                    scheduled.task.name
                )));
            }
        }
        let schedules = scheduled
            .iter()
            .map(|one| Clockwork::new(*one))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            units: wiring.units(),
            clock: Clock::default(),
            wake: Wake::new(wiring.units()),
            settings: wiring.settings.of(),
            sealer: wiring.keys().sealer("arguments"),
            listed,
            schedules,
            most_at_once: most_at_once(wiring),
            worker: Uuid::from_u128(rand::random()),
        })
    }

    /// The queues of the listed tasks, each with how many run at once.
    pub(crate) fn queues(&self) -> Vec<(&'static str, usize)> {
        let queues: BTreeSet<&'static str> = self.listed.values().map(|task| task.queue).collect();
        let all = queues
            .into_iter()
            .map(|queue| (queue, self.settings.concurrency_of(queue)));
        all.filter(|(_, many)| *many > 0).collect()
    }
}

/// On a database server each task holds one connection, and for moments a second one: half of them stay for visitors, and for what
/// becomes of tasks (CWE-400). SQLite has none.
fn most_at_once(wiring: &Wiring<'_>) -> usize {
    let settings = wiring.settings;
    match settings.database_url.expose().starts_with("sqlite:") {
        true => usize::MAX,
        false => (settings.database_connections / 2).max(1),
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks")
            .field("worker", &self.worker)
            .finish_non_exhaustive()
    }
}

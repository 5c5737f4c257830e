//! The settings of tasks: the section `tasks`.

use std::collections::BTreeMap;
use std::time::Duration;

use vauban::checks::Finding;
use vauban::settings::{ModuleSettings, SettingRow, SettingValue};

/// What the section `tasks` of the settings says.
#[derive(Debug, Clone)]
pub struct TaskSettings {
    /// Whether `serve` runs tasks beside serving.
    pub in_serve: bool,
    /// How many of one queue run at once in a process, where `queues` does not say.
    pub concurrency: usize,
    /// How many of which queue.
    pub queues: Queues,
    /// For how long a task is claimed at least; one that may take longer, for its time limit and half a minute.
    pub lease: Duration,
    /// How often is looked what has become due, where nobody says so.
    pub poll: Duration,
}

impl Default for TaskSettings {
    fn default() -> Self {
        Self {
            in_serve: true,
            concurrency: 16,
            queues: Queues::default(),
            lease: Duration::from_secs(60),
            poll: Duration::from_secs(1),
        }
    }
}

impl TaskSettings {
    /// How many tasks of a queue run at once in a process.
    pub(crate) fn concurrency_of(&self, queue: &str) -> usize {
        self.queues.0.get(queue).copied().unwrap_or(self.concurrency)
    }
}

/// How many tasks of which queue run at once: `mail=4,reports=1`. With 0 this process runs none of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queues(BTreeMap<String, usize>);

/// More would be more connections than a database has, and tasks that wait for one another.
const MOST: usize = 256;

impl SettingValue for Queues {
    const ACCEPTS: &'static str = "queues with how many of their tasks run at once: `mail=4,reports=1`";

    fn read(text: &str) -> Result<Self, String> {
        let mut queues = BTreeMap::new();
        for one in text.split(',').map(str::trim).filter(|one| !one.is_empty()) {
            let said = one.split_once('=').and_then(|(queue, many)| {
                let many = many.trim().parse().ok().filter(|many| *many <= MOST)?;
                Some((queue.trim(), many))
            });
            let Some((queue, many)) = said else {
                return Err(format!(
                    "`{one}` is not a queue and a number up to {MOST}: `mail=4`"
                ));
            };
            queues.insert(queue.to_owned(), many);
        }
        Ok(Self(queues))
    }

    fn show(&self) -> String {
        let all: Vec<String> = self
            .0
            .iter()
            .map(|(queue, many)| format!("{queue}={many}"))
            .collect();
        all.join(",")
    }
}

impl ModuleSettings for TaskSettings {
    const SECTION: &'static str = "tasks";

    fn rows() -> Vec<SettingRow<Self>> {
        vec![
            SettingRow::new(
                "in_serve",
                "whether `serve` runs tasks beside serving",
                |s: &mut Self| &mut s.in_serve,
            ),
            SettingRow::new(
                "concurrency",
                "how many tasks of one queue run at once in a process",
                |s: &mut Self| &mut s.concurrency,
            )
            .checked("is from 1 to 256"),
            SettingRow::new(
                "queues",
                "the same of single queues: `mail=4,reports=1`; 0: this process runs none of it",
                |s: &mut Self| &mut s.queues,
            ),
            SettingRow::new(
                "lease",
                "for how long a task is claimed at least before another may; else for its time limit and up to 30 s",
                |s: &mut Self| &mut s.lease,
            )
            .checked("is from 3 seconds to an hour"),
            SettingRow::new(
                "poll",
                "how often is looked for due tasks where nobody says that there are some",
                |s: &mut Self| &mut s.poll,
            )
            .checked("is from a second to a minute"),
        ]
    }

    fn check(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        if !(1..=MOST).contains(&self.concurrency) {
            found.push(Finding::error(
                "tasks.concurrency",
                format!("tasks.concurrency is {}", self.concurrency),
                "Write 1 to 256 into VAUBAN_TASKS_CONCURRENCY.",
            ));
        }
        if !(Duration::from_secs(3)..=Duration::from_secs(3600)).contains(&self.lease) {
            found.push(Finding::error(
                "tasks.lease",
                "tasks.lease is not from 3 seconds to an hour",
                "Write 60s into VAUBAN_TASKS_LEASE, or leave it out.",
            ));
        }
        if !(Duration::from_secs(1)..=Duration::from_secs(60)).contains(&self.poll) {
            found.push(Finding::error(
                "tasks.poll",
                "tasks.poll is not from a second to a minute",
                "Write 1s into VAUBAN_TASKS_POLL, or leave it out.",
            ));
        }
        found
    }
}

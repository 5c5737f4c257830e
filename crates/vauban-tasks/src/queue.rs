//! A task into the unit of whoever asks for it.

use std::pin::Pin;

use vauban::orm::{DateTime, Db, Error, Result, Write};
use vauban::tasks::{Enqueued, NewTask, Priority, TaskQueue, When};

use crate::model::{NewTaskRow, TaskRow};
use crate::secret;
use crate::services::QueueTasks;
use crate::tasks::Tasks;

impl TaskQueue for Tasks {
    fn enqueue<'a>(
        &'a self,
        db: &'a Db<Write>,
        task: NewTask,
    ) -> Pin<Box<dyn Future<Output = Result<Enqueued>> + Send + 'a>> {
        Box::pin(async move {
            let meta = task.task;
            if !self.listed.contains_key(meta.name) {
                let name = (meta.path)();
                return Err(Error::Unlisted { what: "task", name });
            }
            let asker = db.actor().user_facts().map(|facts| facts.id);
            if meta.service.is_none() && asker.is_none() {
                return Err(Error::Internal(format!(
                    "the task `{}` runs as who asked, and nobody does here: enqueue it where somebody is signed in, or run it as a \
                     service (`_: AsService<…>`)",
                    meta.name
                )));
            }
            let now = self.clock.now();
            let due = due(task.when, now);
            let is_keyed = task.key.is_some();
            let (args, secret) = match meta.secret {
                true => (Vec::new(), Some(task.args)),
                false => (task.args, None),
            };
            let new = NewTaskRow {
                name: meta.name.to_owned(),
                queue: meta.queue.to_owned(),
                priority: number(task.priority),
                due,
                worker: None,
                asker,
                key: task.key,
                args,
                sealed: secret.is_some(),
                error: None,
                created: now,
            };
            let acting = db.acting::<QueueTasks>();
            let row = match TaskRow::create(new).save(&acting).await {
                Ok(row) => row,
                Err(Error::Unique { .. }) if is_keyed => return Ok(Enqueued::There),
                Err(error) => return Err(error),
            };
            if let Some(secret) = secret {
                Box::pin(secret::keep(&acting, &row, &secret)).await?;
            }
            if due <= now {
                let wake = self.wake.clone();
                // It is kept until the commit, once for each task: the larger part of it is made only then.
                db.on_commit(async move { Box::pin(wake.all()).await });
            }
            Ok(Enqueued::New)
        })
    }
}

fn due(when: When, now: DateTime) -> DateTime {
    match when {
        When::Now => now,
        When::After(pause) => now + pause,
        When::At(moment) => moment,
    }
}

/// All priorities, as rows have them: the first ones first.
pub(crate) const PRIORITIES: [i16; 3] = [0, 1, 2];
/// The last of them.
pub(crate) const LOWEST: i16 = 2;
/// So much is added while a task is claimed: so the index leads to those that were left, past all that wait.
pub(crate) const CLAIMED: i16 = 100;

pub(crate) fn number(priority: Priority) -> i16 {
    match priority {
        Priority::High => 0,
        Priority::Normal => 1,
        Priority::Low => 2,
    }
}

//! A task on its way into its caller's unit.

use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use vauban_orm::actor::Service;
use vauban_orm::{Acting, DateTime, Db, Error, FieldProblem, Problem, Result, Write};

use super::queue::{Enqueued, MOST_ARGUMENTS, NewTask, Outbox};
use super::task::{Task, TaskMeta};
use super::when::{Priority, When};

/// The longest key, in bytes.
const MOST_KEY: usize = 200;

/// A handle in whose unit tasks are queued: `Db<Write>`, or a service's.
#[diagnostic::on_unimplemented(
    message = "`{Self}` queues no task",
    label = "a handle that only reads",
    note = "a task is queued in the unit of whoever asks for it: take `db: Db<Write>` in a view of an unsafe method, a command or a task"
)]
pub trait Enqueues: Sync {
    #[doc(hidden)]
    fn unit(&self) -> Db<Write>;
}

impl Enqueues for Db<Write> {
    fn unit(&self) -> Db<Write> {
        #[allow(deprecated)]
        self.__again()
    }
}

impl<S: Service> Enqueues for Acting<S, Write> {
    fn unit(&self) -> Db<Write> {
        #[allow(deprecated)]
        self.__unit()
    }
}

/// A task that is queued when this is awaited, in the unit of its handle.
#[must_use = "nothing is queued before it is awaited"]
#[derive(Debug)]
pub struct Enqueue<T> {
    db: Db<Write>,
    task: Result<NewTask>,
    of: PhantomData<fn() -> T>,
}

impl<T: Task> Enqueue<T> {
    /// On its way; what `digest::enqueue(&db, …)` of a task calls.
    pub fn of<D: Enqueues>(db: &D, args: &T::Args) -> Self {
        let meta = TaskMeta::of::<T>();
        Self {
            db: db.unit(),
            task: written(args).map(|args| NewTask::new(meta, args, T::PRIORITY)),
            of: PhantomData,
        }
    }

    /// Of this task there is one with this key that waits, runs or is to be tried again; while it does, another is not queued.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        let key = key.into();
        self.task = self.task.and_then(|task| {
            if key.len() > MOST_KEY || key.contains('\0') {
                return Err(refused("key", "a key has 200 bytes at most, and no NUL"));
            }
            let key = Some(key);
            Ok(NewTask { key, ..task })
        });
        self
    }

    /// Not before so long from now.
    pub fn after(self, pause: Duration) -> Self {
        self.with(|task| task.when = When::After(pause))
    }

    /// Not before this moment.
    pub fn at(self, moment: DateTime) -> Self {
        self.with(|task| task.when = When::At(moment))
    }

    /// With another priority than the task's own.
    pub fn priority(self, priority: Priority) -> Self {
        self.with(|task| task.priority = priority)
    }

    fn with(mut self, change: impl FnOnce(&mut NewTask)) -> Self {
        if let Ok(task) = &mut self.task {
            change(task);
        }
        self
    }
}

impl<T: Task> IntoFuture for Enqueue<T> {
    type Output = Result<Enqueued>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Enqueued>> + Send>>;

    /// # Errors
    /// [`Error::Invalid`] of arguments that are too large or hold what cannot be stored; those of the database.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (db, task) = (self.db, self.task?);
            #[allow(deprecated)]
            let outbox = db.__carried::<Outbox>();
            let Some(Outbox(queue)) = outbox else {
                return Err(Error::Internal(
                    "no module of this program keeps tasks: add `.module(vauban::tasks::module())` to its `App`".to_owned(),
                ));
            };
            queue.enqueue(&db, task).await
        })
    }
}

/// Arguments as they are kept.
fn written<A: serde::Serialize>(args: &A) -> Result<Vec<u8>> {
    let text = serde_json::to_vec(args).map_err(|_| {
        refused(
            "arguments",
            "they have no form as JSON, such as a map whose keys are no texts",
        )
    })?;
    // CWE-770
    if text.len() > MOST_ARGUMENTS {
        return Err(refused("arguments", "they are more than 65,536 bytes as JSON"));
    }
    // CWE-158: no text of PostgreSQL holds one, so a failure that quotes it could not be stored.
    if has_nul(&text) {
        return Err(refused("arguments", "they hold a NUL character"));
    }
    Ok(text)
}

/// Whether a text in the JSON has a NUL: `\u0000`, behind an even number of backslashes.
fn has_nul(json: &[u8]) -> bool {
    let mut rest = json.iter().enumerate();
    while let Some((at, byte)) = rest.next() {
        if *byte != b'\\' {
            continue;
        }
        if json[at..].starts_with(b"\\u0000") {
            return true;
        }
        rest.next();
    }
    false
}

fn refused(field: &'static str, why: &'static str) -> Error {
    let problem = Problem::new("unstorable", why);
    Error::Invalid(vec![FieldProblem { field, problem }])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-158, CWE-770.
    #[test]
    fn what_cannot_be_stored_is_an_error_of_who_asks() {
        assert!(written(&"a\0b").is_err());
        assert!(
            written(
                &[("\0", 1)]
                    .into_iter()
                    .collect::<std::collections::BTreeMap<_, _>>()
            )
            .is_err()
        );
        assert!(written(&r"\u0000").is_ok());
        assert!(written(&r"\\u0000").is_ok());
        assert!(written(&"x".repeat(MOST_ARGUMENTS - 2)).is_ok());
        assert!(written(&"x".repeat(MOST_ARGUMENTS - 1)).is_err());
        assert!(
            written(
                &[((1, 2), 3)]
                    .into_iter()
                    .collect::<std::collections::BTreeMap<_, _>>()
            )
            .is_err()
        );
    }
}

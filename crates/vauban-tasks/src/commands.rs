//! `worker`, and `tasks list|show|run|requeue|cancel|schedules`.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;
use vauban::commands::{Command, Failure, Run};
use vauban::orm::{Error, Id};
use vauban::server::asked_to_stop;
use vauban::site::Stop;
use vauban::tasks::Ended;

use crate::model::{DeadTaskRow, NewTaskRow, TaskRow};
use crate::secret;
use crate::services::RunTasks;
use crate::shown::{Shown, State};
use crate::tasks::Tasks;
use crate::text::cleaned;
use crate::worker::work;

/// Shown at once, where nobody says how many.
const MANY: u32 = 100;

/// `worker`.
pub(crate) fn worker() -> Command {
    Command::new(
        "worker",
        "Run tasks until Ctrl-C or SIGTERM",
        |run: Run| async move {
            let tasks = Arc::clone(run.part::<Arc<Tasks>>()?);
            let queues: Vec<String> = tasks
                .queues()
                .iter()
                .map(|(queue, many)| format!("{queue} ({many} at once)"))
                .collect();
            if queues.is_empty() {
                return Err(Failure::new(
                    "There is nothing to run: no module lists a task, or `tasks.queues` leaves all out.",
                ));
            }
            run.out
                .line(format_args!("Working: {}. Stop with Ctrl-C.", queues.join(", ")));
            if run.settings().database_url.expose().starts_with("sqlite:") {
                run.out.line(format_args!(
                "SQLite has one writer at a time, and `serve` runs tasks already: this process makes nothing faster. With \
                 `tasks.in_serve = false` it relieves `serve`."
            ));
            }
            let (say, stop) = Stop::pair();
            let asked = tokio::spawn(async move {
                asked_to_stop().await;
                say.send_replace(true);
            });
            let bound = run.settings().timeouts.shutdown;
            work(tasks, Arc::clone(run.site()), stop, bound).await;
            asked.abort();
            run.out.line(format_args!("Stopped."));
            Ok(())
        },
    )
}

/// `tasks …`.
pub(crate) fn tasks() -> Command {
    Command::group("tasks", "What waits, runs and was given up")
        .with(
            Command::new("list", "List tasks that wait, run or were given up", list)
                .option_of("name", "NAME", "Only tasks of this name")
                .flag("dead", "Only those that were given up")
                .option_of("limit", "N", "How many at most (100)")
                .flag("json", "Print them as JSON"),
        )
        .with(
            Command::new("show", "Show one task, with what it is told", show)
                .argument("ID", "its id, as `tasks list` prints it")
                .flag("json", "Print it as JSON"),
        )
        .with(
            Command::new("run", "Run one task now, in this process", run_now)
                .argument("ID", "its id")
                .flag("json", "Print what became of it as JSON"),
        )
        .with(
            Command::new(
                "requeue",
                "Queue a task again that was given up, or at once one that waits",
                requeue,
            )
            .optional_argument("ID", "its id")
            .flag("all", "All that were given up")
            .option_of("name", "NAME", "With --all: only tasks of this name")
            .flag("json", "Print how many as JSON"),
        )
        .with(
            Command::new(
                "cancel",
                "Take a task away; what it wrote so far is undone if it runs",
                cancel,
            )
            .argument("ID", "its id")
            .flag("json", "Print it as JSON"),
        )
        .with(
            Command::new("schedules", "List what comes by itself, and when next", schedules)
                .flag("json", "Print them as JSON"),
        )
}

async fn list(run: Run) -> Result<(), Failure> {
    let tasks = run.part::<Arc<Tasks>>()?;
    let limit = match run.option("limit") {
        Some(text) => text
            .parse()
            .map_err(|_| Failure::new("`--limit` is a whole number."))?,
        None => MANY,
    };
    let name = run.option("name");
    let unit = tasks.units.begin();
    let db = unit.read_db().acting::<RunTasks>();
    let mut shown = Vec::new();
    if !run.flag("dead") {
        let mut rows = TaskRow::objects()
            .order_by(|t| [t.due.asc(), t.id.asc()])
            .limit(limit);
        if let Some(name) = name {
            rows = rows.filter(|t| t.name.eq(name));
        }
        shown.extend(rows.all(&db).await?.into_iter().map(|row| tasks.shown(row)));
    }
    let mut dead = DeadTaskRow::objects()
        .order_by(|d| [d.died.desc(), d.id.asc()])
        .limit(limit);
    if let Some(name) = name {
        dead = dead.filter(|d| d.name.eq(name));
    }
    shown.extend(dead.all(&db).await?.into_iter().map(Shown::dead));
    if run.flag("json") {
        let all: Vec<Value> = shown.iter().map(Shown::json).collect();
        run.out.line(format_args!("{}", Value::from(all)));
        return Ok(());
    }
    if shown.is_empty() {
        run.out.line(format_args!("No task waits, runs or was given up."));
    }
    for one in shown {
        run.out.line(format_args!("{one}"));
    }
    Ok(())
}

async fn show(run: Run) -> Result<(), Failure> {
    let tasks = run.part::<Arc<Tasks>>()?;
    let shown = find(tasks, &run).await?;
    if run.flag("json") {
        run.out.line(format_args!("{}", shown.json()));
        return Ok(());
    }
    run.out.line(format_args!("{shown}"));
    for (what, value) in shown.more() {
        run.out.line(format_args!("  {what:<9} {value}"));
    }
    Ok(())
}

async fn run_now(run: Run) -> Result<(), Failure> {
    let tasks = Arc::clone(run.part::<Arc<Tasks>>()?);
    let id = id_of(&run)?;
    let Some(row) = tasks.claim_one(Id::from_uuid(id)).await? else {
        return Err(Failure::new(format_args!(
            "No task {id} waits: it runs, is done, or was given up (`tasks requeue {id}`)."
        )));
    };
    if !tasks.listed.contains_key(row.name.as_str()) {
        tasks.give_back(&row).await?;
        return Err(unknown(&row.name));
    }
    let ended = tasks.run(run.site(), &row).await;
    let (word, why) = match &ended {
        Ended::Done => ("done", ""),
        Ended::Lost => ("lost", "another process has it"),
        Ended::Again(why, _) => ("failed", why.as_str()),
        Ended::Dead(why) => ("given up", why.as_str()),
    };
    // CWE-150: it may be anybody's text, and a terminal reads it.
    let why = cleaned(why);
    if run.flag("json") {
        run.out.line(format_args!(
            "{}",
            json!({ "id": id.to_string(), "task": row.name, "ended": word, "why": why })
        ));
    } else {
        run.out.line(format_args!(
            "{} {id}: {word}{}{why}.",
            row.name,
            if why.is_empty() { "" } else { ": " }
        ));
    }
    match ended {
        Ended::Done => Ok(()),
        _ => Err(Failure::new(format_args!("{} {id} is not done.", row.name))),
    }
}

async fn requeue(run: Run) -> Result<(), Failure> {
    let tasks = run.part::<Arc<Tasks>>()?;
    let ids = match (run.option("ID"), run.flag("all")) {
        (Some(_), false) => vec![id_of(&run)?],
        (None, true) => all_dead(tasks, run.option("name")).await?,
        _ => return Err(Failure::new("Say which: an id, or `--all`.")),
    };
    let mut count = 0;
    for id in ids {
        match tasks.queue_again(id).await {
            Ok(true) => count += 1,
            Ok(false) if run.flag("all") => {}
            Ok(false) => {
                return Err(Failure::new(format_args!(
                    "There is no task {id} that waits or was given up."
                )));
            }
            Err(Error::Unique { .. }) => {
                run.out
                    .error(format_args!("{id} is left: one with its key waits or runs."));
            }
            Err(error) => return Err(error.into()),
        }
    }
    match run.flag("json") {
        true => run.out.line(format_args!("{}", json!({ "queued": count }))),
        false => run.out.line(format_args!("Queued {count} task(s).")),
    }
    Ok(())
}

async fn cancel(run: Run) -> Result<(), Failure> {
    let tasks = run.part::<Arc<Tasks>>()?;
    let shown = find(tasks, &run).await?;
    let id = shown.id;
    let gone = tasks.write(|db| async move {
        let acting = db.acting::<RunTasks>();
        let waits = TaskRow::objects().filter(|t| t.id.eq(Id::<TaskRow>::from_uuid(id)));
        let dead = DeadTaskRow::objects().filter(|d| d.task.eq(id));
        secret::forget(&acting, id).await?;
        Ok(waits.delete_all(&acting).await? + dead.delete_all(&acting).await?)
    });
    if gone.await? == 0 {
        return Err(Failure::new(format_args!("{id} is done meanwhile.")));
    }
    match run.flag("json") {
        true => run
            .out
            .line(format_args!("{}", json!({ "cancelled": id.to_string() }))),
        false => run.out.line(format_args!("Cancelled {} {id}.", shown.name)),
    }
    Ok(())
}

async fn schedules(run: Run) -> Result<(), Failure> {
    let tasks = run.part::<Arc<Tasks>>()?;
    let mut all = Vec::new();
    for clockwork in &tasks.schedules {
        let last = tasks.last_due(clockwork).await?;
        let next = clockwork.table.next(tasks.clock.now());
        let (task, says) = (
            clockwork.scheduled.task.name,
            clockwork.scheduled.schedule.to_string(),
        );
        let shown = |moment: Option<vauban::orm::DateTime>| moment.map(|moment| moment.to_string());
        if run.flag("json") {
            all.push(json!({ "task": task, "schedule": says, "last": shown(last), "next": shown(next) }));
        } else {
            let next = shown(next).unwrap_or_else(|| "never".to_owned());
            run.out.line(format_args!("{task}  {says}  next {next}"));
        }
    }
    if run.flag("json") {
        run.out.line(format_args!("{}", Value::from(all)));
    } else if tasks.schedules.is_empty() {
        run.out.line(format_args!("Nothing comes by itself."));
    }
    Ok(())
}

fn id_of(run: &Run) -> Result<Uuid, Failure> {
    let text = run.argument("ID").unwrap_or_default();
    text.parse().map_err(|_| {
        Failure::new(format_args!(
            "`{text}` is no task's id, as `tasks list` prints them."
        ))
    })
}

fn unknown(name: &str) -> Failure {
    Failure::new(format_args!(
        "This release has no task `{name}`: it stays queued for one that has."
    ))
}

async fn find(tasks: &Tasks, run: &Run) -> Result<Shown, Failure> {
    let id = id_of(run)?;
    let unit = tasks.units.begin();
    let db = unit.read_db().acting::<RunTasks>();
    let waits = TaskRow::objects().filter(|t| t.id.eq(Id::<TaskRow>::from_uuid(id)));
    if let Some(row) = waits.first(&db).await? {
        return Ok(tasks.shown(row));
    }
    let dead = DeadTaskRow::objects()
        .filter(|d| d.task.eq(id))
        .first(&db)
        .await?;
    dead.map(Shown::dead)
        .ok_or_else(|| Failure::new(format_args!("There is no task {id}: it is done, or never was.")))
}

async fn all_dead(tasks: &Tasks, name: Option<&str>) -> Result<Vec<Uuid>, Failure> {
    let unit = tasks.units.begin();
    let mut dead = DeadTaskRow::objects().limit(100_000);
    if let Some(name) = name {
        dead = dead.filter(|d| d.name.eq(name));
    }
    let ids = dead
        .values(|d| &d.task)
        .all(&unit.read_db().acting::<RunTasks>())
        .await?;
    Ok(ids)
}

impl Tasks {
    fn shown(&self, row: TaskRow) -> Shown {
        let now = self.clock.now();
        let state = match () {
            () if row.worker.is_some() && row.due > now => State::Running,
            () if !self.listed.contains_key(row.name.as_str()) => State::Unknown,
            () if row.worker.is_some() => State::Lost,
            () if row.attempt > 0 => State::Failed,
            () if row.due > now => State::Waiting,
            () => State::Queued,
        };
        Shown::waiting(row, state)
    }

    /// A dead letter becomes a task again, with all its tries; one that waits is due now. `false`: there is neither.
    async fn queue_again(&self, id: Uuid) -> vauban::orm::Result<bool> {
        let now = self.clock.now();
        let done = self.write(|db| async move {
            let acting = db.acting::<RunTasks>();
            let found = DeadTaskRow::objects().filter(|d| d.task.eq(id)).first(&acting).await?;
            let Some(dead) = found else {
                let waits = TaskRow::objects().filter(|t| t.id.eq(Id::<TaskRow>::from_uuid(id)) & t.worker.is_null());
                return Ok(waits.change_all(&acting, |t| [t.due.set(now), t.attempt.set(0)]).await? == 1);
            };
            let told = self.told(&acting, (&dead.name, id), &dead.args, dead.sealed).await?;
            let Some(plain) = told else {
                return Err(Error::Internal(
                    "its arguments are sealed by a secret that is neither `secret_key` nor a fallback any more".to_owned(),
                ));
            };
            let new = NewTaskRow {
                name: dead.name.clone(),
                queue: dead.queue.clone(),
                priority: dead.priority,
                due: now,
                worker: None,
                asker: dead.asker,
                key: dead.key.clone(),
                args: if dead.sealed { Vec::new() } else { plain.clone() },
                sealed: dead.sealed,
                error: Some(dead.error.clone()),
                created: dead.created,
            };
            let row = TaskRow::create(new).save(&acting).await?;
            if dead.sealed {
                secret::forget(&acting, id).await?;
                secret::keep(&acting, &row, &plain).await?;
            }
            DeadTaskRow::objects().filter(|d| d.task.eq(id)).delete_all(&acting).await?;
            Ok(true)
        });
        let done = done.await?;
        self.wake.clone().all().await;
        Ok(done)
    }
}

//! `burst N`: many small tasks at once, to look at how they are run, and what is left of them when what runs them is killed.

use serde::{Deserialize, Serialize};
use vauban::commands::{Command, Failure, Run};
use vauban::prelude::*;

/// What one task has written.
#[derive(Model)]
pub struct Burst {
    pub id: Id<Self>,
    /// Which of its burst it was.
    pub number: i64,
}

/// Nobody sees them: the command counts them.
impl Policy for Burst {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

vauban::service! {
    /// Writes and counts the rows of bursts.
    pub Bursting: Add<Burst>, View<Burst>;
    waiver!(ServiceRights, "the rows of a burst are nobody's own")
}

#[derive(Serialize, Deserialize)]
struct Number {
    number: i64,
}

/// Writes one row. What the database does with it, it does once, however often this runs.
#[task(name = "burst", queue = "burst", tries = 100, timeout = 5)]
async fn burst(_: AsService<Bursting>, db: Db<Write>, args: Number) -> Result<()> {
    Burst::create(NewBurst { number: args.number }).save(&db).await?;
    Ok(())
}

/// Tasks that are queued in one unit.
const AT_ONCE: i64 = 250;
/// No burst is larger.
const MOST: i64 = 100_000;

async fn run(run: Run) -> Result<(), Failure> {
    if run.flag("count") {
        let rows = run.unit(|db| async move { Ok(Burst::objects().count(&db.acting::<Bursting>()).await?) });
        run.out.line(format_args!("{}", rows.await?));
        return Ok(());
    }
    let many = run.argument("N").and_then(|text| text.parse().ok());
    let many: i64 = many.filter(|many| (1..=MOST).contains(many)).ok_or_else(|| {
        Failure::new(format_args!(
            "How many? `burst N`, from 1 to {MOST}; or `burst --count`."
        ))
    })?;
    for first in (0..many).step_by(usize::try_from(AT_ONCE).unwrap_or(1)) {
        let numbers = first..many.min(first + AT_ONCE);
        let queued = run.unit(|db| {
            let numbers = numbers.clone();
            async move {
                for number in numbers {
                    burst::enqueue(&db, Number { number }).await?;
                }
                Ok::<_, Failure>(())
            }
        });
        queued.await?;
    }
    run.out.line(format_args!("Queued {many} task(s)."));
    Ok(())
}

/// The rows, the task, and the command.
pub fn module() -> Module {
    let about = "Queues N tasks that write one row each, or counts the rows";
    Module::new("burst")
        .model::<Burst>()
        .service::<Bursting>()
        .task::<burst>()
        .command(
            Command::new("burst", about, run)
                .optional_argument("N", "how many")
                .flag("count", "Print how many rows there are"),
        )
}

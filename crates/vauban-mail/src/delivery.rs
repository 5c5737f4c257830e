//! The task that takes letters away.

use std::time::Duration;

use vauban::http::Result;
use vauban::orm::{DateTime, Db, Write};
use vauban::task;
use vauban::tasks::{AsService, Failed};

use crate::post::Post;
use crate::rows::{Delivery, LetterRow};
use crate::transport::Unsent;

/// Has a letter leave with the unit.
pub(crate) async fn enqueue(db: &Db<Write>, row: &LetterRow) -> Result<()> {
    deliver::enqueue(db, row.message_id.clone()).await?;
    Ok(())
}

/// Takes a letter to the server. What it tells of a failure is kept with the task: it holds no credentials (CWE-532).
#[task(name = "mail.deliver", queue = "mail", tries = 8)]
pub(crate) async fn deliver(_: AsService<Delivery>, db: Db<Write>, message_id: String) -> Result<(), Failed> {
    let done = Post::of(&db)?.deliver(&db, &message_id).await?;
    done.map_err(|unsent| match unsent {
        Unsent::Later(told) => Failed::again(told),
        Unsent::Unsure(told) => Failed::again(format!("{told}; it is tried once more")),
        Unsent::Never(told) => Failed::for_good(told),
    })
}

/// For how long a letter waits whose task has failed for good: as long as somebody may have it tried again.
const KEPT_FOR: Duration = Duration::from_secs(30 * 86_400);

/// Deletes letters that nobody took away for so long (CWE-770): what is in them is nobody's any more.
#[task(name = "mail.tidy", queue = "mail")]
pub(crate) async fn tidy(_: AsService<Delivery>, db: Db<Write>, due: DateTime) -> Result<(), Failed> {
    let old = LetterRow::objects().filter(|l| l.written.lt(due - KEPT_FOR));
    old.delete_all(&db.acting::<Delivery>()).await?;
    Ok(())
}

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
///
/// RFC 5321 §4.5.4.1: it is tried for four to five days, so that a server that is down over a weekend, or a wrong password, loses nothing.
/// 27 pauses, from 15 s doubled to six hours, are four days and a third.
#[task(name = "mail.deliver", queue = "mail", tries = 28)]
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

//! `guestbook-tidy`: takes out what is repeated.

use std::collections::HashSet;

use vauban::commands::{Command, Failure, Run};
use vauban::prelude::*;

use crate::entries::Entry;

vauban::service! {
    /// Takes out entries that say what an older one of the same guest says.
    pub Tidying: View<Entry>, Delete<Entry>;
    waiver!(ServiceRights, "the operator of the site tidies the book, whoever wrote in it")
}

pub(crate) fn command() -> Command {
    let about = "Takes out entries of the guest book that repeat an older one of the same guest";
    Command::new("guestbook-tidy", about, run)
}

async fn run(run: Run) -> Result<(), Failure> {
    let gone = run.unit(|db| async move {
        let db = db.acting::<Tidying>();
        let entries = Entry::objects().order_by(|e| e.created.asc()).all(&db).await?;
        let mut known = HashSet::new();
        let mut gone = 0_usize;
        for entry in entries {
            if !known.insert((entry.author, entry.text.clone())) {
                let entry = Entry::objects().get_to_delete(&db, |e| e.id.eq(entry.id)).await?;
                entry.delete(&db).await?;
                gone += 1;
            }
        }
        Ok(gone)
    });
    match gone.await? {
        0 => run
            .out
            .line(format_args!("Nothing in the guest book is repeated.")),
        gone => run
            .out
            .line(format_args!("{gone} repeated entries were taken out.")),
    }
    Ok(())
}

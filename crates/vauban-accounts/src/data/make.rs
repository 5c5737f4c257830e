//! The tasks: one makes a person's data, as that person; one takes it away.

use std::sync::Arc;

use vauban::hooks::fire;
use vauban::orm::{Db, QuerySet, Write};
use vauban::tasks::{AsAsker, AsService, Failed};
use vauban::{Id, Part, task};

use super::gather::gather;
use super::model::{ExportRow, Exports, KEPT};
use crate::accounts::Accounts;
use crate::hooks::Exporting;

fn this(row: Id<ExportRow>) -> QuerySet<ExportRow> {
    ExportRow::objects().filter(|e| e.id.eq(row))
}

/// Gathers what whoever asked may see of what refers to them, by their own policies (CWE-639).
#[task(name = "accounts.export", tries = 5, timeout = 600)]
pub(crate) async fn export(
    who: AsAsker,
    db: Db<Write>,
    accounts: Part<Arc<Accounts>>,
    row: Id<ExportRow>,
) -> Result<(), Failed> {
    let acting = db.acting::<Exports>();
    let user = who.user();
    let asked = this(row).first(&acting).await?;
    // Asked for anew since, or not by who asked for it.
    let Some(row) = asked.filter(|row| row.user == user.uuid() && !row.is_made()) else {
        return Ok(());
    };
    let Some((person, _)) = accounts.users.standing(&db, row.user).await? else {
        return Ok(());
    };
    // First what is only read: a hook that writes takes the writer's turn.
    let gathered = gather(&accounts, &db, &person).await?;
    let exporting = Exporting::of(&person);
    fire(&db, &exporting).await?;
    let text = gathered.with(&accounts, exporting.taken())?;
    let own = this(row.id).for_update().first(&acting).await?;
    let Some(own) = own else { return Ok(()) };
    let made = row.to_seal(&text);
    own.change(&acting, |e| [e.made.set(Some(made))]).await?;
    let kept = KEPT.unsigned_abs();
    forget_export::enqueue(&db, row.id).after(kept).await?;
    Ok(())
}

/// Takes away what was made, fetched or not (ASVS 14.2.7: no longer than it is needed).
#[task(name = "accounts.forget-export")]
pub(crate) async fn forget_export(
    _: AsService<Exports>,
    db: Db<Write>,
    row: Id<ExportRow>,
) -> Result<(), Failed> {
    this(row).delete_all(&db.acting::<Exports>()).await?;
    Ok(())
}

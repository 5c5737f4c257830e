//! What was done to articles, written down as it is saved: who, when, and to which columns. The pages of `data` show it to staff, and
//! `history-tidy` takes out what is old.

use std::time::Duration;

use vauban::Uuid;
use vauban::commands::{Command, Failure, Run};
use vauban::orm::actor::Action;
use vauban::orm::{self, Acting, ChangeHook, Changes};
use vauban::prelude::*;

use crate::articles::Article;
use crate::users::User;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choices)]
pub enum Done {
    /// It is there since.
    Added,
    /// Some of it is another.
    Changed,
    /// It is gone since.
    Deleted,
}

/// What was done to one row. Names of columns and no values: whoever deletes a draft wants it gone.
#[derive(Model)]
#[model(index(kind, row))]
pub struct HistoryEntry {
    pub id: Id<Self>,
    /// The table's name.
    #[field(max_length = 60)]
    pub kind: String,
    /// The row's key; the row may be gone.
    pub row: Uuid,
    pub done: Done,
    /// The columns that are others, if it was changed.
    #[field(max_length = 1_000)]
    pub columns: String,
    /// Nobody, where the site itself did it. An account takes with it what it has done.
    #[field(on_delete = cascade_owned)]
    pub by: Option<ForeignKey<User>>,
    #[field(auto_now_add)]
    pub at: DateTime,
}

/// Staff read it, and nobody writes it but the hook (CWE-778: who changes rows does not write the history of it).
impl Policy for HistoryEntry {
    fn rules(who: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: who.is_staff(),
            ..Rules::none()
        }
    }
}

vauban::service! {
    /// Writes down what was done, and by whom.
    pub WriteHistory: Add<HistoryEntry>, View<User>;
    waiver!(ServiceRights, "people who change rows do not write their history themselves")
}

/// Is told what each request changed, before it is saved.
pub struct History;

impl ChangeHook for History {
    type Service = WriteHistory;

    async fn changed(&self, changes: &Changes<'_>, db: &Acting<WriteHistory, Write>) -> orm::Result<()> {
        let entry = |change: &orm::Change| {
            let (done, columns) = match change.action() {
                Action::Add => (Done::Added, String::new()),
                Action::Delete => (Done::Deleted, String::new()),
                _ => {
                    let fields: Vec<_> = change.columns().map(|column| column.field()).collect();
                    (Done::Changed, fields.join(", "))
                }
            };
            NewHistoryEntry {
                kind: change.model().table.to_owned(),
                row: change.id(),
                done,
                columns,
                by: change.actor().user_facts().map(|facts| Id::from_uuid(facts.id)),
            }
        };
        // CWE-203: staff see all articles, and not all tags: a link that they may not see is not told of.
        let seen = |change: &&orm::Change| change.model().table == Article::meta().table;
        HistoryEntry::create_all(changes.iter().filter(seen).map(entry))
            .save(db)
            .await?;
        Ok(())
    }
}

vauban::service! {
    /// Takes out what was done long ago.
    pub TidyHistory: View<HistoryEntry>, Delete<HistoryEntry>;
    waiver!(ServiceRights, "the operator of the site says how long its history is kept")
}

/// The command: run by a timer, it keeps the history from growing for ever.
async fn tidy(run: Run) -> Result<(), Failure> {
    let typed = run.option("days").unwrap_or("365");
    let days: u16 = typed.parse().map_err(|_| {
        Failure::new(format_args!(
            "`--days {typed}`: write a whole number, up to {}.",
            u16::MAX
        ))
    })?;
    let before = DateTime::now() - Duration::from_secs(u64::from(days) * 24 * 60 * 60);
    let gone = run.unit(|db| async move {
        let old = HistoryEntry::objects().filter(|h| h.at.lt(before));
        Ok(old.delete_all(&db.acting::<TidyHistory>()).await?)
    });
    let gone = gone.await?;
    run.out.line(format_args!(
        "{gone} entries older than {days} days were taken out."
    ));
    Ok(())
}

/// What was done to a row, the last first.
pub async fn of(db: &Db, kind: &str, row: Uuid) -> orm::Result<Vec<HistoryEntry>> {
    HistoryEntry::objects()
        .filter(|h| h.kind.eq(kind) & h.row.eq(row))
        .order_by(|h| h.at.desc())
        .related(|h| &h.by)
        .limit(50)
        .all(db)
        .await
}

/// The history, what writes it, and what takes it out again.
pub fn module() -> Module {
    let about = "Takes out what was done to articles longer ago than some days, 365 if none are said";
    Module::new("history")
        .model::<HistoryEntry>()
        .service::<WriteHistory>()
        .service::<TidyHistory>()
        .command(Command::new("history-tidy", about, tidy).option("days", "how long an entry is kept"))
        .on_change(|_wiring| Ok(History))
}

//! A mail to the others of an organisation when there is something new to do. Who does not want them leaves them by the link in
//! each.

use vauban::AbsoluteUrl;
use vauban::prelude::*;

use super::Task;
use crate::organisations::{Membership, Organisation};
use crate::urls;

/// How many people are told.
const MOST: u32 = 50;

#[derive(Mail)]
#[mail(
    subject = "{{ organisation }}: {{ title }}",
    template = "mail/new_task",
    bulk = "new-tasks"
)]
pub(super) struct NewTask {
    organisation: String,
    title: String,
    notes: String,
    link: AbsoluteUrl,
}

/// Tells the others of the organisation, as far as whoever adds the task sees them. It leaves with the unit: if the task is not
/// kept, nobody hears of it.
pub async fn of_new(db: &Db<Write>, task: &Task) -> Result<()> {
    let me = UserId::of(&db.actor());
    let organisation = Organisation::objects()
        .get(db, |o| o.id.eq(task.organisation.id()))
        .await?;
    let members = Membership::objects()
        .filter(|m| m.organisation.eq(organisation.id))
        .with(|m| m.user.load())
        .limit(MOST)
        .all(db)
        .await?;
    for user in members.iter().filter_map(|member| member.loaded.get()) {
        if me.is_some_and(|me| me == UserId::from(user.id)) {
            continue;
        }
        let notice = NewTask {
            organisation: organisation.name.clone(),
            title: task.title.clone(),
            notes: task.notes.clone(),
            link: urls::task(&task.id).absolute(db)?,
        };
        notice.to(user).send(db).await?;
    }
    Ok(())
}

//! Leaving an organisation, and taking a member out. It keeps an admin: without one nobody could manage it any more.

use vauban::prelude::*;

use super::{Membership, Role};
use crate::people::User;
use crate::urls;

/// What is told where the last admin would go.
pub(super) const LAST_ADMIN: &str =
    "An organisation needs an admin: make somebody else one first, then this can be done.";

#[derive(Template)]
#[template("organisations/leave.html")]
pub struct LeavePage {
    membership: Deletable<Membership>,
    leaves: bool,
}

/// Whether nobody else could manage the organisation.
pub(super) async fn is_last_admin(db: &Db<Write>, place: &Membership) -> Result<bool> {
    if place.role != Role::Admin {
        return Ok(false);
    }
    // CWE-362: of two admins who go at the same moment the second one waits here, and then is the last.
    db.begin().await?;
    let (here, id) = (place.organisation.id(), place.id);
    let others =
        Membership::objects().filter(|m| m.organisation.eq(here) & m.role.eq(Role::Admin) & m.id.ne(id));
    Ok(!others.exists(db).await?)
}

/// Asks first: a link never deletes.
#[view(get, "/organisations/members/{id}/delete/")]
pub async fn confirm(
    _: SignedIn,
    user: CurrentUser<User>,
    db: Db,
    id: Path<Id<Membership>>,
) -> Result<LeavePage> {
    let membership = Membership::objects().get_to_delete(&db, |m| m.id.eq(*id)).await?;
    let leaves = membership.user.id() == user.id;
    Ok(LeavePage { membership, leaves })
}

/// Ends a membership: one's own, or as an admin another's.
#[view(post, "/organisations/members/{id}/delete/")]
pub async fn remove(
    _: SignedIn,
    user: CurrentUser<User>,
    db: Db<Write>,
    messages: Messages,
    id: Path<Id<Membership>>,
) -> Result<Redirect> {
    let membership = Membership::objects().get_to_delete(&db, |m| m.id.eq(*id)).await?;
    let (here, leaves) = (membership.organisation.id(), membership.user.id() == user.id);
    if is_last_admin(&db, &membership).await? {
        messages.error(LAST_ADMIN);
        return Ok(Redirect::to(urls::organisation(&here)));
    }
    membership.delete(&db).await?;
    if leaves {
        messages.success("You have left the organisation.");
        return Ok(Redirect::to(urls::organisations()));
    }
    messages.success("They are no member any more.");
    Ok(Redirect::to(urls::organisation(&here)))
}

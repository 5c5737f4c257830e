//! The profile of an organisation: made when it is first saved, and changed from then on.

use vauban::prelude::*;

use super::{Profile, ProfileForm, ProfileFormGiven};
use crate::organisations::Organisation;
use crate::urls;

#[derive(Template)]
#[template("profiles/form.html")]
pub struct FormPage {
    organisation: Id<Organisation>,
    form: Form<ProfileForm>,
}

/// The form, filled if there is a profile.
#[view(get, "/organisations/{id}/profile/")]
pub async fn edit(_: SignedIn, db: Db, id: Path<Id<Organisation>>) -> Result<FormPage> {
    let organisation = Organisation::objects()
        .get_to_change(&db, |o| o.id.eq(*id))
        .await?;
    let kept = Profile::objects()
        .filter(|p| p.organisation.eq(*id))
        .first(&db)
        .await?;
    let form = match kept {
        Some(profile) => {
            let profile = Profile::objects()
                .get_to_change(&db, |p| p.id.eq(profile.id))
                .await?;
            Form::edit(&db, &profile).await?
        }
        None => Form::empty(),
    };
    Ok(FormPage {
        organisation: organisation.id,
        form,
    })
}

/// Keeps what is said. Two admins who make the first one at once: the second is told that there is one (409).
#[view(post, "/organisations/{id}/profile/")]
pub async fn save(
    _: SignedIn,
    db: Db<Write>,
    messages: Messages,
    id: Path<Id<Organisation>>,
    form: Form<ProfileForm>,
) -> Result<Redirect> {
    let organisation = Organisation::objects()
        .get_to_change(&db, |o| o.id.eq(*id))
        .await?
        .id;
    let page = move |form| FormPage { organisation, form };
    let clean = form.clean(&db).await?.or_show(page)?;
    match Profile::objects()
        .filter(|p| p.organisation.eq(*id))
        .first(&db)
        .await?
    {
        Some(profile) => {
            let profile = Profile::objects()
                .get_to_change(&db, |p| p.id.eq(profile.id))
                .await?;
            clean.save(&db, profile, page).await?;
        }
        None => {
            clean.create(&db, ProfileFormGiven { organisation }, page).await?;
        }
    }
    messages.success("The profile is kept.");
    Ok(Redirect::to(urls::organisation(&id)))
}

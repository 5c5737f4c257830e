//! Organisations and their members.

use vauban::prelude::*;

use super::asking;
use super::forms::{MemberForm, OrganisationForm, RoleForm};
use super::leaving::{LAST_ADMIN, is_last_admin};
use super::{Adding, Founding, Membership, NewMembership, Organisation, Role};
use crate::paging::Paging;
use crate::people::User;
use crate::urls;

#[derive(Template)]
#[template("organisations/list.html")]
pub struct ListPage {
    organisations: Page<Organisation>,
}

#[derive(Template)]
#[template("organisations/show.html")]
pub struct ShowPage {
    organisation: Permitted<Organisation>,
    members: Page<Permitted<Membership>>,
}

#[derive(Template)]
#[template("organisations/form.html")]
pub struct FormPage {
    heading: &'static str,
    form: Form<OrganisationForm>,
}

#[derive(Template)]
#[template("organisations/member.html")]
pub struct MemberPage {
    form: Form<MemberForm>,
}

#[derive(Template)]
#[template("organisations/role.html")]
pub struct RolePage {
    form: Form<RoleForm>,
}

/// The organisations that one belongs to: the policy leaves no others.
#[view(get, "/organisations/")]
pub async fn list(_: SignedIn, db: Db, page: Query<Paging>) -> Result<ListPage> {
    let organisations = Organisation::objects()
        .order_by(|o| o.name.asc())
        .per_page(50)
        .page(&db, page.number())
        .await?;
    Ok(ListPage { organisations })
}

/// An organisation with its members.
#[view(get, "/organisations/{id}/")]
pub async fn show(_: SignedIn, db: Db, id: Path<Id<Organisation>>, page: Query<Paging>) -> Result<ShowPage> {
    let organisation = Organisation::objects()
        .with_may()
        .get(&db, |o| o.id.eq(*id))
        .await?;
    let members = Membership::objects()
        .filter(|m| m.organisation.eq(*id))
        .related(|m| &m.user)
        .per_page(50)
        .with_may()
        .page(&db, page.number())
        .await?;
    Ok(ShowPage {
        organisation,
        members,
    })
}

/// The empty form.
#[view(get, "/organisations/new/")]
pub async fn new(_: SignedIn) -> FormPage {
    FormPage {
        heading: "Found an organisation",
        form: Form::empty(),
    }
}

/// Founds an organisation. Its first admin is whoever asks, and nobody else: the form has no field for it.
#[view(post, "/organisations/new/")]
pub async fn create(
    _: SignedIn,
    user: CurrentUser<User>,
    db: Db<Write>,
    messages: Messages,
    form: Form<OrganisationForm>,
) -> Result<Redirect> {
    let page = |form| FormPage {
        heading: "Found an organisation",
        form,
    };
    let clean = form.clean(&db).await?.or_show(page)?;
    let founding = db.acting::<Founding>();
    let organisation = clean.create(&founding, (), page).await?;
    let first = NewMembership {
        organisation: organisation.id,
        user: user.id,
        role: Role::Admin,
    };
    Membership::create(first).save(&founding).await?;
    messages.success("The organisation is founded, and you are its admin.");
    Ok(Redirect::to(urls::organisation(&organisation.id)))
}

/// The form, filled.
#[view(get, "/organisations/{id}/edit/")]
pub async fn edit(_: SignedIn, db: Db, id: Path<Id<Organisation>>) -> Result<FormPage> {
    let organisation = Organisation::objects()
        .get_to_change(&db, |o| o.id.eq(*id))
        .await?;
    Ok(FormPage {
        heading: "Rename the organisation",
        form: Form::edit(&db, &organisation).await?,
    })
}

/// Renames an organisation.
#[view(post, "/organisations/{id}/edit/")]
pub async fn save(
    _: SignedIn,
    db: Db<Write>,
    messages: Messages,
    id: Path<Id<Organisation>>,
    form: Form<OrganisationForm>,
) -> Result<Redirect> {
    let organisation = Organisation::objects()
        .get_to_change(&db, |o| o.id.eq(*id))
        .await?;
    let page = |form| FormPage {
        heading: "Rename the organisation",
        form,
    };
    let clean = form.clean(&db).await?.or_show(page)?;
    clean.save(&db, organisation, page).await?;
    messages.success("The new name is kept.");
    Ok(Redirect::to(urls::organisation(&id)))
}

/// The form for a new member. Who may change the organisation may add one.
#[view(get, "/organisations/{id}/members/new/")]
pub async fn new_member(_: SignedIn, db: Db, id: Path<Id<Organisation>>) -> Result<MemberPage> {
    Organisation::objects()
        .get_to_change(&db, |o| o.id.eq(*id))
        .await?;
    Ok(MemberPage { form: Form::empty() })
}

/// Adds somebody who has an account, and says the same where nobody has.
#[view(post, "/organisations/{id}/members/new/")]
pub async fn add_member(
    _: SignedIn,
    user: CurrentUser<User>,
    db: Db<Write>,
    messages: Messages,
    id: Path<Id<Organisation>>,
    form: Form<MemberForm>,
) -> Result<Redirect> {
    // CWE-862: the service asks no policy, so this line decides who adds members, and to which organisation.
    Organisation::objects()
        .get_to_change(&db, |o| o.id.eq(*id))
        .await?;
    let page = |form| MemberPage { form };
    let clean = form.clean(&db).await?.or_show(page)?;
    asking::count(user.id)?;
    let adding = db.acting::<Adding>();
    let found = User::objects()
        .filter(|u| u.email.eq(&clean.email))
        .first(&adding)
        .await?;
    if let Some(user) = found {
        let new = NewMembership {
            organisation: *id,
            user: user.id,
            role: clean.role,
        };
        if let Err(error) = Membership::create(new).save(&adding).await {
            return Err(clean.explain(error, page));
        }
    }
    messages.success("If somebody has signed up with this address, they are a member now.");
    Ok(Redirect::to(urls::organisation(&id)))
}

/// The form for a member's role.
#[view(get, "/organisations/members/{id}/")]
pub async fn edit_member(_: SignedIn, db: Db, id: Path<Id<Membership>>) -> Result<RolePage> {
    let membership = Membership::objects().get_to_change(&db, |m| m.id.eq(*id)).await?;
    Ok(RolePage {
        form: Form::edit(&db, &membership).await?,
    })
}

/// Changes a member's role.
#[view(post, "/organisations/members/{id}/")]
pub async fn save_member(
    _: SignedIn,
    db: Db<Write>,
    messages: Messages,
    id: Path<Id<Membership>>,
    form: Form<RoleForm>,
) -> Result<Redirect> {
    let membership = Membership::objects().get_to_change(&db, |m| m.id.eq(*id)).await?;
    let page = |form| RolePage { form };
    let clean = form.clean(&db).await?.or_show(page)?;
    if clean.role != Role::Admin && is_last_admin(&db, &membership).await? {
        return Err(clean.refuse(|f| f.role.add_error(LAST_ADMIN)).shown_in(page));
    }
    let membership = clean.save(&db, membership, page).await?;
    messages.success("The role is changed.");
    Ok(Redirect::to(urls::organisation(&membership.organisation.id())))
}

//! Organisations and their members.

use vauban::orm::RowCount;
use vauban::prelude::*;

use super::forms::{FindForm, OrganisationForm};
use super::{Founding, Membership, NewMembership, Organisation, Role};
use crate::events::Event;
use crate::paging::Paging;
use crate::profiles::Profile;
use crate::tasks::Task;
use crate::urls;
use crate::users::User;

#[derive(Template)]
#[template("organisations/list.html")]
pub struct ListPage {
    organisations: Page<Organisation>,
    find: Form<FindForm>,
}

#[derive(Template)]
#[template("organisations/show.html")]
pub struct ShowPage {
    organisation: Permitted<Organisation>,
    tax_id: Option<String>,
    members: Vec<Permitted<Membership>>,
    tasks: Vec<Task>,
    events: Vec<Event>,
    profile: Option<Profile>,
    hours: Vec<String>,
    statistics: Statistics,
    roles: Vec<RoleLine>,
}

/// What an organisation has, counted among what the reader may see.
struct Statistics {
    members: i64,
    tasks: i64,
    open_tasks: i64,
    events: i64,
    last: Option<Date>,
}

/// Members, tasks, open tasks, events, and the day of the last one.
impl From<(i64, i64, i64, i64, Option<Date>)> for Statistics {
    fn from((members, tasks, open_tasks, events, last): (i64, i64, i64, i64, Option<Date>)) -> Self {
        Self {
            members,
            tasks,
            open_tasks,
            events,
            last,
        }
    }
}

struct RoleLine {
    role: &'static str,
    members: i64,
}

#[derive(Template)]
#[template("organisations/form.html")]
pub struct FormPage {
    heading: &'static str,
    form: Form<OrganisationForm>,
}

#[derive(Template)]
#[template("organisations/find.html")]
pub struct FindPage {
    form: Form<FindForm>,
}

#[derive(Template)]
#[template("organisations/delete.html")]
pub struct DeletePage {
    organisation: Deletable<Organisation>,
    going: Vec<RowCount>,
}

/// The organisations that one belongs to: the policy leaves no others.
#[view(get, "/organisations/")]
pub async fn list(_: SignedIn, db: Db, page: Query<Paging>) -> Result<ListPage> {
    let organisations = Organisation::objects()
        .order_by(|o| o.name.asc())
        .per_page(24)
        .page(&db, page.number())
        .await?;
    let find = Form::empty();
    Ok(ListPage { organisations, find })
}

/// From a tax ID to the organisation that has it, if one belongs to that: the policy is asked as for every query.
#[view(post, "/organisations/find/")]
pub async fn find(_: SignedIn, db: Db, messages: Messages, form: Form<FindForm>) -> Result<Redirect> {
    let page = |form| FindPage { form };
    let clean = form.clean(&db).await?.or_show(page)?;
    let found = Organisation::objects().filter(|o| o.tax_id.eq(clean.tax_id.clone()));
    match found.order_by(|o| o.name.asc()).first(&db).await? {
        Some(organisation) => Ok(Redirect::to(urls::organisation(&organisation.id))),
        None => {
            messages.info("None of your organisations has this tax ID.");
            Ok(Redirect::to(urls::organisations()))
        }
    }
}

/// An organisation with its members and its newest tasks.
#[view(get, "/organisations/{id}/")]
pub async fn show(_: SignedIn, db: Db, id: Path<Id<Organisation>>) -> Result<ShowPage> {
    let organisation = Organisation::objects()
        .with_may()
        .get(&db, |o| o.id.eq(*id))
        .await?;
    // Of a role that this release does not know tells the page of roles and invitations.
    let members = Membership::objects()
        .filter(|m| m.organisation.eq(*id) & m.role.is_in(Role::ALL.iter().copied()))
        .related(|m| &m.user)
        .limit(100);
    let tasks = Task::objects()
        .filter(|t| t.organisation.eq(*id))
        .order_by(|t| [t.done.asc(), t.times.created.desc()]);
    let events = Event::objects()
        .filter(|e| e.organisation.eq(*id))
        .order_by(|e| e.day.desc());
    let profile = Profile::objects()
        .filter(|p| p.organisation.eq(*id))
        .first(&db)
        .await?;
    let hours = profile.iter().flat_map(|profile| &profile.hours.0);
    let hours = hours.map(|(day, when)| format!("{day}: {when}")).collect();
    let statistics = Organisation::objects().filter(|o| o.id.eq(*id)).values(|o| {
        (
            o.memberships.count(),
            o.tasks.count(),
            o.tasks.filter(|t| t.done.eq(false)).count(),
            o.events.count(),
            o.events.max(|e| &e.day),
        )
    });
    let roles = Membership::objects()
        .filter(|m| m.organisation.eq(*id) & m.role.is_in(Role::ALL.iter().copied()))
        .group_by(|m| &m.role)
        .values(|m| m.id.count());
    let tax_id = organisation.tax_id.as_ref().map(Encrypted::expose).cloned();
    Ok(ShowPage {
        organisation,
        tax_id,
        members: members.with_may().all(&db).await?,
        tasks: tasks.limit(10).all(&db).await?,
        events: events.limit(10).all(&db).await?,
        profile,
        hours,
        statistics: statistics.get(&db).await?.into(),
        roles: roles
            .all(&db)
            .await?
            .into_iter()
            .map(|(role, members)| RoleLine {
                role: role.label(),
                members,
            })
            .collect(),
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
        heading: "Edit the organisation",
        form: Form::edit(&db, &organisation).await?,
    })
}

/// Changes an organisation.
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
        heading: "Edit the organisation",
        form,
    };
    let clean = form.clean(&db).await?.or_show(page)?;
    clean.save(&db, organisation, page).await?;
    messages.success("The organisation is saved.");
    Ok(Redirect::to(urls::organisation(&id)))
}

/// Asks first, and says what goes with it: as much as the admin may see.
#[view(get, "/organisations/{id}/delete/")]
pub async fn confirm_delete(_: SignedIn, db: Db, id: Path<Id<Organisation>>) -> Result<DeletePage> {
    let organisation = Organisation::objects()
        .get_to_delete(&db, |o| o.id.eq(*id))
        .await?;
    let preview = organisation.preview(&db).await?;
    let going = preview
        .going
        .into_iter()
        .filter(|row| row.model != "Organisation");
    Ok(DeletePage {
        organisation,
        going: going.collect(),
    })
}

/// Deletes an organisation with its tasks, events and memberships.
#[view(post, "/organisations/{id}/delete/")]
pub async fn delete(
    _: SignedIn,
    db: Db<Write>,
    messages: Messages,
    id: Path<Id<Organisation>>,
) -> Result<Redirect> {
    let organisation = Organisation::objects().get_to_delete(&db, |o| o.id.eq(*id));
    organisation.await?.delete(&db).await?;
    messages.success("The organisation is deleted.");
    Ok(Redirect::to(urls::organisations()))
}

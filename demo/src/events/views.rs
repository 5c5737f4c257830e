//! Events. Everybody reads them; who changes them, the policy knows.

use vauban::Messages;
use vauban::prelude::*;

use super::Event;
use super::forms::{EventFilter, EventForm, EventFormGiven};
use crate::organisations::{Organisation, at_least};
use crate::paging::Paging;
use crate::urls;

#[derive(Template)]
#[template("events/list.html")]
pub struct ListPage {
    form: Form<EventFilter>,
    events: Option<Page<Event>>,
}

#[derive(Template)]
#[template("events/show.html")]
pub struct ShowPage {
    event: Permitted<Event>,
}

#[derive(Template)]
#[template("events/form.html")]
pub struct FormPage {
    heading: &'static str,
    form: Form<EventForm>,
}

#[derive(Template)]
#[template("events/delete.html")]
pub struct DeletePage {
    event: Deletable<Event>,
}

/// What is on, the next event first, as the address says: `?kinds=talk&from=2026-12-01`.
#[view(get, "/events/")]
pub async fn list(_: Public, db: Db, page: Query<Paging>, form: Form<EventFilter>) -> Result<ListPage> {
    let without = |form| ListPage { form, events: None };
    let (filter, form) = form.clean(&db).await?.or_show(without)?.into_parts();
    let mut events = Event::objects().order_by(|e| [e.day.asc(), e.begins.asc()]);
    if !filter.title.is_empty() {
        events = events.filter(|e| e.title.icontains(&filter.title));
    }
    if let Some(from) = filter.from {
        events = events.filter(|e| e.day.ge(from));
    }
    if let Some(most) = filter.price {
        events = events.filter(|e| e.price.le(most));
    }
    if !filter.kinds.is_empty() {
        events = events.filter(|e| e.kind.is_in(filter.kinds));
    }
    let events = events.per_page(10).page(&db, page.number()).await?;
    Ok(ListPage {
        form,
        events: Some(events),
    })
}

/// An event. Who sees its organisation and its host, their policies say.
#[view(get, "/events/{id}/")]
pub async fn show(_: Public, db: Db, id: Path<Id<Event>>) -> Result<ShowPage> {
    let event = Event::objects()
        .related(|e| &e.organisation)
        .related(|e| &e.host)
        .with_may()
        .get(&db, |e| e.id.eq(*id))
        .await?;
    Ok(ShowPage { event })
}

/// The empty form, with the members to choose from: for the organisation's editors.
#[view(get, "/organisations/{id}/events/new/")]
pub async fn new(_: SignedIn, db: Db, id: HasRole<Organisation, at_least::Editor>) -> Result<FormPage> {
    Ok(FormPage {
        heading: "Add an event",
        form: Form::empty_for(&db, &id.id).await?,
    })
}

/// Adds an event, where one may.
#[view(post, "/organisations/{id}/events/new/")]
pub async fn create(
    _: SignedIn,
    db: Db<Write>,
    messages: Messages,
    id: HasRole<Organisation, at_least::Editor>,
    form: Form<EventForm>,
) -> Result<Redirect> {
    let page = |form| FormPage {
        heading: "Add an event",
        form,
    };
    let clean = form.clean_for(&db, &id.id).await?.or_show(page)?;
    let given = EventFormGiven { organisation: id.id };
    let event = clean.create(&db, given, page).await?;
    messages.success("The event is added.");
    Ok(Redirect::to(urls::event(&event.id)))
}

/// The form, filled.
#[view(get, "/events/{id}/edit/")]
pub async fn edit(_: SignedIn, db: Db, id: Path<Id<Event>>) -> Result<FormPage> {
    let event = Event::objects().get_to_change(&db, |e| e.id.eq(*id)).await?;
    Ok(FormPage {
        heading: "Edit the event",
        form: Form::edit_for(&db, &event.organisation.id(), &event).await?,
    })
}

/// Keeps what was changed. It stays in its organisation: the form has no field to move it.
#[view(post, "/events/{id}/edit/")]
pub async fn save(
    _: SignedIn,
    db: Db<Write>,
    messages: Messages,
    id: Path<Id<Event>>,
    form: Form<EventForm>,
) -> Result<Redirect> {
    let event = Event::objects().get_to_change(&db, |e| e.id.eq(*id)).await?;
    let page = |form| FormPage {
        heading: "Edit the event",
        form,
    };
    let place = event.organisation.id();
    let clean = form.clean_for(&db, &place).await?.or_show(page)?;
    clean.save(&db, event, page).await?;
    messages.success("Your changes are kept.");
    Ok(Redirect::to(urls::event(&id)))
}

/// Asks first: a link never deletes.
#[view(get, "/events/{id}/delete/")]
pub async fn confirm_delete(_: SignedIn, db: Db, id: Path<Id<Event>>) -> Result<DeletePage> {
    Ok(DeletePage {
        event: Event::objects().get_to_delete(&db, |e| e.id.eq(*id)).await?,
    })
}

/// Deletes an event.
#[view(post, "/events/{id}/delete/")]
pub async fn delete(_: SignedIn, db: Db<Write>, messages: Messages, id: Path<Id<Event>>) -> Result<Redirect> {
    Event::objects()
        .get_to_delete(&db, |e| e.id.eq(*id))
        .await?
        .delete(&db)
        .await?;
    messages.success("The event is deleted.");
    Ok(Redirect::to(urls::events()))
}

//! __Many__. No view asks who belongs where: what one may not see is not there, what one may not change is 403.

use vauban::prelude::*;

use super::__Model__;
use super::forms::{__Model__Form, __Model__FormGiven};
use crate::organisations::{Organisation, Role};
use crate::paging::Paging;
use crate::people::User;
use crate::urls;

#[derive(Template)]
#[template("__models__/list.html")]
pub struct ListPage {
    __models__: Page<__Model__>,
    organisations: Vec<Organisation>,
}

#[derive(Template)]
#[template("__models__/show.html")]
pub struct ShowPage {
    __model__: Permitted<__Model__>,
}

#[derive(Template)]
#[template("__models__/form.html")]
pub struct FormPage {
    heading: &'static str,
    form: Form<__Model__Form>,
}

#[derive(Template)]
#[template("__models__/delete.html")]
pub struct DeletePage {
    __model__: Deletable<__Model__>,
}

/// The newest first, and the organisations that one may add to.
#[view(get, "/__models__/")]
pub async fn list(
    _: SignedIn,
    user: CurrentUser<User>,
    db: Db,
    page: Query<Paging>,
) -> Result<ListPage> {
    let __models__ = __Model__::objects()
        .order_by(|r| r.created.desc())
        .per_page(20)
        .page(&db, page.number())
        .await?;
    // The policy's add rule decides in the end; who has no such role is shown no button.
    let organisations = Organisation::objects()
        .filter(|o| {
            o.memberships
                .any(|m| m.user.eq(user.id) & m.role.is_in([Role::Editor, Role::Admin]))
        })
        .order_by(|o| o.name.asc())
        .limit(100)
        .all(&db)
        .await?;
    Ok(ListPage {
        __models__,
        organisations,
    })
}

/// One of them. If the reader may not see it, it is not there: 404.
#[view(get, "/__models__/{id}/")]
pub async fn show(_: SignedIn, db: Db, id: Path<Id<__Model__>>) -> Result<ShowPage> {
    let __model__ = __Model__::objects()
        .related(|r| &r.organisation)
__related__
        .with_may()
        .get(&db, |r| r.id.eq(*id))
        .await?;
    Ok(ShowPage { __model__ })
}

/// The empty form, for one of one's organisations.
#[view(get, "/organisations/{id}/__models__/new/")]
pub async fn new(_: SignedIn, db: Db, id: Path<Id<Organisation>>) -> Result<FormPage> {
    __place__Organisation::objects().get(&db, |o| o.id.eq(*id)).await?;
    Ok(FormPage {
        heading: "Add __a_one__",
        form: __empty__,
    })
}

/// Adds what was sent, where one may.
#[view(post, "/organisations/{id}/__models__/new/")]
pub async fn create(
    _: SignedIn,
    db: Db<Write>,
    messages: Messages,
    id: Path<Id<Organisation>>,
    form: Form<__Model__Form>,
) -> Result<Redirect> {
    let organisation = Organisation::objects().get(&db, |o| o.id.eq(*id)).await?;
    let page = |form| FormPage {
        heading: "Add __a_one__",
        form,
    };
    let clean = __clean_new__.await?.or_show(page)?;
    let given = __Model__FormGiven {
        organisation: organisation.id,
    };
    let row = clean.create(&db, given, page).await?;
    messages.success("It is added.");
    Ok(Redirect::to(urls::__model__(&row.id)))
}

/// The form, filled.
#[view(get, "/__models__/{id}/edit/")]
pub async fn edit(_: SignedIn, db: Db, id: Path<Id<__Model__>>) -> Result<FormPage> {
    let row = __Model__::objects()
        .get_to_change(&db, |r| r.id.eq(*id))
        .await?;
    Ok(FormPage {
        heading: "Change the __one__",
        form: __edit__,
    })
}

/// Keeps what was changed, unless somebody else was faster: 409.
#[view(post, "/__models__/{id}/edit/")]
pub async fn save(
    _: SignedIn,
    db: Db<Write>,
    messages: Messages,
    id: Path<Id<__Model__>>,
    form: Form<__Model__Form>,
) -> Result<Redirect> {
    let row = __Model__::objects()
        .get_to_change(&db, |r| r.id.eq(*id))
        .await?;
    let page = |form| FormPage {
        heading: "Change the __one__",
        form,
    };
    let clean = __clean__.await?.or_show(page)?;
    clean.save(&db, row, page).await?;
    messages.success("Your changes are kept.");
    Ok(Redirect::to(urls::__model__(&id)))
}

/// Asks first: a link never deletes.
#[view(get, "/__models__/{id}/delete/")]
pub async fn confirm_delete(_: SignedIn, db: Db, id: Path<Id<__Model__>>) -> Result<DeletePage> {
    let __model__ = __Model__::objects()
        .get_to_delete(&db, |r| r.id.eq(*id))
        .await?;
    Ok(DeletePage { __model__ })
}

/// Deletes it.
#[view(post, "/__models__/{id}/delete/")]
pub async fn delete(
    _: SignedIn,
    db: Db<Write>,
    messages: Messages,
    id: Path<Id<__Model__>>,
) -> Result<Redirect> {
    let row = __Model__::objects()
        .get_to_delete(&db, |r| r.id.eq(*id))
        .await?;
    row.delete(&db).await?;
    messages.success("It is deleted.");
    Ok(Redirect::to(urls::__models__()))
}

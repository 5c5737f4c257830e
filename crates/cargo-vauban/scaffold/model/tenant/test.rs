//! __Many__: who gets what. The table is written from what the site promises, and from neither rules nor policies.

use ::__crate__::__models__::{New__Model__, __Model__};
use ::__crate__::organisations::{Organisation, Role};
use ::__crate__::urls;

use vauban::testing::Expect::{Allowed, Forbidden, NotFound, SignIn};
use vauban::testing::{Expected, Prober};

use crate::world::{World, member, organisation};

/// What an honest form has, and the same with other values.
const FIELDS: &[(&str, &str)] = &[
__sent_fields__
];
const OTHERS: &[(&str, &str)] = &[
__sent_others__
];

/// The others as the form for a row that nobody has changed yet sends them.
fn others() -> Vec<(&'static str, &'static str)> {
    [OTHERS, &[("version", "1")]].concat()
}

/// One of the Lighthouse's, where Ann is an admin and Dan a plain member.
async fn of_the_lighthouse(w: &World) -> __Model__ {
    let new = New__Model__ {
__new_sample__
        organisation: w.lighthouse.id,
    };
    w.app
        .rows(async |db| __Model__::create(new).save(&db).await)
        .await
}

/// An honest form for an organisation.
fn for_<'a>(id: &'a str) -> Vec<(&'static str, &'a str)> {
    let fields: Vec<(&'static str, &'a str)> = FIELDS.to_vec();
    [vec![("organisation", id)], fields].concat()
}

/// Ann is an editor of the Square, Ben and Cleo are plain members.
async fn square(w: &World) -> Organisation {
    let square = organisation(&w.app, "The Square").await;
    member(&w.app, &square, &w.ann, Role::Editor).await;
    member(&w.app, &square, &w.ben, Role::Member).await;
    member(&w.app, &square, &w.cleo, Role::Member).await;
    square
}

/// The row is the Lighthouse's: for Ben it is not there, and for staff neither.
pub(crate) async fn probe<'a>(prober: Prober<'a>, w: &World) -> Prober<'a> {
    let id = of_the_lighthouse(w).await.id;
    let square = square(w).await.id.to_string();
    prober
        .get("__models__", urls::__models__())
        .get("__model__", urls::__model__(&id))
        .get("__model___new", urls::__model___new())
        .form("__model___create", urls::__model___create(), &for_(&square))
        .get("__model___edit", urls::__model___edit(&id))
        .form("__model___save", urls::__model___save(&id), &others())
        .get("__model___delete", urls::__model___delete(&id))
        .form("__model___remove", urls::__model___remove(&id), &[])
        .expect(&[
            //                                nobody   Ann      Ben       Cleo (staff)
            Expected::new("__models__", [SignIn, Allowed, Allowed, Allowed]),
            Expected::new("__model__", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("__model___new", [SignIn, Allowed, Allowed, Allowed]),
            // Of the Square all three are members, and Ann alone is an editor.
            Expected::new("__model___create", [SignIn, Allowed, Forbidden, Forbidden]),
            Expected::new("__model___edit", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("__model___save", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("__model___delete", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("__model___remove", [SignIn, Allowed, NotFound, NotFound]),
        ])
}

#[tokio::test]
async fn who_does_not_belong_there_finds_nothing() {
    let w = World::new().await;
    let row = of_the_lighthouse(&w).await;
    let mut ben = w.as_(&w.ben).await;
    let address = urls::__model__(&row.id);
    ben.get(address.clone()).await.assert_status(404);
    let id = row.id.to_string();
    ben.get(urls::__models__()).await.assert_lacks(&id);
    // CWE-639: knowing the id helps nobody.
    let answer = ben.post_fields(urls::__model___save(&row.id), &others()).await;
    answer.assert_status(404);
    let answer = ben.post_fields(urls::__model___remove(&row.id), &[]).await;
    answer.assert_status(404);
    let mut ann = w.as_(&w.ann).await;
    ann.get(address).await.assert_status(200);
    ann.get(urls::__models__()).await.assert_contains(&id);
}

#[tokio::test]
async fn a_plain_member_sees_and_does_not_change() {
    let w = World::new().await;
    let row = of_the_lighthouse(&w).await;
    let mut dan = w.as_(&w.dan).await;
    let page = dan.get(urls::__model__(&row.id)).await;
    page.assert_status(200).assert_lacks("/edit/");
    let answer = dan.post_fields(urls::__model___save(&row.id), &others()).await;
    answer.assert_status(403);
    let answer = dan.post_fields(urls::__model___remove(&row.id), &[]).await;
    answer.assert_status(403);
    let lighthouse = w.lighthouse.id.to_string();
    let answer = dan.post_form(urls::__model___create(), &for_(&lighthouse)).await;
    answer.assert_status(403);
}

#[tokio::test]
async fn an_editor_adds_changes_and_deletes_it() {
    let w = World::new().await;
    let square = square(&w).await.id.to_string();
    let mut ann = w.as_(&w.ann).await;
    let answer = ann.post_form(urls::__model___create(), &for_(&square)).await;
    ann.follow(&answer).await.assert_contains("It is added.");
    let row = of_the_lighthouse(&w).await;
    let answer = ann.post_form(urls::__model___save(&row.id), OTHERS).await;
    ann.follow(&answer).await.assert_contains("Your changes are kept.");
    let answer = ann.post_form(urls::__model___remove(&row.id), &[]).await;
    ann.follow(&answer).await.assert_contains("It is deleted.");
    ann.get(urls::__model__(&row.id)).await.assert_status(404);
}

/// CWE-362: what somebody else has changed meanwhile is not overwritten in silence.
#[tokio::test]
async fn the_slower_of_two_is_told() {
    let w = World::new().await;
    let row = of_the_lighthouse(&w).await;
    let mut ann = w.as_(&w.ann).await;
    let stale = [OTHERS, &[("version", "1000")]].concat();
    let answer = ann.post_fields(urls::__model___save(&row.id), &stale).await;
    answer.assert_status(409).assert_contains("Somebody else changed this");
}

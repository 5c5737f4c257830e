//! __Many__: who gets what. The table is written from what the site promises, and from neither rules nor policies.

use ::__crate__::__models__::__Model__;
use ::__crate__::urls;

use vauban::testing::Expect::{Allowed, NotFound, SignIn};
use vauban::testing::{Expected, Factory, Prober};

use crate::world::World;

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

/// One of Ann's.
async fn of_ann(w: &World) -> __Model__ {
    let hers = Factory::<__Model__>::new().set(|row| [row.owner.set(w.ann.id)]);
    w.app.rows(async |db| hers.create(&db).await).await
}

/// The row is Ann's: for Ben it is not there, and for staff neither.
pub(crate) async fn probe<'a>(prober: Prober<'a>, w: &World) -> Prober<'a> {
    let id = of_ann(w).await.id;
    prober
        .get("__models__", urls::__models__())
        .get("__model__", urls::__model__(&id))
        .get("__model___new", urls::__model___new())
        .form("__model___create", urls::__model___create(), FIELDS)
        .get("__model___edit", urls::__model___edit(&id))
        .form("__model___save", urls::__model___save(&id), &others())
        .get("__model___delete", urls::__model___delete(&id))
        .form("__model___remove", urls::__model___remove(&id), &[])
        .expect(&[
            //                                nobody   Ann      Ben       Cleo (staff)
            Expected::new("__models__", [SignIn, Allowed, Allowed, Allowed]),
            Expected::new("__model__", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("__model___new", [SignIn, Allowed, Allowed, Allowed]),
            Expected::new("__model___create", [SignIn, Allowed, Allowed, Allowed]),
            Expected::new("__model___edit", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("__model___save", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("__model___delete", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("__model___remove", [SignIn, Allowed, NotFound, NotFound]),
        ])
}

#[tokio::test]
async fn nobody_else_finds_it() {
    let w = World::new().await;
    let row = of_ann(&w).await;
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
async fn its_owner_adds_changes_and_deletes_it() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let answer = ann.post_form(urls::__model___create(), FIELDS).await;
    ann.follow(&answer).await.assert_contains("It is added.");
    let row = of_ann(&w).await;
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
    let row = of_ann(&w).await;
    let mut ann = w.as_(&w.ann).await;
    let stale = [OTHERS, &[("version", "1000")]].concat();
    let answer = ann.post_fields(urls::__model___save(&row.id), &stale).await;
    answer.assert_status(409).assert_contains("Somebody else changed this");
}

//! Leaving, and taking a member out: an organisation keeps an admin.

use ::__crate__::organisations::{Membership, Role};
use ::__crate__::urls;

use vauban::prelude::*;
use vauban::testing::Expect::{Allowed, NotFound, SignIn};
use vauban::testing::{Expected, Prober};

use crate::world::{World, member};

/// The place is Dan's in the Lighthouse, which Ann runs.
#[rustfmt::skip]
pub(crate) fn probe<'a>(prober: Prober<'a>, w: &World) -> Prober<'a> {
    let place = &w.dans_place.id;
    prober
        .get("member_delete", urls::member_delete(place))
        .form("member_remove", urls::member_remove(place), &[])
        .expect(&[
            //                                 nobody   Ann      Ben       Cleo (staff)  Dan (plain member)
            Expected::new("member_delete", [SignIn, Allowed, NotFound, NotFound, Allowed]),
            Expected::new("member_remove", [SignIn, Allowed, NotFound, NotFound, Allowed]),
        ])
}

/// The id of Ann's place in the Lighthouse.
async fn anns_place(w: &World) -> Id<Membership> {
    let (here, ann) = (w.lighthouse.id, w.ann.id);
    let place = w
        .app
        .rows(async |db| {
            Membership::objects()
                .get(&db, |m| m.organisation.eq(here) & m.user.eq(ann))
                .await
        })
        .await;
    place.id
}

#[tokio::test]
async fn members_leave_and_admins_remove_others() {
    let w = World::new().await;
    let anns = anns_place(&w).await;
    let mut dan = w.as_(&w.dan).await;
    let page = dan.get(urls::organisation(&w.lighthouse.id)).await;
    page.assert_contains("Leave…").assert_lacks("Remove…");
    // CWE-862: a plain member removes nobody else.
    let answer = dan.post_fields(urls::member_remove(&anns), &[]).await;
    answer.assert_status(403);
    let answer = dan.post_form(urls::member_remove(&w.dans_place.id), &[]).await;
    dan.follow(&answer)
        .await
        .assert_contains("You have left the organisation.");
    dan.get(urls::organisation(&w.lighthouse.id))
        .await
        .assert_status(404);

    let cleos = member(&w.app, &w.lighthouse, &w.cleo, Role::Editor).await;
    let mut ann = w.as_(&w.ann).await;
    let answer = ann.post_form(urls::member_remove(&cleos.id), &[]).await;
    ann.follow(&answer)
        .await
        .assert_contains("They are no member any more.");
    let mut cleo = w.as_(&w.cleo).await;
    cleo.get(urls::organisation(&w.lighthouse.id))
        .await
        .assert_status(404);
}

#[tokio::test]
async fn the_last_admin_stays_until_there_is_another() {
    let w = World::new().await;
    let anns = anns_place(&w).await;
    let mut ann = w.as_(&w.ann).await;
    let answer = ann
        .post_form(urls::member_save(&anns), &[("role", "member")])
        .await;
    answer
        .assert_status(422)
        .assert_contains("An organisation needs an admin");
    let answer = ann.post_form(urls::member_remove(&anns), &[]).await;
    ann.follow(&answer)
        .await
        .assert_contains("An organisation needs an admin");
    // An admin who stays one is no change to refuse.
    let answer = ann
        .post_form(urls::member_save(&anns), &[("role", "admin")])
        .await;
    answer.assert_status(303);

    member(&w.app, &w.lighthouse, &w.ben, Role::Admin).await;
    let answer = ann
        .post_form(urls::member_save(&anns), &[("role", "member")])
        .await;
    answer.assert_status(303);
    ann.get(urls::organisation_edit(&w.lighthouse.id))
        .await
        .assert_status(403);
}

//! Organisations: for whoever does not belong to one it is not there.

use ::__crate__::organisations::Role;
use ::__crate__::urls;

use vauban::testing::Expect::{Allowed, NotFound, SignIn};
use vauban::testing::{Expected, Prober};

use crate::world::{World, member};

/// Ann runs the Lighthouse. Ben and Cleo do not belong to it: staff have no say in organisations.
pub(crate) fn probe<'a>(prober: Prober<'a>, w: &World) -> Prober<'a> {
    let (lighthouse, place) = (&w.lighthouse.id, &w.dans_place.id);
    let (name, version) = (("name", "The Tower"), ("version", "1"));
    let new_member = [("email", "cleo@example.com"), ("role", "member")];
    prober
        .get("organisations", urls::organisations())
        .get("organisation_new", urls::organisation_new())
        .form("organisation_create", urls::organisation_create(), &[name])
        .get("organisation", urls::organisation(lighthouse))
        .get("organisation_edit", urls::organisation_edit(lighthouse))
        .form(
            "organisation_save",
            urls::organisation_save(lighthouse),
            &[name, version],
        )
        .get("member_new", urls::member_new(lighthouse))
        .form("member_create", urls::member_create(lighthouse), &new_member)
        .get("member_edit", urls::member_edit(place))
        .form(
            "member_save",
            urls::member_save(place),
            &[("role", "editor"), version],
        )
        .expect(&[
            //                                 nobody   Ann      Ben       Cleo (staff)
            Expected::new("organisations", [SignIn, Allowed, Allowed, Allowed]),
            Expected::new("organisation_new", [SignIn, Allowed, Allowed, Allowed]),
            Expected::new("organisation_create", [SignIn, Allowed, Allowed, Allowed]),
            Expected::new("organisation", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("organisation_edit", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("organisation_save", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("member_new", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("member_create", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("member_edit", [SignIn, Allowed, NotFound, NotFound]),
            Expected::new("member_save", [SignIn, Allowed, NotFound, NotFound]),
        ])
}

#[tokio::test]
async fn members_see_each_other_and_only_admins_change_roles() {
    let w = World::new().await;
    let page = urls::organisation(&w.lighthouse.id);
    let mut dan = w.as_(&w.dan).await;
    dan.get(page.clone())
        .await
        .assert_contains("Ann")
        .assert_lacks("Add a member");
    // Nobody promotes themselves: CWE-269.
    let promotion = [("role", "admin")];
    let answer = dan
        .post_fields(urls::member_save(&w.dans_place.id), &promotion)
        .await;
    answer.assert_status(403);
    let answer = dan.get(urls::member_new(&w.lighthouse.id)).await;
    answer.assert_status(403);

    let mut ann = w.as_(&w.ann).await;
    let answer = ann
        .post_form(urls::member_save(&w.dans_place.id), &promotion)
        .await;
    ann.follow(&answer).await.assert_contains("The role is changed.");
}

#[tokio::test]
async fn an_admin_adds_who_has_an_account_and_nobody_twice() {
    let w = World::new().await;
    let page = urls::member_new(&w.lighthouse.id);
    let mut ann = w.as_(&w.ann).await;
    for (email, said) in [
        ("nobody@example.com", "Nobody has signed up with this address."),
        ("dan@example.com", "There is one like this already"),
    ] {
        let fields = [("email", email), ("role", "member")];
        let answer = ann.post_form(page.clone(), &fields).await;
        answer.assert_status(422).assert_contains(said);
    }
    let fields = [("email", "ben@example.com"), ("role", "member")];
    let answer = ann.post_form(page, &fields).await;
    ann.follow(&answer).await.assert_contains("Ben");
    let mut ben = w.as_(&w.ben).await;
    ben.get(urls::organisations())
        .await
        .assert_contains("The Lighthouse");
}

#[tokio::test]
async fn an_editor_is_no_admin() {
    let w = World::new().await;
    member(&w.app, &w.lighthouse, &w.cleo, Role::Editor).await;
    let mut cleo = w.as_(&w.cleo).await;
    let answer = cleo.get(urls::organisation_edit(&w.lighthouse.id)).await;
    answer.assert_status(403);
}

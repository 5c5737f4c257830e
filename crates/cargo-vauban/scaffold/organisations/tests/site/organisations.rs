//! Organisations: for whoever does not belong to one it is not there.

use ::__crate__::organisations::Role;
use ::__crate__::urls;

use vauban::testing::Expect::{Allowed, Forbidden, NotFound, SignIn};
use vauban::testing::{Expected, Prober};

use crate::world::{World, member};

/// Ann runs the Lighthouse, Dan is a plain member. Ben and Cleo do not belong to it: staff have no say in organisations.
#[rustfmt::skip]
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
            //                                 nobody   Ann      Ben       Cleo (staff)  Dan (plain member)
            Expected::new("organisations", [SignIn, Allowed, Allowed, Allowed, Allowed]),
            Expected::new("organisation_new", [SignIn, Allowed, Allowed, Allowed, Allowed]),
            Expected::new("organisation_create", [SignIn, Allowed, Allowed, Allowed, Allowed]),
            Expected::new("organisation", [SignIn, Allowed, NotFound, NotFound, Allowed]),
            Expected::new("organisation_edit", [SignIn, Allowed, NotFound, NotFound, Forbidden]),
            Expected::new("organisation_save", [SignIn, Allowed, NotFound, NotFound, Forbidden]),
            Expected::new("member_new", [SignIn, Allowed, NotFound, NotFound, Forbidden]),
            Expected::new("member_create", [SignIn, Allowed, NotFound, NotFound, Forbidden]),
            Expected::new("member_edit", [SignIn, Allowed, NotFound, NotFound, Forbidden]),
            Expected::new("member_save", [SignIn, Allowed, NotFound, NotFound, Forbidden]),
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
    let twice = [("email", "dan@example.com"), ("role", "member")];
    let answer = ann.post_form(page.clone(), &twice).await;
    answer
        .assert_status(422)
        .assert_contains("There is one like this already");
    // CWE-204: the same is said whether or not somebody has an account.
    const SAID: &str = "If somebody has signed up with this address, they are a member now.";
    for (email, added) in [("nobody@example.com", false), ("ben@example.com", true)] {
        let fields = [("email", email), ("role", "member")];
        let answer = ann.post_form(page.clone(), &fields).await;
        let list = ann.follow(&answer).await;
        list.assert_contains(SAID);
        match added {
            true => list.assert_contains("Ben"),
            false => list.assert_lacks("Ben"),
        };
    }
    let mut ben = w.as_(&w.ben).await;
    ben.get(urls::organisations())
        .await
        .assert_contains("The Lighthouse");
}

/// CWE-204, CWE-799. Attack: whoever founds an organisation asks for address after address.
#[tokio::test]
async fn nobody_tries_out_addresses() {
    let w = World::new().await;
    let page = urls::member_new(&w.lighthouse.id);
    let mut ann = w.as_(&w.ann).await;
    let mut refused = 0;
    for i in 0..25 {
        let email = format!("nobody{i}@example.com");
        let fields = [("email", email.as_str()), ("role", "member")];
        refused += usize::from(ann.post_form(page.clone(), &fields).await.status() == 429);
    }
    assert_eq!(refused, 5);
}

#[tokio::test]
async fn an_editor_is_no_admin() {
    let w = World::new().await;
    member(&w.app, &w.lighthouse, &w.cleo, Role::Editor).await;
    let mut cleo = w.as_(&w.cleo).await;
    let answer = cleo.get(urls::organisation_edit(&w.lighthouse.id)).await;
    answer.assert_status(403);
}

//! Members and invitations of organisations, attacked as a browser would (ASVS 8.4.1; CWE-269, CWE-639).

use demo::organisations::{Membership, Organisation, Role};
use demo::urls;
use demo::users::User;
use vauban::prelude::*;
use vauban::testing::{Answer, Client};

use crate::world::{PASSWORD, World, start_with};

/// The members of an organisation.
fn members(of: &Organisation) -> String {
    format!("/organisations/members/{}/", of.id)
}

/// Invites an address, and gives the link of its mail.
async fn invited(w: &World, by: &User, to: &str, role: &str) -> String {
    let mut client = w.as_(by).await;
    let fields = [("email", to), ("role", role)];
    let answer = client.post_form(members(&w.lighthouse).as_str(), &fields).await;
    answer.assert_status(303);
    w.app.mailed_link(to).await.unwrap()
}

async fn role_of(w: &World, of: &Organisation, user: &User) -> Option<Role> {
    let (organisation, user) = (of.id, user.id);
    let seat = w.app.rows(async move |db| {
        Membership::objects()
            .filter(|m| m.organisation.eq(organisation) & m.user.eq(user))
            .first(&db)
            .await
    });
    seat.await.map(|seat| seat.role)
}

async fn set_role(w: &World, user: &User, role: Role) {
    let user = user.id;
    let changed = w.app.rows(async move |db| {
        let theirs = Membership::objects().filter(|m| m.user.eq(user));
        theirs.change_all(&db, |m| [m.role.set(role)]).await
    });
    assert_eq!(changed.await, 1);
}

/// Follows a link and presses the button of its page, if there is one.
async fn accept(client: &mut Client, link: &str) -> Answer {
    client.post_form(link, &[]).await
}

#[tokio::test]
async fn an_invitation_makes_a_member_of_who_has_the_address() {
    let w = World::new().await;
    let link = invited(&w, &w.ann, "ben@example.com", "editor").await;
    let mut ben = w.as_(&w.ben).await;
    // Following it changes nothing, however often; nor does a program that asks by HEAD.
    for _ in 0..2 {
        ben.get(link.as_str())
            .await
            .assert_status(200)
            .assert_contains("The Lighthouse")
            .assert_contains("Editor");
    }
    assert_eq!(role_of(&w, &w.lighthouse, &w.ben).await, None);
    accept(&mut ben, &link).await.assert_status(303);
    assert_eq!(role_of(&w, &w.lighthouse, &w.ben).await, Some(Role::Editor));
    ben.get(urls::task(&w.task.id)).await.assert_status(200);
    // Once.
    ben.get(link.as_str()).await.assert_status(404);
    ben.get("/accounts/security/")
        .await
        .assert_contains("Accepted an invitation");
    // And over with the membership, at the next request.
    let mut ann = w.as_(&w.ann).await;
    let page = ann.get(members(&w.lighthouse).as_str()).await.text();
    assert!(page.contains("Ben"));
    let seat = w.app.rows(async |db| {
        Membership::objects()
            .filter(|m| m.role.eq(Role::Editor))
            .first(&db)
            .await
    });
    let seat = seat.await.unwrap();
    ann.post_fields(
        urls::members::remove(&w.lighthouse.id.uuid(), &seat.id.uuid()),
        &[],
    )
    .await
    .assert_status(303);
    ben.get(urls::task(&w.task.id)).await.assert_status(404);
}

/// CWE-639, reference §1 #35. Attack: an invitation is handed on to another account, and to nobody who is signed in.
#[tokio::test]
async fn cwe_639_a_forwarded_invitation_opens_nothing() {
    let w = World::new().await;
    let link = invited(&w, &w.ann, "ben@example.com", "admin").await;
    let mut cleo = w.as_(&w.cleo).await;
    let foreign = cleo.get(link.as_str()).await;
    foreign.assert_status(404);
    let unknown = format!("/accounts/invitations/{}/", "A".repeat(43));
    let none = cleo.get(unknown.as_str()).await;
    none.assert_status(404);
    let body = |answer: &Answer| {
        let text = answer.text();
        text[text.find("<h1").unwrap()..text.find("</main").unwrap_or(text.len())].to_owned()
    };
    assert_eq!(body(&foreign), body(&none), "whosever it is, it looks alike");
    cleo.post_fields(link.as_str(), &[]).await.assert_status(404);
    assert_eq!(role_of(&w, &w.lighthouse, &w.cleo).await, None);
    // Without a session, Ben's own account is asked for, and no second one is made.
    let mut nobody = w.app.client();
    nobody
        .get(link.as_str())
        .await
        .assert_contains("Sign in as ben@example.com");
    let answer = accept(&mut nobody, &link).await;
    answer.assert_redirects_to("/accounts/login/");
    // What a body or a cookie says of tenant, role or person is not asked.
    let mut ben = w.as_(&w.ben).await;
    ben.set_cookie("tenant", &w.bridge.id.to_string());
    let fields = [
        ("role", "admin"),
        ("tenant", &w.bridge.id.to_string()),
        ("email", "cleo@example.com"),
    ];
    ben.post_fields(link.as_str(), &fields).await.assert_status(303);
    assert_eq!(role_of(&w, &w.lighthouse, &w.ben).await, Some(Role::Admin));
}

/// CWE-269, reference §7. Attack: an invitation outlives its inviter, their role, its withdrawal and its time.
#[tokio::test]
async fn cwe_613_an_invitation_is_dead_with_its_inviter() {
    let w = World::new().await;
    set_role(&w, &w.dan, Role::Admin).await;
    let link = invited(&w, &w.dan, "ben@example.com", "admin").await;
    let mut ben = w.as_(&w.ben).await;
    ben.get(link.as_str()).await.assert_status(200);
    // Demoted.
    set_role(&w, &w.dan, Role::Editor).await;
    ben.get(link.as_str()).await.assert_status(404);
    ben.post_fields(link.as_str(), &[]).await.assert_status(404);
    set_role(&w, &w.dan, Role::Admin).await;
    ben.get(link.as_str()).await.assert_status(200);
    // Deactivated.
    let dan = w.dan.id;
    let active = async |is: bool| {
        let changed = w.app.rows(async move |db| {
            let dan = User::objects().filter(|u| u.id.eq(dan));
            dan.change_all(&db, |u| [u.is_active.set(is)]).await
        });
        assert_eq!(changed.await, 1);
    };
    active(false).await;
    ben.post_fields(link.as_str(), &[]).await.assert_status(404);
    active(true).await;
    // Gone from the organisation.
    let removed = w.app.rows(async move |db| {
        Membership::objects()
            .filter(|m| m.user.eq(dan))
            .delete_all(&db)
            .await
    });
    assert_eq!(removed.await, 1);
    ben.post_fields(link.as_str(), &[]).await.assert_status(404);
    assert_eq!(role_of(&w, &w.lighthouse, &w.ben).await, None);
    // Withdrawn.
    let link = invited(&w, &w.ann, "ben@example.com", "member").await;
    ben.get(link.as_str()).await.assert_status(200);
    let mut ann = w.as_(&w.ann).await;
    let page = ann.get(members(&w.lighthouse).as_str()).await.text();
    let (_, rest) = page.split_once("/withdraw/").unwrap();
    let withdraw = format!("{}withdraw/{}/", members(&w.lighthouse), &rest[..36]);
    // Not by another organisation's owner, nor through another organisation.
    ben.post_fields(withdraw.as_str(), &[]).await.assert_status(404);
    let through = format!("{}withdraw/{}/", members(&w.bridge), &rest[..36]);
    ben.post_fields(through.as_str(), &[]).await.assert_status(404);
    ben.get(link.as_str()).await.assert_status(200);
    ann.post_fields(withdraw.as_str(), &[]).await.assert_status(303);
    ben.get(link.as_str()).await.assert_status(404);
    ben.post_fields(link.as_str(), &[]).await.assert_status(404);
}

/// CWE-367. Attack: one invitation, accepted eight times at once.
#[tokio::test]
async fn cwe_367_of_eight_acceptances_at_once_one_wins() {
    let w = World::new().await;
    let link = invited(&w, &w.ann, "ben@example.com", "member").await;
    let mut all = Vec::new();
    for _ in 0..8 {
        let (mut ben, link) = (w.as_(&w.ben).await, link.clone());
        all.push(tokio::spawn(
            async move { accept(&mut ben, &link).await.status() },
        ));
    }
    let mut won = 0;
    for one in all {
        match one.await.unwrap() {
            303 => won += 1,
            // Where the database gives way, whoever asked may come again.
            404 | 409 | 503 => {}
            other => panic!("{other}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(role_of(&w, &w.lighthouse, &w.ben).await, Some(Role::Member));
}

/// Whoever is invited and has no account makes one, also where only the invited do, and belongs to the organisation when it is made.
#[tokio::test]
async fn whoever_has_no_account_signs_up_through_the_invitation() {
    let app = start_with(demo::app, &[("accounts.sign_up", "invited")]);
    let w = World::inside(app, false).await;
    let link = invited(&w, &w.ann, "new@example.com", "editor").await;
    let mut new = w.app.client();
    new.get(link.as_str())
        .await
        .assert_status(200)
        .assert_contains("Make an account and join");
    let answer = accept(&mut new, &link).await;
    answer.assert_status(303);
    let page = answer.location().unwrap().to_owned();
    assert!(page.starts_with("/accounts/signup/"), "{page}");
    new.post_form(page.as_str(), &[("password", PASSWORD), ("name", "New")])
        .await
        .assert_status(303);
    let email: Email = "new@example.com".parse().unwrap();
    let made = w
        .app
        .rows(async |db| User::objects().get(&db, |u| u.email.eq(&email)).await)
        .await;
    assert_eq!(role_of(&w, &w.lighthouse, &made).await, Some(Role::Editor));
    new.get(urls::task(&w.task.id)).await.assert_status(200);
    // It is used.
    new.get(link.as_str()).await.assert_status(404);
}

/// CWE-269. Attack: by the pages, a role above one's own, the last owner's leave, and members of another tenant.
#[tokio::test]
async fn cwe_269_member_pages_give_nobody_more_than_they_may() {
    let w = World::new().await;
    let tenant = w.lighthouse.id.uuid();
    let seat = w.membership.id.uuid();
    let mut dan = w.as_(&w.dan).await;
    // A plain member sees who is there, and neither invites nor changes.
    let page = dan.get(members(&w.lighthouse).as_str()).await;
    page.assert_status(200)
        .assert_contains("Ann")
        .assert_lacks("Invite somebody");
    dan.post_fields(
        members(&w.lighthouse).as_str(),
        &[("email", "x@example.com"), ("role", "member")],
    )
    .await
    .assert_status(403);
    dan.post_fields(urls::members::member_save(&tenant, &seat), &[("role", "admin")])
        .await
        .assert_status(403);
    // The owner of another one finds nothing, also when they name their own tenant in the address.
    let mut ben = w.as_(&w.ben).await;
    let own = w.bridge.id.uuid();
    for at in [&tenant, &own] {
        ben.get(urls::members::member(at, &seat)).await.assert_status(404);
        ben.post_fields(urls::members::member_save(at, &seat), &[("role", "member")])
            .await
            .assert_status(404);
        ben.post_fields(urls::members::remove(at, &seat), &[])
            .await
            .assert_status(404);
    }
    assert_eq!(role_of(&w, &w.lighthouse, &w.dan).await, Some(Role::Member));
    // The last owner neither leaves nor lowers herself, by the pages or with her account.
    let ann_s = w
        .app
        .rows(async |db| {
            Membership::objects()
                .filter(|m| m.role.eq(Role::Admin))
                .all(&db)
                .await
        })
        .await;
    let ann_s = ann_s.iter().find(|m| m.user == w.ann.id).unwrap().id.uuid();
    let mut ann = w.as_(&w.ann).await;
    ann.post_fields(urls::members::remove(&tenant, &ann_s), &[])
        .await
        .assert_status(409);
    ann.post_fields(urls::members::member_save(&tenant, &ann_s), &[("role", "editor")])
        .await
        .assert_status(409);
    assert_eq!(role_of(&w, &w.lighthouse, &w.ann).await, Some(Role::Admin));
    // No role of the program's.
    for role in ["founder", ""] {
        ann.post_fields(urls::members::member_save(&tenant, &seat), &[("role", role)])
            .await
            .assert_status(422);
    }
    ann.post_fields(urls::members::member_save(&tenant, &seat), &[("role", "admin")])
        .await
        .assert_status(303);
    // Now she may go.
    ann.post_fields(urls::members::remove(&tenant, &ann_s), &[])
        .await
        .assert_status(303);
    ann.get(urls::organisation(&w.lighthouse.id))
        .await
        .assert_status(404);
}

/// CWE-362, reference §1 #37. Attack: two owners demote each other at once (on PostgreSQL over two connections).
#[tokio::test]
async fn cwe_362_two_owners_who_demote_each_other_at_once() {
    for _ in 0..3 {
        let w = World::new().await;
        set_role(&w, &w.dan, Role::Admin).await;
        let tenant = w.lighthouse.id.uuid();
        let all = w.app.rows(async |db| Membership::objects().all(&db).await).await;
        let seat = |user: &User| all.iter().find(|m| m.user == user.id).unwrap().id.uuid();
        let (of_ann, of_dan) = (seat(&w.ann), seat(&w.dan));
        let (mut ann, mut dan) = (w.as_(&w.ann).await, w.as_(&w.dan).await);
        let fields = [("role", "member")];
        let (one, other) = tokio::join!(
            ann.post_fields(urls::members::member_save(&tenant, &of_dan), &fields),
            dan.post_fields(urls::members::member_save(&tenant, &of_ann), &fields)
        );
        let owners = [
            role_of(&w, &w.lighthouse, &w.ann).await,
            role_of(&w, &w.lighthouse, &w.dan).await,
        ];
        let left = owners.iter().filter(|role| **role == Some(Role::Admin)).count();
        assert!(
            left >= 1,
            "{} and {}: nobody is left",
            one.status(),
            other.status()
        );
    }
}

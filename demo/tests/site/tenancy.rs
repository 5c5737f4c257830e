//! Members and invitations of organisations, attacked as a browser would (ASVS 8.4.1; CWE-269, CWE-639).

use demo::organisations::{Membership, NewMembership, Organisation, Role};
use demo::urls;
use demo::users::User;
use vauban::prelude::*;
use vauban::testing::{Answer, Client, Factory};

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

/// The id of somebody's membership, which the site reads whatever role stands there.
async fn seat_of(w: &World, user: &User) -> vauban::Uuid {
    let user = user.id;
    let ids = w.app.rows(async move |db| {
        let theirs = Membership::objects().filter(|m| m.user.eq(user));
        theirs.values(|m| &m.id).all(&db).await
    });
    ids.await[0].uuid()
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

/// CWE-613, CWE-862. Attack: the page of the account that an invitation led to, after that invitation is withdrawn, or of somebody who may
/// invite nobody any more, on a site that only the invited join.
#[tokio::test]
async fn cwe_613_a_dead_invitation_makes_no_account() {
    let app = start_with(demo::app, &[("accounts.sign_up", "invited")]);
    let w = World::inside(app, false).await;
    set_role(&w, &w.dan, Role::Admin).await;
    for withdrawn in [true, false] {
        let link = invited(&w, &w.dan, "new@example.com", "editor").await;
        let mut new = w.app.client();
        let page = accept(&mut new, &link).await.location().unwrap().to_owned();
        match withdrawn {
            true => {
                let mut ann = w.as_(&w.ann).await;
                let members = ann.get(members(&w.lighthouse).as_str()).await.text();
                let (_, rest) = members.split_once("/withdraw/").unwrap();
                let id = &rest[..36];
                let path = format!("{}withdraw/{id}/", self::members(&w.lighthouse));
                ann.post_fields(path.as_str(), &[]).await.assert_status(303);
            }
            false => set_role(&w, &w.dan, Role::Member).await,
        }
        new.post_form(page.as_str(), &[("password", PASSWORD), ("name", "New")])
            .await
            .assert_status(404);
        let email: Email = "new@example.com".parse().unwrap();
        let made = w
            .app
            .rows(async |db| User::objects().filter(|u| u.email.eq(&email)).count(&db).await)
            .await;
        assert_eq!(made, 0, "withdrawn: {withdrawn}");
    }
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

/// CWE-636, CWE-755, CWE-269. Attack, and accident: a release that is rolled back leaves roles behind that the program does not know. They
/// open nothing, and the row is an owner's to change and to remove, and nobody else's.
#[tokio::test]
async fn cwe_636_a_role_of_another_release_is_an_owners_to_mend() {
    let w = World::new().await;
    let (tenant, dan_s) = (w.lighthouse.id.uuid(), seat_of(&w, &w.dan).await);
    set_role(&w, &w.dan, Role::Admin).await;
    let founder = |user: &str| {
        crate::growth::run(
            &w.app,
            &format!(
                "UPDATE membership SET role = 'founder' WHERE user_id = (SELECT id FROM \"user\" WHERE email = '{user}')"
            ),
        )
    };
    founder("dan@example.com");
    // Nothing is open to him.
    let mut dan = w.as_(&w.dan).await;
    for page in [
        members(&w.lighthouse),
        format!("/organisations/{}/", w.lighthouse.id),
        format!("/organisations/{}/events/new/", w.lighthouse.id),
    ] {
        dan.get(page.as_str()).await.assert_status(404);
    }
    // The pages are there, and say what stands there.
    let mut ann = w.as_(&w.ann).await;
    ann.get(members(&w.lighthouse).as_str())
        .await
        .assert_status(200)
        .assert_contains("unknown (founder)");
    ann.get(urls::organisation(&w.lighthouse.id))
        .await
        .assert_status(200);
    ann.get(urls::members::member(&tenant, &dan_s))
        .await
        .assert_status(200);
    // He is no owner: Ann is the last one.
    let ann_s = seat_of(&w, &w.ann).await;
    ann.post_fields(urls::members::remove(&tenant, &ann_s), &[])
        .await
        .assert_status(409);
    ann.post_fields(urls::members::member_save(&tenant, &dan_s), &[("role", "editor")])
        .await
        .assert_status(303);
    assert_eq!(role_of(&w, &w.lighthouse, &w.dan).await, Some(Role::Editor));
    founder("dan@example.com");
    ann.post_fields(urls::members::remove(&tenant, &dan_s), &[])
        .await
        .assert_status(303);
    assert_eq!(role_of(&w, &w.lighthouse, &w.dan).await, None);
}

/// ASVS 8.4.1, CWE-639, CWE-862. Attack: a view that asks for a role is called from outside the tenant, in too low a role, in the role of another
/// tenant, with the tenant of a session, and after the role has gone.
#[tokio::test]
async fn asvs_8_4_1_a_view_that_asks_for_a_role_opens_to_no_other() {
    let w = World::new().await;
    let page = urls::event_new(&w.lighthouse.id);
    let status = async |user: &User| {
        let mut client = w.as_(user).await;
        // What a browser says of the tenant is not asked.
        client.set_cookie("tenant", &w.bridge.id.to_string());
        client.get(page.clone()).await.status()
    };
    assert_eq!(status(&w.ann).await, 200, "an admin is more than an editor");
    assert_eq!(status(&w.dan).await, 403, "a plain member sees it, and is less");
    assert_eq!(status(&w.ben).await, 404, "the owner of another one");
    assert_eq!(status(&w.cleo).await, 404, "staff");
    w.app.client().get(page.clone()).await.assert_status(303);
    set_role(&w, &w.dan, Role::Editor).await;
    assert_eq!(status(&w.dan).await, 200);
    set_role(&w, &w.dan, Role::Member).await;
    assert_eq!(status(&w.dan).await, 403, "at the next request");
    let unknown = "/organisations/01890000-0000-7000-8000-000000000000/events/new/";
    w.as_(&w.ann).await.get(unknown).await.assert_status(404);
    let (id, mut dan) = (w.dan.id, w.as_(&w.dan).await);
    w.app
        .rows(async move |db| {
            let dan = User::objects().filter(|u| u.id.eq(id));
            dan.change_all(&db, |u| [u.is_active.set(false)]).await
        })
        .await;
    // Deactivated: no session opens anything.
    dan.get(page.clone()).await.assert_status(303);
}

/// The role is read with the tenant: no statement more than a view that looks for the tenant by itself.
#[tokio::test]
async fn a_view_that_asks_for_a_role_asks_once() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let asks = urls::event_new(&w.lighthouse.id);
    let statements = w
        .app
        .statements(async || ann.get(asks.clone()).await.assert_status(200).status())
        .await;
    // Who asks, by three; the seat with the organisation; the choices of the form.
    statements.assert_at_most(5);
}

/// CWE-778. Attack: somebody comes in, or owners are made and unmade, and the other owners do not hear of it.
#[tokio::test]
async fn cwe_778_owners_are_told_of_who_comes_and_of_other_owners() {
    let w = World::new().await;
    let told = async |owner: &str| -> Vec<String> {
        w.app.run_tasks().await;
        let mails = w.app.mails();
        let theirs = mails.iter().filter(|mail| mail.to().contains(&owner));
        let notices = theirs.filter(|mail| mail.subject().starts_with("The members of what you own"));
        notices
            .map(|mail| {
                mail.text()
                    .split("\n\n")
                    .next()
                    .unwrap_or_default()
                    .replace('\n', " ")
            })
            .collect()
    };
    let link = invited(&w, &w.ann, "ben@example.com", "editor").await;
    accept(&mut w.as_(&w.ben).await, &link).await.assert_status(303);
    let joined = told("ann@example.com").await;
    assert_eq!(joined.len(), 1, "{joined:?}");
    assert!(
        joined[0].contains("ben@example.com") && joined[0].contains("has joined The Lighthouse as Editor"),
        "{joined:?}"
    );
    // Who does it is not told, and the others are.
    set_role(&w, &w.dan, Role::Admin).await;
    let (tenant, ben_s) = (w.lighthouse.id.uuid(), {
        let (organisation, ben) = (w.lighthouse.id, w.ben.id);
        let ids = w.app.rows(async move |db| {
            let theirs = Membership::objects().filter(|m| m.user.eq(ben) & m.organisation.eq(organisation));
            theirs.values(|m| &m.id).all(&db).await
        });
        ids.await[0].uuid()
    });
    let mut dan = w.as_(&w.dan).await;
    dan.post_fields(urls::members::member_save(&tenant, &ben_s), &[("role", "admin")])
        .await
        .assert_status(303);
    assert!(told("ann@example.com").await[1].contains("is an owner of The Lighthouse now"));
    // From an owner's to another role, and what is no owner's is no mail.
    dan.post_fields(urls::members::member_save(&tenant, &ben_s), &[("role", "editor")])
        .await
        .assert_status(303);
    dan.post_fields(urls::members::member_save(&tenant, &ben_s), &[("role", "member")])
        .await
        .assert_status(303);
    let ann_s = seat_of(&w, &w.ann).await;
    dan.post_fields(urls::members::remove(&tenant, &ann_s), &[])
        .await
        .assert_status(303);
    let all = told("ann@example.com").await;
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all[2].contains("Ben") && all[2].contains("no owner"), "{all:?}");
    // She was one, and hears that she is one no longer.
    assert!(all[3].contains("Ann") && all[3].contains("no owner"), "{all:?}");
    assert!(told("dan@example.com").await.is_empty());
}

/// CWE-862, CWE-639. Attack: an invitation is taken back by a plain member, by the owner of another tenant and under that one's address, and
/// whoever may invite nobody uses up the mails of who may (CWE-799).
#[tokio::test]
async fn cwe_862_an_invitation_is_taken_back_by_who_may() {
    let w = World::new().await;
    let link = invited(&w, &w.ann, "ben@example.com", "editor").await;
    let mut ann = w.as_(&w.ann).await;
    let page = ann.get(members(&w.lighthouse).as_str()).await.text();
    let (_, rest) = page.split_once("/withdraw/").unwrap();
    let id = rest.split('/').next().unwrap().to_owned();
    let (here, theirs) = (w.lighthouse.id.to_string(), w.bridge.id.to_string());
    for (who, tenant) in [(&w.dan, &here), (&w.ben, &here), (&w.ben, &theirs)] {
        let address = format!("/organisations/members/{tenant}/withdraw/{id}/");
        let mut client = w.as_(who).await;
        client.post_fields(address.as_str(), &[]).await.assert_status(404);
    }
    let mut ben = w.as_(&w.ben).await;
    ben.get(link.as_str()).await.assert_status(200);
    let mut dan = w.as_(&w.dan).await;
    for _ in 0..25 {
        let fields = [("email", "x@example.com"), ("role", "member")];
        dan.post_fields(members(&w.lighthouse).as_str(), &fields)
            .await
            .assert_status(403);
    }
    invited(&w, &w.ann, "x@example.com", "member").await;
    // A plain member reads nothing of who is invited.
    dan.get(members(&w.lighthouse).as_str())
        .await
        .assert_lacks("x@example.com");
    let address = format!("/organisations/members/{here}/withdraw/{id}/");
    ann.post_fields(address.as_str(), &[]).await.assert_status(303);
    ben.get(link.as_str()).await.assert_status(404);
}

/// CWE-639, CWE-799. Attack: who owns two tenants acts in the one under the address of the other; an invitation makes another role of a member who is
/// there; and mails are sent without an end.
#[tokio::test]
async fn cwe_639_each_address_is_of_its_own_tenant() {
    let w = World::new().await;
    let new = NewMembership {
        organisation: w.bridge.id,
        user: w.ann.id,
        role: Role::Admin,
    };
    let seat = w.app.rows(async |db| Membership::create(new).save(&db).await);
    let seat = seat.await.id.uuid();
    let tenant = w.lighthouse.id.uuid();
    let mut ann = w.as_(&w.ann).await;
    ann.get(urls::members::member(&tenant, &seat))
        .await
        .assert_status(404);
    ann.post_fields(urls::members::member_save(&tenant, &seat), &[("role", "member")])
        .await
        .assert_status(404);
    ann.post_fields(urls::members::remove(&tenant, &seat), &[])
        .await
        .assert_status(404);
    assert_eq!(role_of(&w, &w.bridge, &w.ann).await, Some(Role::Admin));
    // Who is a member already stays what they are.
    let link = invited(&w, &w.ann, "dan@example.com", "admin").await;
    accept(&mut w.as_(&w.dan).await, &link).await.assert_status(303);
    assert_eq!(role_of(&w, &w.lighthouse, &w.dan).await, Some(Role::Member));
    let mut statuses = Vec::new();
    for at in 0..25 {
        let email = format!("guest{at}@example.com");
        let fields = [("email", email.as_str()), ("role", "member")];
        let answer = ann.post_fields(members(&w.lighthouse).as_str(), &fields).await;
        statuses.push(answer.status());
    }
    assert!(statuses.contains(&422), "{statuses:?}");
}

/// The members' page is read in pages, and leads back to the organisation.
#[tokio::test]
async fn the_members_page_says_that_there_are_more() {
    let w = World::new().await;
    let organisation = w.lighthouse.id;
    let emails: Vec<Email> = (0..101)
        .map(|at| format!("member{at}@example.com").parse().unwrap())
        .collect();
    w.app
        .rows(async move |db| {
            for email in emails {
                let person = Factory::<User>::new().set(|u| [u.email.set(email.clone())]);
                let new = NewMembership {
                    organisation,
                    user: person.create(&db).await?.id,
                    role: Role::Member,
                };
                Membership::create(new).save(&db).await?;
            }
            Ok(())
        })
        .await;
    let mut ann = w.as_(&w.ann).await;
    let first = ann.get(members(&w.lighthouse).as_str()).await;
    first
        .assert_status(200)
        .assert_contains("?page=2")
        .assert_contains(&format!("/organisations/{}/", w.lighthouse.id));
    let second = format!("{}?page=2", members(&w.lighthouse));
    ann.get(second.as_str())
        .await
        .assert_status(200)
        .assert_contains("?page=1")
        .assert_lacks("?page=3");
    let beyond = format!("{}?page=9", members(&w.lighthouse));
    ann.get(beyond.as_str()).await.assert_status(404);
}

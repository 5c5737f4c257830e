//! Attacks on tenants whose site says that everybody may do everything: what no policy may forget.

#![allow(deprecated, reason = "these tests are the framework's own")]
#![allow(
    unreachable_pub,
    reason = "a membership's columns are `pub`, by which its changes are told"
)]

use std::fmt;
use std::sync::Arc;

use vauban::orm::engine::ChangeHooks;
use vauban::orm::membership::Membership as _;
use vauban::orm::{Actor, Columns, Filter, ForeignKey, Id, Policy, QuerySet, Rules, Who};
use vauban::{Model, Role};

use super::browser::TestSite;
use super::{Kit, User};
use crate::accounts::Said;
use crate::people::Account;
use crate::services::Administration;
use crate::sessions::SessionToken;
use crate::tenancy::{InvitationRow, Invitations, Invited, NewInvitationRow, OwnersStay, TenancyOf};

#[derive(Model)]
pub(super) struct Club {
    pub id: Id<Club>,
    #[field(max_length = 40)]
    pub name: String,
}

impl fmt::Display for Club {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Role)]
pub(super) enum Level {
    Guest,
    #[role(manages)]
    Chair,
    Owner,
}

#[derive(Model)]
#[model(membership, unique(club, person))]
pub(super) struct Seat {
    pub id: Id<Seat>,
    #[field(tenant, on_delete = cascade)]
    pub club: ForeignKey<Club>,
    #[field(owner, on_delete = cascade)]
    pub person: ForeignKey<User>,
    #[field(role)]
    pub level: Level,
}

macro_rules! open {
    ($($model:ident),+) => { $(
        impl Policy for $model {
            fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
                let all = Filter::always;
                Rules { view: all(), add: all(), change: all(), delete: all(), ..Rules::none() }
            }
        }
    )+ };
}
open!(Club, Seat);

/// A site that is told of its members' changes; its club, and somebody in each role.
async fn site() -> (Kit, Id<Club>, Vec<Account>) {
    let said = Said {
        tenancies: vec![Arc::new(TenancyOf::<Seat>::new(None))],
        site: "test".to_owned(),
        ..Said::default()
    };
    let kit = Kit::of(|_| (), said);
    let mut hooks = ChangeHooks::default();
    hooks.add(OwnersStay::<Seat>::new());
    kit.database.set_change_hooks(hooks);
    let unit = kit.units.begin();
    let name = "The Anglers".to_owned();
    let club = Club::create(NewClub { name }).save(&unit.db()).await.unwrap().id;
    unit.finish(true).await.unwrap();
    let mut people = Vec::new();
    for level in Level::ALL {
        let person = kit.person(&format!("{level}@example.com")).await;
        kit.seat(club, &person, *level).await;
        people.push(person);
    }
    (kit, club, people)
}

impl Kit {
    async fn seat(&self, club: Id<Club>, person: &Account, level: Level) {
        // As nobody: who founds something.
        let unit = self.units.begin();
        let new = Seat::__new(club, Id::from_uuid(person.facts.id), level);
        let db = unit.db().acting::<crate::tenancy::Members<Seat>>();
        Seat::create(new).save(&db).await.unwrap();
        unit.finish(true).await.unwrap();
    }

    fn as_(&self, person: &Account) -> Actor {
        self.accounts.binder.user(person.facts)
    }

    /// What becomes of members whom somebody gives a role, or removes.
    async fn set(&self, by: &Account, whose: &Account, level: Option<Level>) -> Result<(), u16> {
        let unit = self.database.bind(self.as_(by));
        let db = unit.db();
        let person = Id::from_uuid(whose.facts.id);
        let theirs = QuerySet::<Seat>::new().filter(|s| s.person.eq(person));
        let done = match level {
            Some(level) => theirs.change_all(&db, |s| [s.level.set(level)]).await,
            None => theirs.delete_all(&db).await,
        };
        assert_eq!(done.map_err(|error| error.status())?, 1);
        unit.finish(true).await.map_err(|error| error.status())
    }

    fn owners(&self) -> i64 {
        let sql = "SELECT count(*) FROM seat JOIN user ON user.id = seat.person_id WHERE level = 'owner' AND is_active";
        self.file().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// CWE-269, reference §1 #36. Attack: whom the site lets change every row makes themselves or a friend more than they are, and lowers or
/// removes who stands above.
#[tokio::test]
async fn cwe_269_nobody_grants_or_changes_above_themselves_whatever_the_policy_says() {
    let (kit, club, people) = site().await;
    let [guest, chair, owner] = &people[..] else {
        panic!()
    };
    let second = kit.person("second@example.com").await;
    kit.seat(club, &second, Level::Owner).await;
    for (by, whose, level) in [
        (guest, guest, Some(Level::Chair)),
        (guest, guest, Some(Level::Owner)),
        (chair, chair, Some(Level::Owner)),
        (chair, guest, Some(Level::Owner)),
        (chair, owner, Some(Level::Guest)),
        (chair, owner, None),
        (guest, chair, None),
    ] {
        assert_eq!(
            kit.set(by, whose, level).await,
            Err(409),
            "{} {level:?}",
            by.email
        );
    }
    // A stranger lets nobody in, themselves included; nor does a chair let in an owner.
    let stranger = kit.person("stranger@example.com").await;
    for (by, level, status) in [
        (&stranger, Level::Guest, Err(409)),
        (chair, Level::Owner, Err(409)),
        (chair, Level::Chair, Ok(())),
    ] {
        let unit = kit.database.bind(kit.as_(by));
        let new = Seat::__new(club, Id::from_uuid(stranger.facts.id), level);
        Seat::create(new).save(&unit.db()).await.unwrap();
        assert_eq!(unit.finish(true).await.map_err(|error| error.status()), status);
    }
    // In one unit: no step justifies the next.
    let unit = kit.database.bind(kit.as_(chair));
    let db = unit.db();
    for (person, level) in [(chair, Level::Owner), (guest, Level::Owner)] {
        let id = Id::from_uuid(person.facts.id);
        let theirs = QuerySet::<Seat>::new().filter(|s| s.person.eq(id));
        theirs.change_all(&db, |s| [s.level.set(level)]).await.unwrap();
    }
    assert_eq!(unit.finish(true).await.unwrap_err().status(), 409);
    // What they may.
    assert_eq!(kit.set(chair, guest, Some(Level::Chair)).await, Ok(()));
    assert_eq!(kit.set(owner, guest, Some(Level::Owner)).await, Ok(()));
    assert_eq!(kit.set(owner, owner, Some(Level::Guest)).await, Ok(()));
    assert_eq!(kit.set(chair, chair, None).await, Ok(()));
}

/// CWE-269, reference §1 #37. Attack: the last owner is lowered, removed and deleted, by whatever statement and service.
#[tokio::test]
async fn cwe_269_the_last_owner_stays() {
    let (kit, club, people) = site().await;
    let owner = &people[2];
    let id = Id::<User>::from_uuid(owner.facts.id);
    assert_eq!(kit.set(owner, owner, Some(Level::Guest)).await, Err(409));
    assert_eq!(kit.set(owner, owner, None).await, Err(409));
    let these = || QuerySet::<User>::new().filter(|u| u.id.eq(id));
    let unit = kit.units.begin();
    assert_eq!(these().delete_all(&unit.db()).await.unwrap(), 1);
    assert_eq!(unit.finish(true).await.unwrap_err().status(), 409);
    // CWE-613: an account that was taken over is closed, whatever it owns.
    for is_active in [false, true] {
        let unit = kit.units.begin();
        let db = unit.db();
        let acting = db.acting::<Administration<User>>();
        let closed = these().change_all(&acting, |u| [u.is_active.set(is_active)]);
        assert_eq!(closed.await.unwrap(), 1);
        drop((acting, db));
        unit.finish(true).await.unwrap();
    }
    let unit = kit.units.begin();
    assert!(
        kit.accounts
            .is_last_owner(&unit.db(), owner.facts.id)
            .await
            .unwrap()
    );
    unit.finish(false).await.unwrap();
    // A second one who is deactivated is none.
    let second = kit.person("second@example.com").await;
    kit.seat(club, &second, Level::Owner).await;
    kit.file()
        .execute(
            "UPDATE user SET is_active = 0 WHERE email = 'second@example.com'",
            [],
        )
        .unwrap();
    assert_eq!(kit.set(owner, owner, None).await, Err(409));
    kit.file().execute("UPDATE user SET is_active = 1", []).unwrap();
    assert_eq!(kit.set(owner, owner, Some(Level::Guest)).await, Ok(()));
    assert_eq!(kit.owners(), 1);
    // With the club go its members, and nobody is missed.
    let unit = kit.database.bind(kit.as_(&people[0]));
    let this = QuerySet::<Club>::new().filter(|c| c.id.eq(club));
    assert_eq!(this.delete_all(&unit.db()).await.unwrap(), 1);
    unit.finish(true).await.unwrap();
}

/// CWE-269, CWE-755. Attack: a role that the program does not know, whatever the policy says, is lowered or removed by somebody below an owner,
/// or counts as the owner who stays.
#[tokio::test]
async fn cwe_269_an_unknown_role_counts_as_an_owners_and_as_no_owner() {
    let (kit, club, people) = site().await;
    let [guest, chair, owner] = &people[..] else {
        panic!()
    };
    let by_hand = |whose: &Account| {
        let sql = "UPDATE seat SET level = 'founder' WHERE person_id = ?1";
        let id = whose.facts.id.as_bytes().to_vec();
        assert_eq!(kit.file().execute(sql, [id]).unwrap(), 1);
    };
    by_hand(guest);
    let second = kit.person("second@example.com").await;
    kit.seat(club, &second, Level::Chair).await;
    for level in [Some(Level::Guest), None] {
        assert_eq!(kit.set(chair, guest, level).await, Err(409), "{level:?}");
        assert_eq!(kit.set(&second, guest, level).await, Err(409), "{level:?}");
        // Nor do they raise themselves by it, or change others.
        assert_eq!(kit.set(guest, &second, level).await, Err(409), "{level:?}");
    }
    assert_eq!(kit.set(guest, guest, Some(Level::Guest)).await, Err(409));
    // The owner is the last one.
    assert_eq!(kit.set(owner, owner, Some(Level::Guest)).await, Err(409));
    assert_eq!(kit.set(owner, guest, Some(Level::Chair)).await, Ok(()));
    by_hand(guest);
    assert_eq!(kit.set(owner, guest, None).await, Ok(()));
    // They may leave, as everybody.
    by_hand(chair);
    assert_eq!(kit.set(chair, chair, None).await, Ok(()));
    // An inviter whose role is none invites nobody.
    by_hand(owner);
    let unit = kit.units.begin();
    let tenancy = kit.accounts.tenancy("seat").unwrap();
    let standing = tenancy.standing(&unit.db(), club.uuid(), owner.facts.id).await;
    assert!(standing.unwrap().is_none());
    unit.finish(false).await.unwrap();
}

/// CWE-400. Accident: somebody owns more tenants than are looked at by one statement, and is the last owner of the last of them.
#[tokio::test]
async fn the_last_owner_is_found_among_many_tenants() {
    let (kit, _, people) = site().await;
    let (owner, other) = (&people[0], &people[1]);
    let file = kit.file();
    let blob = |kind: u8, at: u32| {
        let mut id = [kind; 16];
        id[12..].copy_from_slice(&at.to_be_bytes());
        id.to_vec()
    };
    file.execute_batch("BEGIN").unwrap();
    for at in 0..1_001 {
        let club = "INSERT INTO club (id, name, row_version) VALUES (?1, 'c', 1)";
        file.execute(club, [blob(0x21, at)]).unwrap();
        let seat =
            "INSERT INTO seat (id, club_id, person_id, level, row_version) VALUES (?1, ?2, ?3, 'owner', 1)";
        for (kind, person) in [(0x31, owner), (0x41, other)] {
            let person = person.facts.id.as_bytes().to_vec();
            file.execute(seat, (blob(kind, at), blob(0x21, at), person))
                .unwrap();
        }
    }
    file.execute_batch("COMMIT").unwrap();
    let is_last = async || {
        let unit = kit.units.begin();
        let last = kit
            .accounts
            .is_last_owner(&unit.db(), owner.facts.id)
            .await
            .unwrap();
        unit.finish(false).await.unwrap();
        last
    };
    assert!(!is_last().await);
    let gone = file.execute("DELETE FROM seat WHERE id = ?1", [blob(0x41, 1_000)]);
    assert_eq!(gone.unwrap(), 1);
    assert!(is_last().await);
}

/// CWE-362, reference §1 #37. Attack: two owners demote each other at once, and leave at once.
#[tokio::test]
async fn cwe_362_of_two_owners_one_stays() {
    for way in ["each other", "leave"] {
        let (kit, club, people) = site().await;
        let (kit, ann) = (Arc::new(kit), people[2].clone());
        let ben = kit.person("ben@example.com").await;
        kit.seat(club, &ben, Level::Owner).await;
        let act = |by: Account, whose: Account, level| {
            let kit = Arc::clone(&kit);
            async move { kit.set(&by, &whose, level).await }
        };
        let (one, other) = match way {
            "each other" => tokio::join!(
                act(ann.clone(), ben.clone(), Some(Level::Guest)),
                act(ben.clone(), ann.clone(), Some(Level::Guest))
            ),
            _ => tokio::join!(
                act(ann.clone(), ann.clone(), None),
                act(ben.clone(), ben.clone(), None)
            ),
        };
        assert_ne!(one.is_ok(), other.is_ok(), "{way}");
        assert_eq!(kit.owners(), 1);
    }
}

/// CWE-269. Attack: an invitation to a role above one's own, by whoever manages nobody, and over one that stands above.
#[tokio::test]
async fn cwe_269_nobody_invites_above_themselves() {
    let (kit, club, people) = site().await;
    let email: crate::Email = "new@example.com".parse().unwrap();
    let tenancy = kit.accounts.tenancy("seat").unwrap();
    for (by, role, invited) in [
        (0, "guest", Invited::Above),
        (1, "owner", Invited::Above),
        (1, "founder", Invited::Above),
        (2, "owner", Invited::Sent),
        // The owner's invitation is not the chair's to lower.
        (1, "guest", Invited::Above),
        (2, "guest", Invited::Sent),
        (1, "chair", Invited::Sent),
    ] {
        let unit = kit.units.begin();
        let inviter = people[by].facts.id;
        let db = unit.db();
        let done = kit
            .accounts
            .invite_to(&db, tenancy, club.uuid(), inviter, (&email, role))
            .await;
        // The mail needs a site.
        match (done, invited) {
            (Ok(done), _) => assert_eq!(done, invited, "{by} {role}"),
            (Err(_), Invited::Sent) => {}
            (Err(error), _) => panic!("{error}"),
        }
        unit.finish(true).await.unwrap();
    }
}

/// CWE-639, CWE-613, CWE-269. Attack: whatever the pages look at, an invitation is accepted for another account, for one that is deactivated, too
/// late, above its inviter's role and after its inviter has gone.
#[tokio::test]
async fn cwe_639_an_acceptance_looks_for_itself() {
    let (kit, club, people) = site().await;
    let new = kit.person("new@example.com").await;
    let other = kit.person("other@example.com").await;
    let now = kit.accounts.sessions.clock().now();
    let accepted = async |who: &Account, inviter: &Account, role: &str, hours: i64| {
        let token = SessionToken::fresh().unwrap();
        let link = vauban::PathSecret::parse(&token.to_cookie()).unwrap();
        let unit = kit.units.begin();
        let db = unit.db();
        let row = NewInvitationRow {
            token: token.hash(),
            kind: "seat".to_owned(),
            tenant: club.uuid(),
            role: role.to_owned(),
            email: new.email.clone(),
            inviter: inviter.facts.id,
            sign_up: None,
            expires: now
                .checked_add(jiff::SignedDuration::from_hours(hours))
                .unwrap()
                .into(),
        };
        InvitationRow::create(row)
            .save(&db.acting::<Invitations>())
            .await
            .unwrap();
        // Whoever is let in is told of by a mail, which needs a site.
        let refused = matches!(kit.accounts.accept(&db, &link, who.facts.id).await, Ok(None));
        drop(db);
        unit.finish(false).await.unwrap();
        !refused
    };
    let [_, chair, owner] = &people[..] else { panic!() };
    assert!(accepted(&new, owner, "guest", 1).await);
    assert!(!accepted(&other, owner, "guest", 1).await, "another address");
    assert!(!accepted(&new, owner, "guest", -1).await, "over");
    assert!(!accepted(&new, chair, "owner", 1).await, "above the inviter");
    assert!(!accepted(&new, owner, "founder", 1).await, "no role");
    assert!(
        !accepted(&new, &other, "guest", 1).await,
        "an inviter who is gone"
    );
    let set = |who: &Account, is_active: bool| {
        let id = who.facts.id.as_bytes().to_vec();
        let sql = "UPDATE user SET is_active = ?1 WHERE id = ?2";
        assert_eq!(kit.file().execute(sql, (is_active, id)).unwrap(), 1);
    };
    set(owner, false);
    assert!(!accepted(&new, owner, "guest", 1).await, "a deactivated inviter");
    set(owner, true);
    set(&new, false);
    assert!(!accepted(&new, owner, "guest", 1).await, "a deactivated account");
}

/// An invitation for an hour: the path of its link.
async fn invited(kit: &Kit, club: Id<Club>, by: &Account, email: &str, role: &str) -> String {
    let token = SessionToken::fresh().unwrap();
    let soon = kit.accounts.sessions.clock().now() + jiff::SignedDuration::from_hours(1);
    let row = NewInvitationRow {
        token: token.hash(),
        kind: "seat".to_owned(),
        tenant: club.uuid(),
        role: role.to_owned(),
        email: email.parse().unwrap(),
        inviter: by.facts.id,
        sign_up: None,
        expires: soon.into(),
    };
    let unit = kit.units.begin();
    InvitationRow::create(row)
        .save(&unit.db().acting::<Invitations>())
        .await
        .unwrap();
    unit.finish(true).await.unwrap();
    format!("/accounts/invitations/{}/", token.to_cookie().as_str())
}

/// ASVS 16.3.1, CWE-223. The mistake: whoever belonged before is told, and has it written, that they joined, in a role that they do not have.
#[tokio::test]
async fn who_belongs_already_keeps_their_role_and_is_told_so() {
    let (kit, club, people) = site().await;
    let site = TestSite::of(kit, |_| ());
    let link = invited(&site.kit, club, &people[2], "guest@example.com", "chair").await;
    let mut guest = site.browser();
    guest.sign_in("guest@example.com", super::PASSWORD).await;
    let reply = guest.submit(&link, &[]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let page = guest.get("/accounts/security/").await.body;
    assert!(page.contains("You belonged to The Anglers before."), "{page}");
    assert!(!page.contains("Accepted an invitation"), "{page}");
    let sql = "SELECT level FROM seat WHERE person_id = ?1";
    let id = people[0].facts.id.as_bytes().to_vec();
    let level: String = site.kit.file().query_row(sql, [id], |row| row.get(0)).unwrap();
    assert_eq!(level, "guest");
    assert_eq!(guest.get(&link).await.status, 404, "it is used up");
}

/// CWE-613, CWE-367. Attack: an account is made, where only invitations make one, by a link that came of an invitation which was withdrawn since,
/// is over, or whose inviter may not invite any more.
#[tokio::test]
async fn cwe_613_a_link_to_an_account_dies_with_its_invitation() {
    for end in ["open", "withdrawn", "over", "demoted"] {
        let (kit, club, people) = site().await;
        let site = TestSite::of(kit, |_| ());
        let kit = &site.kit;
        let invitation = invited(kit, club, &people[1], "new@example.com", "guest").await;
        let mut new = site.browser();
        let reply = new.submit(&invitation, &[]).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        let link = reply.header("location").to_owned();
        assert_eq!(new.get(&link).await.status, 200);
        let file = kit.file();
        match end {
            "withdrawn" => assert_eq!(file.execute("DELETE FROM vauban_invitation", []).unwrap(), 1),
            "over" => kit.later(3600),
            "demoted" => {
                let sql = "UPDATE seat SET level = 'guest' WHERE level = 'chair'";
                assert_eq!(file.execute(sql, []).unwrap(), 1);
            }
            _ => {}
        }
        let made = end == "open";
        let status = if made { 200 } else { 404 };
        assert_eq!(new.get(&link).await.status, status, "{end}");
        let form = site.token_for(&new, &link).await;
        let reply = new.post(&link, &form, &[("password", super::PASSWORD)]).await;
        assert_eq!(reply.status == 303, made, "{end}: {reply:?}");
        assert_eq!(reply.status == 404, !made, "{end}: {reply:?}");
        let sql = "SELECT count(*) FROM user WHERE email = 'new@example.com'";
        let accounts: i64 = file.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(accounts, i64::from(made), "{end}");
    }
}

/// CWE-770. Attack: a tenant's invitations fill the table.
#[tokio::test]
async fn cwe_770_two_hundred_invitations_of_a_tenant_are_open() {
    let (kit, club, people) = site().await;
    let owner = people[2].facts.id;
    let unit = kit.units.begin();
    let db = unit.db();
    let acting = db.acting::<Invitations>();
    let soon = kit.accounts.sessions.clock().now() + jiff::SignedDuration::from_hours(1);
    for at in 0..200 {
        let row = NewInvitationRow {
            token: SessionToken::fresh().unwrap().hash(),
            kind: "seat".to_owned(),
            tenant: club.uuid(),
            role: "guest".to_owned(),
            email: format!("guest{at}@example.com").parse().unwrap(),
            inviter: owner,
            sign_up: None,
            expires: soon.into(),
        };
        InvitationRow::create(row).save(&acting).await.unwrap();
    }
    let tenancy = kit.accounts.tenancy("seat").unwrap();
    let email: crate::Email = "new@example.com".parse().unwrap();
    let done = kit
        .accounts
        .invite_to(&db, tenancy, club.uuid(), owner, (&email, "guest"));
    assert_eq!(done.await.unwrap(), Invited::TooMany);
    drop((acting, db));
    unit.finish(false).await.unwrap();
}

/// A membership that accounts do not know does not serve.
#[test]
fn cwe_1188_a_membership_without_its_guard_is_told() {
    let told = |accounts: vauban::Module| {
        let modules = super::modules(accounts.model::<Club>().model::<Seat>());
        let settings = vauban::settings::Settings::for_test(vauban::settings::Mode::Development, "", &[]);
        let package = vauban::Package::for_test("test", "", None);
        let checking = vauban::module::Checking {
            package: &package,
            modules: &modules,
            settings: &settings,
            migrations: None,
            answers_plain: false,
        };
        crate::tenancy::unguarded(&checking).len()
    };
    assert_eq!(told(crate::module::<User>().into()), 1);
    assert_eq!(told(crate::module::<User>().members::<Seat>().into()), 0);
}

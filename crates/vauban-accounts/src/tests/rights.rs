//! Attacks on permissions, groups and the last superuser, below HTTP.

use std::sync::Arc;

use uuid::Uuid;
use vauban::checks::CheckingRows;
use vauban::orm::engine::ChangeHooks;
use vauban::orm::{Db, PermissionMeta, Permissions, QuerySet, Write};
use vauban::permission;

use super::super::Email;
use super::super::Password;
use super::super::accounts::Said;
use super::super::people::Account;
use super::super::services::Administration;
use super::{Kit, PASSWORD, User};
use crate::deletion::NothingRemains;
use crate::rights::{Granting, Holder, RightsStore, SuperusersStay, still, too_many, unlisted};

permission!(Publish = "articles.publish", "may publish articles of others");
permission!(PublishAll = "articles.publish-all", "may do what sounds alike");
permission!(Erase = "articles.erase", "may erase articles of others");

fn publish() -> PermissionMeta {
    PermissionMeta::of::<Publish>()
}

#[allow(deprecated)]
fn kit() -> Kit {
    let permissions = vec![
        publish(),
        PermissionMeta::of::<PublishAll>(),
        PermissionMeta::of::<Erase>(),
    ];
    assert!(permissions.iter().all(PermissionMeta::list));
    let said = Said {
        permissions,
        ..Said::default()
    };
    Kit::of(|_| (), said)
}

impl Kit {
    async fn person_in(&self, db: &Db<Write>, email: &str) -> Uuid {
        let (email, password) = (Email::parse(email).unwrap(), Password::new(PASSWORD).unwrap());
        let made = self.accounts.add_account(db, &email, &password).await;
        made.unwrap().unwrap()
    }

    async fn held(&self, person: &Account) -> Permissions {
        let unit = self.units.begin();
        let rights = &self.accounts.rights;
        rights.of(&unit.read_db(), person.facts.id).await.unwrap()
    }

    async fn give(&self, to: &Holder, name: &str) -> bool {
        let unit = self.units.begin();
        let given = self.accounts.rights.give(&unit.db(), to, name).await.unwrap();
        unit.finish(true).await.unwrap();
        given
    }

    async fn take(&self, from: &Holder, name: &str) -> bool {
        let unit = self.units.begin();
        let taken = self.accounts.rights.take(&unit.db(), from, name).await.unwrap();
        unit.finish(true).await.unwrap();
        taken
    }

    async fn moderators(&self, members: &[&Account]) -> Holder {
        let unit = self.units.begin();
        let (db, rights) = (unit.db(), &self.accounts.rights);
        assert!(rights.create_group(&db, "moderators").await.unwrap());
        for member in members {
            assert!(
                rights
                    .add_member(&db, "moderators", member.facts.id)
                    .await
                    .unwrap()
            );
        }
        unit.finish(true).await.unwrap();
        Holder::Group("moderators".to_owned())
    }

    fn write(&self, sql: &str) {
        self.file().execute_batch(sql).unwrap();
    }
}

/// What `check` looks at.
fn checking(kit: &Kit) -> CheckingRows {
    CheckingRows {
        units: kit.units.clone(),
        permissions: kit.accounts.rights.listed().to_vec(),
    }
}

fn granting(kit: &Kit, who: Uuid) -> Granting {
    Granting::new(Arc::clone(&kit.accounts), kit.accounts.rights.clone(), who)
}

/// What becomes of granting somebody `articles.publish`, or the status of the refusal.
async fn grants(kit: &Kit, db: &Db<Write>, who: Uuid, person: Uuid) -> Result<bool, u16> {
    let granted = granting(kit, who).grant::<Publish>(db, person).await;
    granted.map_err(|error| error.status().as_u16())
}

/// The same of putting somebody among the moderators.
async fn joins(kit: &Kit, db: &Db<Write>, who: &Account, person: Uuid) -> Result<bool, u16> {
    let joined = granting(kit, who.facts.id).add(db, "moderators", person).await;
    joined.map_err(|error| error.status().as_u16())
}

fn own(person: &Account) -> Holder {
    Holder::Person(person.facts.id)
}

#[tokio::test]
async fn what_is_granted_to_a_person_and_to_their_groups_is_held_until_it_is_revoked() {
    let kit = kit();
    let (ann, ben) = (
        kit.person("ann@example.com").await,
        kit.person("ben@example.com").await,
    );
    let moderators = kit.moderators(&[&ann]).await;
    assert!(kit.held(&ann).await.is_empty());
    assert!(kit.give(&moderators, "articles.publish").await);
    assert!(!kit.give(&moderators, "articles.publish").await, "once");
    assert!(kit.give(&own(&ann), "articles.erase").await);
    assert_eq!(
        kit.held(&ann).await.names(),
        ["articles.erase", "articles.publish"]
    );
    assert!(kit.held(&ben).await.is_empty());
    assert!(kit.take(&moderators, "articles.publish").await);
    assert_eq!(kit.held(&ann).await.names(), ["articles.erase"]);
    assert!(!kit.take(&own(&ben), "articles.erase").await);
    // Whoever is out of a group has nothing of it, and a group that is gone gives nothing.
    kit.give(&moderators, "articles.publish").await;
    let unit = kit.units.begin();
    let (db, rights) = (unit.db(), &kit.accounts.rights);
    assert!(
        rights
            .remove_member(&db, "moderators", ann.facts.id)
            .await
            .unwrap()
    );
    assert!(rights.add_member(&db, "moderators", ben.facts.id).await.unwrap());
    assert!(!rights.add_member(&db, "moderators", ben.facts.id).await.unwrap());
    unit.finish(true).await.unwrap();
    assert_eq!(kit.held(&ann).await.names(), ["articles.erase"]);
    assert!(kit.held(&ben).await.has(&publish()));
    let unit = kit.units.begin();
    assert!(
        kit.accounts
            .rights
            .delete_group(&unit.db(), "moderators")
            .await
            .unwrap()
    );
    unit.finish(true).await.unwrap();
    assert!(kit.held(&ben).await.is_empty());
}

/// ASVS 8.3.2, 7.4.2, CWE-613. Attack: a deactivated member of a group goes on with an open session, and with a task.
#[tokio::test]
async fn asvs_8_3_2_a_deactivated_member_holds_nothing() {
    use vauban::site::IdentityBackend as _;
    let kit = kit();
    let ann = kit.person("ann@example.com").await;
    let moderators = kit.moderators(&[&ann]).await;
    kit.give(&moderators, "articles.publish").await;
    let now = async || kit.accounts.actor_now(ann.facts.id).await.unwrap();
    assert!(now().await.unwrap().has::<Publish>());
    kit.write("UPDATE user SET is_active = 0");
    assert!(now().await.is_none());
    kit.write("UPDATE user SET is_active = 1");
    kit.take(&moderators, "articles.publish").await;
    assert!(!now().await.unwrap().has::<Publish>(), "as they are then");
}

/// CWE-178, CWE-863. Attack: rows with other spellings of a name, with what is near it, and with a list that is out of order.
#[tokio::test]
async fn cwe_178_another_spelling_of_a_name_is_no_permission() {
    let kit = kit();
    let ann = kit.person("ann@example.com").await;
    kit.give(&own(&ann), "articles.publish-all").await;
    let held = kit.held(&ann).await;
    assert!(held.has(&PermissionMeta::of::<PublishAll>()) && !held.has(&publish()));
    for names in [
        "Articles.Publish",
        "ARTICLES.PUBLISH",
        "articles.publis",
        "articles.publish2",
        "articles.publish\u{200b}",
        "аrticles.publish",
        "articles publish",
        "articles.publish,articles.erase",
        "articles.publish\nx",
        " \tarticles.publish",
        "",
    ] {
        kit.write(&format!("UPDATE vauban_group SET permissions = '{names}'"));
        assert!(kit.held(&ann).await.is_empty(), "{names:?}");
    }
    kit.write(
        "UPDATE vauban_group SET permissions = 'a.b articles.erase articles.more articles.publish z.z'",
    );
    assert_eq!(
        kit.held(&ann).await.names(),
        ["articles.erase", "articles.publish"]
    );
}

/// CWE-862. A permission that the program lists no more opens nothing, is shown, and can be taken away; nobody hands it on.
#[tokio::test]
async fn what_the_program_lists_no_more_is_ignored_and_shown() {
    let kit = kit();
    let (ann, ben) = (
        kit.person("ann@example.com").await,
        kit.person("ben@example.com").await,
    );
    let moderators = kit.moderators(&[&ann]).await;
    kit.give(&moderators, "articles.publish").await;
    kit.give(&moderators, "articles.gone").await;
    assert_eq!(kit.held(&ann).await.names(), ["articles.publish"]);
    let unit = kit.units.begin();
    let (db, rights) = (unit.db(), &kit.accounts.rights);
    let all = rights.all(&db.acting::<RightsStore>()).await.unwrap();
    let names: Vec<_> = all.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "articles.erase",
            "articles.gone",
            "articles.publish",
            "articles.publish-all"
        ]
    );
    let shown = rights.json("articles.gone", &all["articles.gone"], &Default::default());
    assert_eq!(
        (&shown["known"], &shown["groups"][0]),
        (&false.into(), &"moderators".into())
    );
    // Ben holds what the program lists of it, and not what may come back.
    rights.give(&db, &own(&ben), "articles.publish").await.unwrap();
    let cleo = kit.person_in(&db, "cleo@example.com").await;
    assert_eq!(joins(&kit, &db, &ben, cleo).await, Err(403));
    assert_eq!(joins(&kit, &db, &ann, cleo).await, Ok(true));
    assert!(rights.take(&db, &moderators, "articles.gone").await.unwrap());
    assert_eq!(joins(&kit, &db, &ben, cleo).await, Ok(false));
}

/// CWE-269, ASVS 8.2.1. Attack: somebody grants what they do not hold, or what was taken from them while their request was on its way;
/// a superuser, too.
#[tokio::test]
async fn cwe_269_nobody_grants_what_they_do_not_hold() {
    let kit = kit();
    let ann = kit.person("ann@example.com").await;
    kit.write("UPDATE user SET is_superuser = 1, is_staff = 1");
    let unit = kit.units.begin();
    let (db, rights) = (unit.db(), &kit.accounts.rights);
    let id = ann.facts.id;
    let ben = kit.person_in(&db, "ben@example.com").await;
    let grants = async || grants(&kit, &db, id, ben).await;
    assert_eq!(grants().await, Err(403));
    rights.give(&db, &own(&ann), "articles.publish").await.unwrap();
    assert_eq!(grants().await, Ok(true));
    rights.take(&db, &own(&ann), "articles.publish").await.unwrap();
    assert_eq!(grants().await, Err(403));
}

/// CWE-862, CWE-269. Attack: somebody who holds nothing puts people into a group that holds nothing yet, and waits for what it gets.
#[tokio::test]
async fn cwe_862_an_empty_group_is_not_open_to_everybody() {
    let kit = kit();
    let (ann, ben) = (
        kit.person("ann@example.com").await,
        kit.person("ben@example.com").await,
    );
    let moderators = kit.moderators(&[]).await;
    let unit = kit.units.begin();
    let db = unit.db();
    assert_eq!(joins(&kit, &db, &ann, ben.facts.id).await, Err(403));
    let removed = granting(&kit, ann.facts.id)
        .remove(&db, "moderators", ben.facts.id)
        .await;
    assert_eq!(removed.unwrap_err().status(), 403);
    let rights = &kit.accounts.rights;
    rights.give(&db, &own(&ann), "articles.publish").await.unwrap();
    rights.give(&db, &moderators, "articles.publish").await.unwrap();
    assert_eq!(joins(&kit, &db, &ann, ben.facts.id).await, Ok(true));
}

/// CWE-269. Attack: a member of a group grants to themselves what they hold by it, to keep it when they are out; and a grant to an account
/// that is none, which nobody would see end.
#[tokio::test]
async fn cwe_269_nobody_makes_their_own_a_right_that_they_borrow() {
    let kit = kit();
    let (ann, ben) = (
        kit.person("ann@example.com").await,
        kit.person("ben@example.com").await,
    );
    let moderators = kit.moderators(&[&ann]).await;
    kit.give(&moderators, "articles.publish").await;
    let unit = kit.units.begin();
    let db = unit.db();
    let id = ann.facts.id;
    assert_eq!(grants(&kit, &db, id, id).await, Err(403));
    assert_eq!(joins(&kit, &db, &ann, id).await, Err(403));
    assert_eq!(grants(&kit, &db, id, Uuid::nil()).await, Err(404));
    assert_eq!(joins(&kit, &db, &ann, Uuid::nil()).await, Err(404));
    assert_eq!(grants(&kit, &db, id, ben.facts.id).await, Ok(true));
}

/// CWE-613, CWE-367. Attack: whoever is deactivated while their request is on its way grants what they hold.
#[tokio::test]
async fn cwe_613_a_deactivated_granter_grants_nothing() {
    let kit = kit();
    let (ann, ben) = (
        kit.person("ann@example.com").await,
        kit.person("ben@example.com").await,
    );
    let moderators = kit.moderators(&[&ann]).await;
    kit.give(&moderators, "articles.publish").await;
    kit.write("UPDATE user SET is_active = 0 WHERE email = 'ann@example.com'");
    let unit = kit.units.begin();
    let db = unit.db();
    assert_eq!(grants(&kit, &db, ann.facts.id, ben.facts.id).await, Err(403));
    assert_eq!(joins(&kit, &db, &ann, ben.facts.id).await, Err(403));
}

/// CWE-281. An end of a right that somebody holds otherwise is no end, and is said.
#[tokio::test]
async fn what_somebody_holds_still_is_said() {
    let kit = kit();
    let ann = kit.person("ann@example.com").await;
    let moderators = kit.moderators(&[&ann]).await;
    kit.give(&moderators, "articles.publish").await;
    kit.give(&own(&ann), "articles.publish").await;
    let told = async || {
        let unit = kit.units.begin();
        let rows = kit
            .accounts
            .rights
            .rows_of(&unit.db(), ann.facts.id)
            .await
            .unwrap();
        still(&rows, &["articles.publish", "articles.erase"])
    };
    let both = &told().await[0];
    assert!(
        both.contains("the group moderators") && both.contains("their own grant"),
        "{both}"
    );
    kit.take(&own(&ann), "articles.publish").await;
    assert_eq!(
        told().await,
        ["They still hold articles.publish by the group moderators."]
    );
    kit.take(&moderators, "articles.publish").await;
    assert_eq!(told().await, [""; 0]);
}

/// CWE-459. What was granted to an account goes with it, by whatever statement, and stays with others.
#[tokio::test]
async fn cwe_459_grants_go_with_their_account() {
    let kit = watched();
    let (ann, ben) = (
        kit.person("ann@example.com").await,
        kit.person("ben@example.com").await,
    );
    let moderators = kit.moderators(&[&ann, &ben]).await;
    kit.give(&moderators, "articles.publish").await;
    kit.give(&own(&ann), "articles.erase").await;
    kit.give(&own(&ben), "articles.erase").await;
    let unit = kit.units.begin();
    let these = QuerySet::<User>::new().filter(|u| u.id.eq(vauban::Id::from_uuid(ann.facts.id)));
    these.delete_all(&unit.db()).await.unwrap();
    unit.finish(true).await.unwrap();
    let count = |sql: &str| -> i64 { kit.file().query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM vauban_group"), 2);
    assert_eq!(count("SELECT count(*) FROM vauban_group_member"), 2);
    assert_eq!(
        kit.held(&ben).await.names(),
        ["articles.erase", "articles.publish"]
    );
}

/// CWE-1188. A name that rows hold and no module lists would be somebody's as soon as one is called so again.
#[tokio::test]
async fn what_rows_grant_and_no_module_lists_is_told() {
    let kit = kit();
    let ann = kit.person("ann@example.com").await;
    kit.give(&own(&ann), "articles.publish").await;
    assert!(unlisted(checking(&kit)).await.unwrap().is_empty());
    kit.give(&own(&ann), "articles.gone").await;
    let told = unlisted(checking(&kit)).await.unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].what.ends_with(": articles.gone"), "{}", told[0].what);
}

/// CWE-770, CWE-400. Attack: 10,000 grants of one person, and as many groups.
#[tokio::test]
async fn cwe_770_what_one_person_holds_is_bounded() {
    let kit = kit();
    let ann = kit.person("ann@example.com").await;
    kit.give(&own(&ann), "articles.publish").await;
    // As one reaches into the file, for the store lets nobody so far.
    let filled = |names: usize| {
        let mut names: Vec<String> = (0..names).map(|number| format!("a.{number}")).collect();
        names.push("articles.publish".to_owned());
        names.sort_unstable();
        names.join(" ")
    };
    for (names, is_full) in [(10_000, true), (4_000, false)] {
        kit.write(&format!(
            "UPDATE vauban_group SET permissions = '{}'",
            filled(names)
        ));
        assert_eq!(kit.held(&ann).await.names(), ["articles.publish"]);
        let unit = kit.units.begin();
        let given = kit.accounts.rights.give(&unit.db(), &own(&ann), "b.more").await;
        assert_eq!(given.is_err(), is_full, "{names}");
    }
    let unit = kit.units.begin();
    let (db, rights) = (unit.db(), &kit.accounts.rights);
    let mut joined = 0;
    for number in 0..60 {
        let name = format!("g{number}");
        assert!(rights.create_group(&db, &name).await.unwrap());
        if rights.add_member(&db, &name, ann.facts.id).await.is_err() {
            break;
        }
        joined += 1;
    }
    assert_eq!(joined, 48, "and one for what is hers");
    unit.finish(true).await.unwrap();
    assert_eq!(kit.held(&ann).await.names(), ["articles.publish"]);
}

/// A site that is told of its users' changes.
fn watched() -> Kit {
    let kit = kit();
    let mut hooks = ChangeHooks::default();
    hooks.add(SuperusersStay::<User>::new());
    hooks.add(NothingRemains::<User>::new());
    kit.database.set_change_hooks(hooks);
    kit
}

async fn superuser(kit: &Kit, email: &str) -> Account {
    let email = Email::parse(email).unwrap();
    let unit = kit.units.begin();
    let person = kit
        .accounts
        .users
        .add_superuser(&unit.db(), email, None)
        .await
        .unwrap();
    unit.finish(true).await.unwrap();
    person
}

/// CWE-269. Attack: the last superuser is deactivated, demoted and deleted, by whatever statement.
#[tokio::test]
async fn cwe_269_the_last_superuser_stays() {
    let kit = watched();
    let ann = superuser(&kit, "ann@example.com").await;
    kit.person("ben@example.com").await;
    for (attack, works) in [
        ("demote", false),
        ("deactivate", false),
        ("delete", false),
        ("rename", true),
    ] {
        let unit = kit.units.begin();
        let db = unit.db();
        let these = QuerySet::<User>::new().filter(|u| u.id.eq(vauban::Id::from_uuid(ann.facts.id)));
        if attack == "delete" {
            // As a site whose policy lets somebody.
            these.delete_all(&db).await.unwrap();
        } else {
            let acting = db.acting::<Administration<User>>();
            let changed = these.change_all(&acting, |u| match attack {
                "demote" => [u.is_superuser.set(false)],
                "deactivate" => [u.is_active.set(false)],
                _ => [u.name.set("Ann")],
            });
            assert_eq!(changed.await.unwrap(), 1);
        }
        let saved = unit.finish(true).await.map_err(|error| error.status());
        // A click that is lawful by the site's policy is no fault of the program.
        assert_eq!(saved, if works { Ok(()) } else { Err(409) }, "{attack}");
    }
    // Taken down in two steps she is gone as well.
    let unit = kit.units.begin();
    let acting = unit.db().acting::<Administration<User>>();
    let these = || QuerySet::<User>::new().filter(|u| u.id.eq(vauban::Id::from_uuid(ann.facts.id)));
    let off = these().change_all(&acting, |u| [u.is_active.set(false)]).await;
    let down = these().change_all(&acting, |u| [u.is_superuser.set(false)]).await;
    assert_eq!((off.unwrap(), down.unwrap()), (1, 1));
    assert_eq!(unit.finish(true).await.unwrap_err().status(), 409);
    // With another one she may go.
    superuser(&kit, "cleo@example.com").await;
    let unit = kit.units.begin();
    let these = QuerySet::<User>::new().filter(|u| u.id.eq(vauban::Id::from_uuid(ann.facts.id)));
    assert_eq!(these.delete_all(&unit.db()).await.unwrap(), 1);
    unit.finish(true).await.unwrap();
}

/// Whoever was deactivated before may be demoted, also where no superuser is active: nobody goes that was there.
#[tokio::test]
async fn a_deactivated_superuser_may_be_demoted() {
    let kit = watched();
    let ann = superuser(&kit, "ann@example.com").await;
    kit.write("UPDATE user SET is_active = 0");
    let unit = kit.units.begin();
    let these = QuerySet::<User>::new().filter(|u| u.id.eq(vauban::Id::from_uuid(ann.facts.id)));
    let acting = unit.db().acting::<Administration<User>>();
    these
        .change_all(&acting, |u| [u.is_superuser.set(false)])
        .await
        .unwrap();
    unit.finish(true).await.unwrap();
}

/// CWE-269: every user's model tells what the last superuser needs, whatever else it says.
#[test]
fn what_becomes_of_users_is_told() {
    use vauban::orm::Model as _;
    assert!(User::meta().changes);
}

/// CWE-362. Attack: two superusers demote each other at once.
#[tokio::test]
async fn cwe_362_of_two_who_demote_each_other_one_stays() {
    let kit = Arc::new(watched());
    let (ann, ben) = (
        superuser(&kit, "ann@example.com").await,
        superuser(&kit, "ben@example.com").await,
    );
    let demote = |person: Account| {
        let kit = Arc::clone(&kit);
        async move {
            let unit = kit.units.begin();
            let these = QuerySet::<User>::new().filter(|u| u.id.eq(vauban::Id::from_uuid(person.facts.id)));
            these
                .change_all(&unit.db().acting::<Administration<User>>(), |u| {
                    [u.is_superuser.set(false)]
                })
                .await?;
            unit.finish(true).await
        }
    };
    let (one, other) = tokio::join!(demote(ann), demote(ben));
    assert_ne!(one.is_ok(), other.is_ok());
    let left: i64 = kit
        .file()
        .query_row("SELECT count(*) FROM user WHERE is_superuser", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(left, 1);
}

/// CWE-250.
#[tokio::test]
async fn more_than_three_superusers_are_told() {
    let kit = kit();
    for (number, told) in [(1, 0), (2, 0), (3, 0), (4, 1)] {
        superuser(&kit, &format!("s{number}@example.com")).await;
        let found = too_many::<User>(checking(&kit)).await.unwrap();
        assert_eq!(found.len(), told, "{number}");
        assert!(found.iter().all(|found| found.what.contains("4 active accounts")));
    }
}

/// One of a permission's holders is a person, however they were made a member: nothing is left where no module lists a permission.
#[tokio::test]
async fn without_permissions_nothing_is_read() {
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await;
    kit.write("DROP TABLE vauban_group_member");
    assert!(kit.held(&ann).await.is_empty());
}

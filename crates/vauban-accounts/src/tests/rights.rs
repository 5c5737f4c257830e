//! Attacks on permissions, groups and the last superuser, below HTTP.

use std::sync::Arc;

use vauban::orm::engine::ChangeHooks;
use vauban::orm::{PermissionMeta, Permissions, QuerySet};
use vauban::permission;

use super::super::Email;
use super::super::accounts::Said;
use super::super::people::Account;
use super::super::services::Administration;
use super::{Kit, User};
use crate::rights::{Holder, RightsStore, SuperusersStay, too_many};

permission!(Publish = "articles.publish", "may publish articles of others");
permission!(PublishAll = "articles.publish-all", "may do what sounds alike");
permission!(Erase = "articles.erase", "may erase articles of others");

fn publish() -> PermissionMeta {
    PermissionMeta::of::<Publish>()
}

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
    assert_eq!(
        rights
            .holds_all_of(&db, ben.facts.id, "moderators")
            .await
            .unwrap_err()
            .status(),
        403
    );
    assert!(rights.holds_all_of(&db, ann.facts.id, "moderators").await.is_ok());
    assert!(rights.take(&db, &moderators, "articles.gone").await.unwrap());
    assert!(rights.holds_all_of(&db, ben.facts.id, "moderators").await.is_ok());
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
    let refused = async |db| {
        rights
            .holds(db, id, &publish())
            .await
            .map_err(|error| error.status())
    };
    assert_eq!(refused(&db).await, Err(http::StatusCode::FORBIDDEN));
    rights.give(&db, &own(&ann), "articles.publish").await.unwrap();
    assert_eq!(refused(&db).await, Ok(()));
    rights.take(&db, &own(&ann), "articles.publish").await.unwrap();
    assert_eq!(refused(&db).await, Err(http::StatusCode::FORBIDDEN));
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
        assert_eq!(unit.finish(true).await.is_ok(), works, "{attack}");
    }
    // With another one she may go.
    superuser(&kit, "cleo@example.com").await;
    let unit = kit.units.begin();
    let these = QuerySet::<User>::new().filter(|u| u.id.eq(vauban::Id::from_uuid(ann.facts.id)));
    assert_eq!(these.delete_all(&unit.db()).await.unwrap(), 1);
    unit.finish(true).await.unwrap();
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
        let found = too_many::<User>(kit.units.clone()).await.unwrap();
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

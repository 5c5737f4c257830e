//! ASVS V6: authentication.

use vauban::module::Modules;
use vauban::orm::Actor;
use vauban::settings::{Mode, Settings};
use vauban::site::Site;

use super::{CLIENT, Kit, PASSWORD, User};
use crate::accounts::SignInFailure;
use crate::passwords::{Cost, HasherOptions};
use crate::{AccountOptions, Email, Password};

async fn attempt(kit: &Kit, email: &str, password: &str) -> Result<String, String> {
    let password = Password::new(password).unwrap();
    match kit.accounts.authenticate(email, &password, CLIENT, None).await {
        Ok((person, _)) => Ok(person.email.to_string()),
        Err(SignInFailure::Wrong) => Err("wrong".into()),
        Err(SignInFailure::Wait(_)) => Err("wait".into()),
        Err(other) => Err(format!("{other:?}")),
    }
}

fn close(kit: &Kit, email: &str) {
    kit.file()
        .execute("UPDATE user SET is_active = 0 WHERE email = ?1", [email])
        .unwrap();
}

#[tokio::test]
async fn every_spelling_of_the_address_signs_in() {
    let kit = Kit::new();
    kit.person("ann@example.com").await;
    assert_eq!(
        attempt(&kit, "Ann@EXAMPLE.com", PASSWORD).await,
        Ok("ann@example.com".into())
    );
}

/// ASVS 6.3.8, CWE-204. Attack: telling from the answer who has an account.
#[tokio::test]
async fn asvs_6_3_8_unknown_wrong_and_closed_are_one_answer() {
    let kit = Kit::new();
    kit.person("ann@example.com").await;
    kit.person("closed@example.com").await;
    close(&kit, "closed@example.com");
    for (email, password) in [
        ("ann@example.com", "not her password"),
        ("nobody@example.com", PASSWORD),
        ("not an address", PASSWORD),
        ("", PASSWORD),
        ("closed@example.com", PASSWORD),
    ] {
        assert_eq!(
            attempt(&kit, email, password).await,
            Err("wrong".into()),
            "{email}"
        );
    }
}

/// ASVS 6.3.8, CWE-208. Attack: telling from the time, which is the number of hashes and of reads.
#[tokio::test]
async fn asvs_6_3_8_unknown_wrong_and_closed_are_one_amount_of_work() {
    let kit = Kit::new();
    kit.person("ann@example.com").await;
    kit.person("closed@example.com").await;
    close(&kit, "closed@example.com");
    let mut work = Vec::new();
    for email in [
        "ann@example.com",
        "nobody@example.com",
        "not an address",
        "closed@example.com",
    ] {
        let before = kit.accounts.hashes_run();
        assert!(attempt(&kit, email, "not the password").await.is_err());
        work.push(kit.accounts.hashes_run() - before);
    }
    assert_eq!(work, [1, 1, 1, 1]);
}

/// ASVS 7.4.2. Attack: signing in to an account that was closed a moment ago, with the right password.
#[tokio::test]
async fn a_closed_account_cannot_enter_between_verifying_and_beginning() {
    let kit = Kit::new();
    kit.person("ann@example.com").await;
    let password = Password::new(PASSWORD).unwrap();
    let (person, proved) = kit
        .accounts
        .authenticate("ann@example.com", &password, CLIENT, None)
        .await
        .ok()
        .unwrap();
    close(&kit, "ann@example.com");
    #[allow(deprecated)]
    let unit = kit.database.bind(Actor::nobody());
    assert!(
        kit.accounts
            .enter(&unit.db(), &person, &proved, None)
            .await
            .unwrap()
            .is_none()
    );
}

/// CWE-269, CWE-915. Attack: giving oneself the flags through the user model, as whoever, even where the
/// application's policy lets everybody change every user.
#[tokio::test]
async fn privileged_columns_are_not_for_users_to_write() {
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await;
    #[allow(deprecated)]
    let unit = kit.database.bind(kit.accounts.binder.user(ann.facts));
    let db = unit.db();
    let own = || User::objects().filter(|u| u.email.eq(&ann.email));
    assert!(
        own()
            .change_all(&db, |u| [u.is_superuser.set(true)])
            .await
            .is_err()
    );
    assert!(own().change_all(&db, |u| [u.is_staff.set(true)]).await.is_err());
    assert!(own().change_all(&db, |u| [u.last_login.set(None)]).await.is_err());
    // CWE-620: an address is changed by its page alone, behind a password and the link to the new one.
    let other = Email::parse("other@example.com").unwrap();
    assert!(
        own()
            .change_all(&db, |u| [u.email.set(other.clone())])
            .await
            .is_err()
    );
    assert_eq!(
        own()
            .change_all(&db, |u| [u.name.set("Ann".to_owned())])
            .await
            .unwrap(),
        1,
        "her own column is"
    );
}

/// CWE-522: hashes cannot be asked for, whoever asks.
#[tokio::test]
async fn hashes_are_behind_no_policy() {
    use crate::credential::Credential;
    let kit = Kit::new();
    let mut ann = kit.person("ann@example.com").await;
    (ann.facts.is_staff, ann.facts.is_superuser) = (true, true);
    for actor in [Actor::nobody(), kit.accounts.binder.user(ann.facts)] {
        #[allow(deprecated)]
        let unit = kit.database.bind(actor);
        assert_eq!(Credential::objects().count(&unit.read_db()).await.unwrap(), 0);
        assert_eq!(Credential::objects().delete_all(&unit.db()).await.unwrap(), 0);
    }
    assert!(attempt(&kit, "ann@example.com", PASSWORD).await.is_ok());
}

/// ASVS 6.3.2: a superuser is made on purpose; its password passes the same rules; an account that exists keeps
/// none of its sessions.
#[tokio::test]
async fn a_superuser_is_made_by_command_only() {
    let kit = Kit::new();
    let email = Email::parse("root@example.com").unwrap();
    assert!(!kit.accounts.users.has_superuser(&kit.units).await.unwrap());
    let weak = Password::new("password1234").unwrap();
    assert!(
        kit.accounts
            .create_superuser(&email, &weak)
            .await
            .unwrap()
            .is_err()
    );
    let good = Password::new("seven red herrings").unwrap();
    kit.accounts
        .create_superuser(&email, &good)
        .await
        .unwrap()
        .unwrap();
    assert!(kit.accounts.users.has_superuser(&kit.units).await.unwrap());
    assert!(
        attempt(&kit, "root@example.com", "seven red herrings")
            .await
            .is_ok()
    );

    let ann = kit.person("ann@example.com").await;
    let before = kit.session(&ann, None).await;
    kit.accounts
        .create_superuser(&ann.email, &good)
        .await
        .unwrap()
        .unwrap();
    assert!(!kit.opens(&before).await);
    assert!(
        attempt(&kit, "ann@example.com", PASSWORD).await.is_err(),
        "the old password is gone"
    );
}

/// A hash of yesterday's parameters is replaced at the next sign-in, and only then.
#[tokio::test]
async fn hashes_are_renewed_at_sign_in() {
    let kit = Kit::new();
    kit.person("ann@example.com").await;
    let weak: String = kit
        .file()
        .query_row("SELECT hash FROM vauban_credential", [], |r| r.get(0))
        .unwrap();
    // The site raises its cost.
    let stronger = Kit::with(|options| {
        let cost = Cost {
            memory_kib: 128,
            passes: 2,
            lanes: 1,
        };
        options.hashing = HasherOptions {
            cost,
            ..options.hashing.clone()
        };
    });
    stronger.person("ann@example.com").await;
    stronger
        .file()
        .execute("UPDATE vauban_credential SET hash = ?1", [&weak])
        .unwrap();
    let stored = || -> String {
        stronger
            .file()
            .query_row("SELECT hash FROM vauban_credential", [], |r| r.get(0))
            .unwrap()
    };
    assert!(attempt(&stronger, "ann@example.com", "wrong").await.is_err());
    assert_eq!(stored(), weak);
    // ASVS 6.3.8, CWE-208: nor for the right password of a closed account, which would tell that it is right.
    close(&stronger, "ann@example.com");
    let before = stronger.accounts.hashes_run();
    assert!(attempt(&stronger, "ann@example.com", PASSWORD).await.is_err());
    assert_eq!(stronger.accounts.hashes_run() - before, 1);
    stronger
        .file()
        .execute("UPDATE user SET is_active = 1", [])
        .unwrap();
    let password = Password::new(PASSWORD).unwrap();
    let (person, proved) = stronger
        .accounts
        .authenticate("ann@example.com", &password, CLIENT, None)
        .await
        .ok()
        .unwrap();
    #[allow(deprecated)]
    let unit = stronger.database.bind(Actor::nobody());
    assert!(
        stronger
            .accounts
            .enter(&unit.db(), &person, &proved, None)
            .await
            .unwrap()
            .is_some()
    );
    unit.finish(true).await.unwrap();
    assert!(stored().contains("m=128,t=2"), "{}", stored());
    assert!(attempt(&stronger, "ann@example.com", PASSWORD).await.is_ok());
}

/// CWE-916, ASVS 11.4.2. A site that is configured with too cheap hashes, or with such as are not verified, does not start; nor do
/// its tests, which hash at less themselves.
#[test]
fn cwe_916_a_site_that_hashes_out_of_bounds_does_not_start() {
    let start = |memory_kib, passes| {
        let cost = Cost {
            memory_kib,
            passes,
            lanes: 1,
        };
        let options = AccountOptions {
            hashing: HasherOptions {
                cost,
                ..HasherOptions::default()
            },
            ..AccountOptions::default()
        };
        let modules = Modules::of_site(crate::module::<User>().options(options).into());
        let settings = Settings::for_test(Mode::Development, "", &modules.settings());
        let package = vauban::Package::for_test("test", "", None);
        #[allow(deprecated)]
        let site = Site::__assemble(package, &modules, settings, Kit::new().database);
        site.map_or_else(|failure| failure.to_string(), |_| "starts".to_owned())
    };
    assert_eq!(start(19 * 1024, 2), "starts");
    let cheap = start(64, 1);
    assert!(cheap.contains("the cost is too low"), "{cheap}");
    let dear = start(300 * 1024, 2);
    assert!(dear.contains("262144 KiB and 10 passes"), "{dear}");
}

//! ASVS V7: session management.

use vauban::orm::Actor;

use super::{Kit, PASSWORD};
use crate::accounts::Proved;
use crate::sessions::{Found, SessionToken, Start, Visitor};
use crate::{Hash, Password};

/// ASVS 7.2.4, CWE-384. Attack: the attacker plants a session cookie in the victim's browser and waits for them
/// to sign in, hoping that their own copy is signed in with them.
#[tokio::test]
async fn asvs_7_2_4_a_planted_session_is_not_signed_in() {
    let kit = Kit::new();
    let attacker = kit.person("mallory@example.com").await;
    let victim = kit.person("ann@example.com").await;
    let planted = kit.session(&attacker, None).await;
    let after = kit.session(&victim, Some(&planted)).await;
    assert!(
        !kit.opens(&planted).await,
        "the session from before the sign-in is over"
    );
    assert_ne!(planted.hash(), after.hash());
    assert!(kit.opens(&after).await);
}

/// ASVS 7.4.1, CWE-613. Attack: a copy of the cookie is sent again after the owner signed out.
#[tokio::test]
async fn asvs_7_4_1_a_replayed_cookie_opens_nothing_after_sign_out() {
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await;
    let token = kit.session(&ann, None).await;
    assert!(kit.opens(&token).await);
    let id = kit.id_of(&token).await.unwrap();
    #[allow(deprecated)]
    let unit = kit.database.bind(Actor::nobody());
    kit.accounts.sessions.end(&unit.db(), id).await.unwrap();
    unit.finish(true).await.unwrap();
    assert!(matches!(
        kit.accounts
            .sessions
            .find(&token, Visitor::default)
            .await
            .unwrap(),
        Found::Unknown
    ));
}

/// ASVS 7.3.1, 7.3.2, CWE-613, with the clock moved.
#[tokio::test(start_paused = true)]
async fn asvs_7_3_sessions_end_when_idle_and_in_any_case() {
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await;
    let idle = kit.session(&ann, None).await;
    kit.later(31 * 60);
    assert!(matches!(
        kit.accounts.sessions.find(&idle, Visitor::default).await.unwrap(),
        Found::Expired
    ));

    let busy = kit.session(&ann, None).await;
    for _ in 0..24 {
        kit.later(29 * 60);
        assert!(kit.opens(&busy).await, "a session in use lives");
        // What was seen is written a moment later.
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    }
    kit.later(29 * 60);
    assert!(!kit.opens(&busy).await, "12 hours are the end of it");
    // The idle one went at the sign-in after it.
    assert_eq!(kit.accounts.clear_sessions().await.unwrap(), 1);
}

/// CWE-613. Attack: a row that was seen while the clock stood a year ahead, or that was written so, lives until then.
#[tokio::test]
async fn cwe_613_a_session_that_was_seen_in_the_future_opens_nothing() {
    let mut said = crate::accounts::Said::default();
    said.limits.idle = std::time::Duration::MAX;
    let kit = Kit::of(|_| (), said);
    let ann = kit.person("ann@example.com").await;
    for column in ["seen", "created"] {
        let token = kit.session(&ann, None).await;
        assert!(kit.opens(&token).await);
        let sql =
            format!("UPDATE vauban_session SET {column} = (SELECT max({column}) FROM vauban_session) + ?1");
        kit.file()
            .execute(&sql, [365_i64 * 24 * 3600 * 1_000_000])
            .unwrap();
        assert!(!kit.opens(&token).await, "{column}");
        assert_eq!(kit.accounts.clear_sessions().await.unwrap(), 1, "{column}");
    }
}

/// CWE-770. Attack: somebody signs in again and again, and nobody runs `clearsessions`.
#[tokio::test]
async fn cwe_770_rows_of_sessions_that_are_over_do_not_grow() {
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await;
    let rows = || -> i64 {
        let file = kit.file();
        file.query_row("SELECT count(*) FROM vauban_session", [], |row| row.get(0))
            .unwrap()
    };
    let ben = kit.person("ben@example.com").await;
    let cem = kit.person("cem@example.com").await;
    for _ in 0..40 {
        for person in [&ann, &ben, &cem] {
            kit.session(person, None).await;
        }
    }
    assert_eq!(rows(), 120, "what lives stays");
    kit.later(13 * 3600);
    let alive = kit.session(&ann, None).await;
    assert_eq!(rows(), 21, "a hundred at once, no more");
    kit.session(&ann, None).await;
    assert_eq!(rows(), 22, "not at every sign-in");
    for person in [&ann, &ben].repeat(25) {
        kit.session(person, None).await;
    }
    assert_eq!(rows(), 52, "however little time has passed");
    assert!(kit.opens(&alive).await);
}

/// ASVS 7.1.2, CWE-770. Attack: one account signs in again and again, and each session lives. The one that is in use stays.
#[tokio::test]
async fn cwe_770_one_account_has_a_most_of_sessions() {
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await;
    let ben = kit.person("ben@example.com").await;
    let other = kit.session(&ben, None).await;
    let first = kit.session(&ann, None).await;
    kit.later(1);
    let used = kit.session(&ann, None).await;
    for _ in 0..48 {
        kit.later(1);
        kit.session(&ann, None).await;
    }
    assert!(kit.opens(&first).await && kit.opens(&used).await, "fifty live");
    kit.later(120);
    assert!(kit.opens(&used).await);
    // What was seen is written a moment later.
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    let mut last = kit.session(&ann, None).await;
    assert!(!kit.opens(&first).await, "the one that was not seen for longest");
    for _ in 0..48 {
        kit.later(1);
        last = kit.session(&ann, None).await;
    }
    assert!(kit.opens(&used).await && kit.opens(&last).await && kit.opens(&other).await);
    let rows: i64 = kit
        .file()
        .query_row("SELECT count(*) FROM vauban_session", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 51);
}

/// CWE-522. Attack: somebody reads the database's file and sends what they find as a cookie.
#[tokio::test]
async fn a_stolen_row_does_not_give_a_session() {
    use base64::Engine as _;
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await;
    let token = kit.session(&ann, None).await;
    let stolen: Vec<u8> = kit
        .file()
        .query_row("SELECT token FROM vauban_session", [], |row| row.get(0))
        .unwrap();
    let cookie = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&stolen);
    let guess = SessionToken::from_cookie(&cookie).unwrap();
    assert!(!kit.opens(&guess).await);
    // Nothing in the file is the cookie.
    let file = std::fs::read(kit.database.path()).unwrap();
    let wal = std::fs::read(kit.database.path().with_extension("sqlite3-wal")).unwrap_or_default();
    let secret = token.to_cookie();
    assert!(
        ![file, wal]
            .iter()
            .any(|bytes| bytes.windows(43).any(|w| w == secret.as_bytes()))
    );
}

/// CWE-770: strangers' requests write no session, and looking one up does not either.
#[tokio::test]
async fn strangers_leave_no_rows() {
    let kit = Kit::new();
    for _ in 0..20 {
        assert!(!kit.opens(&SessionToken::fresh().unwrap()).await);
    }
    let rows: i64 = kit
        .file()
        .query_row("SELECT count(*) FROM vauban_session", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 0);
}

/// ASVS 7.4.3. Attack: somebody is signed in with a stolen password; its owner changes it.
#[tokio::test]
async fn asvs_7_4_3_every_session_ends_with_the_old_password() {
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await;
    let (thief, own) = (kit.session(&ann, None).await, kit.session(&ann, None).await);
    #[allow(deprecated)]
    let unit = kit.database.bind(Actor::nobody());
    assert_eq!(
        kit.accounts
            .sessions
            .end_all(&unit.db(), ann.facts.id)
            .await
            .unwrap(),
        2
    );
    unit.finish(true).await.unwrap();
    assert!(!kit.opens(&thief).await && !kit.opens(&own).await);
}

/// CWE-367. Attack: signing in with the old password at the very moment when it is changed: verified before,
/// begun after, such a session would outlive the change.
#[tokio::test]
async fn a_sign_in_that_began_before_a_password_change_gets_no_session() {
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await;
    let password = Password::new(PASSWORD).unwrap();
    let (person, proved) = kit
        .accounts
        .authenticate("ann@example.com", &password, super::CLIENT, None)
        .await
        .ok()
        .unwrap();
    let new = kit
        .accounts
        .hash(&Password::new("another long password").unwrap(), super::CLIENT)
        .await
        .ok()
        .unwrap();
    #[allow(deprecated)]
    let unit = kit.database.bind(Actor::nobody());
    assert!(
        kit.accounts
            .users
            .replace_hash(&unit.db(), ann.facts.id, proved.hash.as_ref().unwrap(), &new)
            .await
            .unwrap()
    );
    unit.finish(true).await.unwrap();
    #[allow(deprecated)]
    let unit = kit.database.bind(Actor::nobody());
    let old = Proved::of(Hash::from_stored(proved.hash.unwrap().as_str()));
    assert!(
        kit.accounts
            .enter(&unit.db(), &person, &old, Start::default())
            .await
            .unwrap()
            .is_none()
    );
}

/// CWE-362. Attack: a slow request holds the session as it was, another one takes a value out of it (a right that was
/// lent, a purchase that was spent), and the slow one's own change brings the value back.
#[tokio::test]
async fn cwe_362_a_slow_request_does_not_undo_what_another_changed() {
    use crate::sessions::{Session, SessionKey};
    const LENT: SessionKey<bool> = SessionKey::new("lent");
    const LIST: SessionKey<String> = SessionKey::new("list");
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await;
    let token = kit.session(&ann, None).await;
    let load = async || match kit
        .accounts
        .sessions
        .find(&token, Visitor::default)
        .await
        .unwrap()
    {
        Found::Alive(row) => Session::new(kit.accounts.sessions.clone(), &row),
        _ => panic!("the session is gone"),
    };
    let unit = kit.units.begin();
    load().await.set(&unit.db(), LENT, &true).await.unwrap();
    unit.finish(true).await.unwrap();

    let slow = load().await;
    let unit = kit.units.begin();
    load().await.remove(&unit.db(), LENT).await.unwrap();
    unit.finish(true).await.unwrap();

    let unit = kit.units.begin();
    slow.set(&unit.db(), LIST, &"mine".to_owned()).await.unwrap();
    unit.finish(true).await.unwrap();
    assert_eq!(slow.get(LENT), None, "the slow request itself sees it now");
    let after = load().await;
    assert_eq!(after.get(LENT), None);
    assert_eq!(after.get(LIST).as_deref(), Some("mine"));
}

/// A session keeps small typed values; a value of another type is none.
#[tokio::test]
async fn a_session_keeps_small_typed_values() {
    use crate::sessions::{Session, SessionKey};
    const VISITS: SessionKey<u32> = SessionKey::new("visits");
    const OTHER: SessionKey<Vec<String>> = SessionKey::new("visits");
    const LONG: SessionKey<String> = SessionKey::new("long");
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await;
    let token = kit.session(&ann, None).await;
    let load = async || match kit
        .accounts
        .sessions
        .find(&token, Visitor::default)
        .await
        .unwrap()
    {
        Found::Alive(row) => Session::new(kit.accounts.sessions.clone(), &row),
        _ => panic!("the session is gone"),
    };
    #[allow(deprecated)]
    let unit = kit.database.bind(Actor::nobody());
    load().await.set(&unit.db(), VISITS, &3).await.unwrap();
    // CWE-770
    assert!(
        load()
            .await
            .set(&unit.db(), LONG, &"x".repeat(5000))
            .await
            .is_err()
    );
    unit.finish(true).await.unwrap();
    assert_eq!(load().await.get(VISITS), Some(3));
    assert_eq!(
        load().await.get(OTHER),
        None,
        "CWE-502: into a closed type, or nothing"
    );
}

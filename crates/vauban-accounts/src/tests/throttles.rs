//! ASVS 6.3.1, 6.1.1: guessing.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use super::browser::TestSite;
use super::{CLIENT, Kit, PASSWORD};
use crate::Password;
use crate::accounts::SignInFailure;
use crate::throttle::{Admission, Attempt, BucketKeys, Throttles};

async fn guess(kit: &Kit, email: &str, password: &str, client: IpAddr, device: Option<&str>) -> &'static str {
    let password = Password::new(password).unwrap();
    match kit.accounts.authenticate(email, &password, client, device).await {
        Ok(_) => "in",
        Err(SignInFailure::Wrong) => "wrong",
        Err(SignInFailure::Wait(_)) => "wait",
        Err(other) => panic!("{other:?}"),
    }
}

/// The cookie of a browser that signs in to this account.
async fn device(kit: &Kit, email: &str) -> String {
    let address = crate::Email::parse(email).unwrap();
    let found = kit.accounts.users.by_email(&kit.units, &address).await;
    let hash = found.unwrap().unwrap().1.unwrap();
    kit.accounts.devices.issue(email, Some(&hash))
}

/// CWE-307. Attack: a thousand guesses one after the other; then, with luck, the right one.
#[tokio::test]
async fn asvs_6_3_1_guesses_are_slowed_and_the_right_one_with_them() {
    let kit = Kit::new();
    kit.person("ann@example.com").await;
    let mut answers = Vec::new();
    for _ in 0..11 {
        answers.push(guess(&kit, "ann@example.com", "guess", CLIENT, None).await);
    }
    assert_eq!(answers[..5], ["wrong"; 5]);
    assert_eq!(answers[5..], ["wait"; 6]);
    assert_eq!(
        guess(&kit, "ann@example.com", PASSWORD, CLIENT, None).await,
        "wait",
        "the right one waits too"
    );
    kit.later(2);
    assert_eq!(guess(&kit, "ann@example.com", PASSWORD, CLIENT, None).await, "in");
    // Her own count is empty again.
    assert_eq!(
        guess(&kit, "ann@example.com", "typo", CLIENT, None).await,
        "wrong"
    );
}

/// CWE-204: an unknown address is slowed exactly like a known one.
#[tokio::test]
async fn waits_do_not_tell_who_has_an_account() {
    let kit = Kit::new();
    kit.person("ann@example.com").await;
    let mut answers = [Vec::new(), Vec::new()];
    for _ in 0..8 {
        answers[0].push(guess(&kit, "ann@example.com", "guess", [192, 0, 2, 1].into(), None).await);
        answers[1].push(guess(&kit, "nobody@example.com", "guess", [192, 0, 2, 2].into(), None).await);
    }
    assert_eq!(answers[0], answers[1]);
}

/// CWE-362. Attack: a hundred guesses at the same time, each of which finds the count low.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_guesses_do_not_slip_through() {
    let kit = Arc::new(Kit::new());
    kit.person("ann@example.com").await;
    let guesses = (0..100).map(|_| {
        let kit = Arc::clone(&kit);
        tokio::spawn(async move { guess(&kit, "ann@example.com", "guess", CLIENT, None).await })
    });
    let mut verified = 0;
    for task in guesses.collect::<Vec<_>>() {
        verified += usize::from(task.await.unwrap() == "wrong");
    }
    assert_eq!(
        verified, 5,
        "only as many passwords were looked at as one after the other"
    );
}

/// ASVS 6.1.1, CWE-645. Attack: keeping the owner out by guessing wrong all the time.
#[tokio::test]
async fn the_owner_is_not_locked_out() {
    let kit = Kit::new();
    kit.person("ann@example.com").await;
    let device = device(&kit, "ann@example.com").await;
    for i in 0..60_u8 {
        guess(&kit, "ann@example.com", "guess", [198, 51, 100, i].into(), None).await;
        // Also from the owner's own network.
        guess(&kit, "ann@example.com", "guess", CLIENT, None).await;
    }
    assert_eq!(
        guess(&kit, "ann@example.com", PASSWORD, CLIENT, None).await,
        "wait"
    );
    assert_eq!(
        guess(&kit, "ann@example.com", PASSWORD, CLIENT, Some(&device)).await,
        "in"
    );
    // A stolen device cookie is no way round: it has a count of its own …
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(guess(&kit, "ann@example.com", "guess", CLIENT, Some(&device)).await);
    }
    assert_eq!(answers.iter().filter(|a| **a == "wrong").count(), 10);
    // … and is nothing for another account.
    kit.person("ben@example.com").await;
    for _ in 0..5 {
        guess(
            &kit,
            "ben@example.com",
            "guess",
            [203, 0, 113, 9].into(),
            Some(&device),
        )
        .await;
    }
    assert_eq!(
        guess(
            &kit,
            "ben@example.com",
            PASSWORD,
            [203, 0, 113, 9].into(),
            Some(&device)
        )
        .await,
        "wait"
    );
}

/// CWE-307. Attack: one guess at each of many accounts, from many addresses of one's own IPv6 prefix.
#[tokio::test]
async fn stuffing_from_one_prefix_is_slowed() {
    let kit = Kit::new();
    let mut verified = 0;
    for i in 0..60_u16 {
        let client = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 2, i, i, i, i));
        verified +=
            u32::from(guess(&kit, &format!("user{i}@example.com"), "guess", client, None).await == "wrong");
    }
    assert_eq!(verified, 31);
    // Somebody else is not affected.
    assert_eq!(
        guess(&kit, "x@example.com", "guess", [192, 0, 2, 77].into(), None).await,
        "wrong"
    );
}

/// CWE-307. Attack: signing in to one's own account between guesses, to have the address's count forgotten.
#[tokio::test]
async fn an_own_account_does_not_clean_the_address() {
    let kit = Kit::new();
    kit.person("mallory@example.com").await;
    let mut verified = 0;
    for i in 0..60 {
        verified +=
            u32::from(guess(&kit, &format!("user{i}@example.com"), "guess", CLIENT, None).await == "wrong");
        guess(&kit, "mallory@example.com", PASSWORD, CLIENT, None).await;
    }
    assert!(verified <= 31, "{verified}");
}

fn small(kit: &Kit) -> Throttles {
    Throttles::bounded(kit.units.clone(), kit.clock.clone(), BucketKeys::new([1; 32]), 80)
}

/// An attempt from an address, with a device or without.
async fn attempt(throttles: &Throttles, account: &str, client: IpAddr, device: Option<&str>) -> Admission {
    let buckets = throttles.keys().buckets(Attempt::SignIn, account, client, device);
    throttles.admit(&buckets).await.unwrap()
}

fn is_counted(admission: &Admission) -> bool {
    matches!(admission, Admission::Counted(_))
}

fn rows(kit: &Kit) -> i64 {
    kit.file()
        .query_row("SELECT count(*) FROM vauban_throttle", [], |row| row.get(0))
        .unwrap()
}

/// CWE-770, CWE-645. Attack: filling the table with keys that are used once.
#[tokio::test]
async fn a_full_table_locks_nobody_out() {
    let kit = Kit::new();
    let throttles = small(&kit);
    let guesser: IpAddr = [198, 51, 100, 1].into();
    let guesses = async |account: &str| {
        let mut admitted = 0;
        for _ in 0..10 {
            admitted += usize::from(is_counted(&attempt(&throttles, account, guesser, None).await));
        }
        admitted
    };
    assert_eq!(guesses("guessed@example.com").await, 5);
    for i in 0..200_u8 {
        let address = [192, 0, 2, i].into();
        let first = attempt(&throttles, &format!("user{i}@example.com"), address, None).await;
        assert!(is_counted(&first), "newcomer {i} waits for nobody");
        assert!(rows(&kit) <= 80, "{}", rows(&kit));
    }
    // The owner's own device,
    let own = attempt(
        &throttles,
        "ann@example.com",
        [192, 0, 2, 7].into(),
        Some("device"),
    )
    .await;
    assert!(is_counted(&own));
    // and whoever guessed before the flood is still held back: the rows that have counted most stay.
    // (Real time passes as well: one wait of a second may be over.)
    assert!(guesses("guessed@example.com").await <= 2);
    // A flood of devices takes no row of accounts.
    for i in 0..100 {
        let device = format!("device {i}");
        attempt(&throttles, "mallory@example.com", guesser, Some(&device)).await;
    }
    assert!(rows(&kit) <= 80, "{}", rows(&kit));
    assert!(guesses("guessed@example.com").await <= 2);
    kit.later(3 * 24 * 3600);
    for i in 0..30_u8 {
        attempt(
            &throttles,
            &format!("later{i}@example.com"),
            [203, 0, 113, i].into(),
            None,
        )
        .await;
    }
    assert!(rows(&kit) <= 60, "old ones are forgotten: {}", rows(&kit));
}

/// CWE-645. A clock that was ahead for a moment keeps nobody out for years, `Retry-After` included.
#[tokio::test]
async fn a_bucket_from_the_future_is_soon_open() {
    let kit = Kit::new();
    let throttles = small(&kit);
    for _ in 0..9 {
        attempt(&throttles, "ann@example.com", CLIENT, None).await;
    }
    kit.file()
        .execute(
            "UPDATE vauban_throttle SET attempts = 50, \
             blocked_until = blocked_until + 315360000000000, counted = counted + 315360000000000",
            [],
        )
        .unwrap();
    let Admission::Wait(wait) = attempt(&throttles, "ann@example.com", CLIENT, None).await else {
        panic!("fifty attempts wait");
    };
    assert_eq!(wait.as_secs(), 900);
}

/// CWE-532, CWE-359: neither addresses nor accounts stand in the table.
#[tokio::test]
async fn the_table_names_nobody() {
    let kit = Kit::new();
    guess(&kit, "ann@example.com", "guess", CLIENT, None).await;
    let keys: Vec<String> = {
        let file = kit.file();
        let mut all = file.prepare("SELECT bucket FROM vauban_throttle").unwrap();
        all.query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    };
    assert_eq!(keys.len(), 3);
    assert!(
        keys.iter().all(|k| k.len() == 64 && !k.contains("ann")),
        "{keys:?}"
    );
}

/// What is counted, summed up over all buckets.
fn counted(kit: &Kit) -> i64 {
    kit.file()
        .query_row(
            "SELECT coalesce(sum(attempts), 0) FROM vauban_throttle",
            [],
            |row| row.get(0),
        )
        .unwrap()
}

/// Waits for what goes on behind an answer.
async fn settles_at(kit: &Kit, expected: i64) {
    for _ in 0..200 {
        if counted(kit) == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(counted(kit), expected);
}

/// CWE-645. Attack: the hasher's queue is kept full, and the owner, who types the right password again and again, is told
/// that the site is busy, and then to wait for a quarter of an hour.
#[tokio::test]
async fn cwe_645_a_busy_site_counts_nothing() {
    let kit = Kit::with(|options| (options.hashing.queue, options.hashing.queue_per_client) = (2, 2));
    let ann = kit.person("ann@example.com").await;
    let right = Password::new(PASSWORD).unwrap();
    let flood: IpAddr = [198, 51, 100, 1].into();
    let others: IpAddr = [198, 51, 100, 2].into();
    let full = [flood, others].map(|client| kit.accounts.hasher().place(client.into()).ok().unwrap());
    for _ in 0..20 {
        let answer = kit
            .accounts
            .authenticate("ann@example.com", &right, CLIENT, None)
            .await;
        assert!(matches!(answer, Err(SignInFailure::Busy)));
        let answer = kit.accounts.reprove(&ann, &right, CLIENT, None).await;
        assert!(matches!(answer, Err(SignInFailure::Busy)));
        let answer = kit.accounts.hash_behind_link(&right, CLIENT).await;
        assert!(matches!(answer, Err(SignInFailure::Busy)));
    }
    assert_eq!(counted(&kit), 0);
    drop(full);
    assert_eq!(guess(&kit, "ann@example.com", PASSWORD, CLIENT, None).await, "in");
}

/// CWE-645. Attack: the queue stands still until the owner's request is given up, at its time limit or by hand. No
/// password was looked at: neither a count nor a wait stays.
#[tokio::test]
async fn cwe_645_a_request_that_is_given_up_in_the_queue_counts_nothing() {
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await;
    for _ in 0..12 {
        guess(&kit, "ann@example.com", "guess", CLIENT, None).await;
        kit.later(100);
    }
    kit.later(900);
    let before = counted(&kit);
    assert!(before > 8, "{before}");
    let still = kit.accounts.hasher().hold_up().await;
    let right = Password::new(PASSWORD).unwrap();
    let soon = std::time::Duration::from_millis(200);
    for _ in 0..5 {
        let given_up = tokio::time::timeout(
            soon,
            kit.accounts.authenticate("ann@example.com", &right, CLIENT, None),
        );
        assert!(given_up.await.is_err());
        settles_at(&kit, before).await;
        let given_up = tokio::time::timeout(soon, kit.accounts.reprove(&ann, &right, CLIENT, None));
        assert!(given_up.await.is_err());
        settles_at(&kit, before).await;
        let given_up = tokio::time::timeout(soon, kit.accounts.hash_behind_link(&right, CLIENT));
        assert!(given_up.await.is_err());
        settles_at(&kit, before).await;
    }
    drop(still);
    assert_eq!(
        guess(&kit, "ann@example.com", PASSWORD, CLIENT, None).await,
        "in",
        "and no wait was begun"
    );
}

/// CWE-307. Attack: hanging up as soon as the guess is looked at, to have it forgotten.
#[tokio::test]
async fn cwe_307_whoever_hangs_up_has_guessed() {
    let kit = Arc::new(Kit::with(|options| {
        options.hashing.cost = crate::Cost {
            memory_kib: 32 * 1024,
            passes: 2,
            lanes: 1,
        };
    }));
    let looked_at = kit.accounts.hashes_run();
    let guesser = Arc::clone(&kit);
    let task = tokio::spawn(async move { guess(&guesser, "ann@example.com", "guess", CLIENT, None).await });
    while kit.accounts.hashes_run() == looked_at {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let least: i64 = kit
        .file()
        .query_row("SELECT min(attempts) FROM vauban_throttle", [], |row| row.get(0))
        .unwrap();
    assert_eq!(least, 1, "in every bucket");
}

/// CWE-613, CWE-307. Attack: whoever knows the password lays in twenty browsers' cookies. The owner changes the password:
/// each of the cookies is nine guesses at the new one, from one address and outside every other count.
#[tokio::test]
async fn cwe_613_a_device_is_forgotten_with_the_password() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut laid_in = Vec::new();
    for _ in 0..20 {
        let mut thief = site.browser();
        assert_eq!(thief.sign_in("ann@example.com", PASSWORD).await.status, 303);
        laid_in.push(thief.cookies["__Host-device"].clone());
    }
    let mut ann = site.browser();
    ann.sign_in("ann@example.com", PASSWORD).await;
    let new = "seven red herrings";
    let fields = [
        ("old_password", PASSWORD),
        ("new_password", new),
        ("new_password_again", new),
    ];
    assert_eq!(ann.submit("/accounts/password/", &fields).await.status, 303);
    let thief: IpAddr = [198, 51, 100, 1].into();
    let mut looked_at = 0;
    for device in &laid_in {
        for _ in 0..10 {
            let answer = guess(&site.kit, "ann@example.com", "guess", thief, Some(device)).await;
            looked_at += u32::from(answer == "wrong");
        }
    }
    assert!(looked_at <= 6, "{looked_at}: as many as without a cookie");
    // The browser in which it was changed is known, whatever the thief does.
    let own = ann.cookies["__Host-device"].clone();
    assert_eq!(
        guess(&site.kit, "ann@example.com", new, CLIENT, Some(&own)).await,
        "in"
    );
}

/// CWE-307. Attack: many browsers that are known, so that each is worth nine guesses. Together they have one count, which
/// no stranger fills and a success empties.
#[tokio::test]
async fn cwe_307_many_devices_are_not_many_times_the_guesses() {
    let kit = Kit::new();
    kit.person("ann@example.com").await;
    let mut devices = Vec::new();
    for _ in 0..20 {
        devices.push(device(&kit, "ann@example.com").await);
    }
    let guesses = async |from: usize| {
        let mut looked_at = 0;
        // From an address each, so that no address's count helps.
        for (device, i) in devices[from..].iter().zip(0_u8..) {
            for _ in 0..5 {
                let client = [198, 51, 100, i].into();
                let answer = guess(&kit, "ann@example.com", "guess", client, Some(device)).await;
                looked_at += u32::from(answer == "wrong");
            }
        }
        looked_at
    };
    let looked_at = guesses(0).await;
    // (Real time passes as well: one wait of a second may be over.)
    assert!((31..=32).contains(&looked_at), "{looked_at}");
    kit.later(1000);
    let own = &devices[19];
    assert_eq!(
        guess(&kit, "ann@example.com", PASSWORD, CLIENT, Some(own)).await,
        "in"
    );
    assert!(guesses(10).await >= 20, "emptied");
}

/// CWE-645. Attack: the database's writer is busy until the request that is being counted is given up.
#[tokio::test]
async fn cwe_645_a_request_that_is_given_up_while_it_is_counted_counts_nothing() {
    let kit = Kit::new();
    kit.person("ann@example.com").await;
    let busy = kit.file();
    busy.execute_batch("BEGIN IMMEDIATE").unwrap();
    let right = Password::new(PASSWORD).unwrap();
    let given_up = tokio::time::timeout(
        std::time::Duration::from_millis(200),
        kit.accounts.authenticate("ann@example.com", &right, CLIENT, None),
    );
    assert!(given_up.await.is_err());
    busy.execute_batch("ROLLBACK").unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let rows: i64 = kit
        .file()
        .query_row("SELECT count(*) FROM vauban_throttle", [], |row| row.get(0))
        .unwrap();
    assert!(rows > 0, "it was counted after all");
    assert_eq!(counted(&kit), 0);
}

/// CWE-770. Attack: signing in with the right password again and again, from a known browser and from a new one, and proving
/// it for a change that is never made: each is a hash for which others wait.
#[tokio::test]
async fn cwe_770_right_passwords_are_no_free_work() {
    let kit = Kit::new();
    let mallory = kit.person("mallory@example.com").await;
    let known = device(&kit, "mallory@example.com").await;
    let right = Password::new(PASSWORD).unwrap();
    let signed_in = async |client: IpAddr, device: Option<&str>| {
        let mut ins = 0;
        for _ in 0..60 {
            let answer = guess(&kit, "mallory@example.com", PASSWORD, client, device).await;
            ins += u32::from(answer == "in");
        }
        ins
    };
    // (Real time passes as well: waits of a second or two may be over.)
    for device in [Some(known.as_str()), None] {
        let ins = signed_in(CLIENT, device).await;
        assert!((31..=33).contains(&ins), "{ins}");
    }
    let mut proved = 0;
    for _ in 0..60 {
        proved += u32::from(kit.accounts.reprove(&mallory, &right, CLIENT, None).await.is_ok());
    }
    assert!((31..=33).contains(&proved), "{proved}");
    // Neither others at the same address wait, nor the account elsewhere.
    kit.person("ann@example.com").await;
    assert_eq!(guess(&kit, "ann@example.com", PASSWORD, CLIENT, None).await, "in");
    assert_eq!(
        guess(&kit, "mallory@example.com", PASSWORD, [192, 0, 2, 9].into(), None).await,
        "in"
    );
    // Nor whoever signs in every five minutes, all day long.
    kit.later(1000);
    for _ in 0..288 {
        kit.later(300);
        assert_eq!(guess(&kit, "ann@example.com", PASSWORD, CLIENT, None).await, "in");
    }
}

/// CWE-645. Attack: all the wrong guesses that one address may make whenever a wait of a quarter of an hour ends, day after
/// day. The owner, who has only a new browser, comes in from another address in most of the quarters.
#[tokio::test]
async fn cwe_645_one_address_keeps_nobody_out() {
    let kit = Kit::new();
    kit.person("ann@example.com").await;
    let attacker: IpAddr = [198, 51, 100, 1].into();
    let attack = async || {
        let mut guesses = 0;
        for _ in 0..6 {
            guesses += u32::from(guess(&kit, "ann@example.com", "guess", attacker, None).await == "wrong");
        }
        guesses
    };
    for _ in 0..30 {
        attack().await;
        kit.later(901);
    }
    let (mut open, mut guesses) = (0, 0);
    for _ in 0..40 {
        kit.later(601);
        guesses += attack().await;
        // She comes five minutes later. A typo of hers counts as the right one would, and empties nothing.
        kit.later(300);
        open += u32::from(guess(&kit, "ann@example.com", "typo", CLIENT, None).await == "wrong");
    }
    assert!(open >= 20, "{open} of 40");
    assert!(guesses <= 40, "{guesses}: one in a quarter of an hour");
    kit.later(901);
    assert_eq!(guess(&kit, "ann@example.com", PASSWORD, CLIENT, None).await, "in");
}

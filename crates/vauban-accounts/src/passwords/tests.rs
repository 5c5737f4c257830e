//! Hashes of other programs, and peppers: facts that Django made, and attacks.

use argon2::Block;
use vauban::vectors;

use super::hash::{self, Hash};
use super::pepper::{PepperSetting, Peppers};
use super::{Cost, Hasher, HasherOptions, Password, phc};
use crate::passwords::Client;

const SMALL: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};
const SAMPLE: &str = include_str!("../../tests/samples/password_hashes.json");

fn verifies(encoded: &str, password: &str) -> Option<bool> {
    let hash = Hash::from_stored(encoded);
    let password = Password::new(password).unwrap();
    let mut blocks = vec![Block::default(); hash.blocks().max(phc::block_count(SMALL))];
    hash::verify(&hash, &password, &Peppers::default(), &mut blocks).ok()
}

/// Whether this build has the algorithm.
fn is_here(encoded: &str) -> bool {
    cfg!(feature = "import-hashes") || !(encoded.starts_with("bcrypt") || encoded.starts_with("scrypt"))
}

/// ASVS 11.4.2. What Django's hashes verify, ours do; and nothing else. MD5 is refused (CWE-328), though Django verifies it.
#[test]
fn vectors_password_hashes() {
    let cases = vectors::cases("password_hashes.json", SAMPLE);
    let (mut tally, mut slow) = (vectors::Tally::default(), 0);
    for case in &cases {
        let (id, encoded) = (vectors::text(case, "id"), vectors::text(case, "encoded"));
        if !is_here(encoded) {
            tally.leave_out(id, "the build has no `import-hashes`");
            continue;
        }
        // Ten seconds each, in a debug build.
        if long::amount(true, false) && encoded.starts_with("pbkdf2_sha256$1500000$") {
            tally.leave_out(id, "the long form runs it");
            slow += 1;
            continue;
        }
        // No form gives anything but a text; Django's `None` is never right.
        let Some(password) = case["password"].as_str() else {
            assert_eq!(case["expect"], false);
            tally.leave_out(id, "no password at all");
            continue;
        };
        let rule = if encoded.starts_with("md5$") {
            Some("MD5 is guessed at once")
        } else if password.contains('\0') && encoded.starts_with("bcrypt$") {
            Some("C ends the text there")
        } else {
            None
        };
        let got = verifies(encoded, password).unwrap_or(false);
        tally.case(id, case["expect"].as_bool().unwrap(), got, rule);
        if got {
            assert!(
                Hash::from_stored(encoded).is_outdated(SMALL, &Peppers::default()),
                "{id}"
            );
        }
    }
    let others = match cfg!(feature = "import-hashes") {
        true => 0,
        false => 28,
    };
    let left_out = 2 + slow + others;
    tally.finish(92, (91 - left_out, 1, left_out));
}

const PBKDF2: &str = "pbkdf2_sha256$1000$vaubanSalt0123456789AB$9KBV3xMaKk5SAIzSLGnR3bVps83Qzyo+t4vah1Zh7hc=";
const PASSWORD: &str = "correct horse battery staple";

/// CWE-400, CWE-789. Attack: a planted row, or a file that is imported, makes a sign-in take minutes or gigabytes.
#[test]
fn cwe_400_what_a_hash_of_another_program_may_cost_is_bounded() {
    let check = |text: &str| Hash::from_stored(text).check().map_err(|error| error.to_string());
    let sha256 = |iterations: &str| check(&PBKDF2.replace("1000", iterations));
    assert_eq!(sha256("5000000"), Ok(()));
    for dear in ["5000001", "4294967295", "4294967296", "99999999999999999999"] {
        assert!(sha256(dear).is_err(), "{dear}");
    }
    let argon2 = |memory: u32, passes: u32| {
        check(&format!(
            "argon2$argon2id$v=19$m={memory},t={passes},p=1$dmF1YmFuU2FsdDAxMjM0NQ$NZLNdwNs0LoJnp0+JIPIXTN8Mrn+hAnoygD5EJZ4tmw"
        ))
    };
    assert_eq!(argon2(262_144, 10), Ok(()));
    assert!(argon2(262_145, 10).is_err() && argon2(262_144, 11).is_err());
    let bcrypt = |cost: &str| {
        let text = "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuaBT8mpw5tGdD3eO40znWcQP/dT9hEVK";
        check(&text.replace("$04$", &format!("${cost}$")))
    };
    let scrypt = |n: u64, r: u32, p: u32| {
        check(&format!(
            "scrypt${n}$salt${r}${p}$T0m2KuDsO+npGEaqQsEJ62hkF2h23RYSoKtUdXIpEvhJiIPmasDxFpqL6xoEyg0boAYD24HVf0E4L/jk2TEkCQ=="
        ))
    };
    if cfg!(feature = "import-hashes") {
        assert_eq!(bcrypt("15"), Ok(()));
        for cost in ["16", "31", "03", "99", "1", "015"] {
            assert!(bcrypt(cost).is_err(), "{cost}");
        }
        assert_eq!(scrypt(1 << 17, 8, 5), Ok(()));
        for (n, r, p) in [
            // 320 MiB, in blocks that are no work.
            (2, 1, 2_621_440),
            (2, 33, 1),
            (1 << 10, 1, 17),
            (1 << 18, 8, 1),
            (1 << 17, 9, 1),
            (1 << 17, 8, 6),
            (1 << 30, 1, 1),
            (1 << 40, 1, 1),
            (1024, 8, u32::MAX),
            (1000, 8, 1),
            (1, 8, 1),
            (0, 8, 1),
        ] {
            assert!(scrypt(n, r, p).is_err(), "{n} {r} {p}");
        }
    } else {
        assert!(bcrypt("04").unwrap_err().contains("`import-hashes`"));
        assert!(scrypt(1024, 8, 1).unwrap_err().contains("`import-hashes`"));
    }
}

/// CWE-1391, CWE-328, CWE-759. What is cut off, has no salt, is fast or is no hash at all opens nothing.
#[test]
fn cwe_328_weak_and_broken_hashes_open_nothing() {
    assert_eq!(verifies(PBKDF2, PASSWORD), Some(true));
    assert_eq!(verifies(PBKDF2, "correct horse battery stapler"), Some(false));
    for end in 0..PBKDF2.len() {
        assert_eq!(verifies(&PBKDF2[..end], PASSWORD), None, "{end}");
    }
    for broken in [
        PBKDF2.replace("$1000$", "$01000$"),
        PBKDF2.replace("$1000$", "$+1000$"),
        PBKDF2.replace("$1000$", "$0$"),
        PBKDF2.replace("vaubanSalt0123456789AB", ""),
        PBKDF2.replace("vaubanSalt0123456789AB", &"s".repeat(129)),
        PBKDF2.replace("sha256", "sha512"),
        format!("{PBKDF2} "),
        format!("{PBKDF2}$"),
        format!("!{PBKDF2}"),
        format!(" {PBKDF2}"),
        "x".repeat(600),
        "md5$seasalt$4b144f4ae05cfb6b0fe96d22626591c8".into(),
        "5f4dcc3b5aa765d61d8327deb882cf99".into(),
        "sha1$salt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8".into(),
        "$2b$12$B8pidH6NtDGL.2kIj8J.Hu.pzL38V0LdmxaCR369PfsEUE40P5cqu".into(),
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$".into(),
        String::new(),
        "$".into(),
        "!".into(),
    ] {
        assert_eq!(verifies(&broken, PASSWORD), None, "{broken}");
        let hash = Hash::from_stored(&broken);
        assert!(
            hash.check().is_err() && hash.work().is_none() && hash.blocks() == 0,
            "{broken}"
        );
    }
}

/// As Django does: what was typed is hashed, and nothing is normalised, folded or cut. Ours are hashes of the normal form.
#[tokio::test]
async fn asvs_6_2_8_hashes_of_django_are_of_what_was_typed() {
    let two_signs = "pbkdf2_sha256$1$vaubanSalt0123456789AB$pMlXg1OiwriuVLiTfWEAft7EzuMZKd792wjdxoIBOBM=";
    assert_eq!(verifies(two_signs, "e\u{301}"), Some(true));
    assert_eq!(verifies(two_signs, "\u{e9}"), Some(false));
    let with_nul = "pbkdf2_sha256$1000$vaubanSalt0123456789AB$LMxCCYAACbQxZ7tLUmmyaTAFzwxPzcamlPhz/uvllHg=";
    assert_eq!(verifies(with_nul, "p\0q"), Some(true));
    assert_eq!(verifies(with_nul, "p"), Some(false));
    // Renewed, both spellings are one.
    let hasher = hasher(SMALL, &[], &[]);
    let place = hasher.place(Client::OURS).unwrap();
    let typed = Password::new("e\u{301}").unwrap();
    let old = Hash::from_stored(two_signs);
    let verdict = hasher.verify(&typed, Some(&old), &place).await.unwrap();
    assert!(verdict.matches && verdict.outdated);
    let renewed = hasher.hash(&typed, &place).await.unwrap();
    let other = Password::new("\u{e9}").unwrap();
    let verdict = hasher.verify(&other, Some(&renewed), &place).await.unwrap();
    assert!(verdict.matches && !verdict.outdated);
}

fn hasher(cost: Cost, current: &[&str], fallbacks: &[&str]) -> Hasher {
    let (current, fallbacks) = (
        PepperSetting::for_test(current),
        PepperSetting::for_test(fallbacks),
    );
    let options = HasherOptions {
        cost,
        ..HasherOptions::default()
    };
    Hasher::with(options, Peppers::of_settings(&current, &fallbacks)).unwrap()
}

const OLD: &str = "old pepper old pepper old pepper";
const NEW: &str = "new pepper new pepper new pepper";

/// CWE-916. Attack: somebody has the rows and not the pepper. And: peppers come, change and go, and everybody still signs in.
#[tokio::test]
async fn cwe_916_without_its_pepper_a_hash_opens_to_nobody() {
    let password = Password::new(PASSWORD).unwrap();
    let none = hasher(SMALL, &[], &[]);
    let old = hasher(SMALL, &[OLD], &[]);
    let place = old.place(Client::OURS).unwrap();
    let plain = none.hash(&password, &place).await.unwrap();
    let peppered = old.hash(&password, &place).await.unwrap();
    assert!(peppered.as_str().contains(",keyid=") && !plain.as_str().contains("keyid"));
    let verdict = async |hasher: &Hasher, hash: &Hash| {
        let verdict = hasher.verify(&password, Some(hash), &place).await.ok()?;
        Some((verdict.matches, verdict.outdated))
    };
    // The thief takes the id away, or writes another's: it is no hash of the password alone.
    let (head, tail) = peppered.as_str().split_once(",keyid=").unwrap();
    let (id, tail) = tail.split_once('$').unwrap();
    let bare = Hash::from_stored(&format!("{head}${tail}"));
    assert_eq!(verdict(&none, &bare).await, Some((false, false)));
    assert_eq!(verdict(&old, &bare).await, Some((false, false)));
    // A lost pepper opens nothing, and says what to do.
    assert_eq!(verdict(&none, &peppered).await, None);
    let lost = hasher(SMALL, &[NEW], &[]);
    let error = lost.verify(&password, Some(&peppered), &place).await.unwrap_err();
    assert!(
        error.to_string().contains("`accounts.password_pepper_fallbacks`"),
        "{error}"
    );
    assert!(!error.to_string().contains(id), "{error}");
    // What was made before there was a pepper, or with an earlier one, is verified and replaced.
    assert_eq!(verdict(&old, &plain).await, Some((true, true)));
    assert_eq!(verdict(&old, &peppered).await, Some((true, false)));
    let rotated = hasher(SMALL, &[NEW], &["another one", OLD]);
    assert_eq!(verdict(&rotated, &peppered).await, Some((true, true)));
    let anew = rotated.hash(&password, &place).await.unwrap();
    assert_eq!(verdict(&rotated, &anew).await, Some((true, false)));
    assert_eq!(verdict(&old, &anew).await, None);
    // Given up: only what it made needs it.
    let without = hasher(SMALL, &[], &[OLD]);
    assert_eq!(verdict(&without, &peppered).await, Some((true, true)));
    assert_eq!(verdict(&without, &plain).await, Some((true, false)));
    // CWE-532
    let told = format!(
        "{rotated:?} {:?}",
        Peppers::of_settings(&PepperSetting::for_test(&[OLD]), &PepperSetting::default())
    );
    assert!(!told.contains("pepper old"), "{told}");
}

/// CWE-916. Attack: a file whose hashes are guessed at once, though their algorithm is a good one. A row that is there is verified.
#[test]
fn cwe_916_cheap_hashes_are_not_imported() {
    let import = |text: &str| Hash::from_stored(text).check_import(&Peppers::default());
    let taken = |text: &str| {
        Hash::from_stored(text).check().unwrap();
        import(text).is_ok()
    };
    let argon2 = |memory: u32, passes: u32| {
        taken(&format!(
            "argon2$argon2id$v=19$m={memory},t={passes},p=1$dmF1YmFuU2FsdDAxMjM0NQ$NZLNdwNs0LoJnp0+JIPIXTN8Mrn+hAnoygD5EJZ4tmw"
        ))
    };
    assert!(taken(&PBKDF2.replace("$1000$", "$10000$")) && !taken(&PBKDF2.replace("$1000$", "$9999$")));
    assert!(argon2(512, 2) && !argon2(511, 2) && !argon2(8, 10));
    if cfg!(feature = "import-hashes") {
        let bcrypt = "bcrypt$$2b$10$abcdefghijklmnopqrstuuaBT8mpw5tGdD3eO40znWcQP/dT9hEVK";
        assert!(taken(bcrypt) && !taken(&bcrypt.replace("$10$", "$09$")));
        let scrypt = |n: u32| {
            taken(&format!(
                "scrypt${n}$salt$8$1$T0m2KuDsO+npGEaqQsEJ62hkF2h23RYSoKtUdXIpEvhJiIPmasDxFpqL6xoEyg0boAYD24HVf0E4L/jk2TEkCQ=="
            ))
        };
        assert!(scrypt(1 << 13) && !scrypt(1 << 12));
        // What would be read by the check and not when somebody signs in.
        let open_end = format!("{}L", &bcrypt[..bcrypt.len() - 1]);
        assert!(import(&open_end).is_err());
    }
}

mod properties {
    use super::*;

    proptest::proptest! {
        #![proptest_config(long::cases(256, 100_000, "values"))]

        /// CWE-248, CWE-400: whatever stands in a row is read or refused, and costs no more than its bound.
        #[test]
        fn any_stored_text_has_an_answer(
            name in "(|argon2|argon2id|pbkdf2_sha256|pbkdf2_sha1|bcrypt|bcrypt_sha256|scrypt|md5|!|\\PC{0,8})",
            rest in "(\\$[$0-9a-zA-Z+/=.,]{0,24}){0,5}",
            bytes in "\\PC{0,60}",
        ) {
            for text in [format!("{name}{rest}"), format!("{name}${bytes}"), bytes] {
                let hash = Hash::from_stored(&text);
                let read = hash.check().is_ok();
                proptest::prop_assert_eq!(read, hash.work().is_some());
                proptest::prop_assert!(hash.blocks() <= 256 * 1024);
                proptest::prop_assert!(hash.work().is_none_or(|work| work.amount <= 5 << 20));
            }
        }
    }
}

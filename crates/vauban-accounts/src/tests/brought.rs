//! Passwords from another program: imported by the command, right at the next sign-in, ours from then on.

use std::path::PathBuf;
use std::sync::Arc;

use vauban::commands::{Command, Failure, Out, Run};
use vauban::site::Site;

use super::Kit;
use super::browser::TestSite;
use crate::accounts::Said;
use crate::password_commands::passwords;
use crate::passwords::{PepperSetting, Peppers};
use crate::rights::Holder;
use crate::{Email, Password};

pub(super) const PASSWORD: &str = "correct horse battery staple";
const HASH: &str = "pbkdf2_sha256$10000$vaubanSalt0123456789AB$+27hoMcH/4iY6YhFzy8PDjWTeqv8Yo+KI1hymwZsujU=";
/// Of the same password, as Django's Argon2 writes it.
const ARGON2: &str =
    "argon2$argon2id$v=19$m=1024,t=2,p=1$dmF1YmFuU2FsdDAxMjM0NQ$NZLNdwNs0LoJnp0+JIPIXTN8Mrn+hAnoygD5EJZ4tmw";

/// Runs one of the commands of `passwords`, and says what it told.
pub(super) async fn command(
    site: &Arc<Site>,
    name: &str,
    options: &[(&'static str, &str)],
) -> (String, Result<(), Failure>) {
    let (group, out) = (passwords(), Out::buffer());
    let command: &Command = group.subcommands().iter().find(|one| one.name() == name).unwrap();
    let options = options.iter().map(|(name, value)| (*name, (*value).to_owned()));
    #[allow(deprecated)]
    let run = Run::__of(site, options.collect(), &out);
    let done = command.run(run).await;
    (out.text(), done)
}

/// A file of the test's own.
pub(super) struct Files(tempfile::TempDir);

impl Files {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(PathBuf::from(&path), text).unwrap();
        path
    }
}

async fn import(site: &TestSite, text: &str, create: bool) -> (String, Result<(), Failure>) {
    let files = Files::new();
    let path = files.write("users", text);
    let mut options = vec![("FILE", path.as_str())];
    options.extend(create.then_some(("create", "")));
    command(&site.site, "import", &options).await
}

fn stored(kit: &Kit, email: &str) -> Option<String> {
    let sql =
        "SELECT hash FROM vauban_credential JOIN user ON user.id = vauban_credential.user WHERE email = ?1";
    kit.file().query_row(sql, [email], |row| row.get(0)).ok()
}

fn accounts(kit: &Kit) -> i64 {
    kit.file()
        .query_row("SELECT count(*) FROM user", [], |row| row.get(0))
        .unwrap()
}

/// ASVS 11.4.2, CWE-916. An account of Django's signs in with its password, and is hashed as ours are from then on.
#[tokio::test]
async fn asvs_11_4_2_an_imported_hash_is_ours_after_the_next_sign_in() {
    let site = TestSite::new();
    let lines = format!("email,password\nann@example.com,{HASH}\nben@example.com,{ARGON2}\n");
    let (told, done) = import(&site, &lines, true).await;
    done.unwrap();
    assert!(
        told.contains("2 were made") && told.contains("0 line(s)"),
        "{told}"
    );
    for (email, old) in [("ann@example.com", HASH), ("ben@example.com", ARGON2)] {
        assert_eq!(stored(&site.kit, email).unwrap(), old);
        let wrong = site.browser().sign_in(email, "correct horse battery").await;
        assert_eq!(
            (wrong.status, stored(&site.kit, email).unwrap()),
            (422, old.into())
        );
        let mut browser = site.browser();
        assert_eq!(browser.sign_in(email, PASSWORD).await.status, 303);
        assert_eq!(browser.who().await, email);
        let new = stored(&site.kit, email).unwrap();
        assert!(new.starts_with("$argon2id$v=19$m=64,"), "{new}");
        assert_eq!(site.browser().sign_in(email, PASSWORD).await.status, 303);
        assert_eq!(stored(&site.kit, email).unwrap(), new, "renewed once");
    }
    // CWE-620: the file is imported again, and undoes nothing.
    let (told, done) = import(&site, &lines, true).await;
    done.unwrap();
    assert!(told.contains("2 have one and keep it"), "{told}");
    assert!(
        stored(&site.kit, "ann@example.com")
            .unwrap()
            .starts_with("$argon2id$")
    );
}

/// Accounts that are there get the password that they lack; who is not there is told, and nobody else suffers for it.
#[tokio::test]
async fn an_import_gives_passwords_to_whom_has_none() {
    let site = TestSite::new();
    for email in ["ann@example.com", "ben@example.com", "cy@example.com"] {
        site.kit.person(email).await;
    }
    let take =
        "DELETE FROM vauban_credential WHERE user IN (SELECT id FROM user WHERE email <> 'cy@example.com')";
    assert_eq!(site.kit.file().execute(take, []).unwrap(), 2);
    let own = stored(&site.kit, "cy@example.com").unwrap();
    let lines = format!(
        "Ann@Example.com,{HASH}\nben@example.com,!unusable\ncy@example.com,{HASH}\nnobody@example.com,{HASH}\n"
    );
    let (told, done) = import(&site, &lines, false).await;
    assert!(done.is_err());
    assert!(told.contains("line 4: nobody has this address"), "{told}");
    assert!(
        told.contains(
            "1 account(s) were given their password, 0 were made, 1 have one and keep it, 1 have none"
        ),
        "{told}"
    );
    assert_eq!(stored(&site.kit, "ann@example.com").unwrap(), HASH);
    assert_eq!(stored(&site.kit, "ben@example.com"), None);
    assert_eq!(stored(&site.kit, "cy@example.com").unwrap(), own);
    assert_eq!(accounts(&site.kit), 3);
}

/// CWE-269, CWE-285, CWE-532. Attack: a file that makes administrators, brings closed accounts back, or has its hashes logged.
#[tokio::test]
async fn cwe_269_an_import_grants_nothing_and_tells_no_hash() {
    let site = TestSite::new();
    let dumped = |email: &str, more: &str| {
        format!(
            "{{\"model\": \"auth.user\", \"pk\": 1, \"fields\": {{\"email\": \"{email}\", \"password\": \"{HASH}\"{more}}}}}\n"
        )
    };
    let lines = [
        dumped(
            "ann@example.com",
            ", \"is_superuser\": true, \"is_staff\": true, \"is_active\": true",
        ),
        dumped("closed@example.com", ", \"is_active\": false"),
        format!("old@example.com,md5$salt${}\n", "27hoMcH"),
        format!("cut@example.com,{}\n", &HASH[..HASH.len() - 2]),
        format!("{}\n", "x".repeat(20_000)),
        format!("no address,{HASH}\n"),
        dumped("ben@example.com", ""),
    ];
    let (told, done) = import(&site, &lines.concat(), true).await;
    let failure = done.unwrap_err().to_string();
    for line in [
        "line 2: the account is not active",
        "line 3: password hash: a fast hash",
        "line 4: password hash: is cut off",
        "line 5: it is longer than",
        "line 6: the address",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(
        told.contains("2 were made") && told.contains("5 line(s) were not taken"),
        "{told}"
    );
    assert!(
        !told.contains("27hoMcH") && !failure.contains("27hoMcH"),
        "{told} {failure}"
    );
    let rights = "SELECT count(*) FROM user WHERE is_staff OR is_superuser OR NOT is_active";
    let granted: i64 = site.kit.file().query_row(rights, [], |row| row.get(0)).unwrap();
    assert_eq!((granted, accounts(&site.kit)), (0, 2));
}

/// CWE-287. Attack: Mallory registers at the Django site with Ann's address in other letters, which nobody confirmed there. Whatever
/// is the matter with Ann's own line, Mallory's password opens no account of Ann's here.
#[tokio::test]
async fn cwe_287_an_import_gives_nobody_anothers_account() {
    let ann = |email: &str, password: &str, more: &str| {
        format!("{{\"fields\": {{\"email\": \"{email}\", \"password\": \"{password}\"{more}}}}}\n")
    };
    let cut = &HASH[..HASH.len() - 2];
    for anns in [
        ann("ann@example.com", "!signs in elsewhere", ""),
        ann("ann@example.com", "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99", ""),
        ann("ann@example.com", cut, ""),
        ann("ann@example.com", ARGON2, ", \"is_active\": false"),
        format!("ann@example.com,\"{HASH}\",x\n"),
        ann("ann@example.com", ARGON2, ""),
    ] {
        let mallorys = ann("Ann@Example.com", HASH, "");
        for lines in [format!("{anns}{mallorys}"), format!("{mallorys}{anns}")] {
            let site = TestSite::new();
            let (told, done) = import(&site, &format!("{lines}ben@example.com,{HASH}\n"), true).await;
            assert!(done.is_err() && told.contains("on more than one line"), "{told}");
            assert!(
                told.contains("1 were made") && told.contains("2 line(s) were not taken"),
                "{told}"
            );
            assert_eq!(stored(&site.kit, "ann@example.com"), None);
            assert_eq!(accounts(&site.kit), 1);
            assert_eq!(
                site.browser().sign_in("ann@example.com", PASSWORD).await.status,
                422
            );
        }
    }
}

/// CWE-269. Attack: a colleague's account was made here before the import, and Mallory has the colleague's address at the Django site.
#[tokio::test]
async fn cwe_269_an_import_opens_no_account_that_may_more() {
    for right in ["is_staff", "is_superuser", "a permission"] {
        let site = TestSite::new();
        let ann = site.kit.person("ann@example.com").await.facts.id;
        let file = site.kit.file();
        if right.starts_with("is_") {
            file.execute(&format!("UPDATE user SET {right} = 1"), []).unwrap();
        } else {
            let unit = site.kit.units.begin();
            let rights = &site.accounts.rights;
            rights
                .give(&unit.db(), &Holder::Person(ann), "articles.publish")
                .await
                .unwrap();
            unit.finish(true).await.unwrap();
        }
        let line = format!("ann@example.com,{HASH}\n");
        let (told, done) = import(&site, &line, false).await;
        done.unwrap();
        assert!(told.contains("1 have one and keep it"), "{told}");
        file.execute("DELETE FROM vauban_credential", []).unwrap();
        for create in [false, true] {
            let (told, done) = import(&site, &line, create).await;
            assert!(
                done.is_err() && told.contains("line 1: the account may more"),
                "{told}"
            );
            assert_eq!(stored(&site.kit, "ann@example.com"), None);
        }
    }
}

/// CWE-755. One line that the database does not take stops no other one; a database that takes none stops the import.
#[tokio::test]
async fn cwe_755_a_line_that_is_not_stored_stops_no_other_one() {
    let site = TestSite::new();
    let people: String = ["ann", "ben", "cy"]
        .map(|name| format!("{name}@example.com,{HASH}\n"))
        .concat();
    let deny = |condition: &str| {
        let sql = format!(
            "CREATE TRIGGER deny BEFORE INSERT ON user WHEN {condition} BEGIN SELECT RAISE(ABORT, 'no'); END"
        );
        site.kit
            .file()
            .execute_batch(&format!("DROP TRIGGER IF EXISTS deny; {sql}"))
            .unwrap();
    };
    deny("true");
    let (_, done) = import(&site, &people, true).await;
    let failure = done.unwrap_err().to_string();
    assert!(failure.contains("What stands before line 1 is done"), "{failure}");
    deny("new.email LIKE 'ben%'");
    let (told, done) = import(&site, &people, true).await;
    assert!(done.is_err());
    assert!(
        told.contains("line 2: the database does not take it") && told.contains("2 were made"),
        "{told}"
    );
    assert!(stored(&site.kit, "cy@example.com").is_some());
}

/// More lines than one unit has, with bad ones between; run again, the rest follows.
#[tokio::test]
async fn a_long_import_goes_in_pieces_and_can_be_run_again() {
    let site = TestSite::new();
    let lines = |range: std::ops::Range<usize>| -> String {
        range
            .map(|n| format!("person{n}@example.com,{HASH}\n\n"))
            .collect()
    };
    let (told, done) = import(&site, &(lines(0..520) + "what\n"), true).await;
    assert!(done.is_err());
    assert!(
        told.contains("line 1041: ") && told.contains("520 were made"),
        "{told}"
    );
    let (told, done) = import(&site, &lines(0..1010), true).await;
    done.unwrap();
    assert!(told.contains("490 were made, 520 have one and keep it"), "{told}");
    let (_, done) = command(&site.site, "import", &[("FILE", "/nowhere/at/all")]).await;
    assert!(done.unwrap_err().to_string().contains("cannot be opened"));
}

/// ASVS 6.2.8, CWE-916. Attack: somebody knows the 72 bytes of which Django's bcrypt is, signs in with those and more, and what they
/// typed behind becomes the password: its owner is locked out. It is not renewed, and they are asked to choose another one.
#[cfg(feature = "import-hashes")]
#[tokio::test]
async fn asvs_6_2_8_what_bcrypt_did_not_look_at_becomes_no_password() {
    let site = TestSite::new();
    let long = "x".repeat(72);
    let hash = format!("bcrypt${}", bcrypt::hash(&long, 10).unwrap());
    let (_, done) = import(&site, &format!("ann@example.com,{hash}\n"), true).await;
    done.unwrap();
    let mut browser = site.browser();
    let reply = browser.sign_in("ann@example.com", &format!("{long}y")).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/accounts/password/")
    );
    assert_eq!(stored(&site.kit, "ann@example.com").unwrap(), hash);
    let page = browser.get("/accounts/password/").await;
    assert!(page.body.contains("only its beginning counts"), "{}", page.body);
    // All of it was proved.
    let reply = site.browser().sign_in("ann@example.com", &long).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/"));
    assert!(
        stored(&site.kit, "ann@example.com")
            .unwrap()
            .starts_with("$argon2id$")
    );
}

/// CWE-916. A site gets a pepper: who signs in has a hash with it from then on, and without it nobody signs in.
#[tokio::test]
async fn cwe_916_a_pepper_comes_with_the_next_sign_in() {
    let peppers = PepperSetting::for_test(&["a pepper of some forty characters in length"]);
    let said = Said {
        peppers: Peppers::of_settings(&peppers, &PepperSetting::default()),
        ..Said::default()
    };
    let site = TestSite::of(Kit::of(|_| (), said), |_| ());
    import(&site, &format!("ann@example.com,{HASH}"), true)
        .await
        .1
        .unwrap();
    assert_eq!(
        site.browser().sign_in("ann@example.com", PASSWORD).await.status,
        303
    );
    let hash = stored(&site.kit, "ann@example.com").unwrap();
    assert!(hash.contains(",keyid="), "{hash}");
    assert_eq!(
        site.browser().sign_in("ann@example.com", PASSWORD).await.status,
        303
    );
    assert_eq!(stored(&site.kit, "ann@example.com").unwrap(), hash);
    assert!(!site.accounts.has_lost_pepper().await.unwrap());
    // Taken to a site without it: the answer is that of a wrong password.
    let other = TestSite::new();
    let unit = other.kit.units.begin();
    let (email, hash) = (
        Email::parse("ann@example.com").unwrap(),
        crate::Hash::from_stored(&hash),
    );
    let users = &other.accounts.users;
    users.bring(&unit.db(), email, Some(hash), true).await.unwrap();
    unit.finish(true).await.unwrap();
    // It is told at start, before anybody asks.
    assert!(other.accounts.has_lost_pepper().await.unwrap());
    let reply = other.browser().sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(reply.status, 422, "{}", reply.body);
    let fresh = Password::new(PASSWORD).unwrap();
    let person = other.kit.person("ben@example.com").await;
    assert!(
        other
            .accounts
            .reprove(&person, &fresh, super::CLIENT, None)
            .await
            .is_err()
    );
}

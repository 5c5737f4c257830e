//! ASVS 6.2.12: passwords that were stolen elsewhere, wherever one is chosen or used.

use sha1::{Digest as _, Sha1};
use vauban::settings::ModuleSettings as _;

use super::brought::{Files, command};
use super::browser::TestSite;
use super::{Kit, PASSWORD};
use crate::accounts::Said;
use crate::passwords::PasswordFilter;
use crate::settings::AccountSettings;
use crate::{Email, Password, Weakness};

const STOLEN: &str = "nine lanterns over the harbour";
const SENTENCE: &str = "on a list of passwords that were stolen elsewhere";

/// The filter of a list, made by the command and read as the setting is.
async fn filter(list: impl AsRef<[u8]>) -> PasswordFilter {
    let (files, site) = (Files::new(), TestSite::new());
    let (list, out) = (files.write("list", list), files.path("filter"));
    let (told, done) = command(&site.site, "build-filter", &[("LIST", &list), ("out", &out)]).await;
    done.unwrap();
    assert!(
        told.contains("knows 1 password(s): ") && told.contains(", 0 longer"),
        "{told}"
    );
    PasswordFilter::of_setting(&out).unwrap().unwrap()
}

async fn site() -> TestSite {
    let said = Said {
        filter: Some(filter(STOLEN).await),
        ..Said::default()
    };
    TestSite::of(Kit::of(|_| (), said), |_| ())
}

/// Both forms of lists say the same.
#[tokio::test]
async fn asvs_6_2_12_a_list_is_of_passwords_or_of_their_digests() {
    let digest: String = Sha1::digest(STOLEN)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    for list in [
        format!("{STOLEN}\n"),
        format!("{digest}:17\r\n"),
        format!("\n{STOLEN}\n{STOLEN}"),
    ] {
        let filter = filter(&list).await;
        assert!(filter.contains(&Password::new(STOLEN).unwrap()), "{list}");
        assert!(!filter.contains(&Password::new(PASSWORD).unwrap()));
    }
}

/// ASVS 6.2.4, 6.2.12, CWE-521. Attack: choosing a stolen password, at each place where one is chosen.
#[tokio::test]
async fn asvs_6_2_12_nobody_chooses_a_stolen_password() {
    let site = site().await;
    let link = site.sign_up_link("new@example.com").await;
    let reply = site.browser().submit(&link, &[("password", STOLEN)]).await;
    assert!(
        reply.status == 422 && reply.body.contains(SENTENCE),
        "{}",
        reply.body
    );

    site.kit.person("ann@example.com").await;
    let asked = site
        .browser()
        .submit("/accounts/reset/", &[("email", "ann@example.com")])
        .await;
    assert_eq!(asked.status, 200);
    let link = site.link().await;
    let reply = site.browser().submit(&link, &[("password", STOLEN)]).await;
    assert!(
        reply.status == 422 && reply.body.contains(SENTENCE),
        "{}",
        reply.body
    );

    let mut browser = site.browser();
    assert_eq!(
        browser
            .sign_in("ann@example.com", PASSWORD)
            .await
            .header("location"),
        "/"
    );
    let change = [
        ("old_password", PASSWORD),
        ("new_password", STOLEN),
        ("new_password_again", STOLEN),
    ];
    let reply = browser.submit("/accounts/password/", &change).await;
    assert!(
        reply.status == 422 && reply.body.contains(SENTENCE),
        "{}",
        reply.body
    );

    let (email, stolen) = (
        Email::parse("root@example.com").unwrap(),
        Password::new(STOLEN).unwrap(),
    );
    let made = site.accounts.create_superuser(&email, &stolen).await.unwrap();
    assert_eq!(made, Err(vec![Weakness::Breached]));
    assert_eq!(Weakness::Breached.code(), "password_breached");
    let unit = site.kit.units.begin();
    let made = site
        .accounts
        .add_account(&unit.db(), &email, &stolen)
        .await
        .unwrap();
    assert_eq!(made, Err(vec![Weakness::Breached]));
}

/// ASVS 6.2.12. A password that was stolen after it was chosen: it is right, and its owner is sent on to choose another one.
#[tokio::test]
async fn asvs_6_2_12_who_signs_in_with_a_stolen_password_is_sent_on() {
    let site = site().await;
    let ann = site.kit.person("ann@example.com").await;
    let hash = site.accounts.hash_for_test(STOLEN).await.unwrap();
    let unit = site.kit.units.begin();
    site.accounts
        .users
        .put_hash(&unit.db(), ann.facts.id, &hash)
        .await
        .unwrap();
    unit.finish(true).await.unwrap();
    let mut browser = site.browser();
    let reply = browser
        .submit(
            "/accounts/login/?next=/members/",
            &[("email", "ann@example.com"), ("password", STOLEN)],
        )
        .await;
    let onward = "/accounts/password/?next=%2Fmembers%2F";
    assert_eq!((reply.status, reply.header("location")), (303, onward));
    assert_eq!(browser.who().await, "ann@example.com");
    let page = browser.get("/accounts/password/").await;
    assert!(
        page.status == 200 && page.body.contains(SENTENCE),
        "{}",
        page.body
    );
    // And from there to where they wanted; CWE-601: nowhere else.
    let change = [
        ("old_password", STOLEN),
        ("new_password", PASSWORD),
        ("new_password_again", PASSWORD),
    ];
    let reply = browser.submit(onward, &change).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/members/"));
    let back = [
        ("old_password", PASSWORD),
        ("new_password", "seven otters under the bridge"),
        ("new_password_again", "seven otters under the bridge"),
    ];
    let reply = browser
        .submit("/accounts/password/?next=%2F%2Fevil.example%2F", &back)
        .await;
    assert_eq!((reply.status, reply.header("location")), (303, "/"));
    // Who does not sign in is told nothing of it.
    let reply = site.browser().sign_in("nobody@example.com", STOLEN).await;
    assert!(reply.status == 422 && !reply.body.contains(SENTENCE));
}

/// CWE-59, CWE-377. Attack: somebody who may write into the folder puts a link where the filter is written first.
#[cfg(unix)]
#[tokio::test]
async fn cwe_59_a_filter_is_written_through_no_link() {
    let (files, site) = (Files::new(), TestSite::new());
    let (list, out) = (files.write("list", STOLEN), files.path("filter"));
    let other = files.write("other", "not yours");
    for link in [out.clone(), format!("{out}.new")] {
        std::os::unix::fs::symlink(&other, link).unwrap();
    }
    let (_, done) = command(&site.site, "build-filter", &[("LIST", &list), ("out", &out)]).await;
    done.unwrap();
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "not yours");
    assert!(std::fs::symlink_metadata(&out).unwrap().is_file());
}

/// CWE-1188, CWE-354. The mistake: the filter that was asked for is not there, or half of it, and everything is let through.
#[tokio::test]
async fn cwe_1188_a_filter_that_is_not_whole_is_no_filter() {
    let files = Files::new();
    let site = TestSite::new();
    let (list, out) = (
        files.write("list", "one password\nanother one\n"),
        files.path("filter"),
    );
    command(&site.site, "build-filter", &[("LIST", &list), ("out", &out)])
        .await
        .1
        .unwrap();
    let told = |path: &str| {
        let settings = AccountSettings {
            password_filter: path.to_owned(),
            ..AccountSettings::default()
        };
        settings
            .check()
            .iter()
            .map(ToString::to_string)
            .collect::<String>()
    };
    assert_eq!((told(&out), told("")), (String::new(), String::new()));
    let whole = std::fs::read(&out).unwrap();
    let cut = files.write("cut", &whole[..whole.len() - 1]);
    for (path, why) in [
        (cut.as_str(), "is not whole"),
        (list.as_str(), "is no filter"),
        (&files.path("missing"), "cannot be read"),
        (&files.path(""), "is no filter"),
    ] {
        assert!(told(path).contains(why), "{path}: {}", told(path));
        assert!(PasswordFilter::of_setting(path).is_err());
    }
    // Whether its fingerprints are whole is seen when they are read, at start.
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    let changed = files.write("changed", changed);
    assert_eq!(told(&changed), "");
    assert!(
        PasswordFilter::of_setting(&changed)
            .unwrap_err()
            .to_string()
            .contains("not whole")
    );
    // An empty list, one of another digest, and no `--out` leave what stands there.
    for (list, why) in [
        (String::new(), "no password"),
        (format!("{}:3", "AB".repeat(16)), "another kind"),
        ("AB".repeat(16), "another kind"),
        ("o\0n\0e\0".to_owned(), "UTF-16"),
    ] {
        let list = files.write("bad", list);
        let (_, done) = command(&site.site, "build-filter", &[("LIST", &list), ("out", &out)]).await;
        assert!(done.unwrap_err().to_string().contains(why), "{why}");
    }
    let (_, done) = command(&site.site, "build-filter", &[("LIST", &list)]).await;
    assert!(done.unwrap_err().to_string().contains("--out"));
    assert_eq!(std::fs::read(&out).unwrap(), whole);
    // Where it cannot be written, that is told before the list is read.
    let nowhere = files.path("no/folder/filter");
    let (_, done) = command(
        &site.site,
        "build-filter",
        &[("LIST", "/no/list"), ("out", &nowhere)],
    )
    .await;
    assert!(done.unwrap_err().to_string().contains("folder/filter"));
    // CWE-377: nothing of what came to nothing is left.
    let left = std::fs::read_dir(files.path("")).unwrap();
    let left = left.filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .path()
            .extension()
            .is_some_and(|end| end == "new")
    });
    assert_eq!(left.count(), 0);
}

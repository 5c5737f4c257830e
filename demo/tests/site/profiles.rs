//! Profiles of organisations: one each, of addresses, durations and a document, which only its members read.

use demo::profiles::Profile;
use demo::urls;

use crate::world::World;

/// What an honest form has.
const REACHED: [(&str, &str); 6] = [
    ("website", "HTTPS://Lighthouse.example"),
    ("contact", "Keeper@Lighthouse.example"),
    ("answers_within", "48:30"),
    ("network", "::ffff:192.0.2.1"),
    ("desks", "12"),
    ("hours", "{\"Monday\": \"9 <b> 17\"}"),
];

#[tokio::test]
async fn an_admin_says_how_they_are_reached_and_members_read_it() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let address = urls::organisation_profile(&w.lighthouse.id);
    ann.get(address.clone())
        .await
        .assert_contains("<input type=\"url\" id=\"id_website\"")
        .assert_contains("<input type=\"email\" id=\"id_contact\"")
        .assert_contains("<textarea rows=\"12\" id=\"id_hours\"");
    let answer = ann.post_form(address.clone(), &REACHED).await;
    ann.follow(&answer).await.assert_contains("The profile is kept.");
    for reader in [&w.ann, &w.dan] {
        let page = w
            .as_(reader)
            .await
            .get(urls::organisation(&w.lighthouse.id))
            .await;
        page.assert_contains("href=\"https://lighthouse.example/\"")
            .assert_contains("keeper@lighthouse.example")
            .assert_contains("Answers within 48:30:00")
            .assert_contains("From 192.0.2.1")
            .assert_contains("12 desks")
            .assert_contains("Monday: 9 &lt;b&gt; 17");
    }
    // The second time it is the same one that is changed.
    let fields = [&REACHED[..4], &[("desks", "1"), ("hours", "{}")]].concat();
    let answer = ann.post_form(address.clone(), &fields).await;
    ann.follow(&answer).await.assert_contains("1 desk<");
    let count = w.app.rows(async |db| Profile::objects().count(&db).await).await;
    assert_eq!(count, 1);
}

/// CWE-20, CWE-79, CWE-601, CWE-209: what does not fit is said at its field, and none of it is kept.
#[tokio::test]
async fn what_does_not_fit_is_said_at_its_field() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let address = urls::organisation_profile(&w.lighthouse.id);
    for (field, value, said) in [
        ("website", "javascript:alert(1)", "Enter a web address"),
        (
            "website",
            "https://bank.example@evil.example",
            "Enter a web address",
        ),
        ("contact", "ann@localhost", "Enter an e-mail address"),
        ("answers_within", "2 days", "Enter a duration in hours"),
        (
            "answers_within",
            "336:00:01",
            "Enter a duration from 0:00:00 to 336:00:00.",
        ),
        ("network", "0x7f.1", "Enter an IP address"),
        ("desks", "70000", "Enter a number from 1 to 10000."),
        ("hours", "{\"Monday\": 9}", "look at line 1, column 12."),
        (
            "hours",
            "{\"Monday\": \"\\u0000\"}",
            "Null characters are not allowed.",
        ),
    ] {
        let mut fields = REACHED.to_vec();
        fields
            .iter_mut()
            .filter(|(name, _)| *name == field)
            .for_each(|one| one.1 = value);
        let page = ann.post_form(address.clone(), &fields).await;
        page.assert_status(422).assert_contains(said);
    }
    // Two fields that do not go together are told by the database, at both.
    let fields = [&[("website", ""), ("contact", "")], &REACHED[2..]].concat();
    let page = ann.post_form(address, &fields).await;
    page.assert_status(422)
        .assert_contains("href=\"#id_website\"")
        .assert_contains("href=\"#id_contact\"");
    let count = w.app.rows(async |db| Profile::objects().count(&db).await).await;
    assert_eq!(count, 0);
}

/// CWE-639, CWE-203. Attack: a stranger reads, makes or replaces another's profile, or learns whether there is one.
#[tokio::test]
async fn a_stranger_learns_nothing_of_a_profile() {
    let w = World::new().await;
    let address = urls::organisation_profile(&w.lighthouse.id);
    let mut ben = w.as_(&w.ben).await;
    let without = ben.post_fields(address.clone(), &REACHED).await;
    let mut ann = w.as_(&w.ann).await;
    ann.post_form(address.clone(), &REACHED).await;
    let with = ben.post_fields(address.clone(), &REACHED).await;
    without.assert_status(404);
    with.assert_status(404);
    ben.get(address.clone()).await.assert_status(404);
    // A member reads it, and changes nothing.
    let mut dan = w.as_(&w.dan).await;
    dan.get(address.clone()).await.assert_status(403);
    dan.post_fields(address, &REACHED).await.assert_status(403);
}

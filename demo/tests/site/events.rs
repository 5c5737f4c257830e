//! Events: a search in an address, many values, days, times, amounts, and choices that depend on the organisation.

use demo::events::Kind;
use demo::urls;

use crate::world::{World, event};

/// What an honest form for a new event has.
const TOUR: [(&str, &str); 7] = [
    ("title", "A tour"),
    ("kind", "outing"),
    ("day", "2030-06-01"),
    ("begins", "14:30"),
    ("price", "4.50"),
    ("book_until", "2030-05-31T12:00"),
    ("about", "Bring a coat."),
];

#[tokio::test]
async fn a_search_is_an_address_and_finds_what_it_says() {
    let w = World::new().await;
    event(&w.app, &w.bridge, "Why bridges sing", Kind::Talk, "4.50").await;
    event(&w.app, &w.bridge, "Ropes and knots", Kind::Workshop, "0").await;
    let mut client = w.app.client();
    let all = ["Up the lighthouse", "Why bridges sing", "Ropes and knots"];
    for (query, found) in [
        ("", [true, true, true]),
        ("?title=BRIDGE", [false, true, false]),
        ("?kinds=talk&kinds=workshop", [false, true, true]),
        ("?price=3", [true, false, true]),
        ("?price=0", [false, false, true]),
        ("?from=2030-05-02", [false, false, false]),
        ("?from=2030-05-01&kinds=outing&price=3.00", [true, false, false]),
        // What a link of somebody else's adds is not read.
        ("?utm_source=x&utm_source=y", [true, true, true]),
    ] {
        let page = client.get(format!("/events/{query}").as_str()).await;
        page.assert_status(200);
        let text = page.text();
        for (title, expected) in all.iter().zip(found) {
            assert_eq!(text.contains(title), expected, "{query}: {title}");
        }
    }
    // The boxes come back as they were ticked, and what is no kind is said.
    let page = client.get("/events/?kinds=talk&title=sing").await;
    page.assert_contains("value=\"talk\" checked")
        .assert_contains("value=\"sing\"");
    let page = client.get("/events/?kinds=ball&price=x").await;
    page.assert_status(422)
        .assert_contains("Choose one of the entries of the list.")
        .assert_contains("Enter a number, like 3.14.");
    client
        .get("/events/?price=3")
        .await
        .assert_contains("<span>free</span>")
        .assert_contains("<span>€ 3.00</span>");
}

#[tokio::test]
async fn an_editor_announces_an_event_and_changes_it() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let dan = w.dan.id.to_string();
    let page = ann.get(urls::event_new(&w.lighthouse.id)).await;
    page.assert_contains("<legend>Kind</legend>")
        .assert_contains("<input type=\"radio\" id=\"id_kind_0\" name=\"kind\" value=\"talk\" required>")
        .assert_contains("<input type=\"datetime-local\" id=\"id_book_until\"")
        .assert_contains(&format!("<option value=\"{dan}\">Dan</option>"))
        .assert_lacks(">Ben</option>");
    let fields = [&TOUR[..], &[("host", dan.as_str())]].concat();
    let answer = ann.post_form(urls::event_create(&w.lighthouse.id), &fields).await;
    let page = ann.follow(&answer).await;
    page.assert_contains("The event is added.")
        .assert_contains("Saturday 1 June 2030, 14:30")
        .assert_contains("€ 4.50")
        .assert_contains("Friday 31 May 2030, 12:00 (UTC)")
        .assert_contains("Ask Dan");
    let edit = urls::event_edit(&w.event.id);
    ann.get(edit.clone())
        .await
        .assert_contains("value=\"outing\" checked")
        .assert_contains("value=\"18:00\"")
        .assert_contains("value=\"3.00\"");
    let answer = ann.post_form(edit, &TOUR).await;
    ann.follow(&answer)
        .await
        .assert_contains("Your changes are kept.");
    // CWE-362: with the version from before nothing is saved.
    let stale = [&TOUR[..], &[("version", "1")]].concat();
    ann.post_fields(urls::event_save(&w.event.id), &stale)
        .await
        .assert_status(409);
}

/// CWE-639: who is no member of this organisation is no host of its events, whether the editor may see them or not.
#[tokio::test]
async fn a_host_is_one_of_the_members() {
    let w = World::new().await;
    let members = [
        (&w.ann, demo::organisations::Role::Admin),
        (&w.ben, demo::organisations::Role::Member),
    ];
    w.organisation("The Square", &members).await;
    let mut ann = w.as_(&w.ann).await;
    // Ben is a colleague of hers, elsewhere; Cleo is nobody that she may see.
    for other in [&w.ben, &w.cleo] {
        let id = other.id.to_string();
        let fields = [&TOUR[..], &[("host", id.as_str())]].concat();
        ann.post_form(urls::event_create(&w.lighthouse.id), &fields)
            .await
            .assert_status(422)
            .assert_contains("<a href=\"#id_host\">Host: Choose one of the entries of the list.</a>");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_group_is_said_of_the_group() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let late = [
        ("kind", ""),
        ("book_until", "2030-06-02T00:00"),
        ("price", "10000.01"),
    ];
    let mut fields: Vec<(&str, &str)> = TOUR.to_vec();
    fields.retain(|(name, _)| late.iter().all(|(other, _)| other != name));
    ann.post_form(urls::event_create(&w.lighthouse.id), &[&fields[..], &late].concat())
        .await
        .assert_status(422)
        .assert_contains("<a href=\"#id_kind\">Kind: This field is required.</a>")
        .assert_contains("<fieldset id=\"id_kind\" tabindex=\"-1\" class=\"field field--radios field--invalid\" aria-describedby=\"id_kind_errors\">")
        .assert_contains("Enter a number from 0 to 10000.");
    fields.extend([("kind", "talk"), ("price", "1"), late[1]]);
    ann.post_form(urls::event_create(&w.lighthouse.id), &fields)
        .await
        .assert_status(422)
        .assert_contains("Booking closes before the event is over.");
}

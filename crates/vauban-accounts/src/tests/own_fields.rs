//! What a site asks at sign-up besides address and password.

use std::sync::Arc;

use vauban::orm::Id;
use vauban::{Columns, Form, Policy, Rules, Who};

use super::browser::{Reply, TestSite};
use super::{PASSWORD, User};
use crate::Email;
use crate::own_fields::{Asked, OwnFields};

#[derive(Form)]
#[form(edits = User)]
pub(super) struct Profile {
    #[field(label = "Your name", max_length = 20)]
    name: String,
}

#[derive(Form)]
#[form(edits = User)]
struct Rights {
    is_staff: bool,
}

#[derive(Form)]
#[form(edits = User)]
struct Address {
    email: Email,
}

#[derive(Form)]
#[form(edits = User, strict)]
struct Strict {
    #[field(max_length = 20)]
    name: String,
}

/// Of a site with tenants.
#[derive(vauban_macros::Model, Clone)]
struct Person {
    id: Id<Person>,
    #[field(max_length = 80, tenant)]
    name: String,
}

impl Policy for Person {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

#[derive(Form)]
#[form(edits = Person)]
struct Whose {
    #[field(max_length = 80)]
    name: String,
}

async fn sign_up(site: &TestSite, more: &[(&str, &str)]) -> Reply {
    sign_up_with(site, PASSWORD, more).await
}

async fn sign_up_with(site: &TestSite, password: &str, more: &[(&str, &str)]) -> Reply {
    let link = site.sign_up_link("ann@example.com").await;
    let fields: Vec<_> = [("password", password)].iter().chain(more).copied().collect();
    site.browser().submit(&link, &fields).await
}

fn rows(site: &TestSite) -> Vec<(String, bool)> {
    let file = site.kit.file();
    let mut found = file.prepare("SELECT name, is_staff FROM user").unwrap();
    let rows = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test]
async fn what_the_site_asks_is_shown_and_kept() {
    let site = TestSite::asking(Arc::new(Asked::<Profile>::NEW));
    let link = site.sign_up_link("ann@example.com").await;
    let page = site.browser().get(&link).await;
    assert!(page.body.contains("Your name"), "{}", page.body);
    let reply = sign_up(&site, &[("name", "Ann")]).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/"),
        "{}",
        reply.body
    );
    assert_eq!(rows(&site), [("Ann".to_owned(), false)]);
}

/// All that is wrong is told at once, what was typed is there again, and nobody was made.
#[tokio::test]
async fn both_forms_are_cleaned_before_anything_is_made() {
    let site = TestSite::asking(Arc::new(Asked::<Profile>::NEW));
    let long = "Ann ".repeat(20);
    let reply = sign_up_with(&site, "ann", &[("name", &long)]).await;
    assert_eq!(reply.status, 422, "{}", reply.body);
    for said in [
        "at least 12 characters",
        "at most 20 characters",
        "ann@example.com",
        "Ann Ann",
    ] {
        assert!(reply.body.contains(said), "{said}: {}", reply.body);
    }
    assert_eq!(reply.body.matches("error-summary").count(), 1, "{}", reply.body);
    assert_eq!(rows(&site), []);
}

/// ASVS 6.2.11, CWE-521. Attack on oneself: a password made of what one has just said of oneself.
#[tokio::test]
async fn asvs_6_2_11_the_password_is_not_what_the_site_asked() {
    let site = TestSite::asking(Arc::new(Asked::<Profile>::NEW));
    let reply = sign_up(&site, &[("name", PASSWORD)]).await;
    assert_eq!(reply.status, 422, "{}", reply.body);
    assert_eq!(rows(&site), [], "what was added is undone");
}

/// CWE-269. The mistake: a form of sign-up that asks for a right. The site does not start with it; and if it did, the
/// service that makes accounts may not grant.
#[tokio::test]
async fn cwe_269_nobody_signs_up_as_staff() {
    let asked = Asked::<Rights>::NEW;
    let refusal = asked.refusal().unwrap();
    assert!(refusal.contains("`is_staff` carries privilege"), "{refusal}");
    let site = TestSite::asking(Arc::new(asked));
    let reply = sign_up(&site, &[("is_staff", "on")]).await;
    assert!(reply.status >= 400, "{} {}", reply.status, reply.body);
    assert_eq!(rows(&site), []);
}

#[test]
fn a_form_that_cannot_stand_beside_ours_is_refused() {
    let told = |own: &dyn OwnFields| own.refusal().unwrap_or_default();
    assert_eq!(told(&Asked::<Profile>::NEW), "");
    assert!(told(&Asked::<Address>::NEW).contains("asks for `email` already"));
    assert!(told(&Asked::<Strict>::NEW).contains("take `strict` out"));
    // CWE-639: whose they are is judged by the add rule, which the service that makes accounts stands above.
    assert!(told(&Asked::<Whose>::NEW).contains("`name` carries privilege"));
}

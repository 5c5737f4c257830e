//! Pages of the site's own in place of the account pages.

use vauban::Template;

use super::PASSWORD;
use super::browser::TestSite;
use crate::pages::{LoginPage, ResetPage};

#[derive(Template)]
#[template(
    source = r#"<!doctype html><html lang="en"><head><title>Come in</title></head><body><h1>Come in</h1>
<form method="post">{% for problem in ours.form.problems() %}<p>{{ problem }}</p>{% endfor %}{{ ours.form.email }}{{ ours.form.password }}<button>In</button></form></body></html>"#
)]
struct ComeIn {
    ours: LoginPage,
}

impl From<LoginPage> for ComeIn {
    fn from(ours: LoginPage) -> Self {
        Self { ours }
    }
}

/// Its writer forgot the password.
#[derive(Template)]
#[template(source = r#"<h1>Come in</h1><form method="post">{{ ours.form.email }}<button>In</button></form>"#)]
struct Forgetful {
    ours: LoginPage,
}

impl From<LoginPage> for Forgetful {
    fn from(ours: LoginPage) -> Self {
        Self { ours }
    }
}

/// Its form goes elsewhere, and by GET: the address would stand in it.
#[derive(Template)]
#[template(source = r#"<form action="/search/">{{ ours.form.email }}<button>In</button></form>"#)]
struct Elsewhere {
    ours: ResetPage,
}

impl From<ResetPage> for Elsewhere {
    fn from(ours: ResetPage) -> Self {
        Self { ours }
    }
}

/// The page is the site's; what it is for stays: token, errors, status, throttle, where one goes afterwards.
#[tokio::test]
async fn a_page_of_the_sites_own_is_written_in_place_of_ours() {
    let site = TestSite::saying(vauban::Module::page::<LoginPage, ComeIn>);
    let link = site.sign_up_link("ann@example.com").await;
    let made = site.browser().submit(&link, &[("password", PASSWORD)]).await;
    assert_eq!(made.status, 303, "{}", made.body);

    let mut browser = site.browser();
    let page = browser.get("/accounts/login/?next=/members/").await;
    assert_eq!(page.status, 200, "{}", page.body);
    // As every account page: the view says so, not the template (CWE-525).
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(
        page.body
            .starts_with("<!doctype html><html lang=\"en\"><head><title>Come in</title>")
    );
    assert!(
        !page.body.contains("Sign up"),
        "the layout is for pages that stay ours"
    );

    let at = "/accounts/login/?next=/members/";
    let wrong = browser
        .submit(at, &[("email", "ann@example.com"), ("password", "wrong")])
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("<h1>Come in</h1>") && wrong.body.contains("do not fit together"));
    let right = browser
        .submit(at, &[("email", "ann@example.com"), ("password", PASSWORD)])
        .await;
    assert_eq!(
        (right.status, right.header("location")),
        (303, "/members/"),
        "{}",
        right.body
    );
    // Those that are not given stay ours.
    assert!(
        browser
            .get("/accounts/reset/")
            .await
            .body
            .contains("<h1>A new password</h1>")
    );
}

/// While developing and in tests: the prober calls every page of a site.
#[tokio::test]
async fn a_page_without_our_form_is_none() {
    let site = TestSite::saying(|module| {
        module
            .page::<LoginPage, Forgetful>()
            .page::<ResetPage, Elsewhere>()
    });
    let mut browser = site.browser();
    for path in ["/accounts/login/", "/accounts/reset/"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 500, "{path}: {}", page.body);
        assert!(
            !page.body.contains("<form"),
            "half a page is not sent: {}",
            page.body
        );
    }
    assert_eq!(browser.get("/accounts/signup/").await.status, 200);
}

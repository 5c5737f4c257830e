//! The pages that belong to nothing in particular.

use ::__crate__::{app, urls};

use vauban::testing::Expect::Allowed;
use vauban::testing::{Expected, Prober, TestApp};

/// Nobody signs in on this site, so everybody is a stranger and the four callers are alike.
pub(crate) fn probe(prober: Prober<'_>) -> Prober<'_> {
    prober
        .get("home", urls::home())
        .get("healthz", urls::healthz())
        .expect(&[
            Expected::new("home", [Allowed; 4]),
            Expected::new("healthz", [Allowed; 4]),
        ])
}

#[tokio::test]
async fn the_home_page_is_there_and_a_wrong_address_is_not() {
    let site = TestApp::new(app);
    let mut client = site.client();
    client
        .get(urls::home())
        .await
        .assert_status(200)
        .assert_contains("It runs");
    client
        .get("/nowhere/")
        .await
        .assert_status(404)
        .assert_contains("There is nothing here");
}

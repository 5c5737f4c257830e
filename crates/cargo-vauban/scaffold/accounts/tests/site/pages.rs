//! The pages that belong to nothing in particular.

use ::__crate__::urls;

use vauban::testing::Expect::Allowed;
use vauban::testing::{Expected, Prober};

use crate::world::World;

pub(crate) fn probe(prober: Prober<'_>) -> Prober<'_> {
    prober
        .get("home", urls::home())
        .get("healthz", urls::healthz())
        .expect(&[
            Expected::new("home", [Allowed; __callers__]),
            Expected::new("healthz", [Allowed; __callers__]),
        ])
}

#[tokio::test]
async fn the_home_page_is_there_and_a_wrong_address_is_not() {
    let w = World::new().await;
    let mut client = w.app.client();
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

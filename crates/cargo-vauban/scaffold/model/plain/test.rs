//! __Many__: who gets what. The table is written from what the site promises, and from neither rules nor policies.

use ::__crate__::__models__::__Model__;
use ::__crate__::{app, urls};

use vauban::testing::Expect::Allowed;
use vauban::testing::{Expected, Factory, Prober, TestApp};

/// One of them.
async fn one(app: &TestApp) -> __Model__ {
    app.rows(async |db| Factory::new().create(&db).await).await
}

/// Everybody reads them.
pub(crate) async fn probe<'a>(prober: Prober<'a>, app: &TestApp) -> Prober<'a> {
    let id = one(app).await.id;
    prober
        .get("__models__", urls::__models__())
        .get("__model__", urls::__model__(&id))
        .expect(&[
            Expected::new("__models__", [Allowed; 4]),
            Expected::new("__model__", [Allowed; 4]),
        ])
}

#[tokio::test]
async fn everybody_reads_and_nobody_writes() {
    let site = TestApp::new(app);
    let row = one(&site).await;
    let mut client = site.client();
    let id = row.id.to_string();
    client.get(urls::__models__()).await.assert_contains(&id);
    client.get(urls::__model__(&row.id)).await.assert_status(200);
    // There is no view that takes anything: CWE-862.
    let answer = client.post_fields(urls::__model__(&row.id), &[]).await;
    answer.assert_status(405);
}

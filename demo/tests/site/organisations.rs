//! Tax IDs of organisations: stored encrypted, edited in a form, found by their index, and read by members alone.

use demo::organisations::Organisation;
use demo::urls;

use crate::world::World;

const TAX_ID: &str = "DE987654321";

#[tokio::test]
async fn an_admin_keeps_a_tax_id_and_members_find_by_it() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let address = urls::organisation_edit(&w.lighthouse.id);
    ann.get(address.clone()).await.assert_contains("id=\"id_tax_id\"");
    let fields = [("name", "Lighthouse"), ("tax_id", TAX_ID)];
    let answer = ann.post_form(address.clone(), &fields).await;
    ann.follow(&answer).await.assert_contains(TAX_ID);
    // The form shows what it edits.
    ann.get(address.clone()).await.assert_contains(TAX_ID);
    for reader in [&w.ann, &w.dan] {
        let mut reader = w.as_(reader).await;
        let found = reader
            .post_form(urls::organisation_find(), &[("tax_id", TAX_ID)])
            .await;
        reader.follow(&found).await.assert_contains(TAX_ID);
    }
    // CWE-639: whoever does not belong to it finds nothing by it.
    let mut ben = w.as_(&w.ben).await;
    let none = ben
        .post_form(urls::organisation_find(), &[("tax_id", TAX_ID)])
        .await;
    ben.follow(&none)
        .await
        .assert_contains("None of your organisations");
    // Emptied again.
    let answer = ann
        .post_form(address, &[("name", "Lighthouse"), ("tax_id", "")])
        .await;
    assert!(!ann.follow(&answer).await.text().contains(TAX_ID));
    let empty = w.app.rows(async |db| {
        Organisation::objects()
            .filter(|o| o.tax_id.is_null())
            .count(&db)
            .await
    });
    assert!(empty.await > 0);
}


/// CWE-639: what is another organisation's is no choice here, though Ann belongs to both and sees it.
#[tokio::test]
async fn nothing_of_another_organisation_is_chosen() {
    let w = World::new().await;
    let square = square(&w).await;
    let row = one_of(&w, &w.lighthouse).await;
    let mut ann = w.as_(&w.ann).await;
    let fields = [
__foreign_fields__
    ];
    for (field, own, foreign) in fields {
        for (id, status) in [(foreign, 422), (own, 303)] {
            let sent = [FIELDS, &[(field, id.as_str())]].concat();
            let answer = ann.post_form(urls::__model___create(&w.lighthouse.id), &sent).await;
            answer.assert_status(status);
            let answer = ann.post_form(urls::__model___save(&row.id), &sent).await;
            answer.assert_status(status);
        }
    }
}

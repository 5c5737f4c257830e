//! Columns of a group of fields in forms: each says where it stands.

use vauban_orm::engine::{Database, Options};
use vauban_orm::{Actor, Columns, Id, Model, Policy, Rules, Who};

use super::clean::Clean;
use super::form::Form;
use crate::http::{FormData, FormLimits, Text};

#[derive(vauban_macros::FieldGroup)]
struct Byline {
    #[field(max_length = 5)]
    name: String,
    #[field(max_length = 20)]
    place: String,
}

#[derive(vauban_macros::Model)]
struct Letter {
    id: Id<Self>,
    #[field(group, given, prefix = "by_")]
    by: Byline,
    #[field(max_length = 50)]
    text: String,
}
impl Policy for Letter {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        let always = vauban_orm::Filter::always;
        Rules {
            add: always(),
            change: always(),
            ..Rules::public()
        }
    }
}

#[derive(vauban_macros::Form)]
#[form(edits = Letter, creates = Letter, given(by_place: String = by.place))]
struct LetterForm {
    #[field(max_length = 50)]
    text: String,
    #[field(max_length = 20, column = by.name)]
    by_name: String,
}

async fn clean(db: &crate::Db, body: &str) -> Clean<LetterForm> {
    let data = FormData::urlencoded(body.as_bytes(), &FormLimits::DEFAULT).unwrap();
    let form = Form::<LetterForm>::bound(&data, false).unwrap();
    form.clean(db).await.unwrap().into_result().ok().unwrap()
}

#[tokio::test]
async fn columns_of_a_group_are_made_shown_and_changed() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        models: vec![Letter::meta()],
        ..Options::default()
    };
    #[allow(deprecated)]
    let database = Database::open(&format!("sqlite://{}/db", dir.path().display()), options).unwrap();
    database.create_all(&[Letter::meta()]).unwrap();
    #[allow(deprecated)]
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let page = |_| Text::new("");
    let given = || LetterFormGiven {
        by_place: "Bonn".to_owned(),
    };

    // CWE-915: what the view gives is no field of the request.
    let sent = clean(&db, "text=Hello&by_name=Ann&by_place=Rome").await;
    let letter = sent.create(&db, given(), page).await.ok().unwrap();
    assert_eq!(
        (letter.by.name.as_str(), letter.by.place.as_str()),
        ("Ann", "Bonn")
    );

    let row = Letter::objects()
        .get_to_change(&db, |l| l.id.eq(letter.id))
        .await
        .unwrap();
    let form = Form::<LetterForm>::edit(&db, &row).await.unwrap();
    assert_eq!(form.by_name.value(), "Ann");
    let sent = clean(&db, &format!("text=Hello&by_name=Bea&version={}", row.version())).await;
    let letter = sent.save(&db, row, page).await.ok().unwrap();
    assert_eq!(
        (letter.by.name.as_str(), letter.by.place.as_str()),
        ("Bea", "Bonn")
    );

    // What the model refuses is told at the field.
    let sent = clean(&db, "text=Hello&by_name=Annabelle").await;
    let error = sent.new_row(given()).save(&db).await.err().unwrap();
    let form = sent.explained(error).ok().unwrap();
    assert_eq!((form.by_name.errors().len(), form.text.errors().len()), (1, 0));
}

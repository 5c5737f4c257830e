//! An encrypted field that comes later, under another name, and in place of a column that anybody reads.

use std::sync::Arc;

use super::*;
use crate::tests::encrypted::{OLD, cipher::TestCipher};

macro_rules! person {
    ($name:ident: $($(#[$field:meta])* $tax_id:ident: $of:ty)?) => {
        mod $name {
            use super::*;
            #[derive(Model)]
            #[model(crate = vauban_orm, table = "person")]
            pub(super) struct Person {
                pub(super) id: Id<Person>,
                #[field(max_length = 50)]
                pub(super) name: String,
                $($(#[$field])* pub(super) $tax_id: $of,)?
            }
            impl Policy for Person {
                fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
                    Rules::owner(Filter::always())
                }
            }
        }
    };
}
person!(without:);
person!(plain: #[field(max_length = 20, default = "")] tax_id: String);
person!(sealed: #[field(encrypted = "person.tax_id", index = blind, max_length = 20)] tax_id: Option<Encrypted<String>>);
person!(renamed: #[field(encrypted = "person.tax_id", index = blind, max_length = 20)] vat: Option<Encrypted<String>>);

impl Site {
    fn with_keys(&self, models: &[&'static ModelMeta]) -> Database {
        let database = self.database(models);
        database.set_cipher(Arc::new(TestCipher(vec![OLD])));
        database
    }
}

#[tokio::test]
async fn a_renamed_field_stays_readable() {
    let mut site = Site::new();
    let first = [without::Person::meta()];
    site.next(&first, &Answers::default());
    site.newest(&first);
    let second = [sealed::Person::meta()];
    let text = site.next(&second, &Answers::default());
    assert!(
        text.contains("type = \"encrypted\"") && text.contains("tax_id_index"),
        "{text}"
    );
    site.newest(&second);
    let unit = site.with_keys(&second).bind(Actor::nobody());
    let new = sealed::NewPerson {
        name: "Ann".into(),
        tax_id: Some("DE1".into()),
    };
    sealed::Person::create(new).save(&unit.db()).await.unwrap();
    unit.finish(true).await.unwrap();
    let names = ["person.tax_id=vat", "person.tax_id_index=vat_index"];
    let answers = Answers {
        renamed: names.iter().map(|text| text.parse().unwrap()).collect(),
        ..Answers::default()
    };
    let third = [renamed::Person::meta()];
    site.next(&third, &answers);
    site.newest(&third);
    let unit = site.with_keys(&third).bind(Actor::nobody());
    let found = renamed::Person::objects()
        .get(&unit.read_db(), |p| p.vat.eq("DE1"))
        .await
        .unwrap();
    assert_eq!(found.vat.map(Encrypted::into_inner).as_deref(), Some("DE1"));
}

/// CWE-311. What would be a conversion leaves what was there as it was, for nobody to open.
#[test]
fn an_ordinary_column_does_not_become_an_encrypted_one_by_itself() {
    for (before, after) in [
        (plain::Person::meta(), sealed::Person::meta()),
        (sealed::Person::meta(), plain::Person::meta()),
    ] {
        let mut site = Site::new();
        site.next(&[before], &Answers::default());
        let made = site.made(&[after], &Answers::default());
        let Made::Refuses(told) = made else {
            panic!("{made:?}")
        };
        assert!(
            told.iter().any(|told| told.contains("neither seals nor opens")),
            "{told:?}"
        );
    }
}

/// CWE-353: what is sealed under one label opens in whatever field has it.
#[test]
fn two_fields_with_one_label_are_refused() {
    let twice = vec![sealed::Person::meta(), renamed::Person::meta()];
    let found = checks::check(&twice);
    assert!(found.iter().any(|found| found.id == "orm.E012"), "{found:?}");
}

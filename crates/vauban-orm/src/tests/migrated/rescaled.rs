//! CWE-681: what decides a stored value's meaning stands in the files, and a change of it converts the rows.

use super::*;

macro_rules! bill {
    ($name:ident, $amount:ty) => {
        #[allow(dead_code, reason = "not each of them is written and read")]
        mod $name {
            use super::*;
            #[derive(Model, Debug)]
            #[model(crate = vauban_orm, table = "bill")]
            pub(super) struct Bill {
                pub id: Id<Bill>,
                #[field(unique)]
                pub amount: $amount,
            }
            impl Policy for Bill {
                fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
                    Rules::owner(Filter::always())
                }
            }
            pub(super) async fn add(site: &Site, amounts: &[&str]) {
                let unit = site.database(&[Bill::meta()]).bind(Actor::nobody());
                for amount in amounts {
                    let amount = crate::Field::from_text(amount).unwrap();
                    Bill::create(NewBill { amount })
                        .save(&unit.db())
                        .await
                        .unwrap();
                }
                unit.finish(true).await.unwrap();
            }
            pub(super) async fn all(site: &Site) -> Vec<String> {
                let unit = site.database(&[Bill::meta()]).bind(Actor::nobody());
                let all = Bill::objects().all(&unit.db()).await.unwrap();
                let mut all: Vec<String> = all.iter().map(|bill| bill.amount.to_text()).collect();
                all.sort();
                all
            }
        }
    };
}
bill!(two, Decimal<2, 12>);
bill!(four, Decimal<4, 14>);
bill!(short, Decimal<2, 4>);
bill!(whole, Decimal<0, 12>);
bill!(cents, i64);
bill!(moment, DateTime);

const AMOUNTS: [&str; 4] = ["-0.01", "0.10", "10.00", "12.34"];

async fn with_two(amounts: &[&str]) -> Site {
    let mut site = Site::new();
    let first = site.next(&[two::Bill::meta()], &Answers::default());
    assert!(first.contains("type = \"decimal(12, 2)\""), "{first}");
    site.newest(&[two::Bill::meta()]);
    two::add(&site, amounts).await;
    site
}

/// The attack is a release: 12.34 of two places, read by a model of four, is 0.1234.
#[tokio::test]
async fn a_decimal_of_more_places_is_still_the_number() {
    let mut site = with_two(&AMOUNTS).await;
    let four = [four::Bill::meta()];
    assert!(!matches!(site.made(&four, &Answers::default()), Made::Nothing));
    let text = site.next(&four, &Answers::default());
    assert!(
        text.contains("type = \"decimal(14, 4)\"") && text.contains("with 4 places"),
        "{text}"
    );
    site.newest(&four);
    assert_eq!(
        four::all(&site).await,
        ["-0.0100", "0.1000", "10.0000", "12.3400"]
    );
    site.to(&four, &"vauban-orm/0001".parse().unwrap()).unwrap();
    site.files.pop();
    // The release of before, which serves again, says its own rules.
    site.newest(&[two::Bill::meta()]);
    assert_eq!(two::all(&site).await, AMOUNTS);
}

/// Fewer places or digits: what fits is kept, and a number that would be rounded or cut stops the migration.
#[tokio::test]
async fn a_decimal_that_does_not_fit_stops_the_migration() {
    for (amounts, fits_short, fits_whole) in [
        (&["99.99", "-99.99"][..], true, false),
        (&["100.00", "-3.00"], false, true),
        (&["-100.00"], false, true),
        (&["7.00", "-7.00"], true, true),
        (&["0.01"], true, false),
        (&["9999999999.99"], false, false),
    ] {
        let mut site = with_two(amounts).await;
        let models: [(&[&'static ModelMeta], bool); 2] = [
            (&[short::Bill::meta()], fits_short),
            (&[whole::Bill::meta()], fits_whole),
        ];
        for (model, fits) in models {
            site.next(model, &Answers::default());
            let made = site.to(model, &Target::Newest);
            assert_eq!(made.is_ok(), fits, "{amounts:?}: {made:?}");
            if let Err(error) = made {
                let told = error.to_string();
                assert!(told.contains("is undone") && told.contains("`amount`"), "{told}");
                assert!(told.contains("does not become `decimal("), "{told}");
            }
            site.to(model, &"vauban-orm/0001".parse().unwrap()).unwrap();
            site.files.pop();
            site.newest(&[two::Bill::meta()]);
            assert_eq!(two::all(&site).await.len(), amounts.len());
        }
    }
}

/// A file of before the places were said: settled once, which is said, and no value is touched.
#[tokio::test]
async fn an_older_files_decimal_is_settled_once() {
    for older in ["decimal", "integer"] {
        let mut site = with_two(&[]).await;
        site.to(&[two::Bill::meta()], &"vauban-orm/zero".parse().unwrap())
            .unwrap();
        site.files[0] = site.files[0].replace("decimal(12, 2)", older);
        // SQLite stores alike what an older file leaves open; the models say it to PostgreSQL.
        let two = [two::Bill::meta()];
        site.to(&two, &Target::Newest).unwrap();
        two::add(&site, &AMOUNTS).await;
        let text = site.next(&two, &Answers::default());
        assert!(
            text.contains("did not say so far how many places")
                && text.contains("numbers with 2, as the model"),
            "{text}"
        );
        site.newest(&two);
        assert_eq!(two::all(&site).await, AMOUNTS);
        let four = [four::Bill::meta()];
        site.next(&four, &Answers::default());
        site.newest(&four);
        assert_eq!(
            four::all(&site).await,
            ["-0.0100", "0.1000", "10.0000", "12.3400"]
        );
    }
}

/// What is stored alike and means something else is nothing that follows: the file says what the values become.
#[tokio::test]
async fn another_unit_is_never_taken_as_it_is() {
    let cents_to_decimal = "column = { name = 'amount', type = 'decimal(12, 2)' }";
    let seconds_to_moment = "column = { name = 'amount', type = 'datetime' }";
    let mut site = Site::new();
    site.next(&[cents::Bill::meta()], &Answers::default());
    site.newest(&[cents::Bill::meta()]);
    cents::add(&site, &["7"]).await;
    let (two, moment) = ([two::Bill::meta()], [moment::Bill::meta()]);
    for models in [two, moment] {
        let made = site.made(&models, &Answers::default());
        assert!(
            matches!(&made, Made::Refuses(told) if told[0].contains("using = ")),
            "{made:?}"
        );
    }
    for column in [cents_to_decimal, seconds_to_moment] {
        site.files
            .push(format!("[[operations]]\nalter_column = 'bill'\n{column}"));
        let error = site.to(&two, &Target::Newest).unwrap_err().to_string();
        assert!(
            error.contains("mean something else") && error.contains("using ="),
            "{error}"
        );
        site.files.pop();
    }
    site.files.push(format!(
        "[[operations]]\nalter_column = 'bill'\n{cents_to_decimal}\nusing = '\"amount\" * 100'"
    ));
    site.newest(&two);
    assert_eq!(two::all(&site).await, ["7.00"]);
}

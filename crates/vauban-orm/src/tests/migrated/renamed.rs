//! CWE-1289: what has another name now is the same thing, and what has its name of before is another.

use super::*;

macro_rules! person {
    ($name:ident, $model:ident, $new:ident, $table:literal, $mail:ident, $boss:ident) => {
        mod $name {
            use super::*;
            #[derive(Model, Debug)]
            #[model(crate = vauban_orm, table = $table)]
            pub(super) struct $model {
                pub id: Id<$model>,
                #[field(max_length = 100, unique)]
                pub $mail: String,
                pub $boss: Option<ForeignKey<$model>>,
            }
            impl Policy for $model {
                fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
                    Rules::owner(Filter::always())
                }
            }
            #[allow(dead_code, reason = "not each of them is written")]
            pub(super) async fn add(site: &Site, mail: &str) -> crate::Result<()> {
                let unit = site.database(&[$model::meta()]).bind(Actor::nobody());
                let new = $new {
                    $mail: mail.to_owned(),
                    $boss: None,
                };
                $model::create(new).save(&unit.db()).await?;
                unit.finish(true).await
            }
        }
    };
}
person!(before, Person, NewPerson, "person", mail, boss);
person!(after, Member, NewMember, "member", email, chief);

const RENAMED: [&str; 3] = ["person=member", "member.mail=email", "member.boss_id=chief_id"];

fn answers(all: &[&str]) -> Answers {
    Answers {
        renamed: all.iter().map(|text| text.parse().unwrap()).collect(),
        ..Answers::default()
    }
}

async fn taken(site: &Site) {
    let error = after::add(site, "a@example.org").await.unwrap_err();
    assert!(
        matches!(&error, Error::Unique { fields, .. } if fields == &["email"]),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_renamed_table_serves_and_says_which_field_is_taken() {
    let mut site = Site::new();
    site.next(&[before::Person::meta()], &Answers::default());
    site.newest(&[before::Person::meta()]);
    before::add(&site, "a@example.org").await.unwrap();
    let text = site.next(&[after::Member::meta()], &answers(&RENAMED));
    assert!(
        text.contains("rename_index = \"person_mail_uniq\"\nto = \"member_email_uniq\""),
        "{text}"
    );
    site.newest(&[after::Member::meta()]);
    taken(&site).await;
    // The name of before is free for another table, whose indexes are called as this one's were.
    let both = [after::Member::meta(), before::Person::meta()];
    site.next(&both, &Answers::default());
    site.newest(&both);
    before::add(&site, "a@example.org").await.unwrap();
    // And all of it goes back.
    site.to(&both, &"vauban-orm/0001".parse().unwrap()).unwrap();
    let error = before::add(&site, "a@example.org").await.unwrap_err();
    assert!(
        matches!(&error, Error::Unique { fields, .. } if fields == &["mail"]),
        "{error:?}"
    );
}

/// A migration of before indexes were renamed along: a release serves, and the next one gives them their names.
#[tokio::test]
async fn an_older_renaming_is_made_good() {
    let mut site = Site::new();
    site.next(&[before::Person::meta()], &Answers::default());
    let operations = "[[operations]]\nrename_table = 'person'\nto = 'member'\n\
        [[operations]]\nrename_column = 'mail'\nto = 'email'\ntable = 'member'\n\
        [[operations]]\nrename_column = 'boss_id'\nto = 'chief_id'\ntable = 'member'";
    site.files.push(operations.to_owned());
    let model = [after::Member::meta()];
    site.to(&model, &Target::Newest).unwrap();
    let difference = site.database(&model).schema_difference(&site.sets()).unwrap();
    assert_eq!(difference, crate::migrations::Difference::default());
    after::add(&site, "a@example.org").await.unwrap();
    if on::row_security() {
        // Which key it is, PostgreSQL tells nobody whom policies hold; the name of before says nothing.
        let error = after::add(&site, "a@example.org").await.unwrap_err();
        assert!(
            matches!(&error, Error::Unique { table: "member", .. }),
            "{error:?}"
        );
    } else {
        taken(&site).await;
    }
    let both = [after::Member::meta(), before::Person::meta()];
    site.next(&both, &Answers::default());
    site.newest(&both);
    taken(&site).await;
}

mod two {
    use super::*;
    #[derive(Model, Debug)]
    #[model(crate = vauban_orm, table = "pair")]
    pub(super) struct Pair {
        pub id: Id<Pair>,
        #[field(unique)]
        pub left: i64,
        #[field(unique)]
        pub right: i64,
    }
    impl Policy for Pair {
        fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
            Rules::owner(Filter::always())
        }
    }
}

/// Two columns change names: each index takes the other's, which is taken.
#[tokio::test]
async fn indexes_that_have_each_others_names_are_made_again() {
    let mut site = Site::new();
    let pair = [two::Pair::meta()];
    site.next(&pair, &Answers::default());
    site.files.push(
        [("left", "other"), ("right", "left"), ("other", "right")]
            .map(|(from, to)| {
                format!("[[operations]]\nrename_column = '{from}'\nto = '{to}'\ntable = 'pair'\n")
            })
            .concat(),
    );
    site.to(&pair, &Target::Newest).unwrap();
    let text = site.next(&pair, &Answers::default());
    assert!(text.contains("drop_index = \"pair_left_uniq\""), "{text}");
    site.newest(&pair);
}

/// CWE-1289, PostgreSQL: an index that only has the name keeps nothing unique.
#[tokio::test]
#[cfg(feature = "postgres")]
async fn a_name_alone_is_no_index() {
    if on::sqlite() {
        return;
    }
    for sql in [
        "CREATE INDEX person_mail_uniq ON person (mail)",
        "CREATE UNIQUE INDEX person_mail_uniq ON person (mail, id)",
        "CREATE UNIQUE INDEX person_mail_uniq ON person (mail) WHERE boss_id IS NULL",
        "CREATE UNIQUE INDEX person_mail_uniq ON person (lower(mail))",
    ] {
        let mut site = Site::new();
        let person = [before::Person::meta()];
        site.next(&person, &Answers::default());
        site.files.push(format!(
            "[[operations]]\nsql = 'DROP INDEX person_mail_uniq; {sql}'"
        ));
        site.to(&person, &Target::Newest).unwrap();
        let difference = site.database(&person).schema_difference(&site.sets()).unwrap();
        assert_eq!(
            difference.missing,
            ["the unique index on (mail) of `person`"],
            "{sql}"
        );
    }
}

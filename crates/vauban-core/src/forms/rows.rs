//! Rows in forms: ids that are chosen from a policy query, slugs, versions.

use vauban_orm::{Id, Model, Problem, Slug, Version};

use super::problems::{NOT_A_CHOICE, NOT_A_SLUG, NOT_A_VERSION};
use super::spec::{FieldSpec, Widget};
use super::value::FieldValue;

impl<M: Model> FieldValue for Id<M> {
    const WIDGET: Widget = Widget::Select;
    const NEEDS_CHOICES: bool = true;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        text.parse().map_err(|_| NOT_A_CHOICE)
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl FieldValue for Slug {
    const WIDGET: Widget = Widget::Text;
    const MAX_LENGTH: usize = Self::MAX_LENGTH;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Self::parse(text).map_err(|_| NOT_A_SLUG)
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

/// How a row was when the form was shown; see `Changeable::unchanged_since`.
impl FieldValue for Version {
    const WIDGET: Widget = Widget::Hidden;
    const IS_VERSION: bool = true;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        text.parse().map_err(|_| NOT_A_VERSION)
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl<M: Model> super::form::AFormIsNotAModel for M {}

#[cfg(test)]
pub(super) mod tests {
    use std::fmt::Display;

    use super::super::form::Form;
    use super::super::render;
    use super::*;
    use crate::http::{FormData, FormLimits};
    use crate::{Actor, Columns, Policy, Rules, Who};
    use vauban_orm::UserFacts;
    use vauban_orm::{Binder, actor::ServiceMeta, engine};

    #[derive(vauban_macros::Model)]
    #[model(user)]
    pub(in crate::forms) struct Person {
        id: Id<Self>,
        #[field(max_length = 50)]
        name: String,
    }
    impl Policy for Person {
        fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
            Rules::public()
        }
    }

    #[derive(vauban_macros::Model)]
    pub(in crate::forms) struct Folder {
        pub(in crate::forms) id: Id<Self>,
        pub(in crate::forms) owner: vauban_orm::ForeignKey<Person>,
        #[field(max_length = 50)]
        pub(in crate::forms) name: String,
    }
    impl Policy for Folder {
        fn rules(who: Who<Self>, f: &Columns<Self>) -> Rules<Self> {
            Rules::owner(f.owner.is(who))
        }
    }
    impl Display for Folder {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(&self.name)
        }
    }

    vauban_orm::service! {
        Fixtures: Add<Person>, Add<Folder>, Grant<Folder>;
        waiver!(ServiceRights, "rows that the tests of this file look at")
    }

    #[derive(vauban_macros::Choices, Debug, Clone, Copy, PartialEq)]
    pub(in crate::forms) enum Colour {
        Red,
        DarkBlue,
    }

    #[derive(vauban_macros::Form)]
    struct FileForm {
        #[field(choices = Folder::objects().order_by(|f| f.name.asc()))]
        folder: Id<Folder>,
        #[field(choices = Folder::objects())]
        copy_to: Option<Id<Folder>>,
        colour: Colour,
        #[field(widget = hidden)]
        version: Option<Version>,
    }

    pub(in crate::forms) struct Site {
        database: engine::Database,
        ann: UserFacts,
        people: Vec<Id<Person>>,
        pub(in crate::forms) hers: Id<Folder>,
        pub(in crate::forms) his: Id<Folder>,
        _dir: tempfile::TempDir,
    }

    pub(in crate::forms) async fn site() -> Site {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/db", dir.path().display());
        let models = vec![<Person as Model>::meta(), <Folder as Model>::meta()];
        let options = engine::Options {
            models: models.clone(),
            services: vec![ServiceMeta::of::<Fixtures>()],
            ..engine::Options::default()
        };
        #[allow(deprecated)]
        let database = engine::Database::open(&url, options).unwrap();
        database.create_all(&models).unwrap();
        #[allow(deprecated)]
        let unit = database.bind(Actor::nobody());
        let fixtures = unit.db().acting::<Fixtures>();
        let (mut people, mut folders) = (Vec::new(), Vec::new());
        for name in ["Ann", "Ben"] {
            let person = Person::create(NewPerson { name: name.into() })
                .save(&fixtures)
                .await
                .unwrap();
            let new = NewFolder {
                owner: person.id,
                name: format!("{name}'s <folder>"),
            };
            folders.push(Folder::create(new).save(&fixtures).await.unwrap().id);
            people.push(person.id);
        }
        unit.finish(true).await.unwrap();
        let ann = UserFacts {
            id: people[0].uuid(),
            is_staff: false,
            is_superuser: false,
        };
        Site {
            database,
            ann,
            people,
            hers: folders[0],
            his: folders[1],
            _dir: dir,
        }
    }

    impl Site {
        pub(in crate::forms) fn ann(&self) -> Id<Person> {
            self.people[0]
        }

        pub(in crate::forms) fn ben(&self) -> Id<Person> {
            self.people[1]
        }

        /// More folders of Ann's; the last one.
        async fn folders_of_ann(&self, names: &[String]) -> Id<Folder> {
            #[allow(deprecated)]
            let unit = self.database.bind(Actor::nobody());
            let fixtures = unit.db().acting::<Fixtures>();
            let mut last = self.hers;
            for name in names {
                let new = NewFolder {
                    owner: self.ann(),
                    name: name.clone(),
                };
                last = Folder::create(new).save(&fixtures).await.unwrap().id;
            }
            unit.finish(true).await.unwrap();
            last
        }

        /// A unit of Ann's.
        pub(in crate::forms) fn unit(&self) -> engine::Unit {
            #[allow(deprecated)]
            self.database
                .bind(Binder::__for_the_sites_identity().user(self.ann))
        }
    }

    async fn clean(site: &Site, body: &str) -> Result<super::super::Clean<FileForm>, Form<FileForm>> {
        let data = FormData::urlencoded(body.as_bytes(), &FormLimits::DEFAULT).unwrap();
        let unit = site.unit();
        Form::<FileForm>::bound(&data, false)
            .unwrap()
            .clean(&unit.read_db())
            .await
            .unwrap()
            .into_result()
    }

    #[tokio::test]
    async fn a_row_that_may_not_be_seen_is_neither_shown_nor_taken() {
        // CWE-639: Ben's folder by its real id, an id that never was, and no id at all get one answer.
        let site = site().await;
        let good = clean(&site, &format!("folder={}&colour=dark_blue&version=3", site.hers))
            .await
            .unwrap();
        assert_eq!(
            (good.folder, good.copy_to, good.colour),
            (site.hers, None, Colour::DarkBlue)
        );
        assert_eq!(good.version.unwrap().to_string(), "3");

        let mut answers = Vec::new();
        for id in [
            site.his.to_string(),
            Id::<Folder>::new().to_string(),
            "1 OR 1=1".to_owned(),
        ] {
            let form = clean(&site, &format!("folder={id}&colour=red"))
                .await
                .unwrap_err();
            assert_eq!(form.folder.errors(), [NOT_A_CHOICE], "{id}");
            let mut html = String::new();
            render::field(&form.folder, &mut html);
            answers.push(html);
            let form = clean(&site, &format!("folder={}&copy_to={id}&colour=red", site.hers))
                .await
                .unwrap_err();
            assert_eq!(form.copy_to.errors(), [NOT_A_CHOICE], "{id}");
        }
        assert!(answers.iter().all(|html| html == &answers[0]), "{answers:?}");
        assert!(
            answers[0].contains("Ann&#x27;s &lt;folder&gt;</option>"),
            "{}",
            answers[0]
        );
        assert!(!answers[0].contains("Ben"), "{}", answers[0]);
    }

    #[derive(vauban_macros::Form)]
    struct NarrowForm {
        #[field(choices = Folder::objects().order_by(|f| f.name.asc()).limit(1))]
        folder: Id<Folder>,
    }

    /// A list that is cut says so, and what was chosen is judged by the query and not by what fits into the list.
    #[tokio::test]
    async fn what_no_longer_fits_into_a_list_is_taken_all_the_same() {
        let site = site().await;
        let names: Vec<String> = (0..1001).map(|n| format!("b{n:04}")).collect();
        let last = site.folders_of_ann(&names).await;
        let unit = site.unit();
        let db = unit.read_db();

        let good = clean(&site, &format!("folder={last}&copy_to={last}&colour=red"))
            .await
            .unwrap();
        assert_eq!((good.folder, good.copy_to), (last, Some(last)));
        // Shown again, it is still chosen: with what was found, and with the row's own values.
        for form in [
            Form::filled_with(&db, &good).await.unwrap(),
            Form::<FileForm>::filled_with(&db, &*good).await.unwrap(),
            good.refuse(|form| form.colour.add_error("Not today.")),
        ] {
            let mut html = String::new();
            render::field(&form.folder, &mut html);
            assert!(html.contains(&format!("{last}\" selected>b1000")), "{html}");
            assert!(
                form.folder.is_cut()
                    && html.contains("id=\"id_folder_cut\">The list shows the first 1000 only.")
            );
            assert!(html.contains("aria-describedby=\"id_folder_cut\""), "{html}");
            assert!(!html.contains("b0999"), "{html}");
        }
        // CWE-639: being long does not open it.
        for id in [site.his, Id::<Folder>::new()] {
            let form = clean(&site, &format!("folder={id}&colour=red"))
                .await
                .unwrap_err();
            assert_eq!(form.folder.errors(), [NOT_A_CHOICE]);
        }
        // What the query itself leaves out is no choice, and nothing is cut that it does not have.
        let short = |id: Id<Folder>| {
            let data = FormData::urlencoded(format!("folder={id}").as_bytes(), &FormLimits::DEFAULT).unwrap();
            Form::<NarrowForm>::bound(&data, false).unwrap()
        };
        assert!(short(site.hers).clean(&db).await.unwrap().into_result().is_ok());
        let form = short(last).clean(&db).await.unwrap().into_result().unwrap_err();
        assert_eq!(
            (form.folder.errors(), form.folder.is_cut()),
            ([NOT_A_CHOICE].as_slice(), false)
        );
    }

    #[tokio::test]
    async fn an_enum_offers_its_own_entries_and_no_others() {
        let site = site().await;
        for bad in ["green", "Red", "", "red "] {
            let body = format!("folder={}&colour={}", site.hers, bad.replace(' ', "%00"));
            assert!(clean(&site, &body).await.is_err(), "{bad}");
        }
        let labels: Vec<_> = Colour::fixed_choices()
            .into_iter()
            .map(|choice| choice.label)
            .collect();
        assert_eq!(labels, ["Red", "Dark blue"]);
    }
}

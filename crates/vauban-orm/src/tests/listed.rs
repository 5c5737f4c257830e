//! What the program does not list is in no review, so it cannot be used: models, services, tables (A7).

use vauban_macros::Model;

use super::*;
use crate::engine::{Database, Options, answering};
use crate::policy::actor::{Proof, Right, ServiceMeta};
use crate::tree::meta::Derived;
use crate::*;

/// A second model on the users' table, with an open policy, that no module lists.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "user")]
pub(crate) struct Shadow {
    id: Id<Shadow>,
    #[field(max_length = 100)]
    email: String,
}
impl Policy for Shadow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::owner(Filter::always())
    }
}

/// The same hung to a model that is listed: a question about its rows is a question, too.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "task")]
pub(crate) struct Back {
    id: Id<Back>,
    organisation: ForeignKey<Organisation>,
    #[field(max_length = 200)]
    title: String,
}
impl Policy for Back {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

/// CWE-862: a model that the program does not list brings its own open policy to rows of others.
#[tokio::test]
async fn a_model_that_is_not_listed_is_not_asked() {
    let site = Site::new().await;
    let unit = site.as_user(&site.carl);
    let db = unit.db();
    let attack = || Shadow::objects().count(&db);
    {
        let _attack = without(Control::Listed);
        assert!(attack().await.unwrap() > User::objects().count(&db).await.unwrap());
    }
    let error = attack().await.unwrap_err();
    assert_eq!(error.status(), 500);
    assert_eq!(
        error.to_string(),
        "the model `vauban_orm::tests::listed::Shadow` is listed by no module of this program, so no review has seen \
         it: add `.model::<Shadow>()` to its module"
    );
    let refused = |error: Error| assert!(matches!(error, Error::Unlisted { what: "model", .. }), "{error}");
    refused(Shadow::objects().all(&db).await.unwrap_err());
    refused(Shadow::objects().with_may().page(&db, 1).await.unwrap_err());
    refused(
        Shadow::objects()
            .change_all(&db, |s| [s.email.set("mine")])
            .await
            .unwrap_err(),
    );
    refused(Shadow::objects().delete_all(&db).await.unwrap_err());
    let new = NewShadow { email: "x".into() };
    refused(Shadow::create(new).save(&db).await.unwrap_err());
    // Nor by a waiver, which is about the policy and not about the list.
    let counted = Shadow::objects()
        .count(&db.unscoped::<Shadow>(vauban_waiver::waiver!(
            Unscoped,
            "the test reads what is not listed"
        )))
        .await;
    refused(counted.unwrap_err());
}

/// CWE-203: an unlisted model as the other end of a relation answers questions about hidden rows.
#[tokio::test]
async fn a_model_that_is_not_listed_is_not_asked_through_another() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let tasks = Many::<Own<Organisation>, Back>::new(&crate::__private::Path::ROOT, || {
        crate::__private::KeyOf::<Back>::to::<Organisation>(|b| &b.organisation)
    });
    let question = || {
        Organisation::objects()
            .filter(|_| tasks.any(|b| b.title.starts_with("")))
            .count(&db)
    };
    {
        let _attack = without(Control::Listed);
        question().await.unwrap();
    }
    let error = question().await.unwrap_err();
    assert!(matches!(error, Error::Unlisted { .. }), "{error}");
    let error = Back::objects()
        .order_by(|b| b.organisation.name.asc())
        .first(&db)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unlisted { .. }), "{error}");
}

/// CWE-668: one table has one policy.
#[test]
fn two_models_with_one_table_do_not_start() {
    let models = vec![User::meta(), Shadow::meta()];
    let options = Options {
        models: models.clone(),
        ..Options::default()
    };
    let error = Database::open(&crate::tests::on::url(), options)
        .unwrap_err()
        .to_string();
    assert!(error.contains("tests::models::User` and `"), "{error}");
    assert!(error.contains("have one table, `user`"), "{error}");
    let database = Database::open(&crate::tests::on::url(), Options::default()).unwrap();
    assert!(database.set_models(models.clone()).is_err());
    assert!(database.create_all(&models).is_err());
    let ids: Vec<_> = checks::check(&models).into_iter().map(|f| f.id).collect();
    assert!(ids.contains(&"orm.E004"), "{ids:?}");
}

service! {
    /// Reads users, and is listed nowhere.
    Unlisted: View<User>;
    waiver!(ServiceRights, "the test acts as a service that nobody reviewed")
}

/// CWE-441: a service whose rights stand in no review does not act.
#[tokio::test]
async fn a_service_that_is_not_listed_does_not_act() {
    let site = Site::new().await;
    let unit = site.as_user(&site.carl);
    let db = unit.db();
    let acting = db.acting::<Unlisted>();
    {
        let _attack = without(Control::Listed);
        assert_eq!(User::objects().count(&acting).await.unwrap(), 5);
    }
    let error = User::objects().count(&acting).await.unwrap_err();
    assert_eq!(error.status(), 500);
    assert_eq!(
        error.to_string(),
        "the service `vauban_orm::tests::listed::Unlisted` is listed by no module of this program, so no review has \
         seen it: add `.service::<Unlisted>()` to its module"
    );
}

/// A service written by hand, with a right on users in its list and one on tasks beside it.
enum Forged {}
impl Service for Forged {
    type Rights = (Right<actions::View, User>, ());
    const SIGNED: Proof<Self> = Proof::__by_macro();
    fn waiver() -> vauban_orm::__private::Place {
        vauban_orm::__private::__place!(ServiceRights, "the test claims a right that is not listed")
    }
}
impl May<actions::View, Task> for Forged {
    const LISTED: Proof<Self> = Proof::__by_macro();
}
impl May<actions::View, User> for Forged {
    const LISTED: Proof<Self> = Proof::__by_macro();
}

/// CWE-269: what a service may do is its list of types, which is printed; `May` beside it adds nothing.
#[tokio::test]
async fn a_right_beside_the_list_is_none() {
    let options = Options {
        models: MODELS(),
        services: [super::rights::services(), vec![ServiceMeta::of::<Forged>()]].concat(),
        ..Options::default()
    };
    let site = Site::with(options).await;
    let unit = site.as_user(&site.carl);
    let forged = unit.read_db().acting::<Forged>();
    assert_eq!(User::objects().count(&forged).await.unwrap(), 5, "listed");
    assert_eq!(Task::objects().count(&forged).await.unwrap(), 0, "only claimed");
    let rights = ServiceMeta::of::<Forged>().rights();
    assert_eq!(rights.len(), 1);
    assert_eq!((rights[0].model)().name, "User");
}

/// CWE-352: in a request that only reads there is no writer, whichever handle is made, and nothing to commit.
#[tokio::test]
async fn a_unit_that_reads_has_no_writer() {
    let site = Site::new().await;
    let actor = site.as_user(&site.ann).db().actor();
    let link = |name: &'static str| {
        let database = &site.database;
        async move {
            let unit = answering(true, async { database.bind(actor) }).await;
            let db = unit.db(); // what a view of a GET has if it comes by a handle of the other kind
            let made = Organisation::create(NewOrganisation { name: name.into() })
                .save(&db.acting::<Fixtures>())
                .await;
            (made.map(drop), unit.has_written(), unit.finish(true).await)
        }
    };
    let count = async || {
        let unit = site.database.bind(Actor::nobody());
        let all = unit.db();
        Organisation::objects()
            .count(&all.acting::<Fixtures>())
            .await
            .unwrap()
    };
    let before = count().await;
    {
        let _attack = without(Control::Reading);
        link("Gamma").await.0.unwrap();
    }
    assert_eq!(count().await, before + 1, "the attack");
    let (made, has_written, finished) = link("Delta").await;
    assert!(matches!(made, Err(Error::ReadOnly)), "{made:?}");
    assert!(!has_written);
    finished.unwrap();
    assert_eq!(count().await, before + 1);
    let unit = answering(true, async { site.database.bind(actor) }).await;
    assert!(matches!(unit.db().begin().await, Err(Error::ReadOnly)));
    assert!(User::objects().exists(&unit.read_db()).await.unwrap(), "it reads");
}

/// CWE-639, CWE-362. Attack: a static keeps the handle of a request that still runs, and a stranger's request reads and
/// writes as whoever made the first one.
#[tokio::test]
async fn a_handle_of_one_request_acts_in_no_other() {
    let site = Site::new().await;
    let actor = site.as_user(&site.ann).db().actor();
    let unit = answering(false, async { site.database.bind(actor) }).await;
    let kept = unit.db();
    let read = || answering(true, User::objects().exists(&kept));
    let take = || answering(false, kept.begin());
    assert!(matches!(read().await, Err(Error::Finished)));
    assert!(matches!(take().await, Err(Error::Finished)));
    {
        let _attack = without(Control::Request);
        assert!(read().await.unwrap(), "the attack");
    }
    // In its own answer, in a part of that, and in a task of its own it acts.
    let own = answering(false, async {
        let unit = site.database.bind(actor);
        let db = unit.db();
        answering(true, User::objects().exists(&db))
            .await
            .and(User::objects().exists(&db).await)
    });
    assert!(own.await.unwrap());
    assert!(User::objects().exists(&kept).await.unwrap());
}

/// A model of some other package, in some other table.
fn of_package(
    type_name: fn() -> &'static str,
    package: &'static str,
    table: &'static str,
) -> &'static ModelMeta {
    Box::leak(Box::new(ModelMeta {
        name: "Entry",
        table,
        package,
        columns: User::meta().columns,
        indexes: &[],
        constraints: &[],
        changes: false,
        membership: false,
        unique_oracle: None,
        rules: User::meta().rules,
        type_id: User::meta().type_id,
        type_name,
        __derived: Derived::__by_the_derive(),
    }))
}

/// CWE-668: a table's name says whose it is, and nobody names another's.
#[test]
fn tables_belong_to_packages() {
    let guest = |table| of_package(|| "guestbook::Entry", "guestbook", table);
    let book = |table| of_package(|| "guest::Entry", "guest", table);
    let own = |table| of_package(|| "site::Entry", "site", table);
    let told = |models: &[&'static ModelMeta]| -> Vec<String> {
        let found = checks::tables(models, "site");
        assert!(found.iter().all(|finding| finding.id == "orm.E005"));
        found.into_iter().map(|finding| finding.message).collect()
    };
    let fine = [
        guest("guestbook_entry"),
        book("guest_entry"),
        own("entry"),
        own("guest"),
        own("site_entry"),
    ];
    assert_eq!(told(&fine), [] as [String; 0]);
    // Its author says that it is the framework's; its type says whose it is.
    let claims = of_package(|| "guestbook::Entry", "vauban-accounts", "vauban_credential");
    for thief in [own("vauban_credential"), guest("vauban_session"), claims] {
        let told = told(&[thief]);
        assert!(
            told.len() == 1 && told[0].contains("are the framework's"),
            "{told:?}"
        );
    }
    let told_of = told(&[guest("entry")]);
    assert_eq!(
        told_of,
        [
            "it comes from the package `guestbook`, whose tables begin with `guestbook_`, and its table is `entry`: write \
             `#[model(module)]` above it, or `#[model(table = \"guestbook_entry\")]`"
        ]
    );
    for thief in [own("guestbook_entry"), book("guestbook_entry")] {
        let told = told(&[guest("guestbook_page"), thief]);
        assert!(
            told.len() == 1 && told[0].contains("belongs to the package `guestbook`"),
            "{told:?}"
        );
    }
    // The framework's own keep their names.
    let accounts = of_package(
        || "vauban_accounts::Credential",
        "vauban-accounts",
        "vauban_credential",
    );
    assert_eq!(told(&[accounts]), [] as [String; 0]);
}

/// CWE-89, CWE-668: a description by hand leaves no quotes and meets no other's table by its letters' case.
#[test]
fn names_of_listed_models_are_checked() {
    for table in ["main\".\"vauban_credential", "Vauban_Credential", "", "user;"] {
        let model = of_package(|| "evil::Entry", "evil", table);
        let told = match crate::policy::listed::Listed::new(vec![model], Vec::new()) {
            Err(Error::Internal(told)) => told,
            other => panic!("{table}: {other:?}"),
        };
        assert!(
            told.contains("is lower-case ASCII letters") && told.contains(table),
            "{told}"
        );
    }
    let thief = of_package(|| "site::Entry", "site", "VAUBAN_credential");
    assert!(
        checks::tables(&[thief], "site")[0]
            .message
            .contains("are the framework's")
    );
    let (one, two) = (
        of_package(|| "site::Entry", "site", "entry"),
        of_package(|| "site::Entry", "site", "ENTRY"),
    );
    assert!(
        checks::check(&[one, two])
            .iter()
            .any(|found| found.id == "orm.E004")
    );
}

/// A package that others depend on.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, module)]
pub(crate) struct Entry {
    id: Id<Entry>,
}
impl Policy for Entry {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

#[test]
fn a_modules_tables_carry_its_name() {
    assert_eq!(Entry::meta().table, "vauban_orm_entry");
    assert_eq!(User::meta().table, "user");
}

//! The site under attack: articles, organisations, memberships, tasks.

#![allow(missing_docs, unreachable_pub)]

use vauban_macros::{Choices, Model};

use crate::engine::{Database, Options, Unit};
use crate::*;

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, user, related(memberships: Membership.user))]
pub struct User {
    pub id: Id<User>,
    #[field(max_length = 100, unique)]
    pub email: String,
    #[field(privileged, default = false)]
    pub is_staff: bool,
    #[field(privileged, default = false)]
    pub is_secret: bool,
}

impl Policy for User {
    fn rules(who: Who<Self>, u: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: u.is_secret.eq(false) | u.id.is(who),
            change: u.id.is(who),
            ..Rules::none()
        }
        .may_set(&u.is_staff, who.is_superuser())
    }
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
pub struct Article {
    pub id: Id<Article>,
    #[field(max_length = 20)]
    pub title: String,
    #[field(unique)]
    pub slug: Slug,
    #[field(owner)]
    pub author: ForeignKey<User>,
    pub editor: Option<ForeignKey<User>>,
    #[field(default = false)]
    pub published: bool,
    #[field(default = 0, versioned = false)]
    pub hits: i64,
    #[field(auto_now_add)]
    pub created: DateTime,
    #[field(auto_now)]
    pub updated: DateTime,
}

impl Policy for Article {
    fn rules(who: Who<Self>, a: &Columns<Self>) -> Rules<Self> {
        let mine = a.author.is(who);
        Rules {
            view: a.published.eq(true) | mine.clone() | a.editor.is(who),
            add: mine.clone(),
            change: mine.clone() | a.editor.is(who) | who.is_staff(),
            delete: mine,
            ..Rules::none()
        }
    }
}

#[derive(Choices, Debug, Clone, Copy, PartialEq, Eq)]
#[choices(crate = vauban_orm)]
pub enum Role {
    Member,
    Admin,
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, related(memberships: Membership.organisation, tasks: Task.organisation))]
pub struct Organisation {
    pub id: Id<Organisation>,
    #[field(max_length = 100)]
    pub name: String,
}

impl Policy for Organisation {
    fn rules(who: Who<Self>, o: &Columns<Self>) -> Rules<Self> {
        let admin = o.memberships.any(|m| m.user.is(who) & m.role.eq(Role::Admin));
        Rules {
            view: o.memberships.any(|m| m.user.is(who)),
            delete: admin.clone(),
            change: admin,
            ..Rules::none()
        }
    }
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, unique(organisation, user))]
pub struct Membership {
    pub id: Id<Membership>,
    #[field(tenant, on_delete = cascade)]
    pub organisation: ForeignKey<Organisation>,
    pub user: ForeignKey<User>,
    pub role: Role,
}

impl Policy for Membership {
    fn rules(who: Who<Self>, m: &Columns<Self>) -> Rules<Self> {
        let admin = m
            .organisation
            .memberships
            .any(|m| m.user.is(who) & m.role.eq(Role::Admin));
        Rules {
            view: m.organisation.memberships.any(|m| m.user.is(who)),
            add: admin.clone(),
            change: admin.clone(),
            delete: admin,
            ..Rules::none()
        }
    }
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, index(organisation, title))]
pub struct Task {
    pub id: Id<Task>,
    #[field(tenant, on_delete = cascade)]
    pub organisation: ForeignKey<Organisation>,
    #[field(max_length = 100)]
    pub title: String,
    #[field(on_delete = set_null)]
    pub assignee: Option<ForeignKey<User>>,
    #[field(default = false)]
    pub done: bool,
}

impl Policy for Task {
    fn rules(who: Who<Self>, t: &Columns<Self>) -> Rules<Self> {
        let admin = t
            .organisation
            .memberships
            .any(|m| m.user.is(who) & m.role.eq(Role::Admin));
        Rules {
            view: t.organisation.visible(who),
            add: t.organisation.memberships.any(|m| m.user.is(who)),
            change: admin.clone(),
            delete: admin,
            ..Rules::none()
        }
        .may_set(
            &t.organisation,
            t.organisation
                .memberships
                .any(|m| m.user.is(who) & m.role.eq(Role::Admin)),
        )
    }
}

service! {
    /// Makes what the attacks need.
    pub(crate) Fixtures: Add<User>, View<User>, Change<User>, Grant<User>, Add<Article>, View<Article>, Add<Organisation>,
        View<Organisation>, Add<Membership>, View<Membership>, Add<Task>, View<Task>, Delete<Task>, Grant<Article>;
    waiver!(ServiceRights, "fixtures are made before anybody acts")
}

pub(crate) const MODELS: fn() -> Vec<&'static ModelMeta> = || {
    vec![
        User::meta(),
        Article::meta(),
        Organisation::meta(),
        Membership::meta(),
        Task::meta(),
    ]
};

pub(crate) fn database() -> Database {
    opened(Options {
        models: MODELS(),
        services: super::rights::services(),
        ..Options::default()
    })
}

fn opened(options: Options) -> Database {
    let models = options.models.clone();
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&models).unwrap();
    database
}

/// Ann writes and leads Alpha; Ben is a plain member of Alpha and leads Beta; Carl is a stranger; Sue is staff.
pub(crate) struct Site {
    pub database: Database,
    pub ann: User,
    pub ben: User,
    pub carl: User,
    pub sue: User,
    pub ghost: User,
    pub alpha: Organisation,
    pub beta: Organisation,
    pub draft: Article,
    pub public: Article,
    pub alpha_task: Task,
    pub beta_task: Task,
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::of(database()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self::of(opened(options)).await
    }

    pub(crate) async fn of(database: Database) -> Self {
        let unit = database.bind(Actor::nobody());
        let db = unit.db();
        let db = db.acting::<Fixtures>();
        let user = async |name: &str| {
            User::create(NewUser {
                email: format!("{name}@example.com"),
            })
            .save(&db)
            .await
            .unwrap()
        };
        let (ann, ben, carl, sue) = (
            user("ann").await,
            user("ben").await,
            user("carl").await,
            user("sue").await,
        );
        let ghost = User::create(NewUser {
            email: "ghost@example.com".into(),
        })
        .set(|u| [u.is_secret.set(true)])
        .save(&db)
        .await
        .unwrap();
        let organisation = async |name: &str| {
            Organisation::create(NewOrganisation { name: name.into() })
                .save(&db)
                .await
                .unwrap()
        };
        let (alpha, beta) = (organisation("Alpha").await, organisation("Beta").await);
        let member = async |organisation: &Organisation, user: &User, role| {
            let new = NewMembership {
                organisation: organisation.id,
                user: user.id,
                role,
            };
            Membership::create(new).save(&db).await.unwrap()
        };
        member(&alpha, &ann, Role::Admin).await;
        member(&alpha, &ben, Role::Member).await;
        member(&beta, &ben, Role::Admin).await;
        let article = async |slug: &str, author: &User, published| {
            let new = NewArticle {
                title: slug.into(),
                slug: slug.parse().unwrap(),
                author: author.id,
                editor: None,
            };
            Article::create(new)
                .set(|a| [a.published.set(published)])
                .save(&db)
                .await
                .unwrap()
        };
        let draft = article("draft", &ann, false).await;
        let public = article("public", &ann, true).await;
        let task = async |organisation: &Organisation, title: &str| {
            let new = NewTask {
                organisation: organisation.id,
                title: title.into(),
                assignee: None,
            };
            Task::create(new).save(&db).await.unwrap()
        };
        let (alpha_task, beta_task) = (task(&alpha, "alpha task").await, task(&beta, "beta task").await);
        unit.finish(true).await.unwrap();
        Self {
            database,
            ann,
            ben,
            carl,
            sue,
            ghost,
            alpha,
            beta,
            draft,
            public,
            alpha_task,
            beta_task,
        }
    }

    pub(crate) fn as_user(&self, user: &User) -> Unit {
        let is_staff = user.id == self.sue.id;
        self.database.bind(Actor::user(UserFacts {
            id: user.id.uuid(),
            is_staff,
            is_superuser: false,
        }))
    }

    pub(crate) fn as_nobody(&self) -> Unit {
        self.database.bind(Actor::nobody())
    }
}

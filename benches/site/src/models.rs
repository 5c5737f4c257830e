//! The rows of the benchmark's site, with the policies that a real one would have.

use vauban::prelude::*;

/// A line of wisdom.
#[derive(Debug, Clone, Model)]
pub(crate) struct Fortune {
    pub(crate) id: Id<Self>,
    pub(crate) number: i64,
    #[field(max_length = 500)]
    pub(crate) message: String,
}

impl Policy for Fortune {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

/// Who wrote a post.
#[derive(Debug, Clone, Model)]
pub(crate) struct Author {
    pub(crate) id: Id<Self>,
    #[field(max_length = 100)]
    pub(crate) name: String,
}

impl Policy for Author {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

/// A post: everybody sees what is published.
#[derive(Debug, Clone, Model)]
#[model(index(published, created))]
pub(crate) struct Post {
    pub(crate) id: Id<Self>,
    pub(crate) number: i64,
    #[field(max_length = 200)]
    pub(crate) title: String,
    pub(crate) score: i64,
    pub(crate) published: bool,
    pub(crate) created: DateTime,
    pub(crate) author: ForeignKey<Author>,
}

impl Policy for Post {
    fn rules(_: Who<Self>, p: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: p.published.eq(true),
            ..Rules::none()
        }
    }
}

/// A note: its author's alone.
#[derive(Debug, Clone, Model)]
pub(crate) struct Note {
    pub(crate) id: Id<Self>,
    #[field(max_length = 200)]
    pub(crate) title: String,
    #[field(max_length = 5_000)]
    pub(crate) body: String,
    #[field(owner)]
    pub(crate) author: ForeignKey<User>,
    #[field(auto_now_add)]
    pub(crate) created: DateTime,
}

impl Policy for Note {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules::owner(n.author.is(who))
    }
}

/// Who signs in.
#[derive(Debug, Clone, Model, UserAccount)]
#[model(user, unique_oracle = waiver!(UniqueOracle, "a taken address is told at sign-up, throttled"))]
pub(crate) struct User {
    pub(crate) id: Id<Self>,
    #[field(unique, fixed)]
    pub(crate) email: Email,
    #[field(max_length = 100)]
    pub(crate) name: String,
    #[field(privileged, default = true)]
    pub(crate) is_active: bool,
    #[field(privileged, default = false)]
    pub(crate) is_staff: bool,
    #[field(privileged, default = false)]
    pub(crate) is_superuser: bool,
    #[field(auto_now_add)]
    pub(crate) date_joined: DateTime,
    #[field(privileged)]
    pub(crate) last_login: Option<DateTime>,
}

impl Policy for User {
    fn rules(who: Who<Self>, u: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: u.id.is(who),
            change: u.id.is(who),
            ..Rules::none()
        }
    }
}

//! The models of the benchmarks.

use vauban_macros::Model;
use vauban_orm::*;

#[derive(Model)]
#[model(crate = vauban_orm, user)]
pub struct User {
    pub id: Id<User>,
    #[field(max_length = 100)]
    pub name: String,
}
impl Policy for User {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            ..Rules::public()
        }
    }
}

#[derive(Model)]
#[model(crate = vauban_orm, index(published, created))]
pub struct Post {
    pub id: Id<Post>,
    #[field(max_length = 100)]
    pub title: String,
    pub score: i64,
    pub published: bool,
    pub created: DateTime,
    pub author: ForeignKey<User>,
}
impl Policy for Post {
    fn rules(_: Who<Self>, p: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: p.published.eq(true),
            add: Filter::always(),
            change: p.published.eq(true),
            ..Rules::none()
        }
    }
}

//! The models that the cases use.
#![allow(dead_code)]

use vauban_macros::Model;
use vauban_orm::{Columns, ForeignKey, Id, Policy, Rules, Who};

#[derive(Model)]
#[model(crate = vauban_orm, user, related(articles: Article.author))]
pub struct User {
    pub id: Id<User>,
    #[field(max_length = 100)]
    pub email: String,
}

impl Policy for User {
    fn rules(who: Who<Self>, u: &Columns<Self>) -> Rules<Self> {
        Rules { view: u.id.is(who), ..Rules::none() }
    }
}

#[derive(Model)]
#[model(crate = vauban_orm)]
pub struct Article {
    pub id: Id<Article>,
    #[field(max_length = 200)]
    pub title: String,
    #[field(owner)]
    pub author: ForeignKey<User>,
}

impl Policy for Article {
    fn rules(who: Who<Self>, a: &Columns<Self>) -> Rules<Self> {
        Rules::owner(a.author.is(who))
    }
}

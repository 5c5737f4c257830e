//! `Who`: whoever will ask, in a model's rules.

use std::fmt;
use std::marker::PhantomData;

use crate::model::Model;
use crate::model::filter::Filter;
use crate::model::symbolic::Now;
use crate::tree::expr::{Expr, Flag};
use crate::tree::permission::{Permission, PermissionMeta};

/// Whoever will ask, in the rules of `M`: a rule is built once and holds for all of them, so this is no user but stands
/// for one, and what is known of them is a condition on `M`'s own rows.
pub struct Who<M>(PhantomData<fn() -> M>);

impl<M> Clone for Who<M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> Copy for Who<M> {}
impl<M> fmt::Debug for Who<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Who")
    }
}

impl<M: Model> Who<M> {
    pub(crate) const fn symbolic() -> Self {
        Self(PhantomData)
    }

    /// A user is signed in.
    pub fn is_signed_in(self) -> Filter<M> {
        Filter::new(Expr::Flag(Flag::SignedIn))
    }

    /// A signed-in user who works for the site.
    pub fn is_staff(self) -> Filter<M> {
        Filter::new(Expr::Flag(Flag::Staff))
    }

    /// The moment at which a statement runs: rules are built once, so a time in them is symbolic, too.
    ///
    /// ```ignore
    /// Rules { view: offer.until.ge(who.now().date_in_utc()), ..Rules::staff(who) }
    /// ```
    pub fn now(self) -> Now {
        Now::NOW
    }

    /// A superuser. Superusers may do only what rules that name them say.
    pub fn is_superuser(self) -> Filter<M> {
        Filter::new(Expr::Flag(Flag::Superuser))
    }

    /// A signed-in user who holds the permission: it was granted to them or to a group of theirs. Superusers hold what they were
    /// granted, as everybody does; services and nobody hold none.
    ///
    /// ```
    /// # use vauban_macros::Model;
    /// # use vauban_orm::*;
    /// permission!(pub PublishArticles = "articles.publish", "may publish articles of others");
    /// # #[derive(Model)]
    /// # #[model(crate = vauban_orm)]
    /// # pub struct Article { pub id: Id<Article>, #[field(default = false)] pub published: bool }
    ///
    /// impl Policy for Article {
    ///     fn rules(who: Who<Self>, a: &Columns<Self>) -> Rules<Self> {
    ///         let publishers = who.has::<PublishArticles>();
    ///         Rules { view: a.published.eq(true) | publishers.clone(), change: publishers, ..Rules::none() }
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    pub fn has<P: Permission>(self) -> Filter<M> {
        Filter::new(Expr::Flag(Flag::Has(PermissionMeta::of::<P>())))
    }
}

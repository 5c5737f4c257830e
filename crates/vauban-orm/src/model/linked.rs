//! Rows that are linked to a row by rows of a third model: relations of many to many.

use std::marker::PhantomData;

use crate::model::Model;
use crate::model::columns::Columns;
use crate::model::filter::{Filter, IntoFilter};
use crate::model::many::KeyOf;
use crate::model::path::Path;
use crate::model::scope::{In, Place, Via};
use crate::tree::expr::{Col, Expr, Opened};
use crate::tree::meta::ColumnMeta;
use crate::tree::row::RowNumber;

/// The foreign keys of `G` behind a relation of many to many: to the row itself, and to the rows that are linked to it.
type Ends<G> = (KeyOf<G>, KeyOf<G>);

/// The rows of `T` to which rows of `G` link a row at the place `P`: declared by
/// `#[model(many(tags: Tag through ArticleTag(article, tag)))]`.
///
/// A link that may not be seen links nothing, and a row that may not be seen is linked to nothing.
pub struct Linked<P: Place, G: Model, T: Model> {
    path: Path,
    /// Asked for when they are needed: two models may be linked to each other, and a model to itself.
    keys: fn() -> Ends<G>,
    types: PhantomData<fn() -> (P, T)>,
}

impl<P: Place, G: Model, T: Model> Linked<P, G, T> {
    #[doc(hidden)]
    pub fn new(path: &Path, keys: fn() -> Ends<G>) -> Self {
        Self {
            path: path.clone(),
            keys,
            types: PhantomData,
        }
    }

    /// At least one of them is so: `a.tags.any(|t| t.name.eq("rust"))`.
    pub fn any<F: IntoFilter<In<P::Scope, G>>>(
        &self,
        condition: impl FnOnce(&Columns<T, Via<In<P::Scope, G>>>) -> F,
    ) -> Filter<P::Scope> {
        let some = self.some(condition, |is_so| is_so);
        Filter::new(self.path.wrap(some))
    }

    /// All of them are so: none is not. Where there is none, too.
    pub fn all<F: IntoFilter<In<P::Scope, G>>>(
        &self,
        condition: impl FnOnce(&Columns<T, Via<In<P::Scope, G>>>) -> F,
    ) -> Filter<P::Scope> {
        let some_is_not = self.some(condition, Expr::negated);
        // Of the rows of a row that is not there, nothing is so.
        Filter::new(self.path.wrap(some_is_not.negated()))
    }

    /// There is at least one of them.
    pub fn exists(&self) -> Filter<P::Scope> {
        self.any(|_| Filter::<In<P::Scope, G>>::always())
    }

    pub(crate) fn keys(&self) -> (&'static ColumnMeta, &'static ColumnMeta) {
        let (near, far) = (self.keys)();
        (near.column(), far.column())
    }

    /// A row is linked of which this is so.
    fn some<F: IntoFilter<In<P::Scope, G>>>(
        &self,
        condition: impl FnOnce(&Columns<T, Via<In<P::Scope, G>>>) -> F,
        turned: fn(Expr) -> Expr,
    ) -> Expr {
        let (number, (near, far)) = (RowNumber::opened(), self.keys());
        let linked = Path::opened(number).then(far);
        let is_so = turned(condition(&T::columns(&linked)).into_filter().expr);
        // CWE-203: of a row that may not be seen nothing is so, `!` included.
        let key = Col {
            row: number,
            meta: far,
        };
        let there = Expr::through(key, Expr::True);
        let opened = Opened {
            number,
            model: G::meta(),
            key: near,
            to: self.path.to(),
        };
        Expr::any(opened, there.and(is_so))
    }
}

//! The rows that refer to a row: relations to many.

use std::marker::PhantomData;

use crate::model::Model;
use crate::model::columns::Columns;
use crate::model::filter::{Filter, IntoFilter};
use crate::model::key::Rel;
use crate::model::path::Path;
use crate::model::scope::{In, Own, Place};
use crate::tree::expr::{Expr, Opened};
use crate::tree::meta::ColumnMeta;
use crate::tree::row::RowNumber;

/// The foreign key of `C` behind a relation to many.
#[doc(hidden)]
pub struct KeyOf<C>(&'static ColumnMeta, PhantomData<fn() -> C>);

impl<C> Clone for KeyOf<C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<C> Copy for KeyOf<C> {}
impl<C> std::fmt::Debug for KeyOf<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.field)
    }
}

impl<C> KeyOf<C> {
    pub(crate) fn column(self) -> &'static ColumnMeta {
        self.0
    }
}

impl<C: Model> KeyOf<C> {
    /// For the derive: the foreign key that refers to rows of `M`.
    pub fn to<M: Model>(key: fn(&Columns<C>) -> &Rel<Own<C>, M>) -> Self {
        Self(key(&C::columns(&Path::ROOT)).column_meta(), PhantomData)
    }
}

/// The rows of `C` that refer to a row at the place `P`: declared by `#[model(related(name: Child.field))]`.
pub struct Many<P: Place, C: Model> {
    path: Path,
    /// Asked for when it is needed: models may be each other's children, and a model its own.
    key: fn() -> KeyOf<C>,
    types: PhantomData<fn() -> (P, C)>,
}

impl<P: Place, C: Model> Clone for Many<P, C> {
    fn clone(&self) -> Self {
        Self {
            path: self.path.clone(),
            key: self.key,
            types: PhantomData,
        }
    }
}

impl<P: Place, C: Model> Many<P, C> {
    #[doc(hidden)]
    pub fn new(path: &Path, key: fn() -> KeyOf<C>) -> Self {
        Self {
            path: path.clone(),
            key,
            types: PhantomData,
        }
    }

    /// At least one of them is so. Inside, `|m|` has the columns of that one, and the columns of the rows outside are those
    /// rows', also where they are of the same model: `n.children.any(|c| c.depth.eq(&n.depth))`.
    pub fn any<F: IntoFilter<In<P::Scope, C>>>(
        &self,
        condition: impl FnOnce(&Columns<C, Own<In<P::Scope, C>>>) -> F,
    ) -> Filter<P::Scope> {
        let number = RowNumber::opened();
        let inner = condition(&C::columns(&Path::opened(number))).into_filter();
        self.having(number, inner.expr)
    }

    /// As [`any`](Self::any), of a condition that is one of its rows already.
    pub(crate) fn having_some(
        &self,
        condition: impl FnOnce(&Columns<C, Own<In<P::Scope, C>>>) -> Filter<In<P::Scope, C>>,
    ) -> Filter<P::Scope> {
        let number = RowNumber::opened();
        let inner = condition(&C::columns(&Path::opened(number)));
        self.having(number, inner.expr)
    }

    /// All of them are so, of those that whoever asks may see; also where there is none.
    pub fn all<F: IntoFilter<In<P::Scope, C>>>(
        &self,
        condition: impl FnOnce(&Columns<C, Own<In<P::Scope, C>>>) -> F,
    ) -> Filter<P::Scope> {
        let number = RowNumber::opened();
        let inner = condition(&C::columns(&Path::opened(number))).into_filter();
        let other = Expr::any(self.opened(number), inner.expr.negated());
        Filter::new(self.path.wrap(other.negated()))
    }

    /// None of them is so, of those that whoever asks may see.
    pub fn none<F: IntoFilter<In<P::Scope, C>>>(
        &self,
        condition: impl FnOnce(&Columns<C, Own<In<P::Scope, C>>>) -> F,
    ) -> Filter<P::Scope> {
        let number = RowNumber::opened();
        let inner = condition(&C::columns(&Path::opened(number))).into_filter();
        let one = Expr::any(self.opened(number), inner.expr);
        Filter::new(self.path.wrap(one.negated()))
    }

    /// There is at least one of them.
    pub fn exists(&self) -> Filter<P::Scope> {
        self.having(RowNumber::opened(), Expr::True)
    }

    /// The foreign key by which they refer.
    pub(crate) fn key_meta(&self) -> &'static ColumnMeta {
        (self.key)().column()
    }

    fn having(&self, number: RowNumber, inner: Expr) -> Filter<P::Scope> {
        Filter::new(self.path.wrap(Expr::any(self.opened(number), inner)))
    }

    fn opened(&self, number: RowNumber) -> Opened {
        Opened {
            number,
            model: C::meta(),
            key: self.key_meta(),
            to: self.path.to(),
        }
    }

    pub(super) fn path_and_key(&self) -> (&Path, &'static ColumnMeta) {
        (&self.path, (self.key)().0)
    }
}

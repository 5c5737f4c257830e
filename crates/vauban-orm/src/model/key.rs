//! Foreign keys as columns, which lead to the columns of the row that they refer to.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::model::assignment::{AssignedKey, Assignment};
use crate::model::compared::KeyOperand;
use crate::model::filter::Filter;
use crate::model::order::Order;
use crate::model::path::Path;
use crate::model::scope::{Own, OwnRow, Place, Via};
use crate::model::types::Id;
use crate::model::who::Who;
use crate::model::{Model, UserModel};
use crate::tree::expr::{Col, Expr, Op};
use crate::tree::meta::ColumnMeta;
use crate::tree::value::Value;

/// A foreign key to the model `M`, at the place `P`. Dereferences to `M`'s columns, which stand at the place of a related row.
pub struct Rel<P: Place, M: Model> {
    path: Path,
    meta: &'static ColumnMeta,
    target: OnceLock<Box<M::Columns<Via<P::Scope>>>>,
}

/// What a foreign key is set to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no id of a `{M}`",
    label = "not an id of a `{M}`",
    note = "a foreign key is compared with an `Id`: `t.author.eq(user.id)`; with whoever asks by `t.author.is(who)`"
)]
pub trait IdOf<M> {
    /// The id.
    #[doc(hidden)]
    fn id_of(self) -> Id<M>;
}
#[diagnostic::do_not_recommend]
impl<M, T: Into<Id<M>>> IdOf<M> for T {
    fn id_of(self) -> Id<M> {
        self.into()
    }
}

impl<P: Place, M: Model> Rel<P, M> {
    pub(crate) fn new(path: Path, meta: &'static ColumnMeta) -> Self {
        Self {
            path,
            meta,
            target: OnceLock::new(),
        }
    }

    fn condition(&self, expr: impl FnOnce(Col) -> Expr) -> Filter<P::Scope> {
        Filter::new(self.path.wrap(expr(self.path.column(self.meta))))
    }

    /// Refers to this row.
    pub fn eq<V: KeyOperand<P::Scope, M>>(&self, id: V) -> Filter<V::Scope> {
        self.path.compare(Op::Eq, self.meta, id.operand())
    }

    /// Does not refer to this row.
    pub fn ne<V: KeyOperand<P::Scope, M>>(&self, id: V) -> Filter<V::Scope> {
        self.path.compare(Op::Ne, self.meta, id.operand())
    }

    /// Refers to one of these rows.
    pub fn is_in(&self, ids: impl IntoIterator<Item = Id<M>>) -> Filter<P::Scope> {
        let values = ids.into_iter().map(|id| Value::Uuid(id.uuid()));
        self.condition(|column| Expr::is_in(column, values))
    }

    /// The filter for rows that refer to nothing here.
    pub fn is_null(&self) -> Filter<P::Scope> {
        self.condition(Expr::IsNull)
    }

    /// Refers to a row that whoever asks may see, by `M`'s own view rule.
    pub fn visible<W>(&self, _: Who<W>) -> Filter<P::Scope> {
        self.condition(Expr::Visible)
    }

    /// Smallest id first (UUIDv7: oldest first).
    pub fn asc(&self) -> Order<P::Scope> {
        Order::new(self.path.steps(), self.meta, false)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn column_meta(&self) -> &'static ColumnMeta {
        self.meta
    }
}

impl<P: Place, M: UserModel> Rel<P, M> {
    /// Refers to whoever asks. Never true for nobody and for services, and where it refers to nothing.
    pub fn is<W>(&self, _: Who<W>) -> Filter<P::Scope> {
        self.condition(Expr::IsActor)
    }
}

impl<P: Place, M: Model> Rel<P, M> {
    /// Writes the foreign key, in a change. The actor must be allowed to see the row it will refer to.
    pub fn set<V: AssignedKey<P, M>>(&self, id: V) -> Assignment<V::Model> {
        Assignment::key(self.meta, Value::Uuid(id.assigned().uuid()))
    }

    /// Empties the foreign key, in a change.
    pub fn set_null(&self) -> Assignment<P::Model>
    where
        P: OwnRow,
    {
        Assignment::key(self.meta, Value::Null)
    }
}

impl<P: Place, M: Model> Deref for Rel<P, M> {
    type Target = M::Columns<Via<P::Scope>>;
    fn deref(&self) -> &Self::Target {
        if self.path.is_too_long() {
            return beyond::<M, Via<P::Scope>>(&self.path);
        }
        self.target
            .get_or_init(|| Box::new(M::columns(&self.path.then(self.meta))))
    }
}

/// The columns of a query's own row, the same ones for ever.
pub(crate) fn own_columns<M: Model>() -> &'static M::Columns<Own<M>> {
    beyond::<M, Own<M>>(&Path::ROOT)
}

/// The columns behind a path that is too long, the same ones for ever: `folder.parent.parent…`, as often as a request says,
/// is no chain of boxes that takes the stack when it is dropped (CWE-674). Nothing of them can be asked, of whichever row.
fn beyond<M: Model, P: Place>(path: &Path) -> &'static M::Columns<P> {
    type Made = BTreeMap<TypeId, &'static (dyn Any + Send + Sync)>;
    static MADE: Mutex<Made> = Mutex::new(Made::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let pair = TypeId::of::<(M, P)>();
    let known: Option<&'static (dyn Any + Send + Sync)> = made.get(&pair).copied();
    if let Some(columns) = known.and_then(|columns| columns.downcast_ref()) {
        return columns;
    }
    // Once for a model and a place, of which a program has so many and no more.
    let columns: &'static M::Columns<P> = Box::leak(Box::new(M::columns(path)));
    made.insert(pair, columns);
    columns
}

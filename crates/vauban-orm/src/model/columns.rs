//! Columns as queries and rules see them: typed, and generic over the place where they stand.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::model::field::{Field, ModelField};
use crate::model::filter::{Filter, IntoFilter};
use crate::model::scope::{In, Join, Own, OwnRow, Place, Scope, Via};
use crate::model::types::{DateTime, Id, Slug};
use crate::model::who::Who;
use crate::model::{Model, UserModel};
use crate::problem::Problem;
use crate::tree::bounds;
use crate::tree::expr::{Col, Expr, Far, FragmentArg, Op, Opened};
use crate::tree::meta::ColumnMeta;
use crate::tree::row::RowNumber;
use crate::tree::value::Value;

/// Types that a column only speaks of.
type Types<P, T> = PhantomData<fn() -> (P, T)>;

/// The columns of `M` at a place: by default the row's own, in a query or a rule on `M`. A function for every row that has
/// such columns is generic: `fn led_by<P: Place>(o: &Columns<Organisation, P>) -> Filter<P::Scope>`.
pub type Columns<M, P = Own<M>> = <M as Model>::Columns<P>;

/// A row, and the foreign keys on the way from there to a column's.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Path {
    row: RowNumber,
    last: Option<Arc<Step>>,
}

#[derive(Debug)]
struct Step {
    before: Path,
    key: &'static ColumnMeta,
    /// How many there are with this one.
    count: usize,
}

impl Path {
    /// The query's own row.
    pub const ROOT: Self = Self {
        row: RowNumber::ROOT,
        last: None,
    };

    /// The row that an `any` opens.
    fn opened(row: RowNumber) -> Self {
        Self { row, last: None }
    }

    /// One step on. A path that is too long stays as it is: nothing of it can be asked (CWE-674).
    fn then(&self, key: &'static ColumnMeta) -> Self {
        if self.is_too_long() {
            return self.clone();
        }
        Self {
            row: self.row,
            last: Some(Arc::new(Step {
                before: self.clone(),
                key,
                count: self.count() + 1,
            })),
        }
    }

    /// A column of the path's last row, for a condition that [`wrap`](Self::wrap) says of its first.
    fn column(&self, meta: &'static ColumnMeta) -> Col {
        let row = match self.last {
            Some(_) => RowNumber::REACHED,
            None => self.row,
        };
        Col { row, meta }
    }

    fn count(&self) -> usize {
        self.last.as_ref().map_or(0, |step| step.count)
    }

    fn is_too_long(&self) -> bool {
        self.count() > bounds::MAX_STEPS
    }

    /// A condition on the path's last row, said of its first.
    fn wrap(&self, mut expr: Expr) -> Expr {
        if self.is_too_long() {
            return Expr::TooLarge(bounds::STEPS);
        }
        let mut path = self;
        while let Some(step) = &path.last {
            expr = Expr::through(step.before.column(step.key), expr);
            path = &step.before;
        }
        expr
    }

    /// A column of the path's last row, as a value.
    fn far(&self, meta: &'static ColumnMeta) -> Far {
        Far {
            row: self.row,
            keys: self.steps(),
            meta,
        }
    }

    /// One more than there may be, if it is too long.
    fn steps(&self) -> Vec<&'static ColumnMeta> {
        let (mut steps, mut path) = (Vec::new(), self);
        while let Some(step) = &path.last {
            steps.push(step.key);
            path = &step.before;
        }
        steps.reverse();
        steps
    }

    /// How the column compares with a value, or with a column of this row or of one outside.
    fn compare<S>(&self, op: Op, meta: &'static ColumnMeta, with: Compared) -> Filter<S> {
        let column = self.column(meta);
        Filter::new(match with.0 {
            Right::Value(value) => self.wrap(Expr::compare(op, column, value)),
            // As through the column's own keys: not equal to nothing that is there.
            Right::Column(far) if op == Op::Ne && !far.keys.is_empty() => {
                let there = far.is_there();
                self.wrap(Expr::Columns(op, column, far)).and(there)
            }
            Right::Column(far) => self.wrap(Expr::Columns(op, column, far)),
        })
    }
}

/// A column of type `T`, at the place `P`.
pub struct Column<P, T> {
    path: Path,
    meta: &'static ColumnMeta,
    types: Types<P, T>,
}

/// What stands on the right of a comparison.
#[doc(hidden)]
#[derive(Debug)]
pub struct Compared(Right);

#[derive(Debug)]
enum Right {
    Value(Value),
    Column(Far),
}

impl Compared {
    pub(crate) fn with(value: Value) -> Self {
        Self(Right::Value(value))
    }

    fn with_column(path: &Path, meta: &'static ColumnMeta) -> Self {
        Self(Right::Column(path.far(meta)))
    }
}

/// What a column of type `T` in a condition on `S` is compared with: a value, or a column of the same type, which belongs to
/// the same row, to one outside, or to one inside.
#[diagnostic::on_unimplemented(
    message = "a column of type `{T}` cannot be compared with `{Self}`",
    label = "expected `{T}`, or a column of it"
)]
pub trait Operand<S, T> {
    /// The row that the comparison is a condition on.
    type Scope: Scope;
    #[doc(hidden)]
    fn operand(self) -> Compared;
}
#[diagnostic::do_not_recommend]
impl<S: Scope, T: Field> Operand<S, T> for T {
    type Scope = S;
    fn operand(self) -> Compared {
        Compared::with(self.to_value())
    }
}
#[diagnostic::do_not_recommend]
impl<S: Scope, T: Field> Operand<S, T> for &T {
    type Scope = S;
    fn operand(self) -> Compared {
        Compared::with(self.to_value())
    }
}
impl<S: Join<P::Scope>, P: Place, T: Field> Operand<S, T> for &Column<P, T> {
    type Scope = S::Deeper;
    fn operand(self) -> Compared {
        Compared::with_column(&self.path, self.meta)
    }
}
impl<S: Join<P::Scope>, P: Place, T: Field> Operand<S, T> for &Column<P, Option<T>> {
    type Scope = S::Deeper;
    fn operand(self) -> Compared {
        Compared::with_column(&self.path, self.meta)
    }
}
/// A foreign key is the column that has the id.
impl<S: Join<P::Scope>, P: Place, M: Model> Operand<S, Id<M>> for &Rel<P, M> {
    type Scope = S::Deeper;
    fn operand(self) -> Compared {
        Compared::with_column(&self.path, self.meta)
    }
}
#[diagnostic::do_not_recommend]
impl<S: Scope> Operand<S, String> for &str {
    type Scope = S;
    fn operand(self) -> Compared {
        Compared::with(Value::Text(self.to_owned()))
    }
}

/// A value that a column of type `T` is compared with.
#[diagnostic::on_unimplemented(
    message = "a column of type `{T}` cannot be compared with `{Self}`",
    label = "expected `{T}`"
)]
pub trait Comparable<T> {
    #[doc(hidden)]
    fn to_bound(self) -> Value;
}
impl<T: Field> Comparable<T> for T {
    fn to_bound(self) -> Value {
        self.to_value()
    }
}
impl<T: Field> Comparable<T> for &T {
    fn to_bound(self) -> Value {
        self.to_value()
    }
}
impl Comparable<String> for &str {
    fn to_bound(self) -> Value {
        Value::Text(self.to_owned())
    }
}

/// Column types that are text, with the text's comparisons.
pub trait TextField: Field {}
impl TextField for String {}
impl TextField for Slug {}

/// Column types that have an order.
pub trait OrderedField: Field {}
impl OrderedField for String {}
impl OrderedField for Slug {}
impl OrderedField for i32 {}
impl OrderedField for i64 {}
impl OrderedField for f64 {}
impl OrderedField for DateTime {}
impl<M: 'static> OrderedField for Id<M> {}

impl<P: Place, T> Column<P, T> {
    pub(crate) fn new(path: Path, meta: &'static ColumnMeta) -> Self {
        Self {
            path,
            meta,
            types: PhantomData,
        }
    }

    pub(crate) fn condition(&self, expr: impl FnOnce(Col) -> Expr) -> Filter<P::Scope> {
        Filter::new(self.path.wrap(expr(self.path.column(self.meta))))
    }

    fn compare<S>(&self, op: Op, with: Compared) -> Filter<S> {
        self.path.compare(op, self.meta, with)
    }

    fn has(&self, op: Op, text: &str) -> Filter<P::Scope> {
        self.compare(op, Compared::with(Value::Text(text.to_owned())))
    }

    pub(crate) fn column_meta(&self) -> &'static ColumnMeta {
        self.meta
    }

    /// In this column's order, the smallest value first; missing values come before all.
    pub fn asc(&self) -> Order<P::Scope> {
        Order::new(self.path.steps(), self.meta, false)
    }

    /// Against this column's order, the greatest value first; missing values come last.
    pub fn desc(&self) -> Order<P::Scope> {
        Order::new(self.path.steps(), self.meta, true)
    }
}

macro_rules! comparisons {
    ($column:ty) => {
        impl<P: Place, T: Field> $column {
            /// Equal. Two columns are equal where both have a value.
            pub fn eq<V: Operand<P::Scope, T>>(&self, with: V) -> Filter<V::Scope> {
                self.compare(Op::Eq, with.operand())
            }

            /// Not equal; also true where a column has no value.
            pub fn ne<V: Operand<P::Scope, T>>(&self, with: V) -> Filter<V::Scope> {
                self.compare(Op::Ne, with.operand())
            }

            /// Equal to one of these.
            pub fn is_in<V: Comparable<T>>(&self, values: impl IntoIterator<Item = V>) -> Filter<P::Scope> {
                let values = values.into_iter().map(Comparable::to_bound);
                self.condition(|column| Expr::is_in(column, values))
            }
        }

        impl<P: Place, T: OrderedField> $column {
            /// Less.
            pub fn lt<V: Operand<P::Scope, T>>(&self, with: V) -> Filter<V::Scope> {
                self.compare(Op::Lt, with.operand())
            }

            /// Less or equal.
            pub fn le<V: Operand<P::Scope, T>>(&self, with: V) -> Filter<V::Scope> {
                self.compare(Op::Le, with.operand())
            }

            /// Greater.
            pub fn gt<V: Operand<P::Scope, T>>(&self, with: V) -> Filter<V::Scope> {
                self.compare(Op::Gt, with.operand())
            }

            /// Greater or equal.
            pub fn ge<V: Operand<P::Scope, T>>(&self, with: V) -> Filter<V::Scope> {
                self.compare(Op::Ge, with.operand())
            }
        }

        impl<P: Place, T: TextField> $column {
            /// Has this text in it.
            pub fn contains(&self, text: impl AsRef<str>) -> Filter<P::Scope> {
                self.has(Op::Contains, text.as_ref())
            }

            /// Has this text in it, ASCII letters' case apart.
            pub fn icontains(&self, text: impl AsRef<str>) -> Filter<P::Scope> {
                self.has(Op::ContainsIgnoringCase, text.as_ref())
            }

            /// Starts with this text.
            pub fn starts_with(&self, text: impl AsRef<str>) -> Filter<P::Scope> {
                self.has(Op::StartsWith, text.as_ref())
            }

            /// Ends with this text.
            pub fn ends_with(&self, text: impl AsRef<str>) -> Filter<P::Scope> {
                self.has(Op::EndsWith, text.as_ref())
            }
        }
    };
}
comparisons!(Column<P, T>);
comparisons!(Column<P, Option<T>>);

impl<P: Place, T: Field> Column<P, Option<T>> {
    /// The filter for rows that have no value here.
    pub fn is_null(&self) -> Filter<P::Scope> {
        self.condition(Expr::IsNull)
    }
}

impl<P: Place, U: UserModel> Column<P, Id<U>> {
    /// This user is whoever asks. Never true for nobody and for services.
    pub fn is<W>(&self, _: Who<W>) -> Filter<P::Scope> {
        self.condition(Expr::IsActor)
    }
}

/// A value that a column at the place `P` is set to, as the `I` that the column takes.
pub trait Assigned<P, I> {
    /// The changed row's model.
    type Model;
    #[doc(hidden)]
    fn assigned(self) -> I;
}
impl<P: OwnRow, I, V: Into<I>> Assigned<P, I> for V {
    type Model = P::Model;
    fn assigned(self) -> I {
        self.into()
    }
}

/// A row of `M` that a foreign key at the place `P` is set to refer to.
pub trait AssignedKey<P, M> {
    /// The changed row's model.
    type Model;
    #[doc(hidden)]
    fn assigned(self) -> Id<M>;
}
impl<P: OwnRow, M, V: IdOf<M>> AssignedKey<P, M> for V {
    type Model = P::Model;
    fn assigned(self) -> Id<M> {
        self.id_of()
    }
}

impl<P: Place, T: ModelField> Column<P, T> {
    /// Writes the column, in a change.
    pub fn set<V: Assigned<P, T::Input>>(&self, value: V) -> Assignment<V::Model> {
        Assignment::typed::<T>(self.meta, value.assigned())
    }
}

impl<P: Place> Column<P, i64> {
    /// Adds to the column, in a change: `n = n + by`. Saturates at the ends of the type (no error that
    /// could tell of a hidden row's value, CWE-209).
    pub fn increase_by(&self, by: i64) -> Assignment<P::Model>
    where
        P: OwnRow,
    {
        let mut assignment = Assignment::typed::<i64>(self.meta, by);
        assignment.add = true;
        assignment
    }
}

/// A model's column that takes what a form's field holds: the same type, and an id for a foreign key.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the model's column does not take a `{V}`",
    note = "with `#[form(edits = …)]` or `#[form(creates = …)]` a field has its column's type; a foreign key is an `Id<M>`, or an `Option<Id<M>>` where it \
            may be empty"
)]
pub trait Takes<V> {
    /// The model.
    type Of;
    /// The column's new value.
    fn take(&self, value: V) -> Assignment<Self::Of>;
}
impl<M: Model, T: ModelField<Input = T>> Takes<T> for Column<Own<M>, T> {
    type Of = M;
    fn take(&self, value: T) -> Assignment<M> {
        self.set(value)
    }
}
impl<R: Model, M: Model> Takes<Id<M>> for Rel<Own<R>, M> {
    type Of = R;
    fn take(&self, id: Id<M>) -> Assignment<R> {
        self.set(id)
    }
}
impl<R: Model, M: Model> Takes<Option<Id<M>>> for Rel<Own<R>, M> {
    type Of = R;
    fn take(&self, id: Option<Id<M>>) -> Assignment<R> {
        id.map_or_else(|| self.set_null(), |id| self.set(id))
    }
}

/// What `==` on a column asks for, and nothing is: it explains what to do.
#[diagnostic::on_unimplemented(
    message = "`==` and `!=` compare in Rust; a condition for the database is written `.eq(…)` or `.ne(…)`",
    label = "write `column.eq(value)`",
    note = "conditions are joined with `&` and `|`, and turned round with `!`"
)]
pub trait WriteEqInstead {}
/// What `<` on a column asks for, and nothing is: it explains what to do.
#[diagnostic::on_unimplemented(
    message = "`<` and `>` compare in Rust; a condition for the database is written `.lt(…)`, `.le(…)`, `.gt(…)` or `.ge(…)`",
    label = "write `column.lt(value)`",
    note = "conditions are joined with `&` and `|`, and turned round with `!`"
)]
pub trait WriteLtInstead: WriteEqInstead {}
impl<P: Place, T, V: WriteEqInstead> PartialEq<V> for Column<P, T> {
    fn eq(&self, _: &V) -> bool {
        false
    }
}
impl<P: Place, T, V: WriteLtInstead> PartialOrd<V> for Column<P, T> {
    fn partial_cmp(&self, _: &V) -> Option<std::cmp::Ordering> {
        None
    }
}
impl<P: Place, M: Model, V: WriteEqInstead> PartialEq<V> for Rel<P, M> {
    fn eq(&self, _: &V) -> bool {
        false
    }
}

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

/// What a foreign key to `M` in a condition on `S` is compared with: an id, or a column that holds one, which belongs to the
/// same row, to one outside, or to one inside.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no id of a `{M}`",
    label = "not an id of a `{M}`",
    note = "a foreign key is compared with an `Id`: `t.author.eq(user.id)`; with whoever asks by `t.author.is(who)`"
)]
pub trait KeyOperand<S, M> {
    /// The row that the comparison is a condition on.
    type Scope: Scope;
    #[doc(hidden)]
    fn operand(self) -> Compared;
}
#[diagnostic::do_not_recommend]
impl<S: Scope, M, T: Into<Id<M>>> KeyOperand<S, M> for T {
    type Scope = S;
    fn operand(self) -> Compared {
        Compared::with(Value::Uuid(self.into().uuid()))
    }
}
macro_rules! keys {
    ($($column:ty),+) => { $(
        impl<S: Join<P::Scope>, P: Place, M: Model> KeyOperand<S, M> for &$column {
            type Scope = S::Deeper;
            fn operand(self) -> Compared {
                Compared::with_column(&self.path, self.meta)
            }
        }
    )+ };
}
keys!(Rel<P, M>, Column<P, Id<M>>, Column<P, Option<Id<M>>>);

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

impl<C: Model> KeyOf<C> {
    /// For the derive: the foreign key that refers to rows of `M`.
    pub fn to<M: Model>(key: fn(&Columns<C>) -> &Rel<Own<C>, M>) -> Self {
        Self(key(&C::columns(&Path::ROOT)).meta, PhantomData)
    }
}

/// The rows of `C` that refer to a row at the place `P`: declared by `#[model(related(name: Child.field))]`.
pub struct Many<P: Place, C: Model> {
    path: Path,
    /// Asked for when it is needed: models may be each other's children, and a model its own.
    key: fn() -> KeyOf<C>,
    types: Types<P, C>,
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

    /// There is at least one of them.
    pub fn exists(&self) -> Filter<P::Scope> {
        self.having(RowNumber::opened(), Expr::True)
    }

    fn having(&self, number: RowNumber, inner: Expr) -> Filter<P::Scope> {
        let to = match self.path.last {
            Some(_) => RowNumber::REACHED,
            None => self.path.row,
        };
        let opened = Opened {
            number,
            model: C::meta,
            key: (self.key)().0,
            to,
        };
        Filter::new(self.path.wrap(Expr::any(opened, inner)))
    }
}

/// One key of an order.
#[derive(Debug, Clone)]
pub struct Order<R> {
    pub(crate) steps: Vec<&'static ColumnMeta>,
    pub(crate) column: &'static ColumnMeta,
    pub(crate) descending: bool,
    root: PhantomData<fn() -> R>,
}

impl<R> Order<R> {
    fn new(steps: Vec<&'static ColumnMeta>, column: &'static ColumnMeta, descending: bool) -> Self {
        Self {
            steps,
            column,
            descending,
            root: PhantomData,
        }
    }
}

/// What the closure of `.order_by(|a| …)` returns: one key or an array of keys.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an order of `{R}`",
    note = "write `.order_by(|a| a.created.desc())`, or several in an array"
)]
pub trait IntoOrder<R> {
    #[doc(hidden)]
    fn into_order(self) -> Vec<Order<R>>;
}
impl<R> IntoOrder<R> for Order<R> {
    fn into_order(self) -> Vec<Order<R>> {
        vec![self]
    }
}
impl<R, const N: usize> IntoOrder<R> for [Order<R>; N] {
    fn into_order(self) -> Vec<Order<R>> {
        self.into()
    }
}

/// A column's new value, checked against the model's limits.
#[derive(Debug, Clone)]
#[must_use = "an assignment does nothing until a change has it"]
pub struct Assignment<M> {
    pub(crate) column: &'static ColumnMeta,
    pub(crate) value: Value,
    pub(crate) add: bool,
    pub(crate) problem: Option<Problem>,
    model: PhantomData<fn() -> M>,
}

impl<M> Assignment<M> {
    fn typed<T: ModelField>(column: &'static ColumnMeta, input: T::Input) -> Self {
        let problem = T::check_input(&input, &column.limits).err();
        let mut assignment = Self::key(column, T::input_value(&input));
        assignment.problem = problem;
        assignment
    }

    fn key(column: &'static ColumnMeta, value: Value) -> Self {
        Self {
            column,
            value,
            add: false,
            problem: None,
            model: PhantomData,
        }
    }
}

/// What stands for a `{}` in `sql!`: a column of the query, or a value to bind.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand for a `{{}}` of `sql!`",
    label = "neither a column of this query nor a value of a column's type",
    note = "a `{{}}` takes a column (`t.title`), a foreign key (`t.author`), or a value that a column could have: text, numbers, an id, a time"
)]
pub trait FragmentValue<R> {
    #[doc(hidden)]
    fn into_arg(self) -> FragmentPart<R>;
}

#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct FragmentPart<R>(pub(crate) FragmentArg, PhantomData<fn() -> R>);

impl<P: Place, T> FragmentValue<P::Scope> for &Column<P, T> {
    fn into_arg(self) -> FragmentPart<P::Scope> {
        FragmentPart(FragmentArg::Column(self.path.far(self.meta)), PhantomData)
    }
}
/// A foreign key is the column that has the id.
impl<P: Place, M: Model> FragmentValue<P::Scope> for &Rel<P, M> {
    fn into_arg(self) -> FragmentPart<P::Scope> {
        FragmentPart(FragmentArg::Column(self.path.far(self.meta)), PhantomData)
    }
}
#[diagnostic::do_not_recommend]
impl<R: Scope, T: Field> FragmentValue<R> for &T {
    fn into_arg(self) -> FragmentPart<R> {
        FragmentPart(FragmentArg::Value(self.to_value()), PhantomData)
    }
}
impl<R: Scope> FragmentValue<R> for &&str {
    fn into_arg(self) -> FragmentPart<R> {
        FragmentPart(FragmentArg::Value(Value::Text((*self).to_owned())), PhantomData)
    }
}

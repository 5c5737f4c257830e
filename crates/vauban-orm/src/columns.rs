//! Columns as queries and rules see them: typed, and generic over the model that the query is about.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::bounds;
use crate::expr::{Expr, FragmentArg, Op};
use crate::field::{Field, ModelField};
use crate::filter::{Filter, IntoFilter};
use crate::meta::{ColumnMeta, ModelMeta};
use crate::model::{Model, UserModel};
use crate::policy::Who;
use crate::problem::Problem;
use crate::types::{DateTime, Id, Slug};
use crate::value::Value;

/// Types that a column only speaks of.
type Types<R, O, T> = PhantomData<fn() -> (R, O, T)>;

/// The columns of `M` in a query on `R` (by default on `M` itself).
pub type Columns<M, R = M> = <M as Model>::Columns<R>;

/// The foreign keys on the way from the query's row to the column's.
#[doc(hidden)]
#[derive(Clone, Default, Debug)]
pub struct Path(Option<Arc<Step>>);

#[derive(Debug)]
struct Step {
    before: Path,
    key: &'static ColumnMeta,
    /// How many there are with this one.
    count: usize,
}

impl Path {
    /// The query's own row.
    pub const ROOT: Self = Self(None);

    /// One step on. A path that is too long stays as it is: nothing of it can be asked (CWE-674).
    fn then(&self, key: &'static ColumnMeta) -> Self {
        if self.is_too_long() {
            return self.clone();
        }
        Self(Some(Arc::new(Step {
            before: self.clone(),
            key,
            count: self.count() + 1,
        })))
    }

    fn count(&self) -> usize {
        self.0.as_ref().map_or(0, |step| step.count)
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
        while let Some(step) = &path.0 {
            expr = Expr::through(step.key, expr);
            path = &step.before;
        }
        expr
    }

    /// One more than there may be, if it is too long.
    fn steps(&self) -> Vec<&'static ColumnMeta> {
        let (mut steps, mut path) = (Vec::new(), self);
        while let Some(step) = &path.0 {
            steps.push(step.key);
            path = &step.before;
        }
        steps.reverse();
        steps
    }
}

/// A column of type `T`, owned by the model `O`, in a query on `R`.
pub struct Column<R, O, T> {
    path: Path,
    meta: &'static ColumnMeta,
    types: Types<R, O, T>,
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

impl<R: Model, O: Model, T> Column<R, O, T> {
    pub(crate) fn new(path: Path, meta: &'static ColumnMeta) -> Self {
        Self {
            path,
            meta,
            types: PhantomData,
        }
    }

    pub(crate) fn condition(&self, expr: Expr) -> Filter<R> {
        Filter::new(self.path.wrap(expr))
    }

    fn compare(&self, op: Op, value: Value) -> Filter<R> {
        self.condition(Expr::compare(op, self.meta, value))
    }

    pub(crate) fn column_meta(&self) -> &'static ColumnMeta {
        self.meta
    }

    /// In this column's order, the smallest value first; missing values come before all.
    pub fn asc(&self) -> Order<R> {
        Order::new(self.path.steps(), self.meta, false)
    }

    /// Against this column's order, the greatest value first; missing values come last.
    pub fn desc(&self) -> Order<R> {
        Order::new(self.path.steps(), self.meta, true)
    }
}

macro_rules! comparisons {
    ($column:ty) => {
        impl<R: Model, O: Model, T: Field> $column {
            /// Equal.
            pub fn eq(&self, value: impl Comparable<T>) -> Filter<R> {
                self.compare(Op::Eq, value.to_bound())
            }

            /// Not equal; also true where the column has no value.
            pub fn ne(&self, value: impl Comparable<T>) -> Filter<R> {
                self.compare(Op::Ne, value.to_bound())
            }

            /// Equal to one of these.
            pub fn is_in<V: Comparable<T>>(&self, values: impl IntoIterator<Item = V>) -> Filter<R> {
                let values = values.into_iter().map(Comparable::to_bound);
                self.condition(Expr::is_in(self.meta, values))
            }
        }

        impl<R: Model, O: Model, T: OrderedField> $column {
            /// Less.
            pub fn lt(&self, value: impl Comparable<T>) -> Filter<R> {
                self.compare(Op::Lt, value.to_bound())
            }

            /// Less or equal.
            pub fn le(&self, value: impl Comparable<T>) -> Filter<R> {
                self.compare(Op::Le, value.to_bound())
            }

            /// Greater.
            pub fn gt(&self, value: impl Comparable<T>) -> Filter<R> {
                self.compare(Op::Gt, value.to_bound())
            }

            /// Greater or equal.
            pub fn ge(&self, value: impl Comparable<T>) -> Filter<R> {
                self.compare(Op::Ge, value.to_bound())
            }
        }

        impl<R: Model, O: Model, T: TextField> $column {
            /// Has this text in it.
            pub fn contains(&self, text: impl AsRef<str>) -> Filter<R> {
                self.compare(Op::Contains, Value::Text(text.as_ref().to_owned()))
            }

            /// Has this text in it, ASCII letters' case apart.
            pub fn icontains(&self, text: impl AsRef<str>) -> Filter<R> {
                self.compare(
                    Op::ContainsIgnoringCase,
                    Value::Text(text.as_ref().to_owned()),
                )
            }

            /// Starts with this text.
            pub fn starts_with(&self, text: impl AsRef<str>) -> Filter<R> {
                self.compare(Op::StartsWith, Value::Text(text.as_ref().to_owned()))
            }

            /// Ends with this text.
            pub fn ends_with(&self, text: impl AsRef<str>) -> Filter<R> {
                self.compare(Op::EndsWith, Value::Text(text.as_ref().to_owned()))
            }
        }
    };
}
comparisons!(Column<R, O, T>);
comparisons!(Column<R, O, Option<T>>);

impl<R: Model, O: Model, T: Field> Column<R, O, Option<T>> {
    /// The filter for rows that have no value here.
    pub fn is_null(&self) -> Filter<R> {
        self.condition(Expr::IsNull(self.meta))
    }
}

impl<R: Model, O: UserModel> Column<R, O, Id<O>> {
    /// This user is whoever asks. Never true for nobody and for services.
    pub fn is<W>(&self, _: Who<W>) -> Filter<R> {
        self.condition(Expr::IsActor(self.meta))
    }
}

impl<M: Model, T: ModelField> Column<M, M, T> {
    /// Writes the column, in a change.
    pub fn set(&self, value: impl Into<T::Input>) -> Assignment<M> {
        Assignment::typed::<T>(&self.path, self.meta, value.into())
    }
}

impl<M: Model> Column<M, M, i64> {
    /// Adds to the column, in a change: `n = n + by`. Saturates at the ends of the type (no error that
    /// could tell of a hidden row's value, CWE-209).
    pub fn increase_by(&self, by: i64) -> Assignment<M> {
        let mut assignment = Assignment::typed::<i64>(&self.path, self.meta, by);
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
impl<M: Model, T: ModelField<Input = T>> Takes<T> for Column<M, M, T> {
    type Of = M;
    fn take(&self, value: T) -> Assignment<M> {
        self.set(value)
    }
}
impl<R: Model, M: Model> Takes<Id<M>> for Rel<R, R, M> {
    type Of = R;
    fn take(&self, id: Id<M>) -> Assignment<R> {
        self.set(id)
    }
}
impl<R: Model, M: Model> Takes<Option<Id<M>>> for Rel<R, R, M> {
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
impl<R, O, T, V: WriteEqInstead> PartialEq<V> for Column<R, O, T> {
    fn eq(&self, _: &V) -> bool {
        false
    }
}
impl<R, O, T, V: WriteLtInstead> PartialOrd<V> for Column<R, O, T> {
    fn partial_cmp(&self, _: &V) -> Option<std::cmp::Ordering> {
        None
    }
}
impl<R: Model, O, M: Model, V: WriteEqInstead> PartialEq<V> for Rel<R, O, M> {
    fn eq(&self, _: &V) -> bool {
        false
    }
}

/// A foreign key from the model `O` to the model `M`, in a query on `R`. Dereferences to `M`'s columns.
pub struct Rel<R: Model, O, M: Model> {
    path: Path,
    meta: &'static ColumnMeta,
    target: OnceLock<Box<M::Columns<R>>>,
    owner: PhantomData<fn() -> O>,
}

/// What a foreign key is compared with, and set to.
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

impl<R: Model, O: Model, M: Model> Rel<R, O, M> {
    pub(crate) fn new(path: Path, meta: &'static ColumnMeta) -> Self {
        Self {
            path,
            meta,
            target: OnceLock::new(),
            owner: PhantomData,
        }
    }

    fn condition(&self, expr: Expr) -> Filter<R> {
        Filter::new(self.path.wrap(expr))
    }

    /// Refers to this row.
    pub fn eq(&self, id: impl IdOf<M>) -> Filter<R> {
        self.condition(Expr::Compare(Op::Eq, self.meta, Value::Uuid(id.id_of().uuid())))
    }

    /// Does not refer to this row.
    pub fn ne(&self, id: impl IdOf<M>) -> Filter<R> {
        self.condition(Expr::Compare(Op::Ne, self.meta, Value::Uuid(id.id_of().uuid())))
    }

    /// Refers to one of these rows.
    pub fn is_in(&self, ids: impl IntoIterator<Item = Id<M>>) -> Filter<R> {
        let values = ids.into_iter().map(|id| Value::Uuid(id.uuid()));
        self.condition(Expr::is_in(self.meta, values))
    }

    /// The filter for rows that refer to nothing here.
    pub fn is_null(&self) -> Filter<R> {
        self.condition(Expr::IsNull(self.meta))
    }

    /// Refers to a row that whoever asks may see, by `M`'s own view rule.
    pub fn visible<W>(&self, _: Who<W>) -> Filter<R> {
        self.condition(Expr::Visible(self.meta))
    }

    /// Smallest id first (UUIDv7: oldest first).
    pub fn asc(&self) -> Order<R> {
        Order::new(self.path.steps(), self.meta, false)
    }

    pub(crate) fn column_meta(&self) -> &'static ColumnMeta {
        self.meta
    }

    pub(crate) fn root_key(&self) -> Option<&'static ColumnMeta> {
        self.path.0.is_none().then_some(self.meta)
    }
}

impl<R: Model, O: Model, M: UserModel> Rel<R, O, M> {
    /// Refers to whoever asks. Never true for nobody and for services, and where it refers to nothing.
    pub fn is<W>(&self, _: Who<W>) -> Filter<R> {
        self.condition(Expr::IsActor(self.meta))
    }
}

impl<R: Model, M: Model> Rel<R, R, M> {
    /// Writes the foreign key, in a change. The actor must be allowed to see the row it will refer to.
    pub fn set(&self, id: impl IdOf<M>) -> Assignment<R> {
        Assignment::key(&self.path, self.meta, Value::Uuid(id.id_of().uuid()))
    }

    /// Empties the foreign key, in a change.
    pub fn set_null(&self) -> Assignment<R> {
        Assignment::key(&self.path, self.meta, Value::Null)
    }
}

impl<R: Model, O: Model, M: Model> Deref for Rel<R, O, M> {
    type Target = M::Columns<R>;
    fn deref(&self) -> &M::Columns<R> {
        if self.path.is_too_long() {
            return beyond::<M, R>(&self.path);
        }
        self.target
            .get_or_init(|| Box::new(M::columns(&self.path.then(self.meta))))
    }
}

/// The columns behind a path that is too long, the same ones for ever: `folder.parent.parent…`, as often as a request says,
/// is no chain of boxes that takes the stack when it is dropped (CWE-674).
fn beyond<M: Model, R: Model>(path: &Path) -> &'static M::Columns<R> {
    type Made = BTreeMap<TypeId, &'static (dyn Any + Send + Sync)>;
    static MADE: Mutex<Made> = Mutex::new(Made::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let pair = TypeId::of::<(M, R)>();
    let known: Option<&'static (dyn Any + Send + Sync)> = made.get(&pair).copied();
    if let Some(columns) = known.and_then(|columns| columns.downcast_ref()) {
        return columns;
    }
    // Once for a pair of models, of which a program has so many and no more.
    let columns: &'static M::Columns<R> = Box::leak(Box::new(M::columns(path)));
    made.insert(pair, columns);
    columns
}

/// The rows of `C` that refer to a row of `O`, in a query on `R`: declared by
/// `#[model(related(name: Child.field))]`.
pub struct Many<R, O: Model, C: Model> {
    path: Path,
    child: fn() -> &'static ModelMeta,
    /// Asked for where it is used: columns that held the columns of their children would have no end.
    key: fn(&C::Columns<C>) -> &Rel<C, C, O>,
    types: Types<R, O, C>,
}

impl<R: Model, O: Model, C: Model> Many<R, O, C> {
    #[doc(hidden)]
    pub fn new(path: &Path, key: fn(&C::Columns<C>) -> &Rel<C, C, O>) -> Self {
        Self {
            path: path.clone(),
            child: C::meta,
            key,
            types: PhantomData,
        }
    }

    /// At least one of them is so.
    pub fn any<F: IntoFilter<C>>(&self, condition: impl FnOnce(&C::Columns<C>) -> F) -> Filter<R> {
        let columns = C::columns::<C>(&Path::ROOT);
        let inner = condition(&columns).into_filter().expr;
        let key = (self.key)(&columns).meta;
        Filter::new(self.path.wrap(Expr::any(self.child, key, inner)))
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
    fn typed<T: ModelField>(path: &Path, column: &'static ColumnMeta, input: T::Input) -> Self {
        let problem = T::check_input(&input, &column.limits).err();
        let mut assignment = Self::key(path, column, T::input_value(&input));
        assignment.problem = assignment.problem.or(problem);
        assignment
    }

    fn key(path: &Path, column: &'static ColumnMeta, value: Value) -> Self {
        // A reference from a model to itself gives the other row's columns the same type.
        let problem = path
            .0
            .is_some()
            .then(|| Problem::new("own_columns_only", "Only the row's own columns can be set."));
        Self {
            column,
            value,
            add: false,
            problem,
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

impl<R: Model, O: Model, T> FragmentValue<R> for &Column<R, O, T> {
    fn into_arg(self) -> FragmentPart<R> {
        FragmentPart(FragmentArg::Column(self.path.steps(), self.meta), PhantomData)
    }
}
/// A foreign key is the column that has the id.
impl<R: Model, O: Model, M: Model> FragmentValue<R> for &Rel<R, O, M> {
    fn into_arg(self) -> FragmentPart<R> {
        FragmentPart(FragmentArg::Column(self.path.steps(), self.meta), PhantomData)
    }
}
#[diagnostic::do_not_recommend]
impl<R: Model, T: Field> FragmentValue<R> for &T {
    fn into_arg(self) -> FragmentPart<R> {
        FragmentPart(FragmentArg::Value(self.to_value()), PhantomData)
    }
}
impl<R: Model> FragmentValue<R> for &&str {
    fn into_arg(self) -> FragmentPart<R> {
        FragmentPart(FragmentArg::Value(Value::Text((*self).to_owned())), PhantomData)
    }
}

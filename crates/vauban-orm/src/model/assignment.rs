//! What columns are set to, in a change and in a new row.

use std::marker::PhantomData;

use crate::model::Model;
use crate::model::columns::Column;
use crate::model::field::ModelField;
use crate::model::key::{IdOf, Rel};
use crate::model::scope::{Own, OwnRow};
use crate::model::types::Id;
use crate::problem::Problem;
use crate::tree::limits::check_nul;
use crate::tree::meta::ColumnMeta;
use crate::tree::term::Term;
use crate::tree::value::{Kind, Value};

/// A column's new value, checked against the model's limits.
#[derive(Debug, Clone)]
#[must_use = "an assignment does nothing until a change has it"]
pub struct Assignment<M> {
    pub(crate) column: &'static ColumnMeta,
    pub(crate) new: New,
    pub(crate) problem: Option<Problem>,
    model: PhantomData<fn() -> M>,
}

/// Said of a document that is computed, or comes from where larger ones are.
const ONLY_COPIED: Problem = Problem::new(
    "only_copied",
    "A document is copied from a column whose documents are no larger.",
);

/// What a column is set to.
#[derive(Debug, Clone)]
pub(crate) enum New {
    Value(Value),
    /// So much more than it is, up to the ends of what the column holds.
    More(Value),
    /// What the database computes of the row as it is.
    Term(Term),
}

impl<M> Assignment<M> {
    pub(super) fn typed<T: ModelField>(column: &'static ColumnMeta, input: T::Input) -> Self {
        let problem = T::check_input(&input, &column.limits).err();
        let mut assignment = Self::key(column, T::input_value(&input));
        assignment.problem = problem;
        assignment
    }

    /// Of a column that is known by its metadata, with what is wrong with its value.
    pub(crate) fn untyped(column: &'static ColumnMeta, value: Result<Value, Problem>) -> Self {
        let (value, problem) = match value {
            Ok(value) => (value, None),
            Err(problem) => (Value::Null, Some(problem)),
        };
        Self {
            problem,
            ..Self::key(column, value)
        }
    }

    pub(super) fn key(column: &'static ColumnMeta, value: Value) -> Self {
        Self::of(column, New::Value(value))
    }

    /// So much more, whatever the bounds of the field say of `by` itself.
    pub(super) fn more(column: &'static ColumnMeta, by: i64) -> Self {
        Self::of(column, New::More(Value::Integer(by)))
    }

    /// What the database computes. CWE-20: a constant that may become the value is checked as one that is set.
    pub(crate) fn computed(column: &'static ColumnMeta, term: Term) -> Self {
        let mut constants = Vec::new();
        term.constants(true, &mut constants);
        let wrong = constants
            .into_iter()
            .find_map(|(kind, value, is_all)| match value {
                Value::Null => None,
                value if is_all && kind == column.kind => {
                    (column.untyped.accepted)(value.as_ref(), Some(&column.limits)).err()
                }
                Value::Text(text) => check_nul(text).err(),
                _ => None,
            });
        // PostgreSQL writes documents otherwise than they were given, so that there is no one measure in the database.
        let too_large = column.kind == Kind::Json
            && !matches!(&term, Term::Column(far) if far.meta.limits.max_length <= column.limits.max_length);
        let mut assignment = Self::of(column, New::Term(term));
        assignment.problem = wrong.or(too_large.then_some(ONLY_COPIED));
        assignment
    }

    fn of(column: &'static ColumnMeta, new: New) -> Self {
        Self {
            column,
            new,
            problem: None,
            model: PhantomData,
        }
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

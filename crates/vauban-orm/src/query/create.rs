//! INSERT: the add rule is part of the statement, with the row's columns replaced by its values.

use std::marker::PhantomData;
use std::sync::Arc;

use super::constraint::{hidden_target, position, targets, translate};
use super::seal::{Seal, Taken, unless_taken, with_index};
use super::stored::mismatch;
use crate::backend::Session;
use crate::error::{Error, FieldProblem, Refusal, Result};
use crate::model::assignment::{Assignment, New};
use crate::model::columns::Columns;
use crate::model::path::Path;
use crate::model::record::Record;
use crate::model::types::{DateTime, Id};
use crate::model::{Model, NewValues};
use crate::policy::actor::Action;
use crate::policy::actor::actions::Add;
use crate::policy::authority::Authority;
use crate::problem::Problem;
use crate::sabotage::{Control, removed};
use crate::sql::dialect::Dialect;
use crate::sql::render::{Cond, Renderer, Row};
use crate::sql::source::insert;
use crate::sql::statement::{Statement, Text};
use crate::tree::expr::{Bind, push, push_number};
use crate::tree::meta::{Auto, ColumnMeta, ModelMeta, Privilege};
use crate::tree::value::{Kind, Value};
use crate::unit::Steps;
use crate::unit::handles::{Bound, Writes};

/// A row to be added: `Article::create(NewArticle { … }).save(&db)`.
#[derive(Debug, Clone)]
#[must_use = "nothing is added before `save`"]
pub struct Create<M> {
    new: NewValues,
    set: Vec<Assignment<M>>,
}

impl<M: Model> Create<M> {
    #[doc(hidden)]
    pub fn new(new: M::New) -> Self {
        const { M::__DERIVED.is_so() };
        Self {
            new: M::new_values(new),
            set: Vec::new(),
        }
    }

    /// As `new`, from columns alone. A form's derive calls it, and has checked that none is missing; of one that is missing all
    /// the same the database says that it may not be empty.
    #[doc(hidden)]
    pub fn of(set: Vec<Assignment<M>>) -> Self {
        const { M::__DERIVED.is_so() };
        Self {
            new: NewValues::none(M::meta()),
            set,
        }
    }

    /// Sets fields that have a value of their own (a default): `.set(|a| [a.published.set(true)])`. Columns
    /// that carry privilege need a rule that names them, or a service with `Grant`.
    pub fn set<A: IntoIterator<Item = Assignment<M>>>(mut self, set: impl FnOnce(&Columns<M>) -> A) -> Self {
        self.set.extend(set(&M::columns(&Path::ROOT)));
        self
    }

    /// Adds the row, if the add rule allows its values and every row that it refers to may be seen.
    ///
    /// # Errors
    /// [`Error::Forbidden`], or by field [`Error::Invalid`] and [`Error::Unique`].
    pub async fn save(self, db: &dyn Writes<Add, M>) -> Result<M> {
        self.save_in(M::meta(), db.bound()).await
    }
}

impl<M: Record> Create<M> {
    /// A row of these values, where no type is known: of each column, `None` is what it has of its own.
    pub(crate) fn of_columns(new: NewValues, set: Vec<Assignment<M>>) -> Self {
        Self { new, set }
    }

    pub(crate) async fn save_in(self, model: &'static ModelMeta, bound: &Bound) -> Result<M> {
        let insert = Insert::new(model, self)?;
        let done = bound.write(insert).await;
        super::written::written(bound, model, Action::Add, done)
    }
}

pub(super) struct Insert<M> {
    row: PhantomData<fn() -> M>,
    pub(super) model: &'static ModelMeta,
    pub(super) values: Vec<Value>,
    /// Columns that carry privilege and were set.
    pub(super) privileged: Vec<usize>,
}

impl<M> Clone for Insert<M> {
    fn clone(&self) -> Self {
        Self {
            row: PhantomData,
            model: self.model,
            values: self.values.clone(),
            privileged: self.privileged.clone(),
        }
    }
}

impl<M: Record> Insert<M> {
    pub(super) fn new(model: &'static ModelMeta, create: Create<M>) -> Result<Self> {
        let mut problems: Vec<FieldProblem> = create
            .new
            .problems
            .into_iter()
            .map(|(field, problem)| FieldProblem { field, problem })
            .collect();
        let mut values = create.new.values;
        let mut privileged = Vec::new();
        for assignment in create.set {
            let position = position(model, assignment.column)?;
            if let Some(problem) = assignment.problem {
                problems.push(FieldProblem {
                    field: assignment.column.field,
                    problem,
                });
            }
            if assignment.column.auto == Auto::Id || assignment.column.auto == Auto::RandomId {
                problems.push(FieldProblem {
                    field: assignment.column.field,
                    problem: crate::model::field::ID_IS_NEVER_SET,
                });
            }
            if assignment.column.privilege == Privilege::Privileged {
                privileged.push(position);
            }
            values[position] = Some(match assignment.new {
                New::Value(value) | New::More(value) => value,
                New::Term(_) => {
                    return Err(Error::Internal(format!(
                        "`{}.{}` of a new row is set by `set_to`, and there is no row yet to compute it of: write `set`",
                        model.name, assignment.column.field
                    )));
                }
            });
        }
        for (position, column) in model.columns.iter().enumerate() {
            // It is found by what is set beside it.
            if let Some(index) = with_index(model, column).and_then(|index| model.position(index)) {
                values[index] = values[position].clone();
            }
        }
        let now = DateTime::now();
        let values = model
            .columns
            .iter()
            .zip(values)
            .map(|(column, given)| match (given, column.auto) {
                (Some(value), _) => value,
                (None, Auto::Id) => Value::Uuid(Id::<M>::new().uuid()),
                (None, Auto::RandomId) => Value::Uuid(Id::<M>::random().uuid()),
                (None, Auto::NowAdd | Auto::Now) => Value::Integer(now.micros()),
                (None, Auto::No) => column.default.map_or(Value::Null, |default| {
                    defaulted(column, default()).unwrap_or_else(|problem| {
                        let field = column.field;
                        problems.push(FieldProblem { field, problem });
                        Value::Null
                    })
                }),
            })
            .collect();
        if !problems.is_empty() && !removed(Control::Validation) {
            return Err(Error::Invalid(problems));
        }
        Ok(Self {
            row: PhantomData,
            model,
            values,
            privileged,
        })
    }

    fn text(&self, dialect: Dialect, authority: &Authority) -> Result<Text> {
        let model = self.model;
        let mut renderer = Renderer::new(dialect, authority, true, self.values.len());
        let new: Vec<_> = model
            .columns
            .iter()
            .map(|column| (column, dialect.constant(column.kind, renderer.one(column.kind))))
            .collect();
        let condition = condition(&mut renderer, model, &new, &self.privileged)?;
        let values: Vec<_> = new.iter().map(|(_, value)| value.as_str()).collect();
        let (id, rest) = values
            .split_first()
            .ok_or_else(|| Error::Internal(format!("`{}` has no columns", model.name)))?;
        let rest: String = rest.iter().map(|value| format!("{value}, ")).collect();
        let columns = columns(model);
        let sql = insert(dialect, model, &columns, (id, &format!("{rest}1")), &condition);
        let reads_its_own = renderer.has_asked(model) || condition.raises();
        let in_turn = renderer.has_opened(0, model);
        let mut text = renderer.text(sql)?;
        text.reads_its_own = reads_its_own;
        text.in_turn = in_turn;
        Ok(text)
    }

    /// The text that adds it, under the add rule.
    pub(super) fn kept_text(&self, authority: &Authority, session: Session<'_>) -> Result<Arc<Text>> {
        let mut key = vec![b'I'];
        push(&mut key, self.model);
        authority.shape(&mut key);
        self.privileged
            .iter()
            .for_each(|position| push_number(&mut key, *position));
        session.text(&key, || self.text(session.dialect(), authority))
    }

    /// Why it is not added.
    pub(super) async fn why_not(&self, authority: &Authority, session: Session<'_>) -> Result<Error> {
        let new: Vec<_> = self.model.columns.iter().zip(&self.values).collect();
        let hidden = hidden_target(authority, session, &new).await?;
        Ok(hidden.unwrap_or(Error::Forbidden))
    }

    /// The row as it is written, if something of it is sealed.
    pub(super) async fn sealed(&self, seal: &mut Seal<'_>) -> Result<Self> {
        Ok(Self {
            values: seal.row(&self.values).await?,
            ..self.clone()
        })
    }

    /// The row that was added.
    pub(super) fn added(&self) -> Result<M> {
        M::of_values(self.model, &self.values).map_err(mismatch(self.model))
    }

    /// Whether the row has no id, because it may not be added.
    pub(super) fn is_refusal(&self, error: &Error) -> bool {
        let id = || format!("{}.{}", self.model.table, self.model.id().column);
        match error {
            Error::Database(refused) => {
                matches!(refused.refusal(), Some(Refusal::NotNull(column)) if *column == id())
            }
            _ => false,
        }
    }
}

impl<M: Record> Steps for Insert<M> {
    type Found = M;

    async fn run(&self, authority: &Authority, session: Session<'_>, said: &mut String) -> Result<M> {
        let mut seal = Seal::of(session, authority, self.model);
        let sealed = match &mut seal {
            Some(seal) => Some(Box::pin(self.sealed(seal)).await?),
            None => None,
        };
        let taken = seal.and_then(|mut seal| seal.taken()).map(Taken::error);
        let written = sealed.as_ref().unwrap_or(self);
        let values: Vec<Bind<'_>> = written.values.iter().map(Bind::One).collect();
        let changes = authority.changes_of(self.model);
        if let Some(changes) = changes {
            changes.has_room(&written.values)?;
        }
        let text = self.kept_text(authority, session)?;
        text.note(said);
        let statement = Statement {
            text: &text,
            actor: authority.id(),
            values: &values,
        };
        unless_taken(taken, session, async {
            let added = match session.execute(&statement).await {
                Err(error) if self.is_refusal(&error) => 0,
                done => done.map_err(|error| translate(error, self.model))?,
            };
            match added {
                1 => Ok(()),
                _ => Err(self.why_not(authority, session).await?),
            }
        })
        .await?;
        if let Some(changes) = changes {
            changes.added(authority.actor, self.model, &written.values)?;
        }
        self.added()
    }
}

/// CWE-754: a document that no column takes is told as one, also where nobody gave it.
fn defaulted(column: &ColumnMeta, value: Value) -> std::result::Result<Value, Problem> {
    match (column.kind, &value) {
        (Kind::Json, Value::Text(_)) => (column.untyped.accepted)(value.as_ref(), Some(&column.limits)),
        _ => Ok(value),
    }
}

/// What must hold of a new row: the add rule, targets, columns that carry privilege. The row does not exist yet, and relations
/// are read as they are: no row justifies itself.
pub(super) fn condition(
    renderer: &mut Renderer<'_>,
    model: &'static ModelMeta,
    new: &[(&'static ColumnMeta, String)],
    privileged: &[usize],
) -> Result<Cond> {
    let row = Row { alias: "t", new };
    let mut condition = renderer.rule(Action::Add, model, row)?;
    condition = condition.and(targets(renderer, new)?);
    for position in privileged {
        condition = condition.and(renderer.may_set(Action::Add, model, &model.columns[*position], row)?);
    }
    Ok(condition)
}

/// The columns that a new row is given.
pub(super) fn columns(model: &ModelMeta) -> String {
    let all = model.columns.iter();
    let mut all: Vec<_> = all.map(|column| format!("\"{}\"", column.column)).collect();
    all.push("\"row_version\"".to_owned());
    all.join(", ")
}

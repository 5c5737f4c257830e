//! Chosen values instead of whole rows, and what many rows become: `.values(…)`, `.aggregate(…)`, `.group_by(…)`.

use super::rows::Page;
use super::select::Select;
use super::stored::mismatch;
use super::{QuerySet, one};
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::columns::Columns;
use crate::model::expression::{IntoExpression, OneValue};
use crate::model::field::ModelField;
use crate::model::key::own_columns;
use crate::model::record::Record;
use crate::model::scope::Grouped;
use crate::policy::authority::Authority;
use crate::sql::dialect::Dialect;
use crate::sql::render::{Renderer, Scope};
use crate::sql::source::Which;
use crate::sql::statement::{Statement, Text};
use crate::tree::expr::{Bind, Expr, push, push_number};
use crate::tree::term::Term;
use crate::tree::value::{Mismatch, RowReader};
use crate::unit::Steps;
use crate::unit::handles::{Bound, Reads};

/// What the closures of `.values(|a| …)` and `.aggregate(|a| …)` return: one value, or a tuple of up to eight.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no values of `{S}`",
    label = "not one value, nor a tuple of values of this row",
    note = "write columns by reference: `(&a.title, &a.author.email)`, or what is computed of them: `a.title.length()`; what is \
            counted or added up over many rows stands in `.aggregate(…)`, or behind `.group_by(…)`"
)]
pub trait ChosenValues<S> {
    /// As which a row of them is read.
    type Row: Send + 'static;
    #[doc(hidden)]
    fn terms(self) -> ChosenTerms;
    #[doc(hidden)]
    fn read(row: &mut RowReader<'_>) -> Result<Self::Row, Mismatch>;
}
/// What a query is asked for.
#[doc(hidden)]
#[derive(Debug)]
pub struct ChosenTerms(pub(super) Vec<Term>);

impl<S, E: IntoExpression<S> + OneValue> ChosenValues<S> for E {
    type Row = E::Value;
    fn terms(self) -> ChosenTerms {
        ChosenTerms(vec![self.into_expression().term])
    }
    fn read(row: &mut RowReader<'_>) -> Result<E::Value, Mismatch> {
        <E::Value as ModelField>::read(row)
    }
}
macro_rules! tuples {
    ($($name:ident)+) => {
        #[diagnostic::do_not_recommend]
        impl<S, $($name: IntoExpression<S>),+> ChosenValues<S> for ($($name,)+) {
            type Row = ($($name::Value,)+);
            #[allow(non_snake_case, reason = "a name for each type")]
            fn terms(self) -> ChosenTerms {
                let ($($name,)+) = self;
                ChosenTerms(vec![$($name.into_expression().term),+])
            }
            fn read(row: &mut RowReader<'_>) -> Result<Self::Row, Mismatch> {
                Ok(($(<$name::Value as ModelField>::read(row)?,)+))
            }
        }
    };
}
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);

/// Reads a row of values.
pub(super) type ReadRow<R> = fn(&mut RowReader<'_>) -> Result<R, Mismatch>;

/// A query for chosen values of the rows of `M`, each read as an `R`: from [`QuerySet::values`].
#[must_use = "a query reads nothing until `all`, `page`, `get`, …"]
pub struct ValuesQuery<M, R> {
    query: QuerySet<M>,
    terms: Vec<Term>,
    distinct: bool,
    read: ReadRow<R>,
}

impl<M, R> Clone for ValuesQuery<M, R> {
    fn clone(&self) -> Self {
        Self {
            query: self.query.clone(),
            terms: self.terms.clone(),
            distinct: self.distinct,
            read: self.read,
        }
    }
}
impl<M, R> std::fmt::Debug for ValuesQuery<M, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ValuesQuery").field(&self.query).finish()
    }
}

impl<M: Model> QuerySet<M> {
    /// Chosen values instead of whole rows: `.values(|a| (&a.title, &a.author.email))` gives `(String, Option<String>)`. A
    /// value of a related row that is absent or hidden is `None`.
    pub fn values<C: ChosenValues<M>>(
        self,
        values: impl FnOnce(&'static Columns<M>) -> C,
    ) -> ValuesQuery<M, C::Row> {
        ValuesQuery {
            query: self,
            terms: values(own_columns::<M>()).terms().0,
            distinct: false,
            read: C::read,
        }
    }

    /// What the rows become together: `.aggregate(&db, |a| (a.id.count(), a.likes.sum()))`. Only rows that whoever asks may see
    /// are among them.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::Internal`] with a limit, which the whole has not.
    pub async fn aggregate<C: ChosenValues<Grouped<M>>>(
        self,
        db: &dyn Reads<M>,
        values: impl FnOnce(&'static Columns<M>) -> C,
    ) -> Result<C::Row> {
        let terms = values(own_columns::<M>()).terms().0;
        let read: ReadRow<C::Row> = C::read;
        self.together_in(db.bound(), terms, read).await
    }
}

impl<M: Model, R: Send + 'static> ValuesQuery<M, R> {
    /// Each row of values once, in their own order.
    pub fn distinct(mut self) -> Self {
        self.distinct = true;
        self
    }

    /// At most so many rows of values.
    pub fn limit(mut self, rows: u32) -> Self {
        self.query = self.query.limit(rows);
        self
    }

    /// So many on a page (25 if it is not said): for [`page`](Self::page).
    pub fn per_page(mut self, rows: u32) -> Self {
        self.query = self.query.per_page(rows);
        self
    }

    /// The values of all rows.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::Internal`] for what is distinct and has an order of rows besides.
    pub async fn all(self, db: &dyn Reads<M>) -> Result<Vec<R>> {
        let how = if self.distinct { How::Distinct } else { How::Each };
        if self.distinct && !self.query.select.order.is_empty() {
            return Err(Error::Internal(
                "`distinct` values are in their own order: take `order_by` away, or put first what they are ordered by".into(),
            ));
        }
        let chosen = Chosen::new(self.query.select, self.terms, how);
        chosen.read_in(db.bound(), self.read).await
    }

    /// All rows, each as a `T`: of `(String, i64)` into a struct with `From<(String, i64)>`.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub async fn all_into<T: From<R>>(self, db: &dyn Reads<M>) -> Result<Vec<T>> {
        Ok(self.all(db).await?.into_iter().map(T::from).collect())
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub async fn first(self, db: &dyn Reads<M>) -> Result<Option<R>> {
        Ok(self.limit(1).all(db).await?.pop())
    }

    /// The values of the one row.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none that the actor may see; [`Error::Multiple`] if there are several.
    pub async fn get(self, db: &dyn Reads<M>) -> Result<R> {
        one(self.limit(2).all(db).await?)
    }

    /// The values of the rows of page `number`, from 1.
    ///
    /// # Errors
    /// As [`QuerySet::page`].
    pub async fn page(mut self, db: &dyn Reads<M>, number: u32) -> Result<Page<R>> {
        let per_page = self.query.per_page;
        self.query = self.query.page_query(number)?;
        Page::new(self.all(db).await?, number, per_page)
    }
}

/// What the rows of a query become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// One row of values each.
    Each,
    /// The same, each once.
    Distinct,
    /// All of them one.
    Together,
    /// One for each group that the first so many values make.
    Groups(usize),
}

/// A query for values.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    select: Select,
    terms: Vec<Term>,
    how: How,
    /// What has to hold of groups.
    pub(super) having: Expr,
}

impl Chosen {
    pub(super) fn new(select: Select, terms: Vec<Term>, how: How) -> Self {
        Self {
            select,
            terms,
            how,
            having: Expr::True,
        }
    }

    fn shape<'a>(
        &'a self,
        dialect: Dialect,
        authority: &Authority,
        key: &mut Vec<u8>,
        values: &mut Vec<Bind<'a>>,
    ) {
        key.push(match self.how {
            How::Each => 0xb0,
            How::Distinct => 0xb1,
            How::Together => 0xb2,
            How::Groups(_) => 0xb3,
        });
        if let How::Groups(keys) = self.how {
            push_number(key, keys);
        }
        push(key, self.select.model);
        authority.shape(key);
        push_number(key, self.terms.len());
        self.terms.iter().for_each(|term| term.shape(key, values));
        self.select.filter.shape(key, values);
        self.having.shape(key, values);
        // What becomes one row has no order: the text has none of its values either.
        if !matches!(self.how, How::Together | How::Distinct) {
            key.extend((self.select.order.len() as u32).to_le_bytes());
            self.select.order.iter().for_each(|by| by.shape(key, values));
        }
        self.select.limit_shape(dialect, key, values);
    }

    fn text(&self, dialect: Dialect, authority: &Authority, values: usize) -> Result<Text> {
        let select = &self.select;
        let by_key = select.filter.names_one_row();
        let mut renderer = Renderer::new(dialect, authority, by_key, values);
        let source = renderer.source(select.model, Which::Asked)?;
        let root = source.row();
        let mut what = Vec::with_capacity(self.terms.len());
        for term in &self.terms {
            what.push(renderer.term(term, root, Scope::Query)?);
        }
        let what = what.join(", ");
        let filter = renderer.condition(&select.filter, root, Scope::Query)?;
        let having = renderer.condition(&self.having, root, Scope::Query)?;
        // What a statement gives is told by its places: so it is written once.
        let places = |of: usize| {
            let places = (1..=of).map(|place| format!("{place}{}", dialect.order(true, false)));
            places.collect::<Vec<_>>().join(", ")
        };
        let sql = match self.how {
            How::Each => {
                let rows = source.select(&what, filter);
                select.order_and_limit(&mut renderer, &source, &[], rows)?
            }
            How::Distinct => {
                let rows = source.select(&format!("DISTINCT {what}"), filter);
                let (order, limit) = (places(self.terms.len()), select.limited(&mut renderer));
                format!("{rows} ORDER BY {order}{limit}")
            }
            How::Together => source.select(&what, filter),
            How::Groups(keys) => {
                let mut sql = source.select(&what, filter);
                let groups: Vec<_> = (1..=keys).map(|place| place.to_string()).collect();
                sql.push_str(&format!(
                    " GROUP BY {} HAVING {}",
                    groups.join(", "),
                    having.sql()
                ));
                sql.push_str(" ORDER BY ");
                for by in &select.order {
                    sql.push_str(&renderer.sort_key(by, root)?);
                    sql.push_str(", ");
                }
                let limit = select.limited(&mut renderer);
                format!("{sql}{}{limit}", places(keys))
            }
        };
        renderer.text(sql)
    }

    pub(super) async fn read_in<R: Send + 'static>(
        self,
        bound: &Bound,
        read: impl Fn(&mut RowReader<'_>) -> Result<R, Mismatch> + Send + Sync + 'static,
    ) -> Result<Vec<R>> {
        bound.read(ValueRows { chosen: self, read }).await
    }
}

/// Reads rows of values.
struct ValueRows<F> {
    chosen: Chosen,
    read: F,
}

impl<R, F> Steps for ValueRows<F>
where
    R: Send + 'static,
    F: Fn(&mut RowReader<'_>) -> Result<R, Mismatch> + Send + Sync,
{
    type Found = Vec<R>;

    async fn run(&self, authority: &Authority, session: Session<'_>, said: &mut String) -> Result<Vec<R>> {
        let chosen = &self.chosen;
        let (mut key, mut values) = (Vec::with_capacity(128), Vec::with_capacity(8));
        chosen.shape(session.dialect(), authority, &mut key, &mut values);
        let text = session.text(&key, || chosen.text(session.dialect(), authority, values.len()))?;
        text.note(said);
        let statement = Statement {
            text: &text,
            actor: authority.id(),
            values: &values,
        };
        let mut all = Vec::new();
        let wrong = mismatch(chosen.select.model);
        let row = |row: &mut RowReader<'_>| {
            all.push((self.read)(row).map_err(&wrong)?);
            Ok(())
        };
        session.read(&statement, &key, chosen.select.offset, row).await?;
        Ok(all)
    }
}

impl<M: Record> QuerySet<M> {
    /// What all rows become, of terms that are made of metadata.
    pub(crate) async fn together_in<R: Send + 'static>(
        self,
        bound: &Bound,
        terms: Vec<Term>,
        read: impl Fn(&mut RowReader<'_>) -> Result<R, Mismatch> + Send + Sync + 'static,
    ) -> Result<R> {
        self.select.whole_set()?;
        let chosen = Chosen::new(self.select, terms, How::Together);
        one(chosen.read_in(bound, read).await?)
    }
}

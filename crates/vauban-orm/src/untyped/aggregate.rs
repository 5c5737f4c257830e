//! What many rows become by metadata: counted, added up, the smallest, the greatest, the average; of all rows, or of groups.

use std::sync::Arc;

use super::column::{AnyColumn, NO_ORDER, NOT_COMPARED};
use super::query::AnyQuerySet;
use crate::error::{Error, Result};
use crate::problem::Problem;
use crate::query::Grouping;
use crate::tree::bounds;
use crate::tree::expr::{Expr, Op};
use crate::tree::meta::{ColumnMeta, Encoding, ModelMeta};
use crate::tree::term::{Fold, SortKey, Term};
use crate::tree::value::{Kind, Mismatch, RowReader, Value, ValueRef};
use crate::unit::handles::Db;

/// Something over many rows of a table: `table.id().count()`, `points.sum()?`. For [`AnyQuerySet::aggregate`] and
/// [`AnyQuerySet::group_by`], where the rows are those that whoever asks may see.
#[derive(Debug, Clone)]
#[must_use = "what is counted or added up is so where a query has it"]
pub struct AnyAggregate {
    root: &'static ModelMeta,
    fold: Fold,
    of: Term,
    column: &'static ColumnMeta,
}

/// Said of what is not added up,
const NO_SUM: Problem = Problem::new("no_sum", "Only whole numbers and decimals are added up.");
/// of what has no average,
const NO_AVERAGE: Problem = Problem::new("no_average", "Only whole numbers have an average.");
/// and of what is more than no number.
const NO_WHOLE_NUMBER: Problem = Problem::new("no_whole_number", "Only whole numbers are compared with one.");

impl AnyColumn {
    /// In how many rows there is a value here.
    pub fn count(&self) -> AnyAggregate {
        self.folded(Fold::Count)
    }

    /// The sum over all rows, of whole numbers or decimals (of these, in their smallest unit); no value of none. It is exact; beyond
    /// the ends of 64 bits it is the end.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a column of another kind.
    pub fn sum(&self) -> Result<AnyAggregate> {
        match self.meta.kind {
            Kind::SmallInt | Kind::Int | Kind::BigInt | Kind::Decimal => Ok(self.folded(Fold::Sum)),
            _ => Err(self.invalid(NO_SUM)),
        }
    }

    /// The average over all rows, of whole numbers; no value of none.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a column of another kind.
    pub fn avg(&self) -> Result<AnyAggregate> {
        match self.meta.kind {
            Kind::SmallInt | Kind::Int | Kind::BigInt => Ok(self.folded(Fold::Avg)),
            _ => Err(self.invalid(NO_AVERAGE)),
        }
    }

    /// The smallest over all rows; no value of none.
    ///
    /// # Errors
    /// [`Error::Invalid`] where values have [no order](Self::is_ordered), and for ids.
    pub fn min(&self) -> Result<AnyAggregate> {
        self.ranked(Fold::Min)
    }

    /// The greatest over all rows; no value of none.
    ///
    /// # Errors
    /// As [`min`](Self::min).
    pub fn max(&self) -> Result<AnyAggregate> {
        self.ranked(Fold::Max)
    }

    fn ranked(&self, fold: Fold) -> Result<AnyAggregate> {
        // PostgreSQL knows no smallest UUID.
        if !self.is_ordered() || self.meta.kind == Kind::Uuid {
            return Err(self.invalid(NO_ORDER));
        }
        Ok(self.folded(fold))
    }

    fn folded(&self, fold: Fold) -> AnyAggregate {
        AnyAggregate {
            root: self.root,
            fold,
            of: self.term(),
            column: self.meta,
        }
    }
}

/// One key of an order of groups.
#[derive(Debug, Clone)]
#[must_use = "an order does nothing until groups have it"]
pub struct AnyGroupOrder {
    of: AnyAggregate,
    descending: bool,
}

impl AnyAggregate {
    /// The smallest value first; missing values come before all.
    pub fn asc(&self) -> AnyGroupOrder {
        let (of, descending) = (self.clone(), false);
        AnyGroupOrder { of, descending }
    }

    /// The greatest value first; missing values come last.
    pub fn desc(&self) -> AnyGroupOrder {
        let (of, descending) = (self.clone(), true);
        AnyGroupOrder { of, descending }
    }

    fn term(&self) -> Term {
        Term::Fold(self.fold, Box::new((self.of.clone(), Expr::True))).bounded()
    }

    fn on(&self, model: &'static ModelMeta) -> Result<Term> {
        is_of(self.root, model)?;
        Ok(self.term())
    }

    fn read(&self) -> Read {
        match self.fold {
            Fold::Min | Fold::Max => Read::Column(self.column),
            Fold::Count | Fold::Sum | Fold::Avg => Read::Number,
        }
    }
}

/// As what a value is read.
#[derive(Debug, Clone, Copy)]
enum Read {
    Column(&'static ColumnMeta),
    Number,
}

impl Read {
    fn value(self, value: ValueRef<'_>) -> Result<Value, Mismatch> {
        match (self, value) {
            (_, ValueRef::Null) => Ok(Value::Null),
            (Self::Column(column), value) => column.read(value),
            (Self::Number, ValueRef::Integer(number)) => Ok(Value::Integer(number)),
            (Self::Number, ValueRef::Real(number)) => Ok(Value::Real(number)),
            _ => Err(Mismatch),
        }
    }
}

fn values(all: &[Read], row: &mut RowReader<'_>) -> Result<Vec<Value>, Mismatch> {
    all.iter().map(|read| read.value(row.value()?)).collect()
}

fn is_of(root: &'static ModelMeta, model: &'static ModelMeta) -> Result<()> {
    match root.is(model) {
        true => Ok(()),
        false => Err(Error::Internal(format!(
            "a value of `{}` in a query on `{}`: make it of the columns of the query's own table",
            root.name, model.name
        ))),
    }
}

/// CWE-770: as many as a typed query has.
const MOST: usize = 8;

fn bounded<T>(all: impl IntoIterator<Item = T>) -> Result<Vec<T>> {
    let all: Vec<_> = all.into_iter().take(MOST + 1).collect();
    match all.len() > MOST {
        false => Ok(all),
        true => Err(Error::TooLarge(bounds::TERM)),
    }
}

/// Rows in groups that agree in some columns: from [`AnyQuerySet::group_by`]. Groups are in the order of their keys.
#[derive(Debug, Clone)]
#[must_use = "a query reads nothing until `all`"]
pub struct AnyGroups {
    model: &'static ModelMeta,
    groups: Grouping,
    keys: Arc<[AnyColumn]>,
    read: Vec<Read>,
}

/// A group of rows: what they agree in, and what they become.
#[derive(Debug, Clone)]
pub struct AnyGroup {
    columns: Arc<[AnyColumn]>,
    keys: Vec<Value>,
    values: Vec<Value>,
}

impl AnyQuerySet {
    /// What the rows become together, in the order of what is asked for: `query.aggregate(&db, [table.id().count(), points.sum()?])`.
    /// Counts and sums are whole numbers, averages numbers with a point; the smallest and the greatest are the column's own.
    ///
    /// # Errors
    /// [`Error::Internal`] with a limit, which the whole has not, and for a column of another table; [`Error::TooLarge`] for more
    /// than eight values.
    pub async fn aggregate(self, db: &Db, of: impl IntoIterator<Item = AnyAggregate>) -> Result<Vec<Value>> {
        let (model, query, of) = (self.model, self.query, bounded(of)?);
        let terms = of.iter().map(|one| one.on(model)).collect::<Result<Vec<_>>>()?;
        let read: Vec<_> = of.iter().map(AnyAggregate::read).collect();
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        query
            .together_in(db.asker(), terms, move |row| values(&read, row))
            .await
    }

    /// Rows that agree in these columns are one group, which becomes these values. Of a related row that is absent or hidden there
    /// is no value: all of those are one group. Of a foreign key the group is its id, also of a row that may not be seen: who may
    /// see how many rows share one learns that they do (CWE-203). Group by what stands behind it, `key.through("id")?`, and those
    /// are one group too.
    ///
    /// ```
    /// use vauban_orm::untyped::AnyTable;
    /// use vauban_orm::*;
    ///
    /// /// How many rows have each value of a column, the most first.
    /// async fn counted(db: &Db, table: AnyTable, field: &str) -> Result<Vec<(String, u64)>> {
    ///     let (column, count) = (table.column(field).ok_or(Error::NotFound)?, table.id().count());
    ///     let groups = table.objects().group_by([column], [count.clone()])?.order_by([count.desc()])?.limit(20);
    ///     let groups = groups.all(db).await?;
    ///     groups.iter().map(|group| Ok((group.texts()?.concat(), group.whole(0).unwrap_or(0).unsigned_abs()))).collect()
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::Internal`] for columns of another table; [`Error::Invalid`] for a document, of which each database has its own idea
    /// of which are equal; [`Error::TooLarge`] for more than eight columns or values.
    pub fn group_by(
        self,
        keys: impl IntoIterator<Item = AnyColumn>,
        of: impl IntoIterator<Item = AnyAggregate>,
    ) -> Result<AnyGroups> {
        let (model, query) = (self.model, self.query);
        let (keys, of) = (bounded(keys)?, bounded(of)?);
        if keys.is_empty() {
            return Err(Error::Internal(format!(
                "rows of `{}` are grouped by no column: name one, or ask `aggregate` for all of them",
                model.name
            )));
        }
        let mut by = Vec::with_capacity(keys.len());
        for key in &keys {
            is_of(key.root, model)?;
            if key.meta.kind == Kind::Json {
                return Err(key.invalid(NOT_COMPARED));
            }
            by.push(key.term().bounded());
        }
        let terms = of.iter().map(|one| one.on(model)).collect::<Result<Vec<_>>>()?;
        let read = keys.iter().map(|key| Read::Column(key.meta));
        Ok(AnyGroups {
            model,
            groups: query.grouped(by, terms),
            read: read.chain(of.iter().map(AnyAggregate::read)).collect(),
            keys: keys.into(),
        })
    }
}

impl AnyGroups {
    /// Only groups of which this is more than so much: of a count, a sum or whole numbers.
    ///
    /// # Errors
    /// [`Error::Internal`] for columns of another table; [`Error::Invalid`] for what is no whole number.
    pub fn having_more(mut self, of: &AnyAggregate, than: i64) -> Result<Self> {
        let term = of.on(self.model)?;
        if !matches!(term.kind(), Kind::SmallInt | Kind::Int | Kind::BigInt) {
            return Err(Error::invalid(of.column.field, NO_WHOLE_NUMBER));
        }
        let than = Term::Value(Kind::BigInt, Value::Integer(than), Encoding::OfKind);
        self.groups.narrow(Expr::terms(Op::Gt, term, than));
        Ok(self)
    }

    /// In the order of what they become; groups that agree in it are in the order of their keys.
    ///
    /// # Errors
    /// [`Error::Internal`] for columns of another table; [`Error::TooLarge`] for more than eight.
    pub fn order_by(mut self, order: impl IntoIterator<Item = AnyGroupOrder>) -> Result<Self> {
        let key = |by: AnyGroupOrder| {
            Ok(SortKey {
                term: by.of.on(self.model)?,
                descending: by.descending,
                nulls_first: None,
            })
        };
        let order = bounded(order)?.into_iter().map(key).collect::<Result<_>>()?;
        self.groups.order(order);
        Ok(self)
    }

    /// At most so many groups.
    pub fn limit(mut self, groups: u32) -> Self {
        self.groups.set_limit(groups);
        self
    }

    /// All groups.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::Internal`] for groups of a query with a limit, which would be groups of whatever rows came first.
    pub async fn all(self, db: &Db) -> Result<Vec<AnyGroup>> {
        let Self {
            groups, keys, read, ..
        } = self;
        let group = move |row: &mut RowReader<'_>| {
            let mut all = values(&read, row)?;
            let values = all.split_off(keys.len());
            Ok(AnyGroup {
                columns: Arc::clone(&keys),
                keys: all,
                values,
            })
        };
        groups.read_in(db.asker(), group).await
    }
}

impl AnyGroup {
    /// What its rows agree in, in the order of the columns that they are grouped by.
    pub fn keys(&self) -> &[Value] {
        &self.keys
    }

    /// The same as text: empty where there is no value.
    ///
    /// # Errors
    /// [`Error::Internal`] for a stored value that is none of the column's type.
    pub fn texts(&self) -> Result<Vec<String>> {
        let all = self.columns.iter().zip(&self.keys);
        all.map(|(column, value)| column.shown(value)).collect()
    }

    /// What it became, in the order of what was asked for.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The whole number among them at this place (from 0): a count, a sum. Nothing where there is none.
    pub fn whole(&self, place: usize) -> Option<i64> {
        match self.values.get(place) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }
}

//! Pages by key: where a page begins is said by the row before it, and not by how many rows are skipped. So a page costs the same
//! wherever it is, and a row that comes in between moves no other to another page.

use super::QuerySet;
use super::cursor::{self, Cursor};
use super::mark::fingerprint;
use super::select::{Ask, Select, read_one};
use super::stored::mismatch;
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::record::Record;
use crate::policy::authority::Authority;
use crate::tree::expr::{Expr, Op};
use crate::tree::meta::{Encoding, ModelMeta};
use crate::tree::term::{SortKey, Term};
use crate::tree::value::{Kind, RowReader, Value, ValueRef};
use crate::unit::Steps;
use crate::unit::handles::{Bound, Reads};

/// A page of rows that begins behind a row: from [`QuerySet::page_after`].
#[derive(Debug, Clone)]
pub struct KeysetPage<T> {
    /// The rows of this page, in the order that was asked for.
    pub rows: Vec<T>,
    /// Where the page after it begins, if there is one: for `?after=…`.
    pub next: Option<Cursor>,
    /// Rows on a full page.
    pub per_page: u32,
}

impl<T> KeysetPage<T> {
    /// The rows of this page: `{% for task in page %}`.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }
}

/// A text that a cursor holds: of longer ones an address is no place.
const LONGEST: usize = 1_000;

impl<M: Model> QuerySet<M> {
    /// The rows behind the one that the cursor tells of, [`per_page`](Self::per_page) of them; without a cursor, the first. The
    /// cursor of the next page comes with them.
    ///
    /// A cursor is bound to the query's order, and holds in plain what that row was ordered by: order by what its readers may know.
    /// A row that is changed meanwhile moves; no other does, and none is shown twice or left out for it.
    ///
    /// # Errors
    /// [`Error::InvalidCursor`] (400) for the cursor of another order; [`Error::NotFound`] behind the last row;
    /// [`Error::Internal`] with a limit, and for an order that no address holds, whatever the rows are: by texts that may have
    /// more than 1,000 bytes (a `max_length` above 250, a type without [`Field::MAX_BYTES`](crate::Field::MAX_BYTES)), by bytes or
    /// JSON.
    pub async fn page_after(self, db: &dyn Reads<M>, after: Option<&Cursor>) -> Result<KeysetPage<M>> {
        self.page_after_in(db.bound(), after).await
    }
}

impl<M: Record> QuerySet<M> {
    pub(crate) async fn page_after_in(
        mut self,
        bound: &Bound,
        after: Option<&Cursor>,
    ) -> Result<KeysetPage<M>> {
        self.select.whole_set()?;
        let (model, keys) = (self.select.model, self.select.keys());
        is_held(model, &keys)?;
        let order = fingerprint(&self.select, &keys);
        if let Some(cursor) = after {
            let kinds: Vec<_> = keys.iter().map(|key| key.term.kind()).collect();
            let values = cursor.values(order, &kinds).ok_or(Error::InvalidCursor)?;
            let behind = behind(&keys, values);
            self.narrow(behind);
        }
        // The id stands in the order by itself.
        self.select.limit = Some(i64::from(self.per_page) + 1);
        self.select.ask = Ask::Keyed;
        let per_page = self.per_page;
        let kinds: Vec<_> = keys[..keys.len() - 1].iter().map(|key| key.term.kind()).collect();
        let select = self.select;
        let rows = KeyedRows::<M>(select, std::marker::PhantomData);
        let mut found = bound.read(rows).await?;
        if found.is_empty() && after.is_some() {
            return Err(Error::NotFound);
        }
        let more = found.len() > per_page as usize;
        found.truncate(per_page as usize);
        let next = match found.last() {
            Some((row, values)) if more => {
                let mut all = Vec::with_capacity(kinds.len() + 1);
                for (value, kind) in values.iter().zip(&kinds) {
                    // Of what was written past the model.
                    if matches!(value, Value::Text(text) if text.len() > LONGEST) {
                        return Err(Error::Internal(format!(
                            "a row of `{}` holds a text of more than 1,000 bytes by which it is ordered, and which its model does \
                             not allow: correct it there",
                            model.name
                        )));
                    }
                    all.push((*kind, value.clone()));
                }
                all.push((Kind::Uuid, Value::Uuid(row.key().uuid())));
                Some(Cursor::new(order, &all))
            }
            _ => None,
        };
        Ok(KeysetPage {
            rows: found.into_iter().map(|(row, _)| row).collect(),
            next,
            per_page,
        })
    }
}

impl Select {
    /// By what its rows are ordered, the id included.
    fn keys(&self) -> Vec<SortKey> {
        let mut keys = self.order.clone();
        let down = keys.last().is_some_and(|last| last.descending);
        keys.push(SortKey::of_column(Vec::new(), self.model.id(), down));
        keys
    }
}

/// Behind a row with these values.
///
/// CWE-407: that the first key is not before its value stands in front, where an index on the order begins. The rest alone is a choice
/// between keys, which PostgreSQL asks of every row of the index from its beginning.
fn behind(keys: &[SortKey], values: Vec<(Kind, Value)>) -> Expr {
    let begins = match (keys.first(), values.first()) {
        (Some(key), Some((kind, value))) => begins(key, *kind, value),
        _ => Expr::True,
    };
    begins.and(further(keys, values))
}

/// Not before a row with this value, by this key alone.
fn begins(key: &SortKey, kind: Kind, value: &Value) -> Expr {
    let none = || Expr::term_is_null(key.term.clone());
    match value {
        Value::Null if nulls_first(key) => Expr::True,
        Value::Null => none(),
        value => {
            let op = if key.descending { Op::Le } else { Op::Ge };
            let with = Term::Value(kind, value.clone(), Encoding::OfKind);
            let from = Expr::terms(op, key.term.clone(), with);
            match nulls_first(key) || !key.term.may_be_null() {
                true => from,
                false => from.or(none()),
            }
        }
    }
}

fn nulls_first(key: &SortKey) -> bool {
    key.nulls_first.unwrap_or(!key.descending)
}

/// Behind the row by the first key, or as it by that and behind it by the next, and so on.
fn further(keys: &[SortKey], values: Vec<(Kind, Value)>) -> Expr {
    let mut behind = Expr::False;
    let mut as_before = Expr::True;
    for (key, (kind, value)) in keys.iter().zip(values) {
        let nulls_first = nulls_first(key);
        let term = || key.term.clone();
        let none = || Expr::term_is_null(term());
        let (further, equal) = match value {
            Value::Null if nulls_first => (none().negated(), none()),
            Value::Null => (Expr::False, none()),
            value => {
                let with = || Term::Value(kind, value.clone(), Encoding::OfKind);
                let op = if key.descending { Op::Lt } else { Op::Gt };
                let further = Expr::terms(op, term(), with());
                let further = if nulls_first || !key.term.may_be_null() {
                    further
                } else {
                    further.or(none())
                };
                (further, Expr::terms(Op::Eq, term(), with()))
            }
        };
        behind = behind.or(as_before.clone().and(further));
        as_before = as_before.and(equal);
    }
    behind
}

/// Whether a cursor holds what every row is ordered by. CWE-400: asked of what the columns may hold and not of what they do, so
/// that no row that somebody adds closes the list to all.
fn is_held(model: &ModelMeta, keys: &[SortKey]) -> Result<()> {
    let refused = |why: &str| {
        Err(Error::Internal(format!(
            "a page by key of `{}` is ordered by {why}",
            model.name
        )))
    };
    let mut most = cursor::EMPTY;
    for key in keys {
        most += match key.term.kind() {
            Kind::Text => match longest(&key.term) {
                Some(text) if text <= LONGEST => cursor::TEXT + text,
                _ => {
                    return refused(
                        "a text that may have more than 1,000 bytes (`max_length` above 250, or a type of your own that does not say \
                         `MAX_BYTES`), which no address holds: order by a shorter one",
                    );
                }
            },
            Kind::Date => cursor::TEXT + 16,
            Kind::Bool
            | Kind::SmallInt
            | Kind::Int
            | Kind::BigInt
            | Kind::Double
            | Kind::Decimal
            | Kind::DateTime
            | Kind::Time
            | Kind::Duration => cursor::NUMBER,
            Kind::Uuid => cursor::UUID,
            Kind::Bytes | Kind::Json => {
                return refused("bytes or JSON, which no address holds: order by another column");
            }
        };
    }
    if most > cursor::MOST {
        return refused(
            "texts that have more than 4,000 bytes together, which no address holds: order by fewer of them",
        );
    }
    Ok(())
}

/// Bytes of a text that a term may be, if it is known.
fn longest(term: &Term) -> Option<usize> {
    let both = |two: &(Term, Term)| Some((longest(&two.0)?, longest(&two.1)?));
    match term {
        Term::Column(far) => far.meta.max_bytes(),
        Term::Value(_, Value::Text(text), _) => Some(text.len()),
        Term::Coalesce(two) => both(two).map(|(a, b)| a.max(b)),
        Term::Concat(two) => both(two).map(|(a, b)| a.saturating_add(b)),
        Term::Case(case) => {
            let rest = case.2.as_ref().map_or(Some(0), longest)?;
            longest(&case.1).map(|then| then.max(rest))
        }
        Term::Text(_, of) | Term::Part(_, of) => longest(of),
        Term::Fold(_, of) => longest(&of.0),
        Term::Related(of) => longest(&of.of),
        Term::Value(..) | Term::Whole(..) | Term::TooLarge(_) => Some(0),
    }
}

/// Reads rows, each with what it is ordered by.
struct KeyedRows<M>(Select, std::marker::PhantomData<fn() -> M>);

impl<M: Record> Steps for KeyedRows<M> {
    type Found = Vec<(M, Vec<Value>)>;

    async fn run(
        &self,
        authority: &Authority,
        session: Session<'_>,
        text: &mut String,
    ) -> Result<Self::Found> {
        let select = &self.0;
        let wrong = mismatch(select.model);
        let mut all = Vec::new();
        let row = |reader: &mut RowReader<'_>| {
            let row = read_one(select, reader)?;
            let mut values = Vec::with_capacity(select.order.len());
            for key in &select.order {
                let value = reader.value().map_err(&wrong)?;
                values.push(owned(key.term.kind(), value));
            }
            all.push((row, values));
            Ok(())
        };
        select.read(authority, session, text, row).await?;
        Ok(all)
    }
}

fn owned(kind: Kind, value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(i) => Value::Integer(i),
        ValueRef::Real(r) => Value::Real(r),
        ValueRef::Text(text) => Value::Text(text.to_owned()),
        ValueRef::Blob(bytes) => match uuid::Uuid::from_slice(bytes) {
            Ok(id) if kind == Kind::Uuid => Value::Uuid(id),
            _ => Value::Blob(bytes.to_vec()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::order::IntoOrder;
    use crate::tests::{Article, Task};
    use crate::{Columns, Order, case};

    fn of<O: IntoOrder<Article>>(order: impl FnOnce(&Columns<Article>) -> O) -> u64 {
        let mut query = Article::objects();
        query = query.order_by(order);
        let keys = query.select.keys();
        fingerprint(&query.select, &keys)
    }

    /// CWE-345: a cursor of one order is none of another.
    #[test]
    fn every_order_has_a_mark_of_its_own() {
        let one = |order: fn(&Columns<Article>) -> Order<Article>| of(order);
        let marks = [
            one(|a| a.title.asc()),
            one(|a| a.title.desc()),
            one(|a| a.title.asc().nulls_last()),
            one(|a| a.slug.asc()),
            one(|a| a.author.email.asc()),
            one(|a| a.editor.email.asc()),
            one(|a| a.title.lower().asc()),
            one(|a| a.title.upper().asc()),
            one(|a| (&a.hits + 1).asc()),
            one(|a| (&a.hits + 2).asc()),
            of(|a| [a.title.asc(), a.slug.asc()]),
            of(|a| [a.slug.asc(), a.title.asc()]),
            of(|a| case(a.hits.gt(1), 1).otherwise(2).asc()),
            of(|a| case(a.hits.gt(2), 1).otherwise(2).asc()),
            of(|a| case(a.hits.lt(1), 1).otherwise(2).asc()),
            of(|a| case(a.author.email.eq("x"), 1).otherwise(2).asc()),
            of(|a| case(a.author.email.ne(a.title.lower()), 1).otherwise(2).asc()),
            of(|a| case(a.editor.is_null(), 1).otherwise(2).asc()),
            of(|a| case(!a.editor.is_null(), 1).otherwise(2).asc()),
            {
                let query = Task::objects().order_by(|t| t.title.asc());
                fingerprint(&query.select, &query.select.keys())
            },
        ];
        for (at, mark) in marks.iter().enumerate() {
            assert!(!marks[..at].contains(mark), "{at}");
        }
    }
}

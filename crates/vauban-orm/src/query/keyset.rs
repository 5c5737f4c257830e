//! Pages by key: where a page begins is said by the row before it, and not by how many rows are skipped. So a page costs the same
//! wherever it is, and a row that comes in between moves no other to another page.

use std::fmt::Write as _;

use super::QuerySet;
use super::cursor::Cursor;
use super::select::{Ask, Select, read_one};
use super::stored::mismatch;
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::record::Record;
use crate::policy::authority::Authority;
use crate::tree::expr::{Expr, Far, Op};
use crate::tree::meta::Encoding;
use crate::tree::term::{SortKey, Term};
use crate::tree::value::{Kind, RowReader, Value, ValueRef};
use crate::unit::Steps;
use crate::unit::handles::Reads;

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
    /// [`Error::Internal`] with a limit, and for an order by texts of more than 1,000 bytes.
    pub async fn page_after(mut self, db: &dyn Reads<M>, after: Option<&Cursor>) -> Result<KeysetPage<M>> {
        self.select.whole_set()?;
        let keys = self.select.keys();
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
        let mut found = db
            .bound()
            .read(KeyedRows::<M>(select, std::marker::PhantomData))
            .await?;
        if found.is_empty() && after.is_some() {
            return Err(Error::NotFound);
        }
        let more = found.len() > per_page as usize;
        found.truncate(per_page as usize);
        let next = match found.last() {
            Some((row, values)) if more => {
                let mut all = Vec::with_capacity(kinds.len() + 1);
                for (value, kind) in values.iter().zip(&kinds) {
                    if matches!(value, Value::Text(text) if text.len() > LONGEST) {
                        return Err(Error::Internal(format!(
                            "a page by key of `{}` is ordered by a text of more than 1,000 bytes, which no address holds: order \
                             by a shorter one",
                            M::meta().name
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
fn behind(keys: &[SortKey], values: Vec<(Kind, Value)>) -> Expr {
    let mut behind = Expr::False;
    let mut as_before = Expr::True;
    for (key, (kind, value)) in keys.iter().zip(values) {
        let nulls_first = key.nulls_first.unwrap_or(!key.descending);
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

/// What tells one order from another, today and tomorrow (FNV-1a).
fn fingerprint(select: &Select, keys: &[SortKey]) -> u64 {
    let mut said = select.model.table.to_owned();
    for key in keys {
        let nulls_first = key.nulls_first.unwrap_or(!key.descending);
        let _ = write!(said, ";{}{}", key.descending, nulls_first);
        describe(&key.term, &mut said);
    }
    said.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn describe(term: &Term, said: &mut String) {
    let two = |name: &str, two: &(Term, Term), said: &mut String| {
        let _ = write!(said, "{name}(");
        describe(&two.0, said);
        said.push(',');
        describe(&two.1, said);
        said.push(')');
    };
    match term {
        Term::Column(Far { keys, meta, .. }) => {
            for key in keys {
                let _ = write!(said, "{}.", key.column);
            }
            said.push_str(meta.column);
        }
        Term::Value(kind, value, _) => {
            let _ = write!(said, "{kind:?}{value:?}");
        }
        Term::Whole(whole, of) => two(&format!("{whole:?}"), of, said),
        Term::Coalesce(of) => two("or", of, said),
        Term::Concat(of) => two("concat", of, said),
        Term::Case(of) => {
            said.push_str("case(");
            describe(&of.1, said);
            if let Some(rest) = &of.2 {
                said.push(',');
                describe(rest, said);
            }
            said.push(')');
        }
        Term::Text(function, of) => {
            let _ = write!(said, "{function:?} ");
            describe(of, said);
        }
        Term::Part(part, of) => {
            let _ = write!(said, "{part:?} ");
            describe(of, said);
        }
        Term::Fold(fold, of) => {
            let _ = write!(said, "{fold:?} ");
            describe(&of.0, said);
        }
        Term::Related(of) => {
            let _ = write!(said, "{:?} {}.{} ", of.fold, (of.model)().table, of.key.column);
            describe(&of.of, said);
        }
        Term::TooLarge(why) => said.push_str(why),
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
    use crate::{Columns, Order};

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

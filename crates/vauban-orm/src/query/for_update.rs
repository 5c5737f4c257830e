//! SELECT … FOR UPDATE: rows that nobody else writes before this unit has ended.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::marker::PhantomData;

use uuid::Uuid;

use super::rows::{Changeable, Permitted};
use super::select::{Ask, Lock, Select, read_permitted};
use super::stored::mismatch;
use super::{QuerySet, one};
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::columns::Columns;
use crate::model::filter::IntoFilter;
use crate::model::key::Rel;
use crate::model::path::Path;
use crate::model::record::Record;
use crate::model::scope::Own;
use crate::policy::actor::Action;
use crate::policy::actor::actions::Change;
use crate::policy::authority::Authority;
use crate::sabotage::{Control, removed};
use crate::sql::cond::Cond;
use crate::sql::dialect::Wait;
use crate::sql::relation::target_of;
use crate::sql::render::Renderer;
use crate::sql::source::Which;
use crate::sql::statement::{Parameter, Statement};
use crate::tree::expr::{Bind, Expr, push};
use crate::tree::meta::ModelMeta;
use crate::tree::value::{Kind, Mismatch, RowReader, Value, ValueRef};
use crate::unit::Steps;
use crate::unit::handles::{Bound, Writes};

/// A query for rows that are to be changed, and that nobody else writes before the unit has ended: from [`QuerySet::for_update`].
#[must_use = "nothing is locked before `all`, `first` or `get`"]
pub struct ForUpdate<M> {
    query: QuerySet<M>,
    wait: Wait,
    /// Positions of the foreign keys whose rows are locked with them.
    of: Vec<usize>,
}

impl<M> fmt::Debug for ForUpdate<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ForUpdate")
            .field(&self.query)
            .field(&self.wait)
            .finish()
    }
}

impl<M: Model> QuerySet<M> {
    /// The rows that the actor may change, locked: until the unit has ended nobody else writes them, so that what is decided by them
    /// is still true when it is written. A row that may only be seen is not locked: whoever may not change a row holds nobody up
    /// who may (CWE-667).
    ///
    /// On PostgreSQL it is `SELECT … FOR UPDATE` of these rows, which waits for those that another unit has locked, as long as a wait
    /// for a lock may last. Take it as the first statement of the unit: what is locked later, and was changed since, undoes the unit.
    /// On SQLite one unit writes at a time: this waits for the turn, and from there on no row is anybody else's.
    ///
    /// ```
    /// # use vauban_macros::Model;
    /// # use vauban_orm::*;
    /// # #[derive(Model)]
    /// # #[model(crate = vauban_orm)]
    /// # pub struct Job { pub id: Id<Job>, #[field(default = false)] pub done: bool }
    /// # impl Policy for Job { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
    /// /// One job of a queue, which no other worker takes meanwhile.
    /// async fn next(db: &Db<Write>) -> Result<Option<Changeable<Job>>> {
    ///     let open = Job::objects().filter(|j| j.done.eq(false));
    ///     open.for_update().skip_locked().first(db).await
    /// }
    /// # fn main() {}
    /// ```
    pub fn for_update(self) -> ForUpdate<M> {
        ForUpdate::of_query(self)
    }
}

impl<M> ForUpdate<M> {
    pub(crate) fn of_query(query: QuerySet<M>) -> Self {
        Self {
            query,
            wait: Wait::ForThem,
            of: Vec::new(),
        }
    }

    /// Does not wait: if another unit has locked one of the rows, it is [`Error::Locked`]; on SQLite, if another unit has the turn.
    pub fn nowait(mut self) -> Self {
        self.wait = Wait::Never;
        self
    }

    /// Leaves rows out that another unit has locked. On SQLite, where only whoever has the turn locks, it waits for the turn, and
    /// leaves none out.
    pub fn skip_locked(mut self) -> Self {
        self.wait = Wait::Skip;
        self
    }
}

impl<M: Model> ForUpdate<M> {
    /// Loads the row behind a foreign key as well, and locks it: of those that may be seen, each has to be one that the actor may
    /// change.
    pub fn of<T: Model>(mut self, key: impl FnOnce(&Columns<M>) -> &Rel<Own<M>, T>) -> Self {
        let columns = M::columns(&Path::ROOT);
        if let Some(position) = M::meta().position(key(&columns).column_meta()) {
            self.lock_behind(position);
        }
        self
    }

    /// All rows that are so and that the actor may change.
    ///
    /// # Errors
    /// [`Error::Locked`] with [`nowait`](Self::nowait); [`Error::Busy`] if another unit has them for too long;
    /// [`Error::Forbidden`] if a row that is locked by [`of`](Self::of) may not be changed.
    pub async fn all(self, db: &dyn Writes<Change, M>) -> Result<Vec<Changeable<M>>> {
        self.rows_in(db.bound()).await
    }

    /// The first of them, if there is one.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub async fn first(self, db: &dyn Writes<Change, M>) -> Result<Option<Changeable<M>>> {
        self.first_in(db.bound()).await
    }

    /// The one row that is so.
    ///
    /// # Errors
    /// As [`all`](Self::all) and [`QuerySet::get_to_change`]; [`Error::Locked`] if it is the one that
    /// [`skip_locked`](Self::skip_locked) leaves out.
    pub async fn get<F: IntoFilter<M>>(
        mut self,
        db: &dyn Writes<Change, M>,
        condition: impl FnOnce(&Columns<M>) -> F,
    ) -> Result<Changeable<M>> {
        self.query = self.query.filter(condition);
        self.one_in(db.bound()).await
    }
}

impl<M: Record> ForUpdate<M> {
    pub(crate) fn model(&self) -> &'static ModelMeta {
        self.query.select.model
    }

    /// Only rows that are so, besides.
    pub(crate) fn narrow(&mut self, filter: Expr) {
        self.query.narrow(filter);
    }

    /// Locks the row behind the foreign key with this position as well.
    pub(crate) fn lock_behind(&mut self, position: usize) {
        self.query.load(position);
        self.of.push(position);
    }

    pub(crate) async fn first_in(mut self, bound: &Bound) -> Result<Option<Changeable<M>>> {
        self.query.set_limit(1);
        Ok(self.rows_in(bound).await?.pop())
    }

    pub(crate) async fn one_in(mut self, bound: &Bound) -> Result<Changeable<M>> {
        self.query.set_limit(2);
        let (query, table) = (self.query.clone(), self.query.select.model.table);
        match one(self.rows_in(bound).await?) {
            Err(Error::NotFound) => {}
            found => return found,
        }
        // Absent, hidden, not to be changed, or another unit's.
        query.one_to_change(bound).await?;
        Err(Error::Locked { table })
    }

    pub(crate) async fn rows_in(self, bound: &Bound) -> Result<Vec<Changeable<M>>> {
        let Self { query, wait, of } = self;
        let mut select = query.select;
        select.ask = Ask::Permitted;
        let table = select.model.table;
        select.lock = Some(Lock { wait, of });
        let rows = bound.write(Locked::<M>(select, PhantomData)).await;
        let rows = rows.map_err(|error| match (wait, error) {
            (Wait::Never, Error::Busy(_)) => Error::Locked { table },
            (_, error) => error,
        })?;
        let rows = rows.into_iter();
        Ok(rows
            .map(|found| Changeable::new(found.row, found.row_version))
            .collect())
    }
}

/// Reads rows that may be changed, and locks them.
struct Locked<M>(Select, PhantomData<fn() -> M>);

impl<M: Record> Steps for Locked<M> {
    type Found = Vec<Permitted<M>>;

    async fn run(
        &self,
        authority: &Authority,
        session: Session<'_>,
        said: &mut String,
    ) -> Result<Vec<Permitted<M>>> {
        let select = &self.0;
        let Some(lock) = &select.lock else {
            return Ok(Vec::new());
        };
        let mut rows = Vec::new();
        let row = |reader: &mut RowReader<'_>| {
            let found = read_permitted(select, reader)?;
            let mut keys = Vec::with_capacity(lock.of.len());
            for _ in &lock.of {
                keys.push(key(reader).map_err(mismatch(select.model))?);
            }
            rows.push((found, keys));
            Ok(())
        };
        select.read(authority, session, said, row).await?;
        for (place, position) in lock.of.iter().enumerate() {
            let target = target_of(&select.model.columns[*position])?;
            let keys: BTreeSet<Uuid> = rows.iter().filter_map(|(_, keys)| keys[place]).collect();
            let others = related(target, &keys, lock.wait, authority, session).await?;
            rows.retain(|(_, keys)| keys[place].is_none_or(|key| !others.contains(&key)));
        }
        Ok(rows.into_iter().map(|(found, _)| found).collect())
    }

    fn waits(&self) -> bool {
        !matches!(&self.0.lock, Some(lock) if lock.wait == Wait::Never)
    }
}

/// Locks rows that others refer to; which of those that may be seen are left out, because another unit has locked them.
async fn related(
    target: &'static ModelMeta,
    keys: &BTreeSet<Uuid>,
    wait: Wait,
    authority: &Authority,
    session: Session<'_>,
) -> Result<BTreeSet<Uuid>> {
    let dialect = session.dialect();
    let ids: Vec<_> = keys.iter().map(|key| Value::Uuid(*key)).collect();
    let values = [Bind::List(&ids)];
    let mut found = [BTreeSet::new(), BTreeSet::new()];
    for (locks, found) in [false, true].into_iter().zip(&mut found) {
        let mut shape = vec![b'l', u8::from(locks), wait as u8];
        push(&mut shape, target);
        authority.shape(&mut shape);
        let text = session.text(&shape, || {
            let mut renderer = Renderer::new(dialect, authority, false, 1);
            let list = renderer.value(Parameter::List(Kind::Uuid));
            let source = renderer.source(target, Which::Asked)?;
            let named = Cond::safe(dialect.is_one_of(Kind::Uuid, &source.id(), &list));
            let change = renderer.rule(Action::Change, target, source.row())?;
            let what = format!("{}, ({}) IS TRUE", source.id(), change.sql());
            let mut sql = source.select(&what, named);
            if locks {
                let _ = write!(sql, " ORDER BY {}", source.id());
                source.lock(&mut renderer, &mut sql, wait);
            }
            renderer.text(sql)
        })?;
        let statement = Statement {
            text: &text,
            actor: authority.id(),
            values: &values,
        };
        let each = |row: &mut RowReader<'_>| {
            let id = key(row).map_err(mismatch(target))?;
            // CWE-667, CWE-862: of what is not theirs to change they hold nobody up.
            if !row.flag().map_err(mismatch(target))? && !removed(Control::LockChangeable) {
                return Err(Error::Forbidden);
            }
            found.extend(id);
            Ok(())
        };
        session.fetch(&statement, each).await?;
    }
    let [seen, locked] = found;
    Ok(seen.difference(&locked).copied().collect())
}

fn key(row: &mut RowReader<'_>) -> std::result::Result<Option<Uuid>, Mismatch> {
    match row.value()? {
        ValueRef::Null => Ok(None),
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).map(Some).map_err(|_| Mismatch),
        _ => Err(Mismatch),
    }
}

//! A connection with its plans and its work limit.

use std::cell::{Cell, RefCell};
use std::hash::Hasher;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use uuid::Uuid;

use super::plans::{MOST, Plan, Plans, ShapeHasher};
use crate::error::{Error, Result};
use crate::tree::expr::Bind;
use crate::tree::value::Value;

/// Steps of SQLite's virtual machine between two looks at the limit.
const STRIDE: i32 = 500;

/// Uses of a heavy plan until it is tried in place again.
const HEAVY: u32 = 64;

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) sqlite: rusqlite::Connection,
    plans: RefCell<Plans>,
    /// Whether it is a request thread's own.
    inline: bool,
    /// Steps left, in strides; below zero interrupts.
    work: Arc<AtomicI64>,
    /// Steps that are charged with the next stride.
    owed: Cell<i64>,
    /// The read that was asked last, see [`Connection::weighed`].
    asked: Cell<u64>,
}

impl Connection {
    pub(crate) fn new(mut sqlite: rusqlite::Connection, inline: bool) -> Result<Self> {
        let work = Arc::new(AtomicI64::new(i64::MAX));
        let left = Arc::clone(&work);
        // CWE-400: a statement ends when its work is used up, wherever it is.
        sqlite.progress_handler(STRIDE, Some(move || left.fetch_sub(1, Ordering::Relaxed) < 0))?;
        super::search::install(&sqlite, &work)?;
        // Who goes is told by the plans; the rest are savepoints and the like.
        sqlite.set_prepared_statement_cache_capacity(MOST + 16);
        sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        // One plan for a text, whatever is bound: without it SQLite prepares anew whenever a bound LIMIT or
        // an indexed value changes (measured: 35 µs each time).
        sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // CWE-89: a double-quoted name that does not exist is an error, not a text.
        sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        sqlite.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        Ok(Self {
            sqlite,
            plans: RefCell::default(),
            inline,
            work,
            owed: Cell::new(0),
            asked: Cell::new(0),
        })
    }

    /// Runs a read, unless it is known to be too much for a request's own thread. What it costs goes by its shape and by
    /// how many rows it skips, in powers of two.
    pub(crate) fn weighed<T>(
        &self,
        plan: &Plan,
        shape: &[u8],
        skipped: i64,
        run: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let mut read = ShapeHasher::default();
        read.write(shape);
        read.write(&(64 - skipped.leading_zeros()).to_le_bytes());
        self.asked.set(read.finish());
        if !self.inline {
            return run();
        }
        let heavy = plan.heavy.load(Ordering::Relaxed);
        if heavy > 0 {
            plan.heavy.store(heavy - 1, Ordering::Relaxed);
            return Err(Error::TooMuchWork);
        }
        let result = run();
        if matches!(result, Err(Error::TooMuchWork)) {
            plan.heavy.store(HEAVY, Ordering::Relaxed);
        }
        result
    }

    /// The read that was asked last.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.get()
    }

    /// Steps taken of those that were allowed.
    pub(crate) fn taken(&self, allowed: i64) -> i64 {
        allowed - self.work.load(Ordering::Relaxed) * i64::from(STRIDE)
    }

    /// Allows so many steps of SQLite's machine from here on.
    pub(crate) fn allow(&self, steps: i64) {
        self.work.store(steps / i64::from(STRIDE), Ordering::Relaxed);
    }

    /// Charges what SQLite does not count: a statement more, and so many rows that are gone through.
    ///
    /// # Errors
    /// [`Error::TooMuchWork`] if that is more than is left.
    pub(crate) fn charge(&self, rows: usize) -> Result<()> {
        const STATEMENT: i64 = 100;
        const ROW: i64 = 50;
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        let owed = self
            .owed
            .get()
            .saturating_add(STATEMENT)
            .saturating_add(rows.saturating_mul(ROW));
        let strides = owed / i64::from(STRIDE);
        self.owed.set(owed % i64::from(STRIDE));
        if self.work.fetch_sub(strides, Ordering::Relaxed) < strides {
            return Err(Error::TooMuchWork);
        }
        Ok(())
    }

    /// The plan for a shape, made at its first use on this connection.
    pub(crate) fn plan(&self, shape: &[u8], make: impl FnOnce() -> Result<Plan>) -> Result<Arc<Plan>> {
        #[cfg(test)]
        if crate::sabotage::any_removed() {
            return make().map(Arc::new);
        }
        if let Some(plan) = self.plans.borrow().get(shape) {
            return Ok(plan);
        }
        let plan = Arc::new(make()?);
        let gone = self.plans.borrow_mut().keep(shape, &plan);
        for old in gone {
            if old.prepared.load(Ordering::Relaxed) {
                self.sqlite.prepare_cached(&old.sql)?.discard();
            }
        }
        Ok(plan)
    }

    /// Bytes of what is kept of statements.
    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.plans.borrow().bytes()
    }

    /// A prepared statement with its parameters bound.
    pub(crate) fn bind(&self, plan: &Plan, actor: Option<Uuid>, values: &[Bind<'_>]) -> Result<Prepared<'_>> {
        let mut statement = if plan.is_kept() {
            let statement = self.sqlite.prepare_cached(&plan.sql)?;
            plan.prepared.store(true, Ordering::Relaxed);
            Prepared::Kept(statement)
        } else {
            Prepared::Once(self.sqlite.prepare(&plan.sql)?)
        };
        let count = statement.parameter_count();
        if let Some(actor) = actor
            && count >= 1
        {
            statement.raw_bind_parameter(1, &actor.as_bytes()[..])?;
        }
        let values_end = values.len() + 2;
        for (index, value) in (2..).zip(values) {
            if index > count {
                break; // folded away, and nothing of the rule follows
            }
            match value {
                Bind::One(value) => statement.raw_bind_parameter(index, value)?,
                Bind::List(list) => statement.raw_bind_parameter(index, json_array(list))?,
                Bind::Int(i) => statement.raw_bind_parameter(index, i)?,
            }
        }
        for (index, value) in (values_end..=count).zip(&plan.constants) {
            statement.raw_bind_parameter(index, value)?;
        }
        Ok(statement)
    }
}

/// A prepared statement: one that goes back to the connection's, or one that was too large for that.
pub(crate) enum Prepared<'c> {
    Kept(rusqlite::CachedStatement<'c>),
    Once(rusqlite::Statement<'c>),
}

impl<'c> Deref for Prepared<'c> {
    type Target = rusqlite::Statement<'c>;
    fn deref(&self) -> &Self::Target {
        match self {
            Self::Kept(statement) => statement,
            Self::Once(statement) => statement,
        }
    }
}

impl DerefMut for Prepared<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Kept(statement) => statement,
            Self::Once(statement) => statement,
        }
    }
}

/// A list as one parameter, so that its length does not change the statement's text.
fn json_array(list: &[Value]) -> String {
    let items = list.iter().map(|value| match value {
        Value::Null => serde_json::Value::Null,
        Value::Integer(i) => (*i).into(),
        Value::Real(r) => (*r).into(),
        Value::Text(s) => s.as_str().into(),
        Value::Blob(bytes) => digits(bytes).into(),
        Value::Uuid(uuid) => digits(uuid.as_bytes()).into(),
        Value::Clock(clock) => match clock.value() {
            Value::Integer(micros) => micros.into(),
            Value::Text(day) => day.into(),
            _ => serde_json::Value::Null,
        },
    });
    serde_json::Value::Array(items.collect()).to_string()
}

fn digits(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}

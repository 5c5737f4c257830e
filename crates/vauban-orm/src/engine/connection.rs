//! A connection with its plans (SQL texts by shape) and its work limit.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::expr::Bind;
use crate::value::Value;

/// Steps of SQLite's virtual machine between two looks at the limit.
const STRIDE: i32 = 500;
const MAX_PLANS: usize = 2048;

/// A statement's text, with the constants of the policies in it.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) sql: String,
    pub(crate) constants: Vec<Value>,
    /// How often it goes to a reader thread at once, after having been too much for the request's own.
    heavy: AtomicU32,
}

impl Plan {
    pub(crate) fn new(sql: String, constants: Vec<Value>) -> Self {
        Self {
            sql,
            constants,
            heavy: AtomicU32::new(0),
        }
    }
}

/// Uses of a heavy plan until it is tried in place again.
const HEAVY: u32 = 64;

/// Plans by the shape of their statement.
type Plans = HashMap<Box<[u8]>, Arc<Plan>, BuildHasherDefault<ShapeHasher>>;

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) sqlite: rusqlite::Connection,
    plans: RefCell<Plans>,
    /// Whether it is a request thread's own.
    inline: bool,
    /// Steps left, in strides; below zero interrupts.
    work: Arc<AtomicI64>,
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
        sqlite.set_prepared_statement_cache_capacity(256);
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

    /// The plan for a shape, made at its first use on this connection.
    pub(crate) fn plan(&self, shape: &[u8], make: impl FnOnce() -> Result<Plan>) -> Result<Arc<Plan>> {
        #[cfg(test)]
        if crate::sabotage::any_removed() {
            return make().map(Arc::new);
        }
        if let Some(plan) = self.plans.borrow().get(shape) {
            return Ok(Arc::clone(plan));
        }
        let plan = Arc::new(make()?);
        let mut plans = self.plans.borrow_mut();
        if plans.len() >= MAX_PLANS {
            plans.clear();
        }
        plans.insert(shape.into(), Arc::clone(&plan));
        Ok(plan)
    }

    /// A prepared statement with its parameters bound.
    pub(crate) fn bind(
        &self,
        plan: &Plan,
        actor: Option<Uuid>,
        values: &[Bind<'_>],
    ) -> Result<rusqlite::CachedStatement<'_>> {
        let mut statement = self.sqlite.prepare_cached(&plan.sql)?;
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

/// Fast and unkeyed: shapes are made of addresses and operators, nothing from outside (no CWE-407).
#[derive(Debug, Default)]
struct ShapeHasher(u64);

impl Hasher for ShapeHasher {
    fn write(&mut self, bytes: &[u8]) {
        const K: u64 = 0x517c_c1b7_2722_0a95;
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(K);
        }
        for byte in chunks.remainder() {
            self.0 = (self.0.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(K);
        }
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

//! A connection with its prepared statements and its work limit.

use std::hash::Hasher;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(any(test, feature = "testing"))]
use rusqlite::StatementStatus;
use rusqlite::config::DbConfig;

use super::statistics::Statistics;
use super::values::{Found, json_array};
use crate::backend::lock;
use crate::backend::texts::{KeptTexts, MOST, ShapeHasher, Texts, is_kept};
use crate::backend::watched::Watched;
use crate::error::{Error, Result};
use crate::sql::statement::{Statement, Text};
use crate::tree::expr::Bind;
use crate::tree::ring::Ring;
use crate::tree::value::{RowReader, Value};

/// Steps of SQLite's virtual machine between two looks at the limit.
const STRIDE: i32 = 500;

/// Uses of a heavy text until it is tried in place again.
const HEAVY: u32 = 64;

/// A connection, which only one thread uses at a time: its lock is never waited for, nor held where a statement waits.
#[derive(Debug)]
pub(crate) struct Connection {
    inside: Mutex<Inside>,
    /// The database's, for what was never asked on this connection.
    texts: KeptTexts,
    /// Whether it is a request thread's own.
    inline: bool,
    /// Steps left, in strides; below zero interrupts.
    work: Arc<AtomicI64>,
    /// The statistics by which it makes its plans.
    statistics: AtomicU64,
}

#[derive(Debug)]
struct Inside {
    sqlite: rusqlite::Connection,
    /// Those of which there is a prepared statement.
    texts: Texts,
    /// Steps that are charged with the next stride.
    owed: i64,
    /// The read that was asked last, see [`Connection::read`].
    asked: u64,
}

impl Connection {
    pub(crate) fn new(mut sqlite: rusqlite::Connection, inline: bool, texts: KeptTexts) -> Result<Self> {
        let work = Arc::new(AtomicI64::new(i64::MAX));
        let left = Arc::clone(&work);
        // CWE-400: a statement ends when its work is used up, wherever it is.
        sqlite.progress_handler(STRIDE, Some(move || left.fetch_sub(1, Ordering::Relaxed) < 0))?;
        super::search::install(&sqlite, &work)?;
        super::functions::install(&sqlite, &work)?;
        // Who goes is told by the texts; the rest are savepoints and the like.
        sqlite.set_prepared_statement_cache_capacity(MOST + 16);
        super::settings::settle(&sqlite)?;
        // One plan for a text, whatever is bound: without it SQLite prepares anew whenever a bound LIMIT or
        // an indexed value changes (measured: 35 µs each time).
        sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Self {
            inside: Mutex::new(Inside {
                sqlite,
                texts: Texts::default(),
                owed: 0,
                asked: 0,
            }),
            texts,
            inline,
            work,
            statistics: AtomicU64::new(0),
        })
    }

    /// An empty database of its own.
    pub(crate) fn in_memory() -> Result<Self> {
        Self::new(
            rusqlite::Connection::open_in_memory()?,
            false,
            KeptTexts::default(),
        )
    }

    /// Reads the database's statistics anew if they have changed since: what another connection looked at, SQLite tells nobody.
    /// Not while a transaction is open.
    pub(super) fn follow(&self, statistics: &Statistics) -> Result<()> {
        let number = statistics.number();
        if self.statistics.swap(number, Ordering::Relaxed) != number {
            // The schema is read again, the statistics with it; prepared statements are prepared anew at their next use.
            self.batch("PRAGMA writable_schema = RESET")?;
        }
        Ok(())
    }

    /// For migrations.
    pub(crate) fn schema(&mut self) -> &mut rusqlite::Connection {
        let inside = self.inside.get_mut();
        &mut inside.unwrap_or_else(PoisonError::into_inner).sqlite
    }

    /// Prepares a text, and runs nothing.
    pub(crate) fn understands(&self, sql: &str) -> Result<()> {
        self.inside().sqlite.prepare(sql)?;
        Ok(())
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        lock(&self.inside)
    }

    /// The text for a shape, made at its first use in this database.
    pub(crate) fn text(&self, shape: &[u8], make: impl FnOnce() -> Result<Text>) -> Result<Arc<Text>> {
        #[cfg(test)]
        if crate::sabotage::any_removed() {
            return make().map(Arc::new);
        }
        if let Some(text) = self.inside().texts.get(shape) {
            return Ok(text);
        }
        let text = self.texts.text(shape, make)?;
        let mut inside = self.inside();
        let Inside { sqlite, texts, .. } = &mut *inside;
        for old in texts.keep(shape, &text) {
            // If it was never prepared, it is now, for the last time.
            if let Ok(statement) = sqlite.prepare_cached(&old.sql) {
                statement.discard();
            }
        }
        Ok(text)
    }

    /// Reads, unless that is known to be too much for a request's own thread. What a read costs goes by its shape and by
    /// how many rows it skips, in powers of two.
    pub(crate) fn read(
        &self,
        statement: &Statement<'_>,
        shape: &[u8],
        skipped: i64,
        row: impl FnMut(&mut RowReader<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut read = ShapeHasher::default();
        read.write(shape);
        read.write(&(64 - skipped.leading_zeros()).to_le_bytes());
        let mut inside = self.inside();
        inside.asked = read.finish();
        if !self.inline {
            return inside.fetch(statement, &self.texts, row);
        }
        let text = statement.text;
        let heavy = text.heavy.load(Ordering::Relaxed);
        if heavy > 0 {
            text.heavy.store(heavy - 1, Ordering::Relaxed);
            return Err(Error::TooMuchWork);
        }
        let result = inside.fetch(statement, &self.texts, row);
        if matches!(result, Err(Error::TooMuchWork)) {
            text.heavy.store(HEAVY, Ordering::Relaxed);
        }
        result
    }

    /// How SQLite would run a text, a line for each step, those inside another behind it and further in.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn plan(&self, sql: &str) -> Result<Vec<String>> {
        let inside = self.inside();
        let mut plan = inside.sqlite.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
        let mut steps = plan.raw_query();
        let mut depths = std::collections::HashMap::from([(0_i64, 0)]);
        let mut out = Vec::new();
        while let Some(step) = steps.next()? {
            let (id, parent, what): (i64, i64, String) = (step.get(0)?, step.get(1)?, step.get(3)?);
            let depth = depths.get(&parent).copied().unwrap_or(0);
            depths.insert(id, depth + 1);
            out.push(format!("{}{what}", "  ".repeat(depth)));
        }
        Ok(out)
    }

    /// Runs a statement and hands on each of its rows.
    pub(crate) fn fetch(
        &self,
        statement: &Statement<'_>,
        row: impl FnMut(&mut RowReader<'_>) -> Result<()>,
    ) -> Result<()> {
        self.inside().fetch(statement, &self.texts, row)
    }

    /// Runs a statement without rows; how many it changed.
    pub(crate) fn execute(&self, statement: &Statement<'_>) -> Result<u64> {
        let inside = self.inside();
        let mut prepared = inside.bound(statement, self.texts.ring())?;
        let changed = prepared.raw_execute();
        #[cfg(any(test, feature = "testing"))]
        self.texts
            .watched()
            .made(prepared.reset_status(StatementStatus::VmStep));
        Ok(changed? as u64)
    }

    /// A statement without parameters that is used again.
    pub(crate) fn often(&self, sql: &'static str) -> Result<()> {
        self.inside().sqlite.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// Statements without parameters.
    pub(crate) fn batch(&self, sql: &'static str) -> Result<()> {
        Ok(self.inside().sqlite.execute_batch(sql)?)
    }

    /// Whether no transaction is open.
    pub(crate) fn is_autocommit(&self) -> bool {
        self.inside().sqlite.is_autocommit()
    }

    /// `table.column` of every foreign key to one of these tables, as the database has it.
    pub(crate) fn referring_to(&self, tables: &[&str]) -> Result<Vec<String>> {
        let inside = self.inside();
        let mut statement = inside.sqlite.prepare_cached(
            "SELECT s.name || '.' || f.\"from\" FROM sqlite_schema AS s, pragma_foreign_key_list(s.name) AS f \
             WHERE s.type = 'table' AND lower(f.\"table\") IN (SELECT lower(value) FROM json_each(?1))",
        )?;
        let rows = statement.query_map([serde_json::json!(tables).to_string()], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Who watches the database's statements.
    pub(crate) fn watched(&self) -> &Watched {
        self.texts.watched()
    }

    /// The keys of what is sealed in the database.
    pub(crate) fn ring(&self) -> &Ring {
        self.texts.ring()
    }

    /// Forgets it: what is not read by [`read`](Self::read) is no other's read.
    pub(crate) fn forget_asked(&self) {
        self.inside().asked = 0;
    }

    /// The read that was asked last.
    pub(crate) fn asked(&self) -> u64 {
        self.inside().asked
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
        let mut inside = self.inside();
        let owed = inside
            .owed
            .saturating_add(STATEMENT)
            .saturating_add(rows.saturating_mul(ROW));
        let strides = owed / i64::from(STRIDE);
        inside.owed = owed % i64::from(STRIDE);
        if self.work.fetch_sub(strides, Ordering::Relaxed) < strides {
            return Err(Error::TooMuchWork);
        }
        Ok(())
    }

    /// Bytes of what is kept of statements.
    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.inside().texts.bytes()
    }

    /// The bare connection.
    #[cfg(test)]
    pub(crate) fn bare<T>(&self, f: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T>) -> Result<T> {
        Ok(f(&self.inside().sqlite)?)
    }
}

impl Inside {
    fn fetch(
        &self,
        statement: &Statement<'_>,
        texts: &KeptTexts,
        mut row: impl FnMut(&mut RowReader<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut prepared = self.bound(statement, texts.ring())?;
        let mut rows = prepared.raw_query();
        while let Some(found) = rows.next()? {
            row(&mut RowReader::new(&Found(found), texts.ring()))?;
        }
        #[cfg(any(test, feature = "testing"))]
        {
            drop(rows);
            texts
                .watched()
                .made(prepared.reset_status(StatementStatus::VmStep));
        }
        Ok(())
    }

    /// A prepared statement with its parameters bound.
    fn bound(&self, statement: &Statement<'_>, ring: &Ring) -> Result<Prepared<'_>> {
        let &Statement { text, actor, values } = statement;
        let mut prepared = if is_kept(text) {
            Prepared::Kept(self.sqlite.prepare_cached(&text.sql)?)
        } else {
            Prepared::Once(self.sqlite.prepare(&text.sql)?)
        };
        let count = prepared.parameter_count();
        if let Some(actor) = actor
            && count >= 1
        {
            prepared.raw_bind_parameter(1, &actor.as_bytes()[..])?;
        }
        let values_end = values.len() + 2;
        for (index, value) in (2..).zip(values) {
            if index > count {
                break; // folded away, and nothing of the rule follows
            }
            match value {
                Bind::One(Value::Unsealed(sought)) => {
                    prepared.raw_bind_parameter(index, sought.bound(ring).ok_or_else(unsealed)?)?;
                }
                Bind::One(value) => prepared.raw_bind_parameter(index, value)?,
                Bind::List(list) => prepared.raw_bind_parameter(index, json_array(list))?,
                Bind::Int(i) => prepared.raw_bind_parameter(index, i)?,
            }
        }
        for (index, value) in (values_end..=count).zip(&text.constants) {
            prepared.raw_bind_parameter(index, value)?;
        }
        Ok(prepared)
    }
}

/// CWE-311: what is not sealed does not leave.
fn unsealed() -> Error {
    Error::Internal("what is to be encrypted was not sealed, and is not sent".into())
}

/// A prepared statement: one that goes back to the connection's, or one that was too large for that.
enum Prepared<'c> {
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

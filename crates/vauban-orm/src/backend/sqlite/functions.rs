//! What SQLite computes otherwise than PostgreSQL, or with an error: whole numbers that keep within 64 bits, exact sums, parts of
//! moments and days. None of it fails, whatever is stored (CWE-190, CWE-209).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;

use crate::tree::folding::folded;

/// Gives them to a connection.
pub(super) fn install(sqlite: &Connection, work: &Arc<AtomicI64>) -> rusqlite::Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    let two: [(&str, Compute); 5] = [
        ("vauban_plus", |a, b| Some(a.saturating_add(b))),
        ("vauban_minus", |a, b| Some(a.saturating_sub(b))),
        ("vauban_times", |a, b| Some(a.saturating_mul(b))),
        ("vauban_divided", |a, b| (b != 0).then(|| a.saturating_div(b))),
        ("vauban_modulo", |a, b| (b != 0).then(|| a.wrapping_rem(b))),
    ];
    for (name, compute) in two {
        sqlite.create_scalar_function(name, 2, flags, move |call| {
            let both = integer(call.get_raw(0)).zip(integer(call.get_raw(1)));
            Ok(both.and_then(|(a, b)| compute(a, b)))
        })?;
    }
    let work = Arc::clone(work);
    sqlite.create_scalar_function("vauban_folded", 1, flags, move |call| {
        let ValueRef::Text(text) = call.get_raw(0) else {
            return Ok(None);
        };
        // CWE-400: charged as what `instr` looks at, and once more, for a letter costs more than a byte.
        work.fetch_sub((text.len() / 1024) as i64, Ordering::Relaxed);
        Ok(std::str::from_utf8(text).ok().map(folded))
    })?;
    sqlite.create_scalar_function("vauban_part", 2, flags, |call| Ok(part(call)))?;
    sqlite.create_aggregate_function("vauban_sum", 1, flags, Sum)?;
    sqlite.create_aggregate_function("vauban_avg", 1, flags, Average)
}

/// Of two numbers.
type Compute = fn(i64, i64) -> Option<i64>;

fn integer(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    }
}

/// A part of a moment in UTC or of a day, by its name. Years before the first are counted as PostgreSQL does: there is no year 0.
fn part(call: &Context<'_>) -> Option<i64> {
    let name = call.get_raw(0).as_str().ok()?;
    let moment = match call.get_raw(1) {
        ValueRef::Integer(micros) => {
            let moment = Timestamp::from_microsecond(micros).ok()?;
            moment.to_zoned(TimeZone::UTC).datetime()
        }
        ValueRef::Text(day) => {
            let day: Date = std::str::from_utf8(day).ok()?.parse().ok()?;
            day.to_datetime(jiff::civil::Time::midnight())
        }
        _ => return None,
    };
    let year = i64::from(moment.year());
    Some(match name {
        "year" if year <= 0 => year - 1,
        "year" => year,
        "month" => moment.month().into(),
        "day" => moment.day().into(),
        "weekday" => moment.weekday().to_monday_one_offset().into(),
        "hour" => moment.hour().into(),
        "minute" => moment.minute().into(),
        "second" => moment.second().into(),
        _ => return None,
    })
}

/// So many numbers, and their sum: of fewer than 2⁶⁴ numbers of 64 bits it has its place in 128.
#[derive(Default)]
struct Totals {
    sum: i128,
    count: u64,
}

impl Totals {
    fn take(&mut self, call: &Context<'_>) {
        if let Some(number) = integer(call.get_raw(0)) {
            self.sum = self.sum.saturating_add(number.into());
            self.count += 1;
        }
    }
}

struct Sum;

impl Aggregate<Totals, Option<i64>> for Sum {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Totals> {
        Ok(Totals::default())
    }
    fn step(&self, call: &mut Context<'_>, totals: &mut Totals) -> rusqlite::Result<()> {
        totals.take(call);
        Ok(())
    }
    fn finalize(&self, _: &mut Context<'_>, totals: Option<Totals>) -> rusqlite::Result<Option<i64>> {
        let some = totals.filter(|totals| totals.count > 0);
        Ok(some.map(|totals| {
            let end = if totals.sum < 0 { i64::MIN } else { i64::MAX };
            i64::try_from(totals.sum).unwrap_or(end)
        }))
    }
}

struct Average;

impl Aggregate<Totals, Option<f64>> for Average {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Totals> {
        Ok(Totals::default())
    }
    fn step(&self, call: &mut Context<'_>, totals: &mut Totals) -> rusqlite::Result<()> {
        totals.take(call);
        Ok(())
    }
    #[allow(clippy::cast_precision_loss, reason = "an average is a float")]
    fn finalize(&self, _: &mut Context<'_>, totals: Option<Totals>) -> rusqlite::Result<Option<f64>> {
        let some = totals.filter(|totals| totals.count > 0);
        Ok(some.map(|totals| totals.sum as f64 / totals.count as f64))
    }
}

//! When a schedule is due, where clocks are changed, too.

use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan as _};
use vauban::orm::DateTime;
use vauban::tasks::Plan;

/// A plan that was read.
#[derive(Debug, Clone)]
pub(crate) enum Timetable {
    Daily(Time, TimeZone),
    /// In microseconds.
    Every(i64),
    #[cfg(feature = "cron")]
    Cron(Box<croner::Cron>, TimeZone),
}

/// How far back is looked through time by time for the last one that was missed.
const LOOK_BACK: Duration = Duration::from_secs(8 * 86_400);

impl Timetable {
    /// Reads a plan.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(plan: Plan) -> Result<Self, String> {
        match plan {
            Plan::Daily(time, zone) => {
                let read = Time::strptime("%H:%M", time);
                let read = read.map_err(|_| format!("`{time}` is no time of day, such as `02:30`"))?;
                Ok(Self::Daily(read, zone_of(zone)?))
            }
            Plan::Every(pause) => match i64::try_from(pause.as_micros()) {
                Ok(micros) if pause >= Duration::from_secs(60) => Ok(Self::Every(micros)),
                _ => Err("a schedule comes every minute at most".to_owned()),
            },
            #[cfg(feature = "cron")]
            Plan::Cron(fields, zone) => {
                let parser = croner::parser::CronParser::builder()
                    .seconds(croner::parser::Seconds::Disallowed)
                    .year(croner::parser::Year::Disallowed)
                    .build();
                let read = parser.parse(fields);
                let read = read.map_err(|error| format!("`{fields}` are not five fields of cron: {error}"))?;
                Ok(Self::Cron(Box::new(read), zone_of(zone)?))
            }
            #[cfg(not(feature = "cron"))]
            Plan::Cron(..) => Err(
                "lines of cron need the feature `cron`: write `vauban = { …, features = [\"cron\"] }`, or use `Schedule::daily` or `every`"
                    .to_owned(),
            ),
        }
    }

    /// The first time after this one.
    pub(crate) fn next(&self, after: DateTime) -> Option<DateTime> {
        match self {
            Self::Daily(time, zone) => {
                let mut date = after.timestamp().to_zoned(zone.clone()).date().yesterday().ok()?;
                // A day of which a calendar leaves out all is followed by one.
                for _ in 0..4 {
                    let due = at(date, *time, zone)?;
                    if due > after.timestamp() {
                        return Some(due.into());
                    }
                    date = date.tomorrow().ok()?;
                }
                None
            }
            Self::Every(pause) => {
                let next = after.micros().div_euclid(*pause).checked_add(1)?;
                DateTime::from_micros(next.checked_mul(*pause)?)
            }
            #[cfg(feature = "cron")]
            Self::Cron(cron, zone) => {
                let after = after.timestamp().to_zoned(zone.clone());
                let next = cron.find_next_occurrence(&after, false).ok()?;
                Some(next.timestamp().into())
            }
        }
    }

    /// The last time after `since` that is not after `now`, however many there were.
    pub(crate) fn last(&self, since: DateTime, now: DateTime) -> Option<DateTime> {
        let first = self.next(since).filter(|first| *first <= now)?;
        let recent = now - LOOK_BACK;
        let begin = if first < recent {
            self.next(recent).filter(|next| *next <= now).unwrap_or(first)
        } else {
            first
        };
        let mut last = begin;
        // CWE-834: no plan has more times in so many days.
        for _ in 0..20_000 {
            match self.next(last).filter(|next| *next <= now) {
                Some(next) => last = next,
                None => break,
            }
        }
        Some(last)
    }
}

fn zone_of(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| {
        format!("this machine knows no time zone `{name}`: write one such as `Europe/Berlin` or `UTC`, and install `tzdata` where it is missing")
    })
}

/// This time of this day: where clocks leave it out, the first moment behind the gap; where they show it twice, the first.
fn at(date: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    let civil = date.to_datetime(time);
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
        AmbiguousOffset::Gap { .. } => {
            // `earlier` is as much before the gap as the time stands in it.
            let before = ambiguous.earlier().ok()?.checked_sub(1.microsecond()).ok()?;
            let gap = zone.following(before).next()?;
            Some(gap.timestamp())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(table: &Timetable, after: &str, many: usize) -> Vec<String> {
        let mut last: DateTime = after.parse().unwrap();
        let mut all = Vec::new();
        for _ in 0..many {
            last = table.next(last).unwrap();
            all.push(last.to_string());
        }
        all
    }

    fn daily(time: &'static str) -> Timetable {
        Timetable::read(Plan::Daily(time, "Europe/Berlin")).unwrap()
    }

    /// Pitfall 9 (node-cron#881, rundeck#6879): 28 March 2027 has no 02:30 in Berlin, 25 October 2026 has two.
    #[test]
    fn fixed_times_where_clocks_are_changed() {
        let spring = [
            "2027-03-27T01:30:00Z",
            "2027-03-28T01:00:00Z",
            "2027-03-29T00:30:00Z",
        ];
        let autumn = [
            "2026-10-24T00:30:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-26T01:30:00Z",
        ];
        let mut tables = vec![daily("02:30")];
        #[cfg(feature = "cron")]
        tables.push(Timetable::read(Plan::Cron("30 2 * * *", "Europe/Berlin")).unwrap());
        tables.truncate(2);
        for table in tables {
            assert_eq!(times(&table, "2027-03-27T00:00:00Z", 3), spring, "{table:?}");
            assert_eq!(times(&table, "2026-10-23T12:00:00Z", 3), autumn, "{table:?}");
            // Asked between the two 02:30 of that night, it has been.
            assert_eq!(times(&table, "2026-10-25T01:10:00Z", 1), autumn[2..], "{table:?}");
        }
        // The edges of the gap are times as any.
        assert_eq!(
            times(&daily("03:00"), "2027-03-28T00:00:00Z", 1),
            ["2027-03-28T01:00:00Z"]
        );
        assert_eq!(
            times(&daily("01:59"), "2027-03-28T00:00:00Z", 1),
            ["2027-03-28T00:59:00Z"]
        );
        assert_eq!(
            times(&daily("00:00"), "2026-10-25T20:00:00Z", 1),
            ["2026-10-25T23:00:00Z"]
        );
    }

    /// By elapsed time, whatever the clocks show.
    #[test]
    fn intervals_are_by_elapsed_time() {
        let hourly = Timetable::read(Plan::Every(Duration::from_secs(3600))).unwrap();
        assert_eq!(
            times(&hourly, "2026-10-25T00:00:00Z", 3),
            [
                "2026-10-25T01:00:00Z",
                "2026-10-25T02:00:00Z",
                "2026-10-25T03:00:00Z"
            ]
        );
    }

    #[test]
    fn of_many_that_were_missed_the_last_one_counts() {
        let last = |table: &Timetable, since: &str, now: &str| {
            let last = table.last(since.parse().unwrap(), now.parse().unwrap());
            last.map(|last| last.to_string())
        };
        let table = daily("02:30");
        assert_eq!(last(&table, "2026-11-01T01:30:00Z", "2026-11-02T01:29:59Z"), None);
        let ran = "2026-11-02T01:30:00Z".to_owned();
        assert_eq!(
            last(&table, "2026-11-01T01:30:00Z", "2026-11-02T01:30:00Z"),
            Some(ran)
        );
        let yesterday = "2026-11-30T01:30:00Z".to_owned();
        assert_eq!(
            last(&table, "2020-01-01T00:00:00Z", "2026-11-30T12:00:00Z"),
            Some(yesterday)
        );
        let minutely = Timetable::read(Plan::Every(Duration::from_secs(60))).unwrap();
        let minute = "2026-11-30T12:00:00Z".to_owned();
        assert_eq!(
            last(&minutely, "2020-01-01T00:00:00Z", "2026-11-30T12:00:30Z"),
            Some(minute)
        );
    }

    #[cfg(feature = "cron")]
    #[test]
    fn rare_lines_of_cron() {
        let table = Timetable::read(Plan::Cron("0 0 L 12 *", "UTC")).unwrap();
        assert_eq!(times(&table, "2026-06-01T00:00:00Z", 1), ["2026-12-31T00:00:00Z"]);
        let last = table.last(
            "2020-06-01T00:00:00Z".parse().unwrap(),
            "2026-11-30T12:00:00Z".parse().unwrap(),
        );
        assert!(last.is_some());
    }

    #[test]
    fn what_is_no_plan_says_so() {
        for plan in [
            Plan::Daily("25:00", "UTC"),
            Plan::Daily("2:30pm", "UTC"),
            Plan::Daily("02:30", "Europe/Nowhere"),
            Plan::Every(Duration::from_secs(59)),
            Plan::Cron("* * * *", "UTC"),
            Plan::Cron("* * * * * *", "UTC"),
        ] {
            assert!(Timetable::read(plan).is_err(), "{plan:?}");
        }
    }
}

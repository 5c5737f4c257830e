//! Dates and times in Django's format letters, English, as with `USE_I18N` off.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// A point in time, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Instant {
    /// Nothing that is a date.
    None,
    /// A date, with its clock and zone where the type has them.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// Date and time; the zone, if it is known.
    DateTime(DateTime, Option<Zone>),
}

/// What is known of a time zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// How far ahead of UTC the zone is at that moment.
    pub offset: Offset,
    /// Its short name.
    pub name: String,
    /// Whether clocks are set forward.
    pub summer: bool,
}

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Self {
            offset: Offset::UTC,
            name: "UTC".to_owned(),
            summer: false,
        }
    }
}

impl Instant {
    /// A time stamp, shown in UTC.
    pub fn timestamp(at: Timestamp) -> Self {
        Self::DateTime(at.to_zoned(TimeZone::UTC).datetime(), Some(Zone::utc()))
    }

    /// A time in its zone.
    pub fn zoned(at: &Zoned) -> Self {
        let info = at.time_zone().to_offset_info(at.timestamp());
        Self::DateTime(
            at.datetime(),
            Some(Zone {
                offset: at.offset(),
                name: info.abbreviation().to_owned(),
                summer: info.dst().is_dst(),
            }),
        )
    }

    /// Text in RFC 3339 or ISO 8601; nothing else is a date or a time of day.
    pub fn text(text: &str) -> Self {
        let text = text.trim();
        // `14:30:00`: how a column's time of day writes itself.
        if let [h1, h2, b':', m1, m2, b':', ..] = text.as_bytes()
            && [h1, h2, m1, m2].iter().all(|digit| digit.is_ascii_digit())
        {
            return text.parse::<Time>().map_or(Self::None, Self::Time);
        }
        if text.len() < 10 || !text.starts_with(|c: char| c.is_ascii_digit()) {
            return Self::None;
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Self::timestamp(at);
        }
        if text.len() == 10 {
            return text.parse::<Date>().map_or(Self::None, Self::Date);
        }
        text.parse::<DateTime>()
            .map_or(Self::None, |at| Self::DateTime(at, None))
    }

    fn date(&self) -> Option<Date> {
        match self {
            Self::Date(date) => Some(*date),
            Self::DateTime(at, _) => Some(at.date()),
            _ => None,
        }
    }

    fn clock(&self) -> Option<Time> {
        match self {
            Self::Time(time) => Some(*time),
            Self::DateTime(at, _) => Some(at.time()),
            _ => None,
        }
    }

    /// Without a zone of its own, date and time are UTC's.
    fn zone(&self) -> Option<Zone> {
        match self {
            Self::DateTime(_, zone) => Some(zone.clone().unwrap_or_else(Zone::utc)),
            _ => None,
        }
    }
}

/// A date in a format: `"j F Y"`. Without one: `"N j, Y"`.
pub fn date(value: Instant, format: Option<&str>) -> String {
    write(&value, named(format.unwrap_or("DATE_FORMAT")), true).unwrap_or_default()
}

/// A time in a format: `"H:i"`. Without one: `"P"`.
pub fn time(value: Instant, format: Option<&str>) -> String {
    write(&value, named(format.unwrap_or("TIME_FORMAT")), false).unwrap_or_default()
}

/// The time now, in UTC.
pub fn now(format: &str) -> String {
    date(Instant::timestamp(Timestamp::now()), Some(format))
}

/// The format behind a name of Django's.
pub(super) fn named(format: &str) -> &str {
    match format {
        "DATE_FORMAT" => "N j, Y",
        "DATETIME_FORMAT" => "N j, Y, P",
        "TIME_FORMAT" => "P",
        "YEAR_MONTH_FORMAT" => "F Y",
        "MONTH_DAY_FORMAT" => "F j",
        "SHORT_DATE_FORMAT" => "m/d/Y",
        "SHORT_DATETIME_FORMAT" => "m/d/Y P",
        other => other,
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// `None`: a letter asks for what is not there (Django raises, or the filter shows nothing).
fn write(value: &Instant, format: &str, dates: bool) -> Option<String> {
    if *value == Instant::None {
        return None;
    }
    let mut out = String::new();
    let (mut before, mut escape) = ('\0', false);
    for c in format.chars() {
        // As in Django, what stands after a backslash is no letter, even if that one is escaped itself.
        let literal = std::mem::replace(&mut before, c) == '\\';
        if escape {
            escape = false;
            out.push(c);
        } else if c == '\\' {
            escape = true;
        } else {
            match if literal { None } else { letter(value, c, dates)? } {
                Some(text) => out.push_str(&text),
                None => out.push(c),
            }
        }
    }
    if escape {
        out.push('\\');
    }
    Some(out)
}

/// Letters that ask for a time of day or its zone.
pub(super) const CLOCK: &str = "aAefgGhHiOPrsTuZ";
/// Letters that ask for a day, month or year.
pub(super) const CALENDAR: &str = "bdDEFjlLmMnNorStUwWyYz";

/// The text of one letter; `Some(None)`: it is no format letter.
#[allow(clippy::too_many_lines)]
fn letter(value: &Instant, c: char, dates: bool) -> Option<Option<String>> {
    if CLOCK.contains(c) && value.clock().is_none() {
        return None;
    }
    let date = value.date().filter(|_| dates);
    // `U` of a date alone means midnight.
    let clock = value.clock().unwrap_or_default();
    let hour12 = match clock.hour() % 12 {
        0 => 12,
        h => h,
    };
    let month = |d: Date| usize::try_from(d.month() - 1).unwrap_or(0);
    let text = match c {
        'a' => if clock.hour() > 11 { "p.m." } else { "a.m." }.to_owned(),
        'A' => if clock.hour() > 11 { "PM" } else { "AM" }.to_owned(),
        'g' => hour12.to_string(),
        'G' => clock.hour().to_string(),
        'h' => format!("{hour12:02}"),
        'H' => format!("{:02}", clock.hour()),
        'i' => format!("{:02}", clock.minute()),
        's' => format!("{:02}", clock.second()),
        'u' => format!("{:06}", clock.subsec_nanosecond() / 1000),
        'f' => {
            if clock.minute() == 0 {
                hour12.to_string()
            } else {
                format!("{hour12}:{:02}", clock.minute())
            }
        }
        'P' => match (clock.hour(), clock.minute()) {
            (0, 0) => "midnight".to_owned(),
            (12, 0) => "noon".to_owned(),
            (h, m) => {
                let half = if h > 11 { "p.m." } else { "a.m." };
                if m == 0 {
                    format!("{hour12} {half}")
                } else {
                    format!("{hour12}:{m:02} {half}")
                }
            }
        },
        'e' | 'T' => value.zone().map_or(String::new(), |z| z.name),
        'O' => value.zone().map_or(String::new(), |z| offset(z.offset, "")),
        'Z' => value
            .zone()
            .map_or(String::new(), |z| z.offset.seconds().to_string()),
        'I' => value
            .zone()
            .map_or(String::new(), |z| if z.summer { "1" } else { "0" }.to_owned()),
        'b' => MONTHS[month(date?)][..3].to_lowercase(),
        'd' => format!("{:02}", date?.day()),
        'D' => weekday(date?)[..3].to_owned(),
        'E' | 'F' => MONTHS[month(date?)].to_owned(),
        'j' => date?.day().to_string(),
        'l' => weekday(date?).to_owned(),
        'L' => if date?.in_leap_year() { "True" } else { "False" }.to_owned(),
        'm' => format!("{:02}", date?.month()),
        'M' => MONTHS[month(date?)][..3].to_owned(),
        'n' => date?.month().to_string(),
        'N' => {
            const AP: [&str; 12] = [
                "Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.",
                "Dec.",
            ];
            AP[month(date?)].to_owned()
        }
        'o' => date?.iso_week_date().year().to_string(),
        'S' => match date?.day() {
            11..=13 => "th",
            d if d % 10 == 1 => "st",
            d if d % 10 == 2 => "nd",
            d if d % 10 == 3 => "rd",
            _ => "th",
        }
        .to_owned(),
        't' => date?.days_in_month().to_string(),
        'U' => {
            let at = DateTime::from_parts(date?, clock);
            let offset = value.zone().map_or(Offset::UTC, |z| z.offset);
            offset.to_timestamp(at).ok()?.as_second().to_string()
        }
        'w' => date?.weekday().to_sunday_zero_offset().to_string(),
        'W' => date?.iso_week_date().week().to_string(),
        'y' => format!("{:02}", date?.year().rem_euclid(100)),
        'Y' => format!("{:04}", date?.year()),
        'z' => date?.day_of_year().to_string(),
        'c' => match value {
            Instant::Date(d) => d.to_string(),
            Instant::DateTime(at, zone) => {
                format!(
                    "{at}{}",
                    zone.as_ref().map_or(String::new(), |z| offset(z.offset, ":"))
                )
            }
            Instant::Time(t) => t.to_string(),
            Instant::None => return None,
        },
        'r' => {
            let date = date?;
            let zone = offset(value.zone()?.offset, "");
            format!(
                "{}, {} {} {:04} {:02}:{:02}:{:02} {zone}",
                &weekday(date)[..3],
                date.day(),
                &MONTHS[month(date)][..3],
                date.year(),
                clock.hour(),
                clock.minute(),
                clock.second()
            )
        }
        _ => return Some(None),
    };
    Some(Some(text))
}

fn offset(offset: Offset, between: &str) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
}

/// How long ago: at most two neighbouring units.
pub fn timesince(value: Instant) -> String {
    between(&value, now_like(&value))
}

/// How long it is until then, in its two largest units.
pub fn timeuntil(value: Instant) -> String {
    let now = now_like(&value);
    match (&now, value) {
        (Some(now), then) => between(&Instant::DateTime(*now, None), moment(&then)),
        (None, _) => String::new(),
    }
}

fn moment(value: &Instant) -> Option<DateTime> {
    let at = DateTime::from_parts(value.date()?, value.clock().unwrap_or_default());
    match value.zone() {
        Some(zone) => Some(
            zone.offset
                .to_timestamp(at)
                .ok()?
                .to_zoned(TimeZone::UTC)
                .datetime(),
        ),
        None => Some(at),
    }
}

fn now_like(value: &Instant) -> Option<DateTime> {
    value.date()?;
    Some(Timestamp::now().to_zoned(TimeZone::UTC).datetime())
}

fn between(from: &Instant, to: Option<DateTime>) -> String {
    let (Some(from), Some(to)) = (moment(from), to) else {
        return String::new();
    };
    let zero = "0\u{a0}minutes".to_owned();
    if from >= to {
        return zero;
    }
    let mut months = i64::from(to.year() - from.year()) * 12 + i64::from(to.month() - from.month());
    if (to.day(), to.time()) < (from.day(), from.time()) {
        months -= 1;
    }
    let (years, months) = (months / 12, months % 12);
    let pivot = from
        .checked_add(jiff::Span::new().years(years).months(months))
        .unwrap_or(from);
    let seconds = to.duration_since(pivot).as_secs().max(0);
    let parts = [
        (years, "year"),
        (months, "month"),
        (seconds / 604_800, "week"),
        (seconds % 604_800 / 86_400, "day"),
        (seconds % 86_400 / 3600, "hour"),
        (seconds % 3600 / 60, "minute"),
    ];
    let Some(first) = parts.iter().position(|(n, _)| *n > 0) else {
        return zero;
    };
    let words: Vec<String> = parts[first..]
        .iter()
        .take(2)
        .take_while(|(n, _)| *n > 0)
        .map(|(n, unit)| format!("{n}\u{a0}{unit}{}", if *n == 1 { "" } else { "s" }))
        .collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters() {
        let d = Instant::Date(jiff::civil::date(2024, 12, 30));
        assert_eq!(
            date(d.clone(), Some("z t L W o jS \\o\\f F")),
            "365 31 True 1 2025 30th of December"
        );
        assert_eq!(date(d.clone(), None), "Dec. 30, 2024");
        let t = Instant::Time(jiff::civil::time(4, 0, 0, 0));
        assert_eq!(time(t.clone(), Some("P:e:O:T:Z")), "4 a.m.::::");
        assert_eq!(date(t.clone(), Some("Y")), "");
        assert_eq!(time(t, Some("H:i Y")), "");
        assert_eq!(date(d.clone(), Some("H:i")), "");
        assert_eq!(time(d.clone(), None), "");
        assert_eq!(date(d.clone(), Some("c U")), "2024-12-30 1735516800");
        assert_eq!(
            time(Instant::timestamp(Timestamp::UNIX_EPOCH), Some("H:i e O")),
            "00:00 UTC +0000"
        );
        // What stands after a backslash is no letter, even if that one is escaped itself.
        assert_eq!(date(d, Some("\\Y \\\\Y \\\\\\Y Y\\")), "Y \\Y \\Y 2024\\");
        assert_eq!(date(Instant::text("nodate"), Some("Y")), "");
        assert_eq!(
            date(Instant::text("2026-11-20T03:04:05Z"), Some("U")),
            "1795143845"
        );
    }

    #[test]
    fn distances() {
        let from = Instant::DateTime(jiff::civil::datetime(2024, 1, 1, 0, 0, 0, 0), None);
        let to = Some(jiff::civil::datetime(2025, 3, 2, 0, 0, 0, 0));
        assert_eq!(between(&from, to), "1\u{a0}year, 2\u{a0}months");
    }
}

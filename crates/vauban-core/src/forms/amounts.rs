//! Amounts, days and times in forms.

use vauban_orm::{Date, DateTime, Decimal, Problem, Time};

use super::problems::{NOT_A_DATE, NOT_A_MOMENT, NOT_A_TIME, out_of_range};
use super::spec::{FieldSpec, Widget};
use super::value::FieldValue;

/// Exact, never by way of a float; `min` and `max` are whole numbers.
impl<const PLACES: u32, const DIGITS: u32> FieldValue for Decimal<PLACES, DIGITS> {
    const WIDGET: Widget = Widget::Decimal;
    const HAS_RANGE: bool = true;
    const PLACES: Option<u32> = Some(PLACES);

    fn read(text: &str, spec: &FieldSpec) -> Result<Self, Problem> {
        let amount = Self::parse(text).map_err(Problem::from)?;
        let (units, one) = (i128::from(amount.units()), 10_i128.pow(PLACES));
        let (min, max) = (spec.min.map(i128::from), spec.max.map(i128::from));
        if min.is_none_or(|min| units >= min * one) && max.is_none_or(|max| units <= max * one) {
            Ok(amount)
        } else {
            Err(out_of_range(min, max))
        }
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl FieldValue for Date {
    const WIDGET: Widget = Widget::Date;

    /// As every browser sends it, whatever it shows: `2026-11-29` (WHATWG HTML, "valid date string").
    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Self::parse(text).map_err(|_| NOT_A_DATE)
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl FieldValue for Time {
    const WIDGET: Widget = Widget::Time;

    /// As every browser sends it: `14:30`, with seconds where there are some (WHATWG HTML, "valid time string").
    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Self::parse(text).map_err(|_| NOT_A_TIME)
    }

    fn shown(&self) -> String {
        shown_time(&self.to_string())
    }
}

/// A moment: in UTC, as templates show it, and the page says so beside the label.
impl FieldValue for DateTime {
    const WIDGET: Widget = Widget::DateTime;

    /// As every browser sends it: `2026-11-29T14:30`, with seconds where there are some (WHATWG HTML, "valid local date and
    /// time string").
    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        let (day, time) = text.split_once('T').ok_or(NOT_A_MOMENT)?;
        let day = Date::parse(day).map_err(|_| NOT_A_MOMENT)?;
        let time = Time::parse(time).map_err(|_| NOT_A_MOMENT)?;
        Self::in_utc(day, time).ok_or(NOT_A_MOMENT)
    }

    fn shown(&self) -> String {
        format!(
            "{}T{}",
            self.date_in_utc(),
            shown_time(&self.time_in_utc().to_string())
        )
    }
}

/// A time as a browser's control takes it: without seconds where there are none, and to the millisecond; of more digits it
/// would show nothing.
fn shown_time(text: &str) -> String {
    let (clock, part) = text.split_once('.').unwrap_or((text, ""));
    let part = part.get(..3).unwrap_or(part).trim_end_matches('0');
    match (part, clock.strip_suffix(":00")) {
        ("", Some(short)) if short.len() == 5 => short.to_owned(),
        ("", _) => clock.to_owned(),
        (part, _) => format!("{clock}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::bound::BoundField;
    use super::super::render;
    use super::*;

    type Price = Decimal<2, 6>;

    const PRICE: FieldSpec = FieldSpec {
        min: Some(0),
        max: Some(100),
        ..FieldSpec::new("price", "Price", Widget::Decimal)
    };
    const DAY: FieldSpec = FieldSpec::new("day", "Day", Widget::Date);
    const ANY_DAY: FieldSpec = FieldSpec {
        required: false,
        ..DAY
    };
    const AT: FieldSpec = FieldSpec::new("at", "At", Widget::Time);

    fn read<T: FieldValue>(text: &str, spec: &FieldSpec) -> Result<T, String> {
        T::clean(&[text.to_owned()], spec).map_err(|problem| problem.to_string())
    }

    fn html<T: FieldValue>(value: &T, spec: &'static FieldSpec) -> String {
        let mut bound = BoundField::new::<T>(spec);
        bound.start_with(value);
        let mut out = String::new();
        render::control(&bound, &mut out);
        out
    }

    /// CWE-20, CWE-1286
    #[test]
    fn an_amount_is_exact_and_within_its_bounds() {
        assert_eq!(read::<Price>(" 99.9 ", &PRICE).unwrap().units(), 9990);
        for (bad, said) in [
            ("1e2", "Enter a number, like 3.14."),
            ("NaN", "Enter a number, like 3.14."),
            ("1.001", "At most 2 digits behind the point."),
            ("12345", "At most 4 digits before the point."),
            ("-0.01", "Enter a number from 0 to 100."),
            ("100.01", "Enter a number from 0 to 100."),
        ] {
            assert_eq!(read::<Price>(bad, &PRICE), Err(said.to_owned()), "{bad}");
        }
        assert_eq!(
            html(&Price::whole(7).unwrap(), &PRICE),
            "<input type=\"number\" id=\"id_price\" name=\"price\" required step=\"0.01\" min=\"0\" max=\"100\" \
             value=\"7.00\">"
        );
        assert!(html(&Decimal::<0, 6>::ZERO, &PRICE).contains(" step=\"1\""));
    }

    #[test]
    fn days_and_times_have_controls_of_their_own() {
        let day = read::<Date>("2024-02-29", &DAY).unwrap();
        assert_eq!(
            html(&day, &DAY),
            "<input type=\"date\" id=\"id_day\" name=\"day\" required value=\"2024-02-29\">"
        );
        assert_eq!(read::<Date>("29.02.2024", &DAY), Err(NOT_A_DATE.to_string()));
        assert_eq!(read::<Option<Date>>("", &ANY_DAY), Ok(None));
        for (typed, shown) in [
            ("14:30", "14:30"),
            ("14:30:00", "14:30"),
            ("14:00:07.5", "14:00:07.5"),
        ] {
            let at = read::<Time>(typed, &AT).unwrap();
            assert!(
                html(&at, &AT).contains(&format!("step=\"any\" value=\"{shown}\"")),
                "{typed}"
            );
            assert_eq!(read::<Time>(shown, &AT), Ok(at));
        }
        assert_eq!(read::<Time>("25:00", &AT), Err(NOT_A_TIME.to_string()));
        // More digits than a control takes: it would show nothing, and saving would empty the column.
        let at = Time::from_micros(14 * 3_600_000_000 + 123_456).unwrap();
        assert!(html(&at, &AT).contains("value=\"14:00:00.123\""));
    }

    #[test]
    fn a_moment_is_asked_for_in_utc_and_says_so() {
        const MOMENT: FieldSpec = FieldSpec::new("from", "From", Widget::DateTime);
        for (typed, moment, shown) in [
            ("2026-11-29T14:30", "2026-11-29T14:30:00Z", "2026-11-29T14:30"),
            (
                "0001-01-01T00:00:07.5",
                "0001-01-01T00:00:07.5Z",
                "0001-01-01T00:00:07.5",
            ),
        ] {
            let read = read::<DateTime>(typed, &MOMENT).unwrap();
            assert_eq!(read, moment.parse().unwrap());
            let control = html(&read, &MOMENT);
            assert!(control.starts_with("<input type=\"datetime-local\""), "{control}");
            assert!(control.contains(&format!("value=\"{shown}\"")), "{control}");
        }
        for bad in [
            "2026-11-29",
            "2026-11-29 14:30",
            "2026-11-29T14:30Z",
            "2026-02-29T14:30",
            "29.11.2026T1:2",
        ] {
            assert_eq!(
                read::<DateTime>(bad, &MOMENT),
                Err(NOT_A_MOMENT.to_string()),
                "{bad}"
            );
        }
        let mut whole = String::new();
        render::field(&BoundField::new::<DateTime>(&MOMENT), &mut whole);
        let label = "<label for=\"id_from\">From <span class=\"zone\">(UTC)</span></label>";
        assert!(whole.contains(label), "{whole}");
    }
}

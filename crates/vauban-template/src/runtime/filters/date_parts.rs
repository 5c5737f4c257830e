//! A format may ask for what a type of date does not have: refused while the template is compiled.
//!
//! How: see `crate::runtime::without`.

use super::date::{CALENDAR, CLOCK, named};
use crate::runtime::put::Probe;
use crate::runtime::without::without;

/// What a format asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A time of day or its zone.
    Clock,
    /// A day, month or year.
    Calendar,
}

/// Whether a format asks for a part.
pub fn asks(format: &str, part: Part) -> bool {
    let letters = match part {
        Part::Clock => CLOCK,
        Part::Calendar => CALENDAR,
    };
    let mut before = '\0';
    named(format)
        .chars()
        .any(|c| std::mem::replace(&mut before, c) != '\\' && letters.contains(c))
}

/// Marker of probes for a time of day or its zone.
#[derive(Debug, Clone, Copy)]
pub struct Clock;
/// Nothing has this trait: it explains what to do.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no time of day ({F}, line {L}, column {K})",
    note = "a format for a date has letters like `j F Y`; for `H:i` and `e` the field has to be a Timestamp, Zoned, DateTime or Time"
)]
pub trait HasClock<const L: u32, const K: u32, F> {}
/// Types without one.
pub trait LacksClock<T: ?Sized, const L: u32, const K: u32, F> {
    /// Does not compile.
    fn has(&self)
    where
        T: HasClock<L, K, F>;
}
without!([jiff::civil::Date] NoClock, Clock, LacksClock, HasClock);
/// All other types.
pub trait AnyClock {
    /// Nothing to say.
    fn has(&self) {}
}
impl<T: ?Sized, const L: u32, const K: u32, F> AnyClock for &Probe<'_, T, Clock, L, K, F> {}

/// Marker of probes for a day, month or year.
#[derive(Debug, Clone, Copy)]
pub struct Calendar;
/// Nothing has this trait: it explains what to do.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no day ({F}, line {L}, column {K})",
    note = "a format for a time has letters like `H:i`; for `j F Y` the field has to be a Timestamp, Zoned, DateTime or Date"
)]
pub trait HasCalendar<const L: u32, const K: u32, F> {}
/// Types without one.
pub trait LacksCalendar<T: ?Sized, const L: u32, const K: u32, F> {
    /// Does not compile.
    fn has(&self)
    where
        T: HasCalendar<L, K, F>;
}
without!(
    [jiff::civil::Time]
    NoCalendar,
    Calendar,
    LacksCalendar,
    HasCalendar
);
/// All other types.
pub trait AnyCalendar {
    /// Nothing to say.
    fn has(&self) {}
}
impl<T: ?Sized, const L: u32, const K: u32, F> AnyCalendar for &Probe<'_, T, Calendar, L, K, F> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_after_a_backslash_ask_for_nothing() {
        assert!(asks("j F Y H:i", Part::Clock) && asks("j F Y H:i", Part::Calendar));
        assert!(!asks("j F Y", Part::Clock) && !asks("H:i", Part::Calendar));
        assert!(!asks("\\Y\\\\Y", Part::Calendar));
        assert!(asks("DATETIME_FORMAT", Part::Clock) && !asks("DATE_FORMAT", Part::Clock));
    }
}

//! `Decimal`: a number with a fixed number of places behind the point, exact. Money.

use std::fmt;
use std::str::FromStr;

use crate::model::columns::OrderedField;
use crate::model::field::{Encoding, Field, FieldLimits};
use crate::model::kinds;
use crate::problem::Problem;
use crate::tree::value::{Kind, Mismatch, Value, ValueRef};

/// An exact number with `PLACES` digits behind the point and at most `DIGITS` digits in all: `Decimal` is an amount of money
/// up to 9,999,999,999,999.99, `Decimal<4, 10>` a rate. At most 18 digits; more do not compile.
///
/// It is stored as a whole number of its smallest unit, which sorts, compares and adds exactly in the database; in JSON it is
/// a text, because numbers there are rounded by most readers. There is no `+`, which could overflow or round: what computes
/// says what happens then. In queries there is, of columns: exact, or none.
///
/// ```
/// use vauban_orm::Decimal;
/// let price: Decimal = "19.90".parse().unwrap();
/// assert_eq!(price.checked_mul(3).unwrap().to_string(), "59.70");
/// assert!("0.001".parse::<Decimal>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal<const PLACES: u32 = 2, const DIGITS: u32 = 15>(i64);

/// Why a text or a number is no [`Decimal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidDecimal {
    /// It is written otherwise than `-12.50`.
    NotANumber,
    /// It has more places behind the point.
    Places(u32),
    /// It has more digits before the point.
    Digits(u32),
}

impl<const PLACES: u32, const DIGITS: u32> Decimal<PLACES, DIGITS> {
    /// The amount of nothing: 0 with its places.
    pub const ZERO: Self = Self(0);
    /// How many digits it has behind the point.
    pub const PLACES: u32 = PLACES;
    /// The greatest amount that its digits can hold.
    pub const MAX: Self = {
        assert!(DIGITS <= 18, "a Decimal has at most 18 digits");
        assert!(
            PLACES <= DIGITS,
            "of a Decimal's digits no more than all are behind the point"
        );
        Self(10_i64.pow(DIGITS) - 1)
    };
    /// The smallest amount that its digits can hold.
    pub const MIN: Self = Self(-Self::MAX.0);
    /// Units of one.
    const ONE: i64 = 10_i64.pow(PLACES);

    /// So many of its smallest unit: cents, if it has two places.
    pub const fn from_units(units: i64) -> Option<Self> {
        if units > Self::MAX.0 || units < Self::MIN.0 {
            None
        } else {
            Some(Self(units))
        }
    }

    /// A whole number.
    pub const fn whole(number: i64) -> Option<Self> {
        match number.checked_mul(Self::ONE) {
            Some(units) => Self::from_units(units),
            None => None,
        }
    }

    /// How many of its smallest unit it is.
    pub const fn units(self) -> i64 {
        self.0
    }

    /// Reads `12.5`, `-3` or `.25`: ASCII digits, a point, no exponent and no signs between thousands.
    ///
    /// # Errors
    /// If it is written otherwise, or needs more digits than the type has. Nothing is rounded.
    pub fn parse(text: &str) -> Result<Self, InvalidDecimal> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, behind) = match digits.split_once('.') {
            // CWE-1286: `5.` and `.` are not numbers to every reader.
            Some((_, "")) => return Err(InvalidDecimal::NotANumber),
            Some(parts) => parts,
            None if digits.is_empty() => return Err(InvalidDecimal::NotANumber),
            None => (digits, ""),
        };
        if !whole
            .bytes()
            .chain(behind.bytes())
            .all(|byte| byte.is_ascii_digit())
        {
            return Err(InvalidDecimal::NotANumber);
        }
        let places = u32::try_from(behind.len()).ok();
        let Some(missing) = places.and_then(|places| PLACES.checked_sub(places)) else {
            return Err(InvalidDecimal::Places(PLACES));
        };
        // CWE-190: what does not fit is refused, not wrapped.
        let too_large = InvalidDecimal::Digits(DIGITS - PLACES);
        let mut units = 0_i64;
        for digit in whole.bytes().chain(behind.bytes()) {
            let more = units
                .checked_mul(10)
                .and_then(|units| units.checked_add(i64::from(digit - b'0')));
            units = more.ok_or(too_large)?;
        }
        let units = 10_i64.checked_pow(missing).and_then(|ten| units.checked_mul(ten));
        let units = units.ok_or(too_large)?;
        Self::from_units(if negative { -units } else { units }).ok_or(too_large)
    }

    /// The sum; `None` if it has too many digits.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(units) => Self::from_units(units),
            None => None,
        }
    }

    /// The difference; `None` if it has too many digits.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(units) => Self::from_units(units),
            None => None,
        }
    }

    /// So many times this; `None` if it has too many digits.
    pub const fn checked_mul(self, times: i64) -> Option<Self> {
        match self.0.checked_mul(times) {
            Some(units) => Self::from_units(units),
            None => None,
        }
    }

    /// The sum of all; `None` if it has too many digits.
    pub fn checked_sum(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        all.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

/// `1.25e1`. Only numbers are written like this: by it a template knows that it compares a number.
impl<const PLACES: u32, const DIGITS: u32> fmt::LowerExp for Decimal<PLACES, DIGITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.unsigned_abs().to_string();
        let (first, rest) = digits.split_at(1);
        let exponent = i64::try_from(rest.len()).unwrap_or(0) - i64::from(PLACES);
        let exponent = if self.0 == 0 { 0 } else { exponent };
        let (minus, rest) = (if self.0 < 0 { "-" } else { "" }, rest.trim_end_matches('0'));
        let point = if rest.is_empty() { "" } else { "." };
        f.pad(&format!("{minus}{first}{point}{rest}e{exponent}"))
    }
}

impl<const PLACES: u32, const DIGITS: u32> fmt::Display for Decimal<PLACES, DIGITS> {
    /// `-12.50`, with all its places.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, one) = (self.0.unsigned_abs(), Self::ONE.unsigned_abs());
        let minus = if self.0 < 0 { "-" } else { "" };
        match PLACES {
            0 => f.pad(&format!("{minus}{units}")),
            _ => f.pad(&format!(
                "{minus}{}.{:0width$}",
                units / one,
                units % one,
                width = PLACES as usize
            )),
        }
    }
}

impl<const PLACES: u32, const DIGITS: u32> fmt::Debug for Decimal<PLACES, DIGITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const PLACES: u32, const DIGITS: u32> FromStr for Decimal<PLACES, DIGITS> {
    type Err = InvalidDecimal;
    fn from_str(text: &str) -> Result<Self, InvalidDecimal> {
        Self::parse(text)
    }
}

impl fmt::Display for InvalidDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Problem::from(*self).fmt(f)
    }
}
impl std::error::Error for InvalidDecimal {}

impl From<InvalidDecimal> for Problem {
    fn from(invalid: InvalidDecimal) -> Self {
        match invalid {
            InvalidDecimal::NotANumber => Self::new("decimal", "Enter a number, like 3.14."),
            InvalidDecimal::Places(0) => Self::new("integer", "Enter a whole number."),
            InvalidDecimal::Places(places) => {
                Self::new("places", "At most {max} digits behind the point.").with("max", places)
            }
            InvalidDecimal::Digits(digits) => {
                Self::new("digits", "At most {max} digits before the point.").with("max", digits)
            }
        }
    }
}

impl<const PLACES: u32, const DIGITS: u32> serde::Serialize for Decimal<PLACES, DIGITS> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, const PLACES: u32, const DIGITS: u32> serde::Deserialize<'de> for Decimal<PLACES, DIGITS> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::text::read(deserializer)
    }
}

impl<const PLACES: u32, const DIGITS: u32> OrderedField for Decimal<PLACES, DIGITS> {}

impl<const PLACES: u32, const DIGITS: u32> Field for Decimal<PLACES, DIGITS> {
    const KIND: Kind = Kind::Decimal;
    const ENCODING: Encoding = Encoding::Decimal {
        places: PLACES,
        digits: DIGITS,
    };
    const PLACES: u32 = PLACES;
    fn to_value(&self) -> Value {
        Value::Integer(self.0)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Integer(units) => Self::from_units(units).ok_or(Mismatch),
            _ => Err(Mismatch),
        }
    }
    fn check(&self, _: &FieldLimits) -> Result<(), Problem> {
        Ok(())
    }
    fn from_text(text: &str) -> Result<Self, Problem> {
        Self::parse(text).map_err(|_| kinds::wrong(Self::KIND))
    }
    fn to_text(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Short = Decimal<2, 4>;

    #[test]
    fn what_is_read_is_exact() {
        for (text, units, shown) in [
            ("12.5", 1250, "12.50"),
            ("-3", -300, "-3.00"),
            (".25", 25, "0.25"),
            ("-0.05", -5, "-0.05"),
            ("-0", 0, "0.00"),
            ("0099.99", 9999, "99.99"),
        ] {
            let read = Short::parse(text).unwrap();
            assert_eq!(
                (read.units(), read.to_string().as_str()),
                (units, shown),
                "{text}"
            );
            assert_eq!(shown.parse(), Ok(read));
        }
        // Ten times a tenth is one, which no float says.
        let tenth: Decimal = "0.1".parse().unwrap();
        assert_eq!(Decimal::checked_sum([tenth; 10]), Decimal::whole(1));
        assert_eq!(Decimal::<0, 3>::parse("7").unwrap().to_string(), "7");
    }

    /// CWE-1286, CWE-190
    #[test]
    fn what_does_not_fit_is_refused_and_nothing_is_rounded() {
        for bad in [
            "", "-", ".", "5.", "1e3", "+1", "1,5", "1 000", "NaN", "inf", "0x1", "٣", "1.2.3", "--1",
            "1.-5", " 1",
        ] {
            assert_eq!(Short::parse(bad), Err(InvalidDecimal::NotANumber), "{bad}");
        }
        assert_eq!(Short::parse("0.001"), Err(InvalidDecimal::Places(2)));
        for large in ["100", "-100.00", "9223372036854775807", &"9".repeat(90)] {
            assert_eq!(Short::parse(large), Err(InvalidDecimal::Digits(2)), "{large}");
        }
        assert_eq!(Short::MAX.checked_add(Decimal::from_units(1).unwrap()), None);
        assert_eq!(Short::MIN.checked_sub(Decimal::from_units(1).unwrap()), None);
        assert_eq!(Decimal::<2, 18>::MAX.checked_mul(i64::MAX), None);
        assert_eq!(Short::whole(i64::MAX), None);
        assert_eq!(Short::from_value(ValueRef::Integer(10_000)), Err(Mismatch));
    }

    #[test]
    fn in_json_it_is_a_text() {
        let price: Decimal = "19.90".parse().unwrap();
        assert_eq!(serde_json::to_string(&price).unwrap(), "\"19.90\"");
        assert_eq!(serde_json::from_str::<Decimal>("\"19.90\"").unwrap(), price);
        assert!(serde_json::from_str::<Decimal>("19.9").is_err());
    }

    #[test]
    fn it_is_written_with_an_exponent_as_numbers_are() {
        for (text, written) in [
            ("0", "0e0"),
            ("12.50", "1.25e1"),
            ("-0.05", "-5e-2"),
            ("100", "1e2"),
            ("1.23", "1.23e0"),
        ] {
            let amount: Decimal = text.parse().unwrap();
            assert_eq!(format!("{amount:e}"), written);
            assert_eq!(written.parse::<f64>(), text.parse::<f64>());
        }
    }
}

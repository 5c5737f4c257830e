//! The bounds that a model states for a column's values.

use crate::problem::Problem;
use crate::tree::value::Value;

/// The limits that a model states for a column.
#[derive(Debug, Clone, Copy)]
pub struct FieldLimits {
    /// The greatest number of characters (Unicode scalar values).
    pub max_length: Option<u32>,
    /// The smallest number: whole, of a duration in seconds.
    pub min: Option<i64>,
    /// The greatest number.
    pub max: Option<i64>,
    /// How many digits of a stored whole number are behind the point.
    #[doc(hidden)]
    pub places: u32,
}

impl FieldLimits {
    /// Limits that refuse nothing.
    pub const NONE: Self = Self {
        max_length: None,
        min: None,
        max: None,
        places: 0,
    };

    /// For the derive: with the bounds that the column's type has of its own, of two the narrower.
    #[doc(hidden)]
    pub const fn within(self, range: Option<(i64, i64)>, places: u32) -> Self {
        let (mut min, mut max) = (self.min, self.max);
        if let Some((least, most)) = range {
            min = match min {
                Some(stated) if stated > least => Some(stated),
                _ => Some(least),
            };
            max = match max {
                Some(stated) if stated < most => Some(stated),
                _ => Some(most),
            };
        }
        if let (Some(min), Some(max)) = (min, max) {
            assert!(
                min <= max,
                "`min` is greater than `max`: no number is within them"
            );
        }
        Self {
            min,
            max,
            places,
            ..self
        }
    }

    /// Whether it bounds numbers.
    pub const fn is_range(&self) -> bool {
        self.min.is_some() || self.max.is_some()
    }

    /// A bound as it is stored: a decimal's in its smallest unit.
    pub(crate) fn stored(&self, bound: i64) -> i128 {
        i128::from(bound) * 10_i128.pow(self.places.min(18))
    }

    /// Checks a number as it is stored.
    ///
    /// # Errors
    /// A problem that states the bounds.
    pub(crate) fn check_number(&self, stored: &Value) -> Result<(), Problem> {
        let fits = match stored {
            Value::Integer(number) => {
                let number = i128::from(*number);
                self.min.is_none_or(|min| number >= self.stored(min))
                    && self.max.is_none_or(|max| number <= self.stored(max))
            }
            #[allow(clippy::cast_precision_loss, reason = "a bound of 2⁵³ or less is exact")]
            Value::Real(number) => {
                self.min.is_none_or(|min| *number >= min as f64)
                    && self.max.is_none_or(|max| *number <= max as f64)
            }
            _ => true,
        };
        if fits { Ok(()) } else { Err(self.out_of_range()) }
    }

    /// What is said of a number beyond its bounds. The words are those of forms.
    pub(crate) fn out_of_range(&self) -> Problem {
        match (self.min, self.max) {
            (Some(min), Some(max)) => Problem::new("range", "Enter a number from {min} to {max}.")
                .with("min", min)
                .with("max", max),
            (Some(min), None) => Problem::new("min", "Enter a number of at least {min}.").with("min", min),
            (None, max) => {
                Problem::new("max", "Enter a number of at most {max}.").with("max", max.unwrap_or(i64::MAX))
            }
        }
    }

    /// Checks a text's length.
    ///
    /// # Errors
    /// A problem that states the limit.
    pub fn check_text(&self, text: &str) -> Result<(), Problem> {
        check_nul(text)?;
        match self.max_length {
            // Bytes are at least as many as characters, so most values need no counting.
            Some(max) if text.len() > max as usize && text.chars().count() > max as usize => {
                Err(too_long(max))
            }
            _ => Ok(()),
        }
    }
}

/// Said of no value where there must be one. The code is that of forms.
pub(crate) const REQUIRED: Problem = Problem::new("required", "This field is required.");

/// What is said of a text of more characters.
pub(crate) fn too_long(max: u32) -> Problem {
    Problem::new("max_length", "At most {max} characters.").with("max", max)
}

/// What is said of more bytes.
pub(crate) fn too_large(max: u32) -> Problem {
    Problem::new("max_bytes", "At most {max} bytes.").with("max", max)
}

/// CWE-158: C code behind us would see the text end here.
pub(crate) fn check_nul(text: &str) -> Result<(), Problem> {
    if text.contains('\0') {
        return Err(Problem::new(
            "null_characters",
            "Null characters are not allowed.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_characters() {
        let limits = FieldLimits {
            max_length: Some(3),
            ..FieldLimits::NONE
        };
        assert!(limits.check_text("äöü").is_ok());
        assert!(limits.check_text("äöüß").is_err());
        assert!(limits.check_text("a\0").is_err(), "CWE-158");
    }

    /// CWE-1284
    #[test]
    fn bounds_count_in_what_is_stored() {
        let limits = FieldLimits {
            min: Some(-1),
            max: Some(5),
            ..FieldLimits::NONE
        };
        let cents = limits.within(None, 2);
        let units = |stored| cents.check_number(&Value::Integer(stored)).is_ok();
        assert!(units(-100) && units(500) && !units(-101) && !units(501) && !units(i64::MAX));
        let real = |stored| limits.check_number(&Value::Real(stored)).is_ok();
        assert!(real(-1.0) && real(5.0) && !real(5.000_001) && !real(f64::NAN));
        let narrower = limits.within(Some((0, 100)), 0);
        assert_eq!((narrower.min, narrower.max), (Some(0), Some(5)));
        let said = narrower.check_number(&Value::Integer(-1)).unwrap_err();
        assert_eq!(said, "Enter a number from 0 to 5.");
    }
}

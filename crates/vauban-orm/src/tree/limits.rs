//! The bounds that a model states for a column's values.

use crate::problem::Problem;

/// The limits that a model states for a column.
#[derive(Debug, Clone, Copy)]
pub struct FieldLimits {
    /// The greatest number of characters (Unicode scalar values).
    pub max_length: Option<u32>,
}

impl FieldLimits {
    /// Checks a text's length.
    ///
    /// # Errors
    /// A problem that states the limit.
    pub fn check_text(&self, text: &str) -> Result<(), Problem> {
        if text.contains('\0') {
            // CWE-158: C code behind us would see the text end here.
            return Err(Problem::new(
                "null_characters",
                "Null characters are not allowed.",
            ));
        }
        match self.max_length {
            // Bytes are at least as many as characters, so most values need no counting.
            Some(max) if text.len() > max as usize && text.chars().count() > max as usize => {
                Err(Problem::new("max_length", "At most {max} characters.").with("max", max))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_characters() {
        let limits = FieldLimits { max_length: Some(3) };
        assert!(limits.check_text("äöü").is_ok());
        assert!(limits.check_text("äöüß").is_err());
        assert!(limits.check_text("a\0").is_err(), "CWE-158");
    }
}

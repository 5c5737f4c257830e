//! A mail, written.

use crate::letter::{Line, MAX_SUBJECT};

/// A mail that is written.
#[derive(Debug)]
pub struct Written {
    pub(crate) subject: Line,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Written {
    /// Of what its templates wrote.
    pub(crate) fn of(subject: &str, text: &str, html: String) -> Self {
        Self {
            // CWE-93: a subject is one line, whatever its values are.
            subject: Line::cleaned(subject, MAX_SUBJECT),
            text: tidy(text),
            html,
        }
    }
}

/// Without blanks at the ends of lines, and with one empty line where tags left several.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.trim().lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn tags_leave_no_holes() {
        assert_eq!(super::tidy("\nDear Ann,  \n\n\n\nx\n\n"), "Dear Ann,\n\nx\n");
    }
}

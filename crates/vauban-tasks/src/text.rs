//! Anybody's text, on its way into a log, a column or a terminal.

/// What is kept of an error, in characters.
const MOST_ERROR: usize = 1_000;

/// CWE-150: no character that a terminal obeys.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// CWE-117, CWE-158: what an error says may be anybody's text; no line of a log, nor a column of PostgreSQL, holds all of it.
pub(crate) fn cleaned(why: &str) -> String {
    let first: String = why.chars().take(MOST_ERROR).collect();
    one_line(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-117, CWE-158.
    #[test]
    fn an_error_is_one_line() {
        assert_eq!(cleaned("a\0b\r\nc\u{1b}[1m"), "a b  c [1m");
        assert_eq!(cleaned(&"ä".repeat(5_000)).chars().count(), MOST_ERROR);
    }
}

//! How many cells the tables of a Markdown text would have.

/// At most so many: each row of a table has as many cells as its first one, whatever is written in it.
pub(super) fn cells(text: &str) -> usize {
    let (mut all, mut width) = (0_usize, 0);
    // A line ends with either sign, or both.
    let lines = text
        .split('\n')
        .flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
    for line in lines {
        let blank = |c: char| matches!(c, ' ' | '\t' | '\x0b' | '\x0c');
        // Quotations and lists may hold tables.
        let inner = line.trim_start_matches(|c: char| blank(c) || c.is_ascii_digit() || ">*+-.)".contains(c));
        let pipes = inner.bytes().filter(|b| *b == b'|').count();
        if line.chars().all(|c| blank(c) || c == '>') {
            // An empty line ends a table.
            width = 0;
        } else if pipes > 0 && inner.chars().all(|c| blank(c) || "|-:>".contains(c)) {
            // The line below a table's first one. What was a list's sign above may be its first dash.
            width = width.max(pipes + 1);
        }
        all = all.saturating_add(width);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_wherever_a_table_stands() {
        // A row of digits is one, and lines end in three ways.
        assert_eq!(cells("a|b\n-|-\n1\n2\n"), 6);
        assert_eq!(cells("a|b\r-|-\rc\rd"), 6);
        assert_eq!(cells("a|b\r\n-|-\r\nc\r\nd"), 6);
        assert_eq!(cells("no table | here\n\n- a\n- b"), 0);
        for table in [
            "a|b\n-|-\nc\nd",
            "> a|b\n> -|-\n> c\n> d",
            "1. a|b\n   -|:-:\n   c\n   d",
            "|a|\n|-|\nc\nd\n\ne",
        ] {
            assert!((6..=9).contains(&cells(table)), "{table}: {}", cells(table));
        }
    }
}

//! `sql!`: a literal piece of SQL inside a typed query.

use crate::model::columns::FragmentPart;
use crate::model::filter::Filter;
use crate::tree::expr::Expr;

/// A condition in SQL, for what the typed query does not have: `sql!("length({}) > {}", a.title, 5)`.
///
/// The text is a literal token (CWE-89: a `String` is never SQL, nor is what `String::leak` makes of
/// one). Each `{}` stands for a column of the query or for a value, which is bound. The fragment stands
/// inside a query and beside its policy, so it may not break out: brackets must match, and comments,
/// `;`, quotes of names and subqueries (`SELECT`), which would pass by the policies, do not compile.
#[macro_export]
macro_rules! sql {
    ($text:literal $(, $arg:expr)* $(,)?) => {{
        const _: () = $crate::fragment::check($text);
        match ::std::vec![$($crate::columns::FragmentValue::into_arg(&$arg)),*] {
            #[allow(deprecated)]
            __args => $crate::fragment::__by_macro($text, __args),
        }
    }};
    ($($other:tt)*) => {
        ::std::compile_error!(
            "SQL is a literal written out here: `sql!(\"length({}) > {}\", a.title, 5)`; a String, `format!` or a leaked string is never SQL. Values go into `{}` and are bound"
        )
    };
}

/// CWE-89: rustc reports every other use, for any string becomes `&'static` by `String::leak`.
#[doc(hidden)]
#[deprecated(note = "SQL is a literal inside `sql!(\"…\", binds)`: only that macro makes a fragment")]
pub fn __by_macro<R>(text: &'static str, args: Vec<FragmentPart<R>>) -> Filter<R> {
    Filter::new(Expr::Fragment(
        text,
        args.into_iter().map(|part| part.0).collect(),
    ))
}

/// Stops the build if the fragment could leave its place.
#[doc(hidden)]
pub const fn check(text: &str) {
    assert!(
        balanced(text),
        "an SQL fragment's brackets must match, and it has no `;`, comment, double quote, backtick, `?`, `:`, `@` or `$`"
    );
    assert!(
        !has_word(text, b"select") && !has_word(text, b"values"),
        "an SQL fragment has no subquery: it would pass by the policies; use a related column or `any`"
    );
    assert!(
        !in_table(text),
        "behind `IN` stands a list in brackets: a table's name is a subquery, which would pass by the policies"
    );
}

/// Whether `IN` is followed by anything but a bracket: SQLite reads `x IN name` as a subquery on that table, or
/// on the table-valued function of that name (CWE-639).
const fn in_table(text: &str) -> bool {
    const fn part(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
    }
    let bytes = text.as_bytes();
    let (mut i, mut quoted) = (0, false);
    while i < bytes.len() {
        if bytes[i] == b'\'' {
            quoted = !quoted;
        }
        let word = !quoted
            && (i == 0 || !part(bytes[i - 1]))
            && i + 1 < bytes.len()
            && bytes[i].eq_ignore_ascii_case(&b'i')
            && bytes[i + 1].eq_ignore_ascii_case(&b'n')
            && (i + 2 == bytes.len() || !part(bytes[i + 2]));
        if word {
            let mut next = i + 2;
            while next < bytes.len() && bytes[next].is_ascii_whitespace() {
                next += 1;
            }
            if next == bytes.len() || bytes[next] != b'(' {
                return true;
            }
        }
        i += 1;
    }
    false
}

const fn balanced(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut depth, mut i, mut quoted) = (0_i32, 0, false);
    while i < bytes.len() {
        let byte = bytes[i];
        if byte == b'\'' {
            quoted = !quoted;
        } else if !quoted {
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b';' | b'"' | b'`' | b'[' | b']' | b'?' | b':' | b'@' | b'$' | 0 => return false,
                b'-' | b'/' if i + 1 < bytes.len() && (bytes[i + 1] == b'-' || bytes[i + 1] == b'*') => {
                    return false;
                }
                _ => {}
            }
            if depth < 0 {
                return false;
            }
        }
        i += 1;
    }
    depth == 0 && !quoted
}

const fn has_word(text: &str, word: &[u8]) -> bool {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i + word.len() <= bytes.len() {
        let mut j = 0;
        while j < word.len() && bytes[i + j].to_ascii_lowercase() == word[j] {
            j += 1;
        }
        if j == word.len() {
            return true;
        }
        i += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_cannot_leave_its_place() {
        for good in ["length({}) > {}", "{} = 'it''s; -- fine'", "({} + 1) * 2 > {}"] {
            assert!(balanced(good), "{good}");
        }
        for bad in [
            "1) OR (1", "1 -- x", "1 /* x", "'open", "(1", "a; b", "\"x\"", "?1 = 1",
        ] {
            assert!(!balanced(bad), "{bad}");
        }
        assert!(has_word("exists (SeLeCt 1)", b"select"));
    }

    /// CWE-639: a table's name behind `IN` is a subquery without a policy.
    #[test]
    fn a_fragment_does_not_read_another_table() {
        for bad in [
            "({}, {}) IN membership",
            "{} not In\tjson_each('[1]')",
            "{} IN {}",
            "{} in",
        ] {
            assert!(in_table(bad), "{bad}");
        }
        for good in [
            "{} IN ({}, {})",
            "{} not in(1, 2)",
            "min({}, 1) > inner_height",
            "{} = 'made in x'",
        ] {
            assert!(!in_table(good), "{good}");
        }
    }
}

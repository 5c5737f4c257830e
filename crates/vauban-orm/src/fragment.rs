//! `sql!`: a literal piece of SQL inside a typed query.

use crate::columns::FragmentPart;
use crate::expr::Expr;
use crate::filter::Filter;

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
        $crate::fragment::make($text, ::std::vec![$($crate::columns::FragmentValue::into_arg(&$arg)),*])
    }};
    ($($other:tt)*) => {
        ::std::compile_error!(
            "SQL is a literal written out here: `sql!(\"length({}) > {}\", a.title, 5)`; a String, `format!` or a leaked string is never SQL. Values go into `{}` and are bound"
        )
    };
}

#[doc(hidden)]
pub fn make<R>(text: &'static str, args: Vec<FragmentPart<R>>) -> Filter<R> {
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
}

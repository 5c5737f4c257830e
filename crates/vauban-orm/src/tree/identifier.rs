//! Names that reach SQL text: checked while compiling, for there is no dynamic way to one (CWE-89).

/// Whether `name` may be a table's or column's name: a lower-case ASCII letter or `_`, then letters,
/// digits and `_`, at most 63 characters. Stricter than Django: every refused name of
/// CVE-2022-28346 and its kin is refused, and so is every name that would need quoting.
pub const fn valid(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > 63 || bytes[0].is_ascii_digit() {
        return false;
    }
    let mut i = 0;
    while i < bytes.len() {
        if !(bytes[i].is_ascii_lowercase() || bytes[i].is_ascii_digit() || bytes[i] == b'_') {
            return false;
        }
        i += 1;
    }
    true
}

/// What a name must be, in words.
pub(crate) const RULE: &str =
    "a table's or column's name is lower-case ASCII letters, digits and `_`, at most 63";

/// For the derive: a name that is valid, or a build that stops.
#[doc(hidden)]
pub const fn checked(name: &'static str) -> &'static str {
    assert!(
        valid(name),
        "a table's or column's name is lower-case ASCII letters, digits and `_`, at most 63"
    );
    name
}

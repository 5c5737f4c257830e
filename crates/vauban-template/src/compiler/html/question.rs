//! Values in what htmx asks before it sends: `hx-confirm`, `hx-prompt`. It runs a text that begins with `js:` or `javascript:`
//! (CWE-95), so words of the template come first, on every way.

use super::ir::Context;
use super::state::Value;
use crate::compiler::error::{Pos, Result, fail};

/// A beginning that is run: also that of ways of which nothing better is known.
const CODE: &str = "js:";
/// A beginning that is not run, whatever follows.
const WORDS: &str = ".";

/// What a text begins with, as far as it matters: [`CODE`], [`WORDS`], or what may still become code.
fn beginning(text: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    let text = text.trim_start_matches(blank);
    for code in [CODE, "javascript:"] {
        match text.get(..code.len().min(text.len())) {
            Some(start) if code.eq_ignore_ascii_case(start) => return CODE.to_owned(),
            Some(start) if code.starts_with(&start.to_ascii_lowercase()) => {
                return start.to_ascii_lowercase();
            }
            _ => {}
        }
    }
    WORDS.to_owned()
}

/// Whether htmx runs a literal text of an attribute that takes either code or a text.
pub(super) fn runs(text: &str) -> bool {
    beginning(text) == CODE
}

/// Moves over the literal text since the last value.
pub(super) fn flush(value: &mut Value, pos: Pos) -> Result<()> {
    super::entities::whole(&value.pending, pos)?;
    value.pending = beginning(&super::entities::decode(&value.pending));
    Ok(())
}

/// The context of a value in a question.
pub(super) fn place(value: &mut Value, pos: Pos) -> Result<Context> {
    flush(value, pos)?;
    if value.pending == WORDS {
        return Ok(Context::Attribute);
    }
    fail(
        pos,
        "framework-attribute",
        format!(
            "a value at the start of `{}`, or behind `js:`: htmx runs what begins so",
            value.name
        ),
        format!("begin with words: {}=\"Delete {{{{ name }}}}?\"", value.name),
    )
}

/// Where branches meet: words on one way say nothing of the other.
pub(super) fn join(a: String, b: String) -> String {
    match (a.as_str(), b.as_str()) {
        (WORDS, _) => b,
        (_, WORDS) => a,
        _ if a == b => a,
        _ => CODE.to_owned(),
    }
}

//! A code as it was typed.

use std::fmt;

use vauban::Problem;
use vauban::forms::{FieldSpec, FieldValue, Widget};
use zeroize::Zeroizing;

/// A code of an app, or a recovery code. It is wiped when dropped, and cannot be printed.
#[derive(Clone)]
pub struct Code(Zeroizing<String>);

impl Code {
    /// As it was typed, without what people put between groups.
    pub(crate) fn new(typed: &str) -> Self {
        let kept = typed.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let mut code = Zeroizing::new(String::with_capacity(typed.len()));
        code.extend(kept);
        Self(code)
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // CWE-532: a code never reaches a log.
        f.write_str("Code(…)")
    }
}

impl FieldValue for Code {
    const WIDGET: Widget = Widget::Text;
    const NEEDS_MAX_LENGTH: bool = true;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Ok(Self::new(text))
    }

    // CWE-549: not even the form that is shown again has it.
    fn shown(&self) -> String {
        String::new()
    }
}

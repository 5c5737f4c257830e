//! What an authenticator has answered, as the page's script sends it.

use vauban::Problem;
use vauban::forms::{FieldSpec, FieldValue, Widget};

/// What an authenticator has signed, as JSON. It is parsed into a closed type where it is verified, and shown on no page again.
#[derive(Debug, Clone)]
pub struct PasskeyAnswer(String);

impl PasskeyAnswer {
    pub(crate) fn json(&self) -> &str {
        &self.0
    }
}

impl FieldValue for PasskeyAnswer {
    const WIDGET: Widget = Widget::Hidden;
    const NEEDS_MAX_LENGTH: bool = true;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Ok(Self(text.to_owned()))
    }

    // CWE-294: a page that is shown again asks for another one.
    fn shown(&self) -> String {
        String::new()
    }
}

//! What somebody typed into a form that the view could not take, as plain data: read, shown and kept in `pipeline/`.

use std::fmt;

use bytes::Bytes;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// A control of a form: what is needed to say what was typed into it, and whether anybody may be told.
#[derive(Debug, Clone)]
pub struct Control {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) kind: ControlKind,
}

/// How a control's value reads.
#[derive(Debug, Clone)]
pub(crate) enum ControlKind {
    /// Not at all: no page shows it, and nothing keeps it (CWE-200, CWE-549).
    Secret,
    /// The page's own, which nobody typed.
    Hidden,
    /// As it was typed.
    Text,
    /// Yes or no.
    Tick,
    /// By the label of one of these entries: value, label.
    OneOf(Vec<(String, String)>),
}

impl Control {
    /// Whether people type something into it that a page may show.
    pub(crate) fn is_typed(&self) -> bool {
        !matches!(self.kind, ControlKind::Secret | ControlKind::Hidden)
    }
}

/// The controls of the forms that a view reads.
pub(crate) type Controls = fn(&mut Vec<Control>);

/// A form as it was typed: where it was sent, the fields that the view's form declares, secrets apart.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedForm {
    /// The address that it was sent to, with its query.
    #[serde(deserialize_with = "address_here")]
    pub(crate) to: String,
    /// Whom the form's token was written for, sealed.
    pub(crate) owner: Option<Vec<u8>>,
    pub(crate) fields: Vec<TypedField>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TypedField {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) value: String,
    /// How the value reads, where that is another text: the label of a choice.
    pub(crate) reads: Option<String>,
    pub(crate) hidden: bool,
}

/// CWE-601, CWE-502: what was kept leads back to this site, whoever wrote what is read.
fn address_here<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let to = String::deserialize(from)?;
    let path = to.split('?').next().unwrap_or_default();
    // A browser takes a backslash for a slash, and leaves out control characters.
    let leaves = !path.starts_with('/') || path.starts_with("//") || path.contains('\\');
    if leaves || to.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(D::Error::custom(
            "the address of a form that was kept is no path of this site",
        ));
    }
    Ok(to)
}

/// No values (CWE-532).
impl fmt::Debug for TypedForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedForm").finish_non_exhaustive()
    }
}

/// A form that was sent, read, and is known to be of a page of ours.
pub(crate) struct SentForm {
    pub(crate) body: Bytes,
    pub(crate) controls: Controls,
}

/// What became of a form whose session was over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It waits for its owner at this address.
    At(String),
    /// It could not be kept: it is nowhere but in the browser.
    InBrowserOnly,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-601, CWE-502. Attack: what is read as a form that was kept sends what somebody typed to another host.
    #[test]
    fn cwe_601_a_form_that_is_read_leads_to_this_site() {
        let read = |to: &str| {
            let json = serde_json::json!({ "to": to, "owner": null, "fields": [] });
            serde_json::from_value::<TypedForm>(json)
        };
        for here in [
            "/",
            "/notes/new/",
            "/a/?q=//x\\y&next=https://b",
            "/%C3%BC/?a=%20",
        ] {
            let form = read(here).unwrap();
            assert_eq!(form.to, here);
            let again = serde_json::to_string(&form).unwrap();
            assert!(serde_json::from_str::<TypedForm>(&again).unwrap() == form);
        }
        for elsewhere in [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example/",
            "\\\\evil.example",
            "/\t/evil.example/",
            "\n//evil.example",
            " /x",
            "javascript:alert(1)",
            "data:text/html,x",
            "evil",
            "",
            "?x=1",
            "mailto:a@b.example",
        ] {
            assert!(read(elsewhere).is_err(), "{elsewhere}");
        }
    }
}

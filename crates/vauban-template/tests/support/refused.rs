//! Why a template does not compile.

use std::collections::HashMap;
use vauban_template::compiler::check::check;

/// The class of the first refusal.
pub fn refused(template: &str) -> Option<&'static str> {
    let files = HashMap::from([("t.html".to_owned(), template.to_owned())]);
    check(&files, None).iter().find(|p| !p.warning).map(|p| p.class)
}

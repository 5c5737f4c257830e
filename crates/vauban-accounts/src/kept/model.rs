//! The rows behind kept forms. Nobody may see or change them but their store.

use vauban::Model;
use vauban::orm::{Columns, DateTime, Id, Policy, Rules, Who};

use crate::sessions::TokenHash;

/// One form that is kept: a browser has one at most, and so has a session that is over.
#[derive(Model, Clone)]
#[model(table = "vauban_kept_form")]
pub(crate) struct KeptRow {
    #[field(random)]
    pub(crate) id: Id<KeptRow>,
    /// SHA-256 of the token in the browser's cookie.
    #[field(unique)]
    pub(crate) browser: TokenHash,
    /// What the store knew the session by that is over (CWE-770: it keeps one form, however often one is sent).
    #[field(unique)]
    pub(crate) session: TokenHash,
    /// When it was sent.
    #[field(index)]
    pub(crate) sent: DateTime,
    /// What was typed, where it was sent and whose it is: encrypted, after a keyed mark of where it was sent.
    pub(crate) sealed: Vec<u8>,
}

impl Policy for KeptRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-639: reached by the store only.
        Rules::none()
    }
}

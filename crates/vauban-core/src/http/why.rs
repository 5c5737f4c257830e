//! Why a request is refused, for the developer. Not compiled into a release (CWE-489).

/// What is worth a line of its own, and a list below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Why {
    /// One sentence. It is logged, so nothing that a query or a body says is in it (CWE-532).
    pub(crate) say: String,
    pub(crate) more: Vec<String>,
}

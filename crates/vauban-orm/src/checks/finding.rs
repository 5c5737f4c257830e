//! What is found in models.

/// A mistake, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFinding {
    /// `orm.E001` and so on: stays the same from version to version, so that a log can be searched for it.
    pub id: &'static str,
    /// The struct's name of the model that it is about.
    pub model: &'static str,
    /// What is wrong and what to do about it.
    pub message: String,
}

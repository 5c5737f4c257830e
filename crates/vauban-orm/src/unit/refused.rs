//! What a development build notes of a row that was not given or not written. Not compiled into a release (CWE-204).

use crate::policy::actor::Action;
use crate::tree::meta::ModelMeta;

/// A row that was not given, or not written.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The model, as reviews name it.
    pub model: String,
    /// Which of the policy's rules decided.
    pub action: Action,
    /// That rule, as reviews print it.
    pub rule: String,
    /// What a second look found.
    pub found: Found,
    /// The statement, with parameters as `?n`; empty if none is known.
    pub sql: String,
}

/// What a second look found, without the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// No row is so.
    Absent,
    /// A row is so, and the rule hides it.
    Hidden,
    /// The actor sees the row, or what would become one; the rule refuses the rest.
    Seen,
    /// The second look failed.
    Unknown,
}

impl Refused {
    pub(crate) fn new(
        model: &'static ModelMeta,
        action: Action,
        found: Found,
        sql: String,
        models: &[&'static ModelMeta],
    ) -> Self {
        let rules = crate::policy::said::policy(model, models);
        let rule = rules.into_iter().find(|(of, _)| *of == action);
        Self {
            model: crate::tree::shown::named(model, models),
            action,
            rule: rule.map(|(_, rule)| rule).unwrap_or_default(),
            found,
            sql,
        }
    }
}

//! What is known of a view, and how types are printed for reviews.

use std::any::TypeId;

use ::http::Method;

/// What is known of a view: one line of the access matrix.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ViewMeta {
    /// The type's path: the view's identity.
    pub id: &'static str,
    /// The method it answers; `HEAD` comes with `GET`.
    pub method: Method,
    /// Its pattern below the mount, like `/articles/{slug}/`.
    pub pattern: &'static str,
    /// The access rule, printed by its type: Vauban's own without their modules, others with their path.
    pub rule: String,
    /// The pattern's parameters, in order.
    pub params: &'static [ParamMeta],
    /// Largest request body, in bytes, if the view says one.
    pub body_limit: Option<usize>,
    /// Longest time for one request, in seconds, if the view says one.
    pub timeout: Option<u32>,
    /// The source file.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
    pub(super) view_type: TypeId,
    pub(super) rule_type: TypeId,
    pub(super) public: bool,
}

impl ViewMeta {
    /// The function's name.
    pub fn name(&self) -> &'static str {
        self.id.rsplit("::").next().unwrap_or(self.id)
    }

    /// Whether everybody may call it. CWE-524: what any other rule lets through is somebody's own.
    pub(crate) fn is_public(&self) -> bool {
        self.public
    }
}

/// A parameter in a pattern.
#[derive(Debug, Clone, Copy)]
pub struct ParamMeta {
    /// Its name.
    pub name: &'static str,
    /// Its type's name, as written.
    pub type_name: &'static str,
    /// Whether a decoded segment is a value of the type; if not, the route does not match.
    pub accepts: fn(&str) -> bool,
    /// Whether it takes the rest of the path, slashes included.
    pub rest: bool,
}

/// The crates whose types are printed without their modules, so that moving a file of ours changes nobody's lock.
const OURS: &[&str] = &[
    "vauban",
    "vauban_core",
    "vauban_accounts",
    "vauban_orm",
    "vauban_template",
    "vauban_waiver",
];

/// A type as reviews read it: `HasPerm<app::Close>`. Ours without their modules, everybody else's with their path,
/// generics in full.
pub(super) fn printed(full: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut out = String::with_capacity(full.len());
    let mut rest = full;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
        let is_ours = word
            .split_once("::")
            .is_some_and(|(first, _)| OURS.contains(&first));
        out.push_str(match word.rsplit_once("::") {
            Some((_, last)) if is_ours => last,
            _ => word,
        });
        let between = after.find(is_word).unwrap_or(after.len());
        out.push_str(&after[..between]);
        rest = &after[between..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_printed_as_what_it_is() {
        for (full, short) in [
            ("vauban::routing::access::Public", "Public"),
            ("vauban_core::a::HasPerm<app::Close>", "HasPerm<app::Close>"),
            (
                "(vauban::routing::access::Staff, app::rules::Mfa)",
                "(Staff, app::rules::Mfa)",
            ),
            // CWE-345: another's type is not ours, whatever it is called.
            ("app::Superuser", "app::Superuser"),
            ("vauban_extra::Superuser", "vauban_extra::Superuser"),
            ("app::vauban::Superuser", "app::vauban::Superuser"),
        ] {
            assert_eq!(printed(full), short);
        }
    }
}

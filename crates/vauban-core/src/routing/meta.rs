//! What is known of a view.

use std::any::TypeId;

use ::http::Method;
use vauban_orm::{ModelMeta, PermissionMeta};

use crate::http::Csp;

/// A role that a view asks for, for the access matrix.
#[derive(Debug, Clone, Copy)]
pub struct RoleAsked {
    /// The model whose rows are the tenants.
    pub tenant: &'static ModelMeta,
    /// The least role's name.
    pub role: &'static str,
}

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
    /// What the rule goes by, where that is not the session, printed by its type.
    pub credential: Option<String>,
    /// The permissions that the rule asks.
    pub permissions: Vec<PermissionMeta>,
    /// Whether the rule asks for a second factor.
    pub asks_factor: bool,
    /// The roles in a tenant that its parameters ask for.
    pub roles: Vec<RoleAsked>,
    /// The pattern's parameters, in order.
    pub params: &'static [ParamMeta],
    /// Largest request body, in bytes, if the view says one.
    pub body_limit: Option<usize>,
    /// Longest time for one request, in seconds, if the view says one.
    pub timeout: Option<u32>,
    /// What the policy of its pages lets in beyond the site's.
    pub csp: Csp,
    /// The other origins that the POST forms of its page go to, as far as its type tells.
    pub forms_to: &'static [&'static str],
    /// The source file.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
    pub(crate) view_type: TypeId,
    pub(super) rule_type: TypeId,
    pub(super) public: bool,
}

impl ViewMeta {
    /// The function's name.
    pub fn name(&self) -> &'static str {
        self.id.rsplit("::").next().unwrap_or(self.id)
    }

    /// Its path and where it stands: for whoever develops it.
    #[cfg(debug_assertions)]
    pub(crate) fn told(&self) -> String {
        let path = vauban_orm::checks::shown_path(self.id);
        format!("`{path}` ({}:{})", self.file, self.line)
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
    /// Whether it opens something, and so stands in no log.
    pub secret: bool,
}

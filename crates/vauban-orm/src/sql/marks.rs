//! The marks that say to PostgreSQL's own policies who asks: settings of one transaction. Without them nothing is seen.
//!
//! They say what the ORM knows of whoever asks, and no more: whoever may run statements of their own making can say anything in
//! them. They are against the statement that forgot its policy, not against one that lies.

use crate::policy::actor::{Action, Inner};
use crate::policy::authority::Authority;
use crate::tree::permission::PermissionMeta;

/// Who asks: `nobody`, `user`, `user staff`, `user superuser`, `user staff superuser`, `service …`.
const ACTOR: &str = "vauban.actor";
/// The user's id.
const USER: &str = "vauban.user";
/// What they may beyond the rules: of a service what it lists, of an unscoped handle its model; `,view:task,add:task,`.
const GRANTED: &str = "vauban.granted";
/// For one statement, where policies step aside because the ORM judges each row by itself; likewise.
const ASIDE: &str = "vauban.aside";
/// The permissions of the user that rules ask; `,articles.publish,tasks.assign,`.
const PERMISSIONS: &str = "vauban.permissions";
/// All of them. Outside a transaction that says it they are empty.
pub(crate) const NAMES: [&str; 6] = [ACTOR, USER, "vauban.now", GRANTED, ASIDE, PERMISSIONS];

/// The statement that marks a transaction; its parameters are [`Marks::values`].
pub(crate) const MARK: &str = "SELECT set_config('vauban.actor', $1, true), set_config('vauban.user', $2, true), \
     set_config('vauban.now', $3, true), set_config('vauban.granted', $4, true), set_config('vauban.aside', $5, true), \
     set_config('vauban.permissions', $6, true)";
/// The statement that lets policies step aside, or not any more.
pub(crate) const STEP_ASIDE: &str = "SELECT set_config('vauban.aside', $1, true)";

/// What the program's clock says, so that both walls ask the same.
pub(super) const NOW_IS: &str = "nullif(current_setting('vauban.now', true), '')::timestamptz";

/// What a transaction says of who asks.
#[derive(Debug, Clone)]
pub(crate) struct Marks {
    actor: String,
    user: String,
    granted: String,
    aside: String,
    permissions: String,
}

impl Marks {
    pub(crate) fn of(authority: &Authority) -> Self {
        let actor = match authority.actor.0 {
            Inner::Nobody => "nobody".to_owned(),
            Inner::User(facts, _) => {
                let staff = if facts.is_staff { " staff" } else { "" };
                let superuser = if facts.is_superuser { " superuser" } else { "" };
                format!("user{staff}{superuser}")
            }
            Inner::Service(service) => format!("service {}", service.type_name()),
        };
        Self {
            actor,
            user: authority.id().map(|id| id.to_string()).unwrap_or_default(),
            granted: granted_to(authority),
            aside: fallen(authority),
            permissions: held(authority),
        }
    }

    /// In the order of [`MARK`]. The moment is that of asking.
    pub(crate) fn values(&self) -> [String; 6] {
        [
            self.actor.clone(),
            self.user.clone(),
            jiff::Timestamp::now().to_string(),
            self.granted.clone(),
            self.aside.clone(),
            self.permissions.clone(),
        ]
    }
}

/// Every action.
const ALL: [Action; 5] = [
    Action::View,
    Action::Add,
    Action::Change,
    Action::Delete,
    Action::Grant,
];

/// Where policies step aside for all that is asked: nowhere. An attack on the ORM, of which a test takes a control out, is to be seen
/// to succeed, though, also where it would meet the second wall.
fn fallen(authority: &Authority) -> String {
    let mut out = String::new();
    if crate::sabotage::the_second_wall_falls() {
        for model in authority.listed.models() {
            ALL.iter().for_each(|action| list(&mut out, *action, model.table));
        }
    }
    out
}

/// What whoever asks holds of the permissions that rules ask: names of a-z, 0-9 and dots, as every declared one is.
fn held(authority: &Authority) -> String {
    let held = authority.actor.permissions();
    if held.is_empty() {
        return String::new();
    }
    let mut names = String::new();
    for permission in authority.listed.asked_of(held) {
        if names.is_empty() {
            names.push(',');
        }
        names.push_str(permission.name);
        names.push(',');
    }
    names
}

/// What an authority may beyond the rules.
fn granted_to(authority: &Authority) -> String {
    if authority.unscoped.is_none() && !matches!(authority.actor.0, Inner::Service(_)) {
        return String::new();
    }
    let mut out = String::new();
    for model in authority.listed.models() {
        for action in ALL {
            if authority.granted(action, model) {
                list(&mut out, action, model.table);
            }
        }
    }
    out
}

/// Adds to a list of rights.
pub(crate) fn list(out: &mut String, action: Action, table: &str) {
    if out.is_empty() {
        out.push(',');
    }
    out.push_str(word(action));
    out.push(':');
    out.push_str(table);
    out.push(',');
}

fn word(action: Action) -> &'static str {
    match action {
        Action::View => "view",
        Action::Add => "add",
        Action::Change => "change",
        Action::Delete => "delete",
        Action::Grant => "grant",
    }
}

/// How a mark is asked in a statement: once for all its rows, or where no subquery may stand for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Once,
    Each,
}

impl Asked {
    pub(super) fn sql(self, what: &str) -> String {
        match self {
            Self::Once => format!("(SELECT {what})"),
            Self::Each => format!("({what})"),
        }
    }

    /// Somebody is said to ask.
    pub(crate) fn is_marked(self) -> String {
        self.sql(&format!("current_setting('{ACTOR}', true) <> ''"))
    }

    pub(crate) fn is_signed_in(self) -> String {
        self.is_one_of(&["user", "user staff", "user superuser", "user staff superuser"])
    }

    pub(crate) fn is_staff(self) -> String {
        self.is_one_of(&["user staff", "user staff superuser"])
    }

    pub(crate) fn is_superuser(self) -> String {
        self.is_one_of(&["user superuser", "user staff superuser"])
    }

    /// They hold the permission.
    pub(crate) fn has_permission(self, permission: &PermissionMeta) -> String {
        // CWE-863: between commas, so that no name is found in another's.
        self.sql(&format!(
            "strpos(current_setting('{PERMISSIONS}', true), ',{},') > 0",
            permission.name
        ))
    }

    fn is_one_of(self, actors: &[&str]) -> String {
        let actors: Vec<_> = actors.iter().map(|actor| format!("'{actor}'")).collect();
        self.sql(&format!(
            "current_setting('{ACTOR}', true) IN ({})",
            actors.join(", ")
        ))
    }

    /// The id of the user who asks; NULL if none does.
    pub(crate) fn user(self) -> String {
        self.sql(&format!("nullif(current_setting('{USER}', true), '')::uuid"))
    }

    /// They may do it beyond the rules.
    pub(crate) fn is_granted(self, action: Action, table: &str) -> String {
        self.has(GRANTED, action, table)
    }

    /// Policies step aside for this.
    pub(crate) fn is_aside(self, action: Action, table: &str) -> String {
        self.has(ASIDE, action, table)
    }

    fn has(self, list: &str, action: Action, table: &str) -> String {
        let right = format!("',{}:{table},'", word(action));
        self.sql(&format!("strpos(current_setting('{list}', true), {right}) > 0"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_marks_what_is_asked() {
        for name in NAMES {
            assert!(MARK.contains(&format!("'{name}'")), "{name}");
        }
        assert!(NOW_IS.contains("'vauban.now'") && STEP_ASIDE.contains(ASIDE));
    }

    /// CWE-863: a table whose name ends like another's is another.
    #[test]
    fn a_right_is_of_one_table() {
        let mut list_of = String::new();
        list(&mut list_of, Action::View, "my_task");
        list(&mut list_of, Action::Change, "task");
        assert_eq!(list_of, ",view:my_task,change:task,");
        let asked = Asked::Each.is_granted(Action::View, "task");
        assert!(asked.contains("',view:task,'") && !list_of.contains(",view:task,"));
    }
}

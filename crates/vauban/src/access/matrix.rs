//! The matrix as facts, one a line: stable and friendly to `diff`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use vauban_orm::actor::Action;
use vauban_orm::{ModelMeta, PermissionMeta};

use vauban_core::module::{Beside, Modules};
use vauban_waiver::lock::Lock;

use crate::{App, Package};

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Line {
    /// A route.
    Route {
        /// Its pattern, prefixes included.
        pattern: String,
        /// Its method.
        method: String,
        /// Its access rule.
        rule: String,
        /// What the rule goes by, where that is not the session: the credential's type, with the scheme that looks it up.
        credential: Option<String>,
        /// The view's path in the program.
        view: String,
    },
    /// A model's policy for one action.
    Policy {
        /// The model.
        model: String,
        /// `view`, `add`, `change` or `delete`; `changes` of a model whose changes are told.
        action: String,
        /// The rule, as the policy prints it.
        rule: String,
    },
    /// What a service may do beyond the policies.
    Service {
        /// The service.
        service: String,
        /// Its rights, or why it has them.
        right: String,
    },
    /// What is done later.
    Task {
        /// What rows call it.
        task: String,
        /// As whom it runs, or when it comes by itself.
        says: String,
    },
    /// What somebody can be granted.
    Permission {
        /// What rows call it.
        permission: String,
        /// What it lets do, or what it opens.
        says: String,
    },
    /// A role in a tenant that views ask for.
    Role {
        /// The tenant's model, and the least role.
        role: String,
        /// What it opens.
        says: String,
    },
    /// Who says who asks: the one type that makes actors.
    Identity {
        /// Its path in the program.
        identity: String,
    },
    /// What answers, or changes an answer, and has no access rule of its own.
    Beside {
        /// `gate`, `middleware`, `error page`, `page`, `hook` or `change hook`.
        kind: String,
        /// Its path in the program; of a page, which it takes the place of as well.
        what: String,
    },
    /// What a page's content security policy lets in beyond the strict one.
    Csp {
        /// Whose: a view's path in the program, a module's, every page's.
        pages: String,
        /// What, as the policy says it.
        source: String,
    },
    /// A package's migration that does what no rule can look at.
    Migration {
        /// `package/name`.
        migration: String,
        /// What it does.
        does: String,
    },
    /// A signed exception.
    Waiver {
        /// The wall.
        wall: String,
        /// The module that signed.
        module: String,
        /// Why.
        reason: String,
        /// In how many places.
        places: usize,
    },
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said(&mut OneLine(f))
    }
}

/// CWE-117, CWE-451, CWE-1007: a fact is one line and is read from its one end to its other, whatever a reason or a name in it says:
/// what nobody sees is written out.
struct OneLine<W>(W);

impl<W: fmt::Write> fmt::Write for OneLine<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|char| {
            if char.is_control() {
                write!(self.0, "{}", char.escape_debug())
            } else if is_seen(char) {
                self.0.write_char(char)
            } else {
                write!(self.0, "{}", char.escape_unicode())
            }
        })
    }
}

/// Whether a character shows, where it stands behind a letter.
fn is_seen(char: char) -> bool {
    // Rust writes out what Unicode calls a format character, a separator, private or nothing.
    let is_printed = || ['a', char].iter().collect::<String>().escape_debug().count() == 2;
    char.is_ascii_graphic() || char == ' ' || (is_printed() && !vauban_text::is_invisible(char))
}

fn one_line(text: &str) -> String {
    let mut line = OneLine(String::with_capacity(text.len()));
    let _ = line.write_str(text);
    line.0
}

impl Line {
    fn said(&self, f: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Self::Route {
                pattern,
                method,
                rule,
                credential,
                view,
            } => {
                write!(f, "route {pattern} {method}: {rule}")?;
                if let Some(credential) = credential {
                    write!(f, " by {credential}")?;
                }
                write!(f, " ({view})")
            }
            Self::Policy { model, action, rule } => write!(f, "policy {model} {action}: {rule}"),
            Self::Service { service, right } => write!(f, "service {service}: {right}"),
            Self::Task { task, says } => write!(f, "task {task}: {says}"),
            Self::Permission { permission, says } => write!(f, "permission {permission}: {says}"),
            Self::Role { role, says } => write!(f, "role {role}: {says}"),
            Self::Identity { identity } => write!(f, "identity {identity}"),
            Self::Beside { kind, what } => write!(f, "{kind} {what}"),
            Self::Csp { pages, source } => write!(f, "csp {pages}: {source}"),
            Self::Migration { migration, does } => write!(f, "migration {migration}: {does}"),
            Self::Waiver {
                wall,
                module,
                reason,
                places,
            } => write!(f, "waiver {wall} {module}: {reason} [{places}]"),
        }
    }
}

/// CWE-1059: closures of one function share its name, so that a second one is seen by its number alone.
fn counted(lines: impl Iterator<Item = Line>) -> impl Iterator<Item = Line> {
    let mut times: BTreeMap<Line, usize> = BTreeMap::new();
    for line in lines {
        *times.entry(line).or_default() += 1;
    }
    times.into_iter().map(|(line, times)| match line {
        Line::Beside { kind, what } if times > 1 => Line::Beside {
            kind,
            what: format!("{what} [{times}]"),
        },
        line => line,
    })
}

/// The permissions of a program, each with what it lets do and which routes and rows it opens.
fn permissions(modules: &Modules, models: &[&'static ModelMeta]) -> Vec<Line> {
    let line = |permission: &PermissionMeta, says: String| Line::Permission {
        permission: permission.name.to_owned(),
        says,
    };
    let mut lines = Vec::new();
    for permission in modules.permissions() {
        let path = vauban_orm::checks::shown_type(permission.type_name());
        lines.push(line(&permission, format!("{} ({path})", permission.about)));
    }
    for route in modules.each_route().filter(|route| !route.is_development_only()) {
        for permission in &route.meta.permissions {
            let says = format!("opens route {} {}", route.pattern(), route.meta.method);
            lines.push(line(permission, says));
        }
    }
    for model in models {
        for (what, permission) in vauban_orm::checks::permissions(model) {
            let model = vauban_orm::checks::named(model, models);
            lines.push(line(&permission, format!("opens rows {model} {what}")));
        }
    }
    lines
}

/// The roles that views ask for, each with the routes that it opens.
fn roles(modules: &Modules, models: &[&'static ModelMeta]) -> Vec<Line> {
    let mut lines = Vec::new();
    for route in modules.each_route().filter(|route| !route.is_development_only()) {
        for asked in &route.meta.roles {
            lines.push(Line::Role {
                role: format!(
                    "{} {}",
                    vauban_orm::checks::named(asked.tenant, models),
                    asked.role
                ),
                says: format!("opens route {} {}", route.pattern(), route.meta.method),
            });
        }
    }
    lines
}

fn beside(beside: &Beside) -> Line {
    let shown = vauban_orm::checks::shown_type;
    let (kind, what) = match *beside {
        Beside::Gate(gate) => ("gate", shown(gate)),
        Beside::Middleware(middleware) => ("middleware", shown(middleware)),
        Beside::ErrorPage(page) => ("error page", shown(page)),
        Beside::ChangeHook { hook, service } => {
            ("change hook", format!("{} as {}", shown(hook), shown(service)))
        }
        Beside::Hook { hook, event, service } => (
            "hook",
            format!("{} on {} as {}", shown(hook), shown(event), shown(service)),
        ),
        Beside::Page { page, replaced_by } => (
            "page",
            format!("{} in place of {}", shown(replaced_by), shown(page)),
        ),
    };
    Line::Beside {
        kind: kind.to_owned(),
        what,
    }
}

/// How the matrix and its committed copy differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The program does it, the lock does not say so.
    Added(String),
    /// The lock says it, the program does not do it.
    Removed(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(line) => write!(OneLine(f), "+ {line}"),
            Self::Removed(line) => write!(OneLine(f), "- {line}"),
        }
    }
}

/// Every fact about who may do what, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matrix {
    /// The facts.
    pub lines: BTreeSet<Line>,
}

impl Matrix {
    /// The matrix of a program.
    pub fn of(app: &App) -> Self {
        Self::of_modules(&app.package, app.modules())
    }

    /// The matrix of a package and its modules.
    pub(crate) fn of_modules(package: &Package, modules: &Modules) -> Self {
        let mut lines = BTreeSet::new();
        for route in modules.each_route().filter(|route| !route.is_development_only()) {
            lines.insert(Line::Route {
                pattern: route.pattern(),
                method: route.meta.method.to_string(),
                rule: route.meta.rule.to_owned(),
                // CWE-1059, CWE-287: another scheme is another way in.
                credential: route.meta.credential.clone(),
                view: vauban_orm::checks::shown_path(route.meta.id),
            });
        }
        let models = modules.models();
        for model in &models {
            for (action, rule) in vauban_orm::checks::policy(model, &models) {
                lines.insert(Line::Policy {
                    model: vauban_orm::checks::named(model, &models),
                    action: word(action).to_owned(),
                    rule,
                });
            }
        }
        for model in models.iter().filter(|model| model.changes) {
            lines.insert(Line::Policy {
                model: vauban_orm::checks::named(model, &models),
                action: "changes".to_owned(),
                rule: "told to change hooks".to_owned(),
            });
        }
        for service in modules.services() {
            let own = |right: String| Line::Service {
                service: vauban_orm::checks::shown_type(service.meta.type_name()),
                right,
            };
            lines.insert(own(format!("because {}", service.reason)));
            for granted in service.meta.rights() {
                lines.insert(own(format!(
                    "{} {}",
                    word(granted.action),
                    vauban_orm::checks::named((granted.model)(), &models)
                )));
            }
        }
        for migration in modules.data_migrations() {
            let own = |right: String| Line::Service {
                service: vauban_orm::checks::shown_type(migration.type_name()),
                right,
            };
            lines.insert(own(format!("because {}", migration.reason())));
            lines.extend(migration.rights().iter().map(|right| own(right.to_string())));
        }
        for task in modules.tasks() {
            // CWE-441: as whom, and where it is written.
            let says = format!(
                "as {} ({})",
                task.runs_as(),
                vauban_orm::checks::shown_type((task.path)())
            );
            let task = task.name.to_owned();
            lines.insert(Line::Task { task, says });
        }
        for scheduled in modules.schedules() {
            lines.insert(Line::Task {
                task: scheduled.task.name.to_owned(),
                says: scheduled.schedule.to_string(),
            });
        }
        lines.extend(permissions(modules, &models));
        lines.extend(roles(modules, &models));
        for identity in modules.identities() {
            lines.insert(Line::Identity {
                identity: vauban_orm::checks::shown_type(identity),
            });
        }
        lines.extend(counted(modules.beside().map(beside)));
        for (pages, source) in modules.widened() {
            let source = source.to_string();
            lines.insert(Line::Csp { pages, source });
        }
        // CWE-668: SQL by hand is on whatever table it names; it is read in review.
        for migration in
            vauban_orm::migrations::with_sql(&modules.migration_sets(package.name()), package.name())
        {
            lines.insert(Line::Migration {
                migration,
                does: "runs SQL".to_owned(),
            });
        }
        let signed = Lock::parse(&package.waivers_lock().unwrap_or_default());
        let mut matrix = Self { lines };
        matrix.waivers(signed);
        matrix
    }

    /// The same with these exceptions, and no others: what the sources sign, while nobody has accepted it yet.
    #[cfg(debug_assertions)]
    pub(crate) fn with_waivers(mut self, waivers: Lock) -> Self {
        self.lines.retain(|line| !matches!(line, Line::Waiver { .. }));
        self.waivers(waivers);
        self
    }

    fn waivers(&mut self, waivers: Lock) {
        for (entry, places) in waivers.entries {
            self.lines.insert(Line::Waiver {
                wall: entry.wall,
                module: entry.module,
                reason: entry.reason,
                places,
            });
        }
    }

    /// The text of `access.lock`.
    pub fn text(&self) -> String {
        let mut out = String::from(
            "# Who may call and touch what. Written by the command `access --accept`; every line is read in review.\n",
        );
        for line in &self.lines {
            let _ = writeln!(out, "{line}");
        }
        out
    }

    /// How the program differs from `lock`, the committed text.
    pub fn differences(&self, lock: &str) -> Vec<Difference> {
        let locked: BTreeSet<&str> = lock
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        let own = self
            .lines
            .iter()
            .map(|line| line.to_string().trim_end().to_owned());
        let own: Vec<String> = own.collect();
        let removed = locked
            .iter()
            .filter(|line| !own.iter().any(|own| own == *line))
            .map(|line| Difference::Removed((*line).to_owned()));
        let added = own
            .iter()
            .filter(|line| !locked.contains(line.as_str()))
            .map(|line| Difference::Added(line.clone()));
        let mut all: Vec<Difference> = removed.chain(added).collect();
        // What replaced a line stands beside it.
        all.sort_by(|a, b| key(a).cmp(key(b)));
        all
    }

    /// The matrix as a table for a terminal.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let shown: Vec<(&str, &str, String, &str)> = self
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Route {
                    pattern,
                    method,
                    rule,
                    credential,
                    view,
                } => {
                    let by = credential.as_ref().map(|credential| format!(" by {credential}"));
                    Some((
                        pattern.as_str(),
                        method.as_str(),
                        rule.clone() + &by.unwrap_or_default(),
                        view.as_str(),
                    ))
                }
                _ => None,
            })
            .collect();
        let routes: Vec<[&str; 4]> = shown
            .iter()
            .map(|(pattern, method, rule, view)| [*pattern, method, rule.as_str(), view])
            .collect();
        section(&mut out, &["Route", "Method", "Rule", "View"], &routes);
        let policies: Vec<[&str; 3]> = self
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Policy { model, action, rule } => Some([model.as_str(), action, rule]),
                _ => None,
            })
            .collect();
        section(&mut out, &["Model", "Action", "Who"], &policies);
        let services: Vec<[&str; 2]> = self
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Service { service, right } => Some([service.as_str(), right]),
                _ => None,
            })
            .collect();
        section(&mut out, &["Service", "May"], &services);
        let tasks: Vec<[&str; 2]> = self
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Task { task, says } => Some([task.as_str(), says]),
                _ => None,
            })
            .collect();
        section(&mut out, &["Task", "Runs"], &tasks);
        let permissions: Vec<[&str; 2]> = self
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Permission { permission, says } => Some([permission.as_str(), says]),
                _ => None,
            })
            .collect();
        section(&mut out, &["Permission", "Lets"], &permissions);
        let roles: Vec<[&str; 2]> = self
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Role { role, says } => Some([role.as_str(), says]),
                _ => None,
            })
            .collect();
        section(&mut out, &["Least role", "Opens"], &roles);
        let identities: Vec<[&str; 1]> = self
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Identity { identity } => Some([identity.as_str()]),
                _ => None,
            })
            .collect();
        section(&mut out, &["Identity"], &identities);
        let beside: Vec<[&str; 2]> = self
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Beside { kind, what } => Some([kind.as_str(), what]),
                _ => None,
            })
            .collect();
        section(&mut out, &["Beside the views", "What"], &beside);
        let policies: Vec<[&str; 2]> = self
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Csp { pages, source } => Some([pages.as_str(), source]),
                _ => None,
            })
            .collect();
        section(&mut out, &["Pages", "Their policy lets in"], &policies);
        let migrations: Vec<[&str; 2]> = self
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Migration { migration, does } => Some([migration.as_str(), does]),
                _ => None,
            })
            .collect();
        section(&mut out, &["Migration", "Does"], &migrations);
        let waivers: Vec<[&str; 3]> = self
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Waiver {
                    wall, module, reason, ..
                } => Some([wall.as_str(), module, reason]),
                _ => None,
            })
            .collect();
        section(&mut out, &["Waiver", "Module", "Reason"], &waivers);
        out
    }

    /// The matrix as JSON, for other programs.
    pub fn json(&self) -> serde_json::Value {
        self.lines
            .iter()
            .map(|line| match line {
                Line::Route {
                    pattern,
                    method,
                    rule,
                    credential,
                    view,
                } => {
                    let mut line = serde_json::json!({
                        "kind": "route", "pattern": pattern, "method": method, "rule": rule, "view": view
                    });
                    if let Some(credential) = credential {
                        line["credential"] = credential.as_str().into();
                    }
                    line
                }
                Line::Policy { model, action, rule } => {
                    serde_json::json!({ "kind": "policy", "model": model, "action": action, "rule": rule })
                }
                Line::Service { service, right } => {
                    serde_json::json!({ "kind": "service", "service": service, "right": right })
                }
                Line::Task { task, says } => {
                    serde_json::json!({ "kind": "task", "task": task, "says": says })
                }
                Line::Permission { permission, says } => {
                    serde_json::json!({ "kind": "permission", "permission": permission, "says": says })
                }
                Line::Role { role, says } => {
                    serde_json::json!({ "kind": "role", "role": role, "says": says })
                }
                Line::Identity { identity } => {
                    serde_json::json!({ "kind": "identity", "identity": identity })
                }
                Line::Beside { kind, what } => serde_json::json!({ "kind": kind, "what": what }),
                Line::Csp { pages, source } => {
                    serde_json::json!({ "kind": "csp", "pages": pages, "source": source })
                }
                Line::Migration { migration, does } => {
                    serde_json::json!({ "kind": "migration", "migration": migration, "does": does })
                }
                Line::Waiver {
                    wall,
                    module,
                    reason,
                    places,
                } => serde_json::json!({
                    "kind": "waiver", "wall": wall, "module": module, "reason": reason, "places": places
                }),
            })
            .collect()
    }
}

/// An action in lower case.
fn word(action: Action) -> &'static str {
    match action {
        Action::View => "view",
        Action::Add => "add",
        Action::Change => "change",
        Action::Delete => "delete",
        Action::Grant => "set",
    }
}

/// What a difference is sorted by: its line.
fn key(difference: &Difference) -> &str {
    match difference {
        Difference::Added(line) | Difference::Removed(line) => line,
    }
}

/// One table with aligned columns, and an empty line after it.
fn section<const N: usize>(out: &mut String, head: &[&str; N], rows: &[[&str; N]]) {
    if rows.is_empty() {
        return;
    }
    let (head, rows) = (
        head.map(one_line),
        rows.iter().map(|row| row.map(one_line)).collect::<Vec<_>>(),
    );
    let width = |column: usize| {
        rows.iter()
            .chain([&head])
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    for row in [&head].into_iter().chain(&rows) {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(pattern: &str, method: &str, rule: &str) -> Line {
        Line::Route {
            pattern: pattern.into(),
            method: method.into(),
            rule: rule.into(),
            credential: None,
            view: "demo::show".into(),
        }
    }

    /// CWE-1059, CWE-862: a second gate in the function of the first is a change of the lock.
    #[test]
    fn what_shares_a_name_is_counted() {
        let line = || Line::Beside {
            kind: "gate".into(),
            what: "app::{{closure}}".into(),
        };
        let told = |times: usize| -> Vec<String> {
            counted((0..times).map(|_| line()))
                .map(|line| line.to_string())
                .collect()
        };
        assert_eq!(told(1), ["gate app::{{closure}}"]);
        assert_eq!(told(2), ["gate app::{{closure}} [2]"]);
    }

    /// CWE-117, CWE-451. Attack: a reason of several lines, one of which is written as if it were a fact.
    #[test]
    fn a_fact_is_one_line() {
        let waiver = Line::Waiver {
            wall: "Unscoped".into(),
            module: "demo".into(),
            reason: "nobody\npolicy Article view: nobody\r\u{2028} ".into(),
            places: 1,
        };
        let turned = Line::Waiver {
            wall: "Unscoped".into(),
            module: "demo".into(),
            // A right-to-left override and isolate, a mark, a zero-width space, a filler, a selector; a letter's own mark stays.
            reason: "a\u{202e}b\u{2066}c\u{200f}d\u{200b}e\u{3164}f\u{fe0f}g\u{e0041}, cafe\u{301} \"\\"
                .into(),
            places: 1,
        };
        let service = Line::Service {
            service: "Digest".into(),
            right: "because of this ".into(),
        };
        let matrix = Matrix {
            lines: [waiver, turned, service].into(),
        };
        assert_eq!(matrix.text().lines().count(), 4);
        let shown = r#"a\u{202e}b\u{2066}c\u{200f}d\u{200b}e\u{3164}f\u{fe0f}g\u{e0041}, cafe"#.to_owned()
            + "\u{301} \"\\";
        let differences = Matrix::default().differences(&matrix.text());
        let told: String = differences.iter().map(ToString::to_string).collect();
        for text in [matrix.text(), matrix.table(), told] {
            assert!(text.contains(&shown), "{text}");
            assert!(!text.contains('\r') && !text.contains('\u{202e}'), "{text}");
        }
        assert!(
            matrix.text().contains("nobody\\npolicy Article"),
            "{}",
            matrix.text()
        );
        assert_eq!(matrix.differences(&matrix.text()), []);
    }

    #[test]
    fn a_changed_rule_shows_as_two_neighbouring_lines() {
        // CWE-862: a rule that was weakened cannot pass unseen.
        let before = Matrix {
            lines: [route("/a/", "GET", "Staff"), route("/b/", "GET", "Public")].into(),
        };
        let after = Matrix {
            lines: [route("/a/", "GET", "Public"), route("/b/", "GET", "Public")].into(),
        };
        assert_eq!(before.differences(&before.text()), []);
        let shown: Vec<String> = after
            .differences(&before.text())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            shown,
            [
                "+ route /a/ GET: Public (demo::show)",
                "- route /a/ GET: Staff (demo::show)"
            ]
        );
    }

    #[allow(unreachable_pub)] // a view is as public as its rule
    mod by_program {
        use vauban_core::http::{Request, Result, Text};
        use vauban_core::routing::{AccessRule, ByToken, Proven, Refusal, TokenScheme};

        pub struct Strict;
        impl TokenScheme for Strict {
            type Loaded = ();
            async fn find(_: &Request, _: &str) -> Result<Option<Proven<()>>> {
                Ok(None)
            }
        }
        pub struct Program;
        impl AccessRule for Program {
            type Credential = ByToken<Strict>;
            fn admit(_: &Request, (): &()) -> std::result::Result<Self, Refusal> {
                Ok(Self)
            }
        }
        #[crate::view(post, "/print/")]
        pub async fn print(_: Program) -> Text {
            Text::new("printed")
        }
    }

    #[crate::view(get, "/")]
    async fn home(_: vauban_core::Public) -> vauban_core::Text {
        vauban_core::Text::new("")
    }

    /// CWE-1059, CWE-287. Attack: a rule keeps its name and goes by another scheme, which lets everybody in; the lock stays
    /// as it is.
    #[test]
    fn what_a_rule_goes_by_is_printed_where_it_is_not_the_session() {
        let routes = vauban_core::Routes::new()
            .view::<by_program::print>("print")
            .view::<home>("home");
        let module = vauban_core::Module::new("api").routes(routes);
        let app = App::new(Package::for_test("kit", "", None)).module(module);
        let (text, table) = (Matrix::of(&app).text(), Matrix::of(&app).table());
        assert!(
            text.contains("route /print/ POST: Program by ByToken<Strict> ("),
            "{text}"
        );
        assert!(text.contains("route / GET: Public ("), "{text}");
        assert!(table.contains("Program by ByToken<"), "{table}");
    }

    #[test]
    fn the_table_is_aligned() {
        let matrix = Matrix {
            lines: [route("/", "GET", "Public"), route("/longer/", "POST", "SignedIn")].into(),
        };
        assert_eq!(
            matrix.table(),
            "Route     Method  Rule      View\n/         GET     Public    demo::show\n/longer/  POST    SignedIn  demo::show\n\n"
        );
        assert_eq!(matrix.json()[0]["rule"], "Public");
    }
}

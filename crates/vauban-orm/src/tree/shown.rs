//! Names of models, types and functions as reviews show them.

use crate::tree::meta::ModelMeta;

/// The framework's own crates: `vauban_…` names their tables, and no other crate's. CWE-668: those that there are; a name
/// that nobody has yet is whoever's that publishes it first.
const FRAMEWORK: &[&str] = &[
    "vauban",
    "vauban_core",
    "vauban_orm",
    "vauban_accounts",
    "vauban_tasks",
    "vauban_mail",
    "vauban_template",
    "vauban_text",
    "vauban_waiver",
];

/// The prefix of the framework's tables.
pub(crate) const RESERVED: &str = "vauban_";

/// The crate that declares a model, as the compiler says it: a package's name is what its author wrote.
pub(crate) fn crate_of(model: &ModelMeta) -> &'static str {
    model.type_name().split("::").next().unwrap_or_default()
}

pub(crate) fn is_framework(name: &str) -> bool {
    FRAMEWORK.contains(&name)
}

/// A function's path as a site names it: what stands in `vauban_accounts` is `vauban::accounts`.
pub fn shown_path(path: &str) -> String {
    let ours = path.split_once("::").filter(|(first, _)| is_framework(first));
    match ours {
        // CWE-451: another's crate is not ours, however it is called.
        None => path.to_owned(),
        Some(("vauban" | "vauban_core", rest)) => format!("vauban::{rest}"),
        Some((first, rest)) => format!("vauban::{}::{rest}", first.trim_start_matches(RESERVED)),
    }
}

/// A type's name as reviews show it: as the compiler has it, but the framework's own types without their modules, so
/// that moving one of its files changes nobody's `access.lock`.
pub fn shown_type(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while !rest.is_empty() {
        let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        let end = rest.find(|c| !is_path(c)).unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        let ours = path.split("::").next().is_some_and(is_framework);
        out.push_str(match path.rsplit_once("::") {
            Some((_, last)) if ours => last,
            _ => path,
        });
        let next = after.find(is_path).unwrap_or(after.len());
        out.push_str(&after[..next]);
        rest = &after[next..];
    }
    out
}

/// A model's name, with its path where two of the program's models would have one (CWE-451: no line passes for
/// another's).
pub fn named(model: &ModelMeta, models: &[&'static ModelMeta]) -> String {
    if models
        .iter()
        .any(|other| !std::ptr::eq(*other, model) && other.name == model.name)
    {
        shown_type(model.type_name())
    } else {
        model.name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-668. Attack: somebody publishes a crate with the name of one that the framework may have one day, and has the
    /// framework's tables.
    #[test]
    fn only_crates_that_there_are_are_the_frameworks() {
        let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for name in FRAMEWORK {
            let manifest = crates.join(name.replace('_', "-")).join("Cargo.toml");
            assert!(manifest.is_file(), "no crate of the workspace is called {name}");
        }
    }

    #[test]
    fn a_path_is_shown_as_a_site_names_it() {
        for (path, shown) in [
            (
                "vauban_accounts::views::login::show",
                "vauban::accounts::views::login::show",
            ),
            ("vauban_core::routing::show", "vauban::routing::show"),
            ("vauban::access::show", "vauban::access::show"),
            ("app::show", "app::show"),
            // CWE-451
            ("vauban_evil::login::show", "vauban_evil::login::show"),
            ("vauban_accounts_evil::show", "vauban_accounts_evil::show"),
        ] {
            assert_eq!(shown_path(path), shown);
        }
    }

    #[test]
    fn types_are_shown_by_their_path_and_ours_by_their_name() {
        for (name, shown) in [
            ("app::people::SignUp", "app::people::SignUp"),
            (
                "vauban_accounts::services::SignUp<app::users::User>",
                "SignUp<app::users::User>",
            ),
            (
                "(vauban::routing::Staff, app::Mfa, [u8; 3])",
                "(Staff, app::Mfa, [u8; 3])",
            ),
            ("vauban_core::a::HasPerm<app::Close>", "HasPerm<app::Close>"),
            // CWE-451: a name that only begins like ours is shown in full.
            ("vauban_evil::Superuser", "vauban_evil::Superuser"),
            ("app::Superuser", "app::Superuser"),
            ("app::vauban::Superuser", "app::vauban::Superuser"),
        ] {
            assert_eq!(shown_type(name), shown);
        }
    }
}

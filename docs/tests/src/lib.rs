//! Every Rust snippet of the guide is a documentation test of this crate: `cargo test -p vauban-docs --doc`.
//!
//! A chapter is one module here. Lines that start with `# ` in a snippet are compiled and not shown, by
//! rustdoc and by mdBook alike. `tests/` holds what is not Rust: links, the summary, the quoted messages.

mod people;
mod three_ideas;
pub use people::User;

macro_rules! chapters {
    ($($name:ident = $file:literal),+ $(,)?) => { $(
        #[cfg(doctest)]
        #[doc = include_str!(concat!("../../src/", $file))]
        pub mod $name {}
    )+ };
}

chapters! {
    accounts = "accounts.md",
    rights = "rights.md",
    encryption = "encryption.md",
    errors = "errors.md",
    for_your_users = "for-your-users.md",
    forms = "forms.md",
    mail = "mail.md",
    models = "models.md",
    modules = "modules.md",
    page_policy = "page-policy.md",
    queries = "queries.md",
    rich_text = "rich-text.md",
    single_sign_on = "single-sign-on.md",
    tasks = "tasks.md",
    templates = "templates.md",
    tenancy = "tenancy.md",
    testing = "testing.md",
    views = "views.md",
    waivers = "waivers.md",
}

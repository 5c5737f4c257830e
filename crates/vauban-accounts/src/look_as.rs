//! Whom a developer may look at the site as.

/// Somebody of the sample data as whom one may look at the site while developing; any module may name some:
/// `Module::contribute(LookAs::new("ann@example.com", "writes articles"))`. Not in a release build.
#[derive(Debug, Clone, Copy)]
pub struct LookAs {
    #[cfg_attr(
        not(debug_assertions),
        expect(dead_code, reason = "nobody looks as anybody in a release")
    )]
    pub(crate) email: &'static str,
    #[cfg_attr(
        not(debug_assertions),
        expect(dead_code, reason = "nobody looks as anybody in a release")
    )]
    pub(crate) about: &'static str,
}

impl LookAs {
    /// By the address they sign in with, and a few words about them.
    pub const fn new(email: &'static str, about: &'static str) -> Self {
        Self { email, about }
    }
}

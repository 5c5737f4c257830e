//! Test-only switches that take a control out, so that an attack can be seen to succeed without it. They do
//! not exist in a build without the feature `__test_switches`.

/// Controls taken out of one site, in tests.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)]
pub struct Without {
    pub host_check: bool,
    pub origin_check: bool,
    pub isolation: bool,
    pub token_check: bool,
    pub security_headers: bool,
    pub body_limit: bool,
}

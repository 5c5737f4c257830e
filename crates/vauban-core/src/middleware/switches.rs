//! Test-only switches that take a control out, so that an attack can be seen to succeed without it. They do
//! not exist in a build without the feature `__test_switches`.

/// Controls taken out of one site, in tests.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)]
pub struct Switches {
    pub no_host_check: bool,
    pub no_origin_check: bool,
    pub no_isolation: bool,
    pub no_token_check: bool,
    pub no_security_headers: bool,
    pub no_body_limit: bool,
}

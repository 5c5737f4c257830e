//! How a release build says that it does not serve: every reason at once, what to do about each, and the one
//! command that runs it here.

use std::fmt;

use super::{Finding, Level};

/// Why the program does not serve.
pub(crate) struct Refused<'a> {
    /// Everything the checks found.
    pub(crate) findings: &'a [Finding],
    /// The program as it was called.
    pub(crate) program: String,
}

impl fmt::Display for Refused<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = || {
            self.findings
                .iter()
                .filter(|finding| finding.level == Level::Error)
        };
        let count = errors().count();
        let s = if count == 1 { "" } else { "s" };
        writeln!(f, "Not serving: {count} reason{s}.\n")?;
        for (number, finding) in errors().enumerate() {
            writeln!(f, "{}. {} [{}]", number + 1, finding.what, finding.id)?;
            for line in finding.hint.lines() {
                writeln!(f, "   {line}")?;
            }
        }
        let settings = [
            "secret_key.weak",
            "allowed_hosts.none",
            "allowed_hosts.any",
            "https.none",
        ];
        if errors().any(|finding| settings.contains(&finding.id)) {
            writeln!(
                f,
                "\nTo try this build on this machine, behind a proxy of your own on loopback:\n\n    \
                 VAUBAN_SECRET_KEY=\"$(head -c 48 /dev/urandom | base64)\" VAUBAN_ALLOWED_HOSTS=localhost \
                 VAUBAN_TRUSTED_PROXIES=127.0.0.1 {} serve --addr 127.0.0.1:8000\n\n\
                 The proxy speaks HTTPS with the browser and sends `X-Forwarded-Proto: https`.",
                self.program
            )?;
        }
        Ok(())
    }
}

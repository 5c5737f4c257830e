//! How a release build says that it does not serve: every reason at once, what to do about each, and the one
//! command that runs it here.

use std::fmt;

use super::{Finding, Severity};

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
                .filter(|finding| finding.level == Severity::Error)
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
        let here = [
            "secret_key.weak",
            "allowed_hosts.none",
            "allowed_hosts.any",
            "https.none",
            "migrations.pending",
        ];
        if errors().any(|finding| here.contains(&finding.id)) {
            let program = &self.program;
            let tried: Vec<&str> = errors().filter_map(|finding| finding.to_try).collect();
            let tried = tried
                .iter()
                .map(|variable| format!("{variable} "))
                .collect::<String>();
            writeln!(
                f,
                "\nTo try this build on this machine, behind a proxy of your own on loopback:\n\n    \
                 VAUBAN_SECRET_KEY=\"$(head -c 48 /dev/urandom | base64)\" VAUBAN_ALLOWED_HOSTS=localhost \
                 VAUBAN_TRUSTED_PROXIES=127.0.0.1 VAUBAN_DATABASE_URL=sqlite:try.sqlite3 \
                 {tried}sh -c '{program} migrate && {program} serve --addr 127.0.0.1:8000'\n\n\
                 The proxy speaks HTTPS with the browser and overwrites `X-Forwarded-For`, `X-Forwarded-Proto: https` and `X-Forwarded-Host`.",
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told_with_what_to_do_and_one_command() {
        let findings = [
            Finding::error("secret_key.weak", "secret_key is not set", "Make one."),
            Finding::warning("hsts.preload", "only a warning", "Later."),
            Finding::error("https.none", "no HTTPS", "Name a proxy."),
            Finding::error("mail.url", "no mail", "Say where.").to_try("VAUBAN_MAIL_URL=file:mails"),
        ];
        let text = Refused {
            findings: &findings,
            program: "./site".into(),
        }
        .to_string();
        assert!(text.starts_with("Not serving: 3 reasons.\n"), "{text}");
        for part in [
            "1. secret_key is not set [secret_key.weak]\n   Make one.",
            "2. no HTTPS [https.none]\n   Name a proxy.",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("only a warning"), "{text}");
        assert_eq!(
            text.matches(
                "VAUBAN_MAIL_URL=file:mails sh -c './site migrate && ./site serve --addr 127.0.0.1:8000'"
            )
            .count(),
            1,
            "{text}"
        );
    }
}

//! Addresses in which something stands that opens: what the log has instead of them (CWE-532).

use std::borrow::Cow;

use super::ParamMeta;

/// How a segment is decoded, once.
pub(super) type Decode = fn(&str) -> Option<Cow<'_, str>>;

/// The patterns with a parameter that is a secret.
#[derive(Debug, Default)]
pub(super) struct Secrets(Vec<SecretPattern>);

#[derive(Debug)]
struct SecretPattern {
    pattern: String,
    /// Up to the secret; `None`: a parameter before it.
    before: Vec<Option<Box<str>>>,
}

impl Secrets {
    /// Notes a route, if there is a secret in its address. Every parameter of a help for developing is one.
    pub(super) fn note(&mut self, pattern: String, params: &[ParamMeta], development: bool) {
        if self.0.iter().any(|known| known.pattern == pattern) {
            return;
        }
        let is_secret = |name: &str| {
            let mut params = params.iter();
            params.any(|param| param.name == name && (param.secret || development))
        };
        let name = |segment: &str| -> Option<String> {
            let name = segment.strip_prefix('{')?.strip_suffix('}')?;
            Some(name.trim_start_matches('*').to_owned())
        };
        let mut before = Vec::new();
        for segment in pattern.trim_start_matches('/').split('/') {
            match name(segment) {
                Some(name) if is_secret(&name) => {
                    self.0.push(SecretPattern { pattern, before });
                    return;
                }
                Some(_) => before.push(None),
                None => before.push(Some(segment.into())),
            }
        }
    }

    /// The pattern that a path begins like, up to a secret: whatever stands there and behind it, whether or not it is answered.
    pub(super) fn pattern(&self, path: &str, decode: Decode) -> Option<&str> {
        let known = self.0.iter().find(|known| known.begins(path, decode))?;
        Some(&known.pattern)
    }
}

impl SecretPattern {
    fn begins(&self, path: &str, decode: Decode) -> bool {
        let mut segments = path.trim_start_matches('/').split('/');
        let fits = self
            .before
            .iter()
            .all(|expected| match (expected, segments.next()) {
                (_, None) => false,
                (None, Some(_)) => true,
                // However it is spelled.
                (Some(expected), Some(sent)) => {
                    **expected == *sent
                        || sent.contains('%') && decode(sent).is_some_and(|sent| sent == **expected)
                }
            });
        fits && segments.any(|rest| !rest.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-532. Attacks: a link that was copied without its last slash, with more behind it, in another spelling.
    #[test]
    fn cwe_532_whatever_begins_like_a_secrets_address_is_told_by_its_pattern() {
        let decode: Decode = |segment| Some(segment.replace("%65", "e").into());
        let literal = |text: &str| Some(text.into());
        let secrets = Secrets(vec![SecretPattern {
            pattern: "/accounts/reset/{token}/".to_owned(),
            before: vec![literal("accounts"), literal("reset")],
        }]);
        for secret in [
            "/accounts/reset/abc/",
            "/accounts/reset/abc",
            "/accounts/reset/abc/def/",
            "//accounts/reset/abc",
            "/accounts/res%65t/abc/",
            "/accounts/reset//abc",
        ] {
            assert_eq!(
                secrets.pattern(secret, decode),
                Some("/accounts/reset/{token}/"),
                "{secret}"
            );
        }
        for other in [
            "/accounts/reset/",
            "/accounts/reset",
            "/accounts/",
            "/",
            "/accounts/login/abc/",
        ] {
            assert_eq!(secrets.pattern(other, decode), None, "{other}");
        }
    }
}

//! The settings of single sign-on: the section `oidc`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use vauban::checks::Finding;
use vauban::settings::{ModuleSettings, Secret, SettingRow, SettingValue};
use vauban_client::Destination;

/// Providers at most: each is a button of the sign-in page.
const MOST: usize = 20;

/// The section `oidc`.
#[derive(Clone, Default)]
pub(crate) struct OidcSettings {
    pub(crate) providers: Declared,
    pub(crate) secrets: ClientSecrets,
}

/// The setting `oidc.providers`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Declared(pub(crate) Vec<DeclaredProvider>);

/// One line of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DeclaredProvider {
    /// How addresses and settings call it.
    pub(crate) name: String,
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    /// Whose verified addresses it may speak for.
    pub(crate) domains: Vec<String>,
    /// Other origins of its own that are asked: for tokens, for keys.
    pub(crate) endpoints: Vec<String>,
    /// A file with the authorities of its certificate.
    pub(crate) authorities: Option<PathBuf>,
    /// What people call it.
    pub(crate) label: String,
}

/// The setting `oidc.client_secrets`: `NAME=SECRET` each.
#[derive(Clone, Default)]
pub(crate) struct ClientSecrets(Vec<(String, Secret<String>)>);

impl ClientSecrets {
    pub(crate) fn of(&self, name: &str) -> Option<&Secret<String>> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, secret)| secret)
    }
}

impl SettingValue for Declared {
    const ACCEPTS: &'static str = "a line (or `;`) each: `NAME issuer=URL client_id=ID domains=A,B endpoints=URL,URL sslrootcert=FILE label=…`";

    fn read(text: &str) -> Result<Self, String> {
        let lines = text
            .split(['\n', ';'])
            .map(str::trim)
            .filter(|line| !line.is_empty());
        lines
            .map(DeclaredProvider::read)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn show(&self) -> String {
        let lines: Vec<_> = self.0.iter().map(DeclaredProvider::show).collect();
        lines.join("; ")
    }
}

impl SettingValue for ClientSecrets {
    const ACCEPTS: &'static str = "`NAME=SECRET`, apart by spaces or lines";
    const SECRET: bool = true;

    fn read(text: &str) -> Result<Self, String> {
        let pairs = text.split_whitespace().map(|pair| {
            let (name, secret) = pair.split_once('=').ok_or("is not `NAME=SECRET`")?;
            Ok((name.to_owned(), Secret::<String>::read(secret)?))
        });
        pairs.collect::<Result<_, String>>().map(Self)
    }

    fn show(&self) -> String {
        // CWE-532
        self.0
            .first()
            .map_or_else(String::new, |(_, secret)| secret.show())
    }
}

impl DeclaredProvider {
    fn read(line: &str) -> Result<Self, String> {
        // What people call it has spaces in it, so it comes last.
        let (line, label) = match line.split_once("label=") {
            Some((line, label)) => (line, label.trim()),
            None => (line, ""),
        };
        let mut words = line.split_whitespace();
        let mut provider = Self {
            name: words.next().unwrap_or_default().to_owned(),
            ..Self::default()
        };
        let list = |value: &str| {
            value
                .split(',')
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect()
        };
        for word in words {
            let (key, value) = word
                .split_once('=')
                .ok_or_else(|| format!("`{word}` is not `KEY=VALUE`"))?;
            match key {
                "issuer" => provider.issuer = value.to_owned(),
                "client_id" => provider.client_id = value.to_owned(),
                "domains" => provider.domains = list(&value.to_lowercase()),
                "endpoints" => provider.endpoints = list(value),
                "sslrootcert" => provider.authorities = Some(PathBuf::from(value)),
                _ => {
                    return Err(format!(
                        "`{key}` is none of `issuer`, `client_id`, `domains`, `endpoints`, `sslrootcert` and `label`"
                    ));
                }
            }
        }
        provider.label = match label {
            "" => provider.name.clone(),
            label => label.to_owned(),
        };
        Ok(provider)
    }

    fn show(&self) -> String {
        let mut line = format!(
            "{} issuer={} client_id={}",
            self.name, self.issuer, self.client_id
        );
        for (key, list) in [("domains", &self.domains), ("endpoints", &self.endpoints)] {
            if !list.is_empty() {
                let _ = write!(line, " {key}={}", list.join(","));
            }
        }
        if let Some(path) = &self.authorities {
            let _ = write!(line, " sslrootcert={}", path.display());
        }
        let _ = write!(line, " label={}", self.label);
        line
    }

    /// What is wrong with it, as the end of a sentence.
    fn wrong(&self) -> Option<String> {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > 30 || !self.name.chars().all(is_name) {
            return Some("has a name that is not 1 to 30 of a-z, 0-9 and -".to_owned());
        }
        // ASVS 10.5.3, 12.2.1, CWE-319: whoever is between us and the provider would say who people are.
        if let Err(error) = Destination::parse(&self.issuer) {
            return Some(format!("has no issuer that can be asked: {error}"));
        }
        if self.issuer.contains(['?', '#']) {
            return Some("has an issuer with ? or # in it".to_owned());
        }
        for endpoint in &self.endpoints {
            if let Err(error) = Destination::parse(endpoint) {
                return Some(format!("has `{endpoint}` among its endpoints: {error}"));
            }
        }
        if self.client_id.is_empty() {
            return Some("has no client_id".to_owned());
        }
        if self.label.is_empty()
            || self.label.chars().count() > 60
            || self.label.chars().any(char::is_control)
        {
            return Some("has a label that is not 1 to 60 characters".to_owned());
        }
        let is_domain = |domain: &String| domain.contains('.') && !domain.contains(['@', '*', '/']);
        let wrong = self.domains.iter().find(|domain| !is_domain(domain));
        wrong.map(|domain| format!("has `{domain}` among its domains: write `example.com`"))
    }
}

impl ModuleSettings for OidcSettings {
    const SECTION: &'static str = "oidc";

    fn rows() -> Vec<SettingRow<Self>> {
        vec![
            SettingRow::new(
                "providers",
                "by which OpenID Connect providers people may sign in",
                |s: &mut Self| &mut s.providers,
            )
            .checked("issuers are https, each has a secret"),
            SettingRow::new(
                "client_secrets",
                "the secret that each provider has given this site",
                |s: &mut Self| &mut s.secrets,
            )
            .checked("there is one for each provider"),
        ]
    }

    fn check(&self) -> Vec<Finding> {
        let refused = |id: &'static str, why: String, write: &'static str| Finding::error(id, why, write);
        let mut found = Vec::new();
        let (mut names, mut issuers) = (BTreeSet::new(), BTreeSet::new());
        if self.providers.0.len() > MOST {
            let why = format!("oidc.providers has more than {MOST}");
            found.push(refused("oidc.providers", why, "Take some out."));
        }
        for provider in &self.providers.0 {
            let name = &provider.name;
            if let Some(why) = provider.wrong() {
                let why = format!("oidc.providers: `{name}` {why}");
                found.push(refused(
                    "oidc.providers",
                    why,
                    "Write `NAME issuer=https://… client_id=… label=…`, as the provider's own page says.",
                ));
            }
            // Mix-up: one issuer is one provider, whose subjects mean one thing.
            if !names.insert(name) || !issuers.insert(&provider.issuer) {
                let why = format!("oidc.providers: `{name}` has the name or the issuer of another one");
                found.push(refused("oidc.providers", why, "Leave one of them out."));
            }
            // ASVS 10.4.10: nobody else exchanges a code that is ours.
            if self
                .secrets
                .of(name)
                .is_none_or(|secret| secret.expose().len() < 16)
            {
                let why = format!("oidc.client_secrets has none of at least 16 characters for `{name}`");
                found.push(refused(
                    "oidc.client_secrets",
                    why,
                    "Have the provider make one, write `NAME=SECRET` into a file that only its owner reads, and set \
                     VAUBAN_OIDC_CLIENT_SECRETS_FILE to its path.",
                ));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(providers: &str, secrets: &str) -> Vec<String> {
        let providers = Declared::read(providers).unwrap();
        let secrets = ClientSecrets::read(secrets).unwrap();
        let settings = OidcSettings { providers, secrets };
        settings
            .check()
            .into_iter()
            .map(|found| found.id.to_owned())
            .collect()
    }

    #[test]
    fn a_line_is_read_as_it_is_shown() {
        let line = "company issuer=https://login.example.com/x client_id=site domains=example.com,example.org \
                    endpoints=https://keys.example.com label=Our Company";
        let read = Declared::read(line).unwrap();
        assert_eq!(read.0[0].label, "Our Company");
        assert_eq!(read.show(), line);
        assert!(told(line, "company=0123456789abcdef").is_empty());
        assert_eq!(
            Declared::read(&format!("{line}; two issuer=https://b.example\nthree"))
                .unwrap()
                .0
                .len(),
            3
        );
        assert!(
            Declared::read("company isuer=https://x").is_err() && Declared::read("company what").is_err()
        );
    }

    /// CWE-319, CWE-1188. The mistake: a provider in clear, without a secret, or twice.
    #[test]
    fn asvs_10_5_3_what_is_not_safe_is_refused_at_the_start() {
        let secret = "a=0123456789abcdef b=0123456789abcdef";
        let good = "a issuer=https://a.example client_id=x";
        assert!(told(good, secret).is_empty());
        assert!(
            told("a issuer=http://localhost:9000 client_id=x", secret).is_empty(),
            "loopback"
        );
        for bad in [
            "a issuer=http://a.example client_id=x",
            "a issuer=https://u:p@a.example client_id=x",
            "a issuer=https://a.example/?x client_id=x",
            "a issuer=a.example client_id=x",
            "a client_id=x",
            "a issuer=https://a.example",
            "A/B issuer=https://a.example client_id=x",
            "a issuer=https://a.example client_id=x domains=*.com",
            "a issuer=https://a.example client_id=x endpoints=http://b.example",
        ] {
            assert!(told(bad, secret).contains(&"oidc.providers".to_owned()), "{bad}");
        }
        assert_eq!(
            told(&format!("{good}; b issuer=https://a.example client_id=y"), secret),
            ["oidc.providers"]
        );
        for bad in ["", "a=short", "b=0123456789abcdef"] {
            assert_eq!(told(good, bad), ["oidc.client_secrets"], "{bad}");
        }
    }

    /// CWE-532. Attack: the list of settings, or an error, shows a secret.
    #[test]
    fn cwe_532_secrets_are_not_shown() {
        let secrets = ClientSecrets::read("a=hunter2hunter2hunter2").unwrap();
        assert!(!secrets.show().contains("hunter2"));
        let error = ClientSecrets::read("hunter2hunter2").err().unwrap();
        assert!(!error.contains("hunter2"), "{error}");
    }
}

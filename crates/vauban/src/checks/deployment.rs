//! What Django's `check --deploy` asks, and what it overlooks: keys, hosts, HTTPS, HSTS.

use std::time::Duration;

use super::{Checking, Finding};
use crate::settings::{HostPattern, Mode, Network, Synchronous};

const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// Development's comforts are not for visitors (Django: security.W018).
pub(super) fn build(c: &Checking<'_>) -> Vec<Finding> {
    if let Some(mixed) = mixed(Mode::of_this_build(), c.package.is_development()) {
        return vec![mixed];
    }
    // Of each crate: a program may turn the feature of one of them on by itself.
    let built_in = cfg!(feature = "testing")
        || vauban_core::TEST_KIT
        || vauban_accounts::TEST_KIT
        || vauban_tasks::TEST_KIT
        || vauban_mail::TEST_KIT;
    let has_test_kit = built_in && !c.settings.is_test();
    if let Some(test_kit) = test_kit(Mode::of_this_build(), has_test_kit) {
        return vec![test_kit];
    }
    if Mode::of_this_build() == Mode::Release {
        let switches = test_switches(vauban_core::TEST_SWITCHES, c.answers_plain);
        return overflow(c.package.checks_overflow())
            .into_iter()
            .chain(switches)
            .collect();
    }
    if c.settings.mode == Mode::Development {
        return Vec::new();
    }
    vec![Finding::warning(
        "build.development",
        "this is a development build: it answers on loopback only and shows a debug page",
        "Build what you deploy with `cargo build --release`; the debug page is not in it.",
    )]
}

/// CWE-320: what was sealed by a secret that is gone is lost, and would be found so row by row.
pub(super) fn lost_keys(c: &Checking<'_>) -> Vec<Finding> {
    let lost = c.migrations.into_iter().flat_map(|migrated| &migrated.lost_keys);
    let lost = lost.map(|(label, root)| {
        Finding::error(
            "keys.lost",
            format!("rows hold what a key of `{label}` sealed, and the secret {root} that it comes of is not in the settings"),
            "Put the former secret_key into secret_key_fallbacks until `reencrypt` has moved these rows.",
        )
    });
    let unnamed = c
        .migrations
        .into_iter()
        .flat_map(|migrated| &migrated.unnamed_keys);
    let unnamed = unnamed.map(|label| {
        Finding::warning(
            "keys.unnamed",
            format!("rows had keys of `{label}`, and no encrypted field of the program has this label"),
            "If a field's label was changed, put this one back: what it sealed opens under no other. If the field is gone, retire them: `keys list`, \
             `keys retire --force`.",
        )
    });
    lost.chain(unnamed).collect()
}

/// The test kit in what is deployed: it writes rows whatever the policies say (CWE-489).
fn test_kit(build: Mode, has_test_kit: bool) -> Option<Finding> {
    (build == Mode::Release && has_test_kit).then(|| {
        Finding::error(
            "build.testing",
            "the program was built with the feature `testing`, which writes rows past every policy",
            "Put `vauban = { …, features = [\"testing\"] }` under `[dev-dependencies]` only, and build this package alone \
             (`cargo build --release -p NAME`).",
        )
    })
}

/// The switches that take controls out, in what is deployed (CWE-489). The benchmark, whose load comes over plain HTTP,
/// says that it wants that one.
fn test_switches(has_switches: bool, answers_plain: bool) -> Option<Finding> {
    has_switches.then(|| match answers_plain {
        false => Finding::error(
            "build.test_switches",
            "the program was built with the feature `__test_switches`, which can take controls out",
            "Take the feature `__test_switches` of the `vauban` packages out of its dependencies and build this package alone \
             (`cargo build --release -p NAME`).",
        ),
        true => Finding::warning(
            "build.test_switches",
            "the program answers plain requests (`__without_https_redirect`): passwords and sessions would travel readable",
            "This is for a benchmark on loopback. Take the call and the feature `__test_switches` out of what others reach.",
        ),
    })
}

/// A number that grows too large becomes a small one, where tests and development stop (CWE-190).
fn overflow(is_checked: bool) -> Option<Finding> {
    (!is_checked).then(|| {
        Finding::warning(
            "build.overflow",
            "the program was built without overflow checks: a sum or a product that is too large becomes a small number and passes \
             whatever bounds it",
            "Write `overflow-checks = true` under `[profile.release]` in the workspace's Cargo.toml, take `overflow-checks = false` out of \
             its `package` sections, and build again.",
        )
    })
}

/// A package with `debug_assertions` on a framework without: what was reviewed is not part of it (CWE-489).
fn mixed(framework: Mode, is_development: bool) -> Option<Finding> {
    (framework == Mode::Release && is_development).then(|| {
        Finding::error(
            "build.mixed",
            "the program's own package was built with debug_assertions, so its access.lock is not part of it",
            "Take `debug-assertions` out of the release profile's `package` sections and build again.",
        )
    })
}

/// Keys that sign: present, long, random, unknown (CWE-321, CWE-798, CWE-1392; Django: security.W009, W025).
pub(super) fn keys(c: &Checking<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if c.settings.mode.is_development() {
        return found;
    }
    let make = "head -c 48 /dev/urandom | base64";
    if let Some(why) = c.settings.secret_key.weakness() {
        found.push(Finding::error(
            "secret_key.weak",
            format!("secret_key {why}"),
            format!(
                "Make one with `{make}`, keep it in a file of mode 0600, and set VAUBAN_SECRET_KEY_FILE to its path \
                 (or VAUBAN_SECRET_KEY to the key)."
            ),
        ));
    }
    for (index, key) in c.settings.secret_key_fallbacks.iter().enumerate() {
        let number = index + 1;
        if let Some(why) = key.weakness() {
            found.push(Finding::error(
                "secret_key_fallbacks.weak",
                format!("secret_key_fallbacks, key {number}: {why}"),
                "Remove it: whoever guesses an old key can still forge what it signs.",
            ));
        } else if key.is_same_as(&c.settings.secret_key) {
            found.push(Finding::warning(
                "secret_key_fallbacks.same",
                format!("secret_key_fallbacks, key {number}, is secret_key itself"),
                "Remove it: a fallback is an earlier key.",
            ));
        }
    }
    found
}

/// Hosts that the site answers for (CWE-644; Django: security.W020, and `*`, which Django lets pass).
pub(super) fn hosts(c: &Checking<'_>) -> Vec<Finding> {
    let (s, mut found) = (c.settings, Vec::new());
    if s.mode.is_development() {
        return found;
    }
    if s.allowed_hosts.is_empty() {
        found.push(Finding::error(
            "allowed_hosts.none",
            "no allowed hosts: every request would be refused",
            "Set VAUBAN_ALLOWED_HOSTS to the site's names, such as `example.com,www.example.com`.",
        ));
    } else if s.allowed_hosts.contains(&HostPattern::Any) {
        found.push(Finding::error(
            "allowed_hosts.any",
            "allowed_hosts has `*`: links and caches can be poisoned with any Host header",
            "Name the hosts in VAUBAN_ALLOWED_HOSTS; `.example.com` includes subdomains.",
        ));
    }
    let origins = s.own_origins(s.addr.port());
    if origins.is_empty() && !s.allowed_hosts.is_empty() && !s.allowed_hosts.contains(&HostPattern::Any) {
        found.push(Finding::error(
            "origins.none",
            "allowed_hosts has only suffixes, from which no origin follows: whichever host was asked counts as the site's own, and there is no address for links",
            "Set VAUBAN_ORIGINS to the site's own origins, such as `https://www.example.com`.",
        ));
    }
    for origin in &origins {
        if !origin.is_https() {
            found.push(Finding::error(
                "origins.insecure",
                format!("the origin {origin} is not https: whoever can change plain traffic could post as the site"),
                "Write it with `https://`, or remove it.",
            ));
        }
        let host = origin.as_str().split("://").nth(1).unwrap_or_default();
        let host = host
            .rsplit_once(':')
            .filter(|(_, port)| !port.ends_with(']'))
            .map_or(host, |(host, _)| host);
        if !s.allowed_hosts.iter().any(|allowed| allowed.matches(host)) {
            found.push(Finding::error(
                "origins.foreign",
                format!("the origin {origin} is of no allowed host: another site could post as this one"),
                "Add its host to VAUBAN_ALLOWED_HOSTS if it is this site, or remove it from VAUBAN_ORIGINS.",
            ));
        }
    }
    found
}

/// HTTPS ends at a proxy that is named (CWE-319, CWE-348; Django: security.W008, W012, W016, and
/// `SECURE_PROXY_SSL_HEADER` without a list of proxies, which Django lets pass).
pub(super) fn https(c: &Checking<'_>) -> Vec<Finding> {
    let s = c.settings;
    if Network::are_too_many(&s.trusted_proxies) {
        return vec![Finding::error(
            "trusted_proxies.everything",
            "trusted_proxies believes a sixteenth of all addresses or more: clients among them could claim HTTPS and any address",
            "Name the proxies in VAUBAN_TRUSTED_PROXIES, such as `10.0.0.5`.",
        )];
    }
    if s.trusted_proxies.is_empty() && !s.mode.is_development() {
        return vec![Finding::error(
            "https.none",
            "no HTTPS: no TLS-terminating proxy is named, so passwords and sessions would travel readable",
            "Put a proxy with a certificate in front, let it overwrite X-Forwarded-For, X-Forwarded-Proto and \
             X-Forwarded-Host, and set VAUBAN_TRUSTED_PROXIES to its address, such as `127.0.0.1`.",
        )];
    }
    Vec::new()
}

/// After so long a ramp of HSTS that has not been climbed is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(14 * 86_400);

/// HSTS and its ramp (CWE-319; Django: security.W004, W005, W021).
pub(super) fn hsts(c: &Checking<'_>) -> Vec<Finding> {
    let (s, mut found) = (c.settings, Vec::new());
    if s.mode.is_development() {
        return found;
    }
    let hsts = s.hsts;
    if hsts.max_age.is_zero() {
        found.push(Finding::error(
            "hsts.off",
            "hsts.max_age is 0: the first visit of every browser can be taken over",
            "Set VAUBAN_HSTS_MAX_AGE to `1h` and raise it (`1d`, `30d`, `365d`) while nothing breaks.",
        ));
    } else if hsts.max_age < YEAR {
        let next = [3600, 86_400, 30 * 86_400, 365 * 86_400]
            .into_iter()
            .find(|step| Duration::from_secs(*step) > hsts.max_age)
            .map_or("365d", |step| match step {
                3600 => "1h",
                86_400 => "1d",
                2_592_000 => "30d",
                _ => "365d",
            });
        let hint = format!("When nothing has broken with it, go on to VAUBAN_HSTS_MAX_AGE={next}.");
        let age = c.migrations.map_or(Duration::ZERO, |migrations| migrations.age);
        // What nobody is reminded of stays as the first day left it.
        found.push(if age < FORGOTTEN {
            Finding::note("hsts.ramp", "hsts.max_age is less than a year", hint)
        } else {
            let days = age.as_secs() / 86_400;
            let what = format!("hsts.max_age is less than a year, and the site is {days} days old");
            Finding::warning("hsts.ramp", what, hint)
        });
    }
    if !hsts.include_subdomains {
        found.push(Finding::warning(
            "hsts.subdomains",
            "hsts.include_subdomains is off: a subdomain without HTTPS can plant cookies",
            "Set VAUBAN_HSTS_INCLUDE_SUBDOMAINS=true when every subdomain has HTTPS.",
        ));
    }
    if !hsts.preload {
        found.push(Finding::warning(
            "hsts.preload",
            "hsts.preload is off: a browser that has never visited is not protected",
            "Set VAUBAN_HSTS_PRELOAD=true after a year with subdomains, and submit the site to the browsers' list.",
        ));
    } else if !hsts.include_subdomains || hsts.max_age < YEAR {
        found.push(Finding::warning(
            "hsts.preload_unready",
            "hsts.preload is on, but the browsers' list asks for a year and for subdomains",
            "Raise VAUBAN_HSTS_MAX_AGE to `365d` and set VAUBAN_HSTS_INCLUDE_SUBDOMAINS=true, or leave preload off.",
        ));
    }
    found
}

/// What an acknowledged write is worth.
pub(super) fn durability(c: &Checking<'_>) -> Vec<Finding> {
    if c.settings.mode.is_development() || c.settings.sqlite_synchronous == Synchronous::Full {
        return Vec::new();
    }
    vec![Finding::note(
        "sqlite_synchronous.normal",
        "sqlite_synchronous is `normal`: a power failure may lose the last acknowledged writes",
        "Leave it at `full` unless that is acceptable.",
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Severity;
    use crate::settings::Settings;

    /// CWE-319: a ramp that nobody climbs is pressed for once the site is no longer new.
    #[test]
    fn a_forgotten_ramp_is_a_warning() {
        let app = crate::App::new(crate::Package::for_test("site", "/", None));
        let mut settings = Settings::defaults(Mode::Release);
        settings.set("hsts.max_age", "1h", "test").unwrap();
        let level = |days: u64| {
            let migrated = vauban_core::checks::Migrated {
                age: Duration::from_secs(days * 86_400),
                ..Default::default()
            };
            let found = hsts(&crate::checks::checking(&app, &settings, Some(&migrated)));
            found.into_iter().find(|one| one.id == "hsts.ramp").unwrap().level
        };
        assert_eq!(level(3), Severity::Note);
        assert_eq!(level(15), Severity::Warning);
    }

    /// CWE-190: in development too large a number panics, and in what is deployed it does not unless the profile says so.
    #[test]
    fn a_release_without_overflow_checks_is_warned_of() {
        assert_eq!(overflow(false).map(|found| found.level), Some(Severity::Warning));
        assert!(overflow(true).is_none());
    }

    /// CWE-489: one package's profile does not take the lock of waivers out of a release.
    #[test]
    fn a_release_of_a_development_package_is_refused() {
        assert!(test_kit(Mode::Release, true).is_some());
        assert!(test_kit(Mode::Release, false).is_none());
        assert!(test_kit(Mode::Development, true).is_none());
        // The benchmark alone says that it answers plain requests.
        let level = |asked| test_switches(true, asked).map(|found| found.level);
        assert_eq!(
            (level(false), level(true)),
            (Some(Severity::Error), Some(Severity::Warning))
        );
        assert!(test_switches(false, false).is_none());
        assert!(mixed(Mode::Release, true).is_some());
        assert!(mixed(Mode::Release, false).is_none());
        assert!(mixed(Mode::Development, true).is_none());
    }
}

//! `deploy_checks.json`: whatever Django's `check --deploy` finds, Vauban's checks find too, or it cannot be
//! written down at all. Never looser; every stricter answer follows a rule with its reason.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Finding, checking};
use crate::settings::{Mode, Places, SecretKey, Settings};
use crate::{App, Package};

const SAMPLE: &str = include_str!("../../tests/samples/deploy_checks.json");

/// A key that no pattern weakens. It takes the place of the vectors' base key, which runs along the alphabet and
/// would be found in every case.
const STRONG: &str = "q7Zr0vXKfJ2mWb9TnYc4LhEs8DgPa1Uo-RtN6iGxVdQyMk3BwSzHeFjCl5OpAu_I";

/// Django's id → what Vauban finds instead.
fn counterpart(id: &str) -> Option<Counterpart> {
    use Counterpart::{Construction, Found};
    Some(match id {
        "security.W009" => Found("secret_key.weak"),
        "security.W025" => Found("secret_key_fallbacks.weak"),
        "security.W020" => Found("allowed_hosts.none"),
        "security.W004" => Found("hsts.off"),
        "security.W005" => Found("hsts.subdomains"),
        "security.W021" => Found("hsts.preload"),
        // The pipeline's order is fixed: nothing can be left out of it.
        "security.W001" | "security.W002" | "security.W003" => Construction("middleware"),
        // On every response, whatever the settings are.
        "security.W006" => Construction("secure_content_type_nosniff"),
        "security.W019" => Construction("x_frame_options"),
        "security.W022" | "security.E023" => Construction("secure_referrer_policy"),
        "security.E024" => Construction("secure_cross_origin_opener_policy"),
        "security.E026" => Construction("secure_csp"),
        // The nonce reaches templates through the request's context, not through a context processor.
        "security.W027" => Construction("templates"),
        // A release redirects plain requests to HTTPS; only its proxies are named.
        "security.W008" => Construction("secure_ssl_redirect"),
        // The `__Host-` prefix demands Secure; HttpOnly is not a setting.
        "security.W010" | "security.W011" | "security.W012" => Construction("session_cookie_secure"),
        "security.W013" | "security.W014" | "security.W015" => Construction("session_cookie_httponly"),
        "security.W016" => Construction("csrf_cookie_secure"),
        // The build decides.
        "security.W018" => Construction("debug"),
        // The refusal page is chosen by type.
        "security.E101" | "security.E102" => Construction("csrf_failure_view"),
        _ => return None,
    })
}

/// How Vauban answers one of Django's ids.
#[derive(Debug, PartialEq)]
enum Counterpart {
    /// A finding of ours.
    Found(&'static str),
    /// There is no such setting: the mistake cannot be written down. That the control is there, whatever the settings
    /// say, is tested in `testing::tests::what_has_no_setting_is_on_every_answer`.
    Construction(&'static str),
}

/// Why Vauban may find something where Django finds nothing.
const STRICTER: &[(&str, &str)] = &[
    (
        "secret_key.weak",
        "Django counts characters; patterns, runs and known examples pass it",
    ),
    ("secret_key_fallbacks.weak", "as for the key itself"),
    (
        "secret_key_fallbacks.same",
        "a fallback that is the key hides that nothing was rotated",
    ),
    (
        "allowed_hosts.any",
        "`*` passes Django's check; it lets any Host header into links and caches",
    ),
    (
        "origins.none",
        "suffixes alone name no origin, and posts are compared with origins",
    ),
    (
        "unwritable",
        "what is fixed by construction has no setting, so values that Django accepts are refused as well",
    ),
];

/// What one case gives.
struct Outcome {
    /// Our findings that the base has not.
    found: BTreeSet<&'static str>,
    /// Changed settings that do not exist here, in lower case.
    unwritable: BTreeSet<String>,
}

fn check(settings: &Settings) -> BTreeSet<&'static str> {
    let app = App::new(Package::for_test("site", "", Some("")));
    super::run(&checking(&app, settings, None))
        .iter()
        .map(|f: &Finding| f.id)
        .collect()
}

/// The vectors' all-good base, as Vauban's settings.
fn base() -> Settings {
    let mut settings = Settings::defaults(Mode::Release);
    settings.secret_key = SecretKey::for_test(STRONG.into());
    for (name, value) in [
        ("allowed_hosts", "example.com"),
        ("trusted_proxies", "127.0.0.1"),
        ("hsts.max_age", "365d"),
        ("hsts.include_subdomains", "true"),
        ("hsts.preload", "true"),
    ] {
        settings.set(name, value, "test").unwrap();
    }
    settings
}

/// Whether the settings' loader refuses `name` as unknown, in `vauban.toml` and in the environment.
fn refused(name: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let places = |environment: BTreeMap<String, String>| Places {
        folder: folder.path().to_owned(),
        environment,
    };
    let variable = format!("VAUBAN_{}", name.to_uppercase());
    let by_env = Settings::load(
        Mode::Release,
        &places([(variable, "false".to_owned())].into()),
        &[],
    )
    .is_err();
    std::fs::write(folder.path().join("vauban.toml"), format!("{name} = false\n")).unwrap();
    let by_toml = Settings::load(Mode::Release, &places(BTreeMap::new()), &[]).is_err();
    by_env && by_toml
}

fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn outcome(case: &Value) -> Outcome {
    let (mut settings, mut unwritable) = (base(), BTreeSet::new());
    for (name, value) in case["changed"].as_object().unwrap() {
        let list = texts(value);
        let set = |settings: &mut Settings, name: &str, text: &str| settings.set(name, text, "test").is_ok();
        let written = match name.as_str() {
            "SECRET_KEY" => {
                settings.secret_key = SecretKey::for_test(value.as_str().unwrap_or_default().to_owned());
                true
            }
            "SECRET_KEY_FALLBACKS" => {
                settings.secret_key_fallbacks = list.iter().cloned().map(SecretKey::for_test).collect();
                true
            }
            "ALLOWED_HOSTS" => set(&mut settings, "allowed_hosts", &list.join(",")),
            "SECURE_HSTS_SECONDS" => set(&mut settings, "hsts.max_age", &value.to_string()),
            "SECURE_HSTS_INCLUDE_SUBDOMAINS" => {
                set(&mut settings, "hsts.include_subdomains", &value.to_string())
            }
            "SECURE_HSTS_PRELOAD" => set(&mut settings, "hsts.preload", &value.to_string()),
            _ => false,
        };
        if !written {
            let name = name.to_lowercase();
            assert!(refused(&name), "{name} was taken for one that does not exist");
            unwritable.insert(name);
        }
    }
    let good = check(&base());
    Outcome {
        found: check(&settings).difference(&good).copied().collect(),
        unwritable,
    }
}

#[test]
fn nothing_that_django_finds_gets_by() {
    let cases = crate::vectors::cases("deploy_checks.json", SAMPLE);
    let (mut stricter, mut stricter_ids) = (0, BTreeSet::new());
    for case in &cases {
        let Outcome { found, unwritable } = outcome(case);
        let mut expected = BTreeSet::new();
        for id in texts(&case["expect_ids"]) {
            let counterpart = counterpart(&id).unwrap_or_else(|| panic!("{id} has no counterpart: {case}"));
            match counterpart {
                Counterpart::Found(ours) => {
                    assert!(
                        found.contains(ours),
                        "looser: {id} is {ours}, found {found:?}: {case}"
                    );
                    expected.insert(ours);
                }
                Counterpart::Construction(name) => {
                    assert!(refused(name), "looser: {id}: {name} can be written: {case}");
                    assert!(
                        !unwritable.is_empty(),
                        "{id} without a change that is refused: {case}"
                    );
                }
            }
        }
        let by_construction = texts(&case["expect_ids"])
            .iter()
            .any(|id| matches!(counterpart(id), Some(Counterpart::Construction(_))));
        let mut more: BTreeSet<&str> = found.difference(&expected).copied().collect();
        // A lower max_age makes the base's preload unready: a consequence that Django does not see.
        more.retain(|id| !id.starts_with("hsts."));
        if !unwritable.is_empty() && !by_construction {
            more.insert("unwritable");
        }
        for id in &more {
            assert!(
                STRICTER.iter().any(|(rule, _)| rule == id),
                "stricter without a rule: {id}: {case}"
            );
        }
        stricter += usize::from(!more.is_empty());
        stricter_ids.extend(more);
    }
    if cases.len() == 17 {
        // 0013 (a key of repeated letters), 0024 (a list of policies), 0026 (no opener policy).
        assert_eq!(
            (stricter, stricter_ids),
            (3, BTreeSet::from(["secret_key.weak", "unwritable"]))
        );
    }
}

/// What `check --deploy` lets pass (CWE-16): hosts and key above, and these.
#[test]
fn djangos_blind_spots_are_seen() {
    let found = |name: &str, value: &str| {
        let mut settings = base();
        settings.set(name, value, "test").unwrap();
        check(&settings)
    };
    assert!(
        check(&base()).iter().all(|id| *id == "build.development"),
        "{:?}",
        check(&base())
    );
    assert!(found("allowed_hosts", "*").contains("allowed_hosts.any"));
    assert!(found("allowed_hosts", "example.com,*").contains("allowed_hosts.any"));
    assert!(found("allowed_hosts", "").contains("allowed_hosts.none"));
    assert!(found("allowed_hosts", ".example.com").contains("origins.none"));
    assert!(found("trusted_proxies", "").contains("https.none"));
    assert!(found("trusted_proxies", "0.0.0.0/0").contains("trusted_proxies.everything"));
    assert!(found("trusted_proxies", "10.0.0.1,::/0").contains("trusted_proxies.everything"));
    // CWE-348: nor a few networks that together are as much, nor all that is not private.
    for all in [
        "0.0.0.0/1,128.0.0.0/1",
        "0.0.0.0/4",
        "2000::/3",
        "10.0.0.1,2000::/4,3000::/4",
    ] {
        assert!(
            found("trusted_proxies", all).contains("trusted_proxies.everything"),
            "{all}"
        );
    }
    let private = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7";
    assert!(!found("trusted_proxies", private).contains("trusted_proxies.everything"));
    assert!(found("origins", "http://example.com").contains("origins.insecure"));
    assert!(found("origins", "https://evil.example").contains("origins.foreign"));
    assert!(found("hsts.max_age", "0").contains("hsts.off"));
    // No setting to get them wrong with.
    for name in [
        "debug",
        "secure_csp",
        "secure_referrer_policy",
        "secure_cross_origin_opener_policy",
        "middleware",
        "auth_password_validators",
        "password_hashers",
        "secure_proxy_ssl_header",
        "session_cookie_samesite",
        "csrf_cookie_httponly",
        "use_x_forwarded_host",
    ] {
        assert!(refused(name), "{name}");
    }
}

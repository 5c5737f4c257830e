//! Single sign-on, attacked by HTTP: a provider that lies, and people who bring along what is not theirs.

mod attacks;
mod linking;
mod provider;

use std::sync::Arc;

use provider::{CLIENT_ID, Provider, SECRET};

use super::browser::{Browser, Reply, TestSite};
use super::{Kit, PASSWORD};
use crate::oidc::{Declared, OidcSettings, Providers};
use vauban::settings::SettingValue as _;

const START: &str = "/accounts/oidc/company/";

/// A site with these providers.
async fn site_of(declared: &[(&str, &Provider, &str)], change: impl FnOnce(&mut Kit)) -> TestSite {
    // One clock for all of them.
    let clock = declared[0].1.clock();
    let mut kit = Kit::with(|options| options.clock = clock.clone());
    kit.clock = clock.clone();
    let lines: Vec<_> = declared
        .iter()
        .map(|(name, provider, more)| {
            format!("{name} issuer={} client_id={CLIENT_ID} {more}", provider.issuer)
        })
        .collect();
    let secrets: Vec<_> = declared
        .iter()
        .map(|(name, ..)| format!("{name}={SECRET}"))
        .collect();
    let settings = OidcSettings {
        providers: Declared::read(&lines.join("\n")).unwrap(),
        secrets: crate::oidc::ClientSecrets::read(&secrets.join(" ")).unwrap(),
    };
    Arc::get_mut(&mut kit.accounts).unwrap().providers = Providers::of(&settings, &clock).unwrap();
    change(&mut kit);
    TestSite::of(kit, |_| ())
}

/// A site with one, and its accounts' clock.
async fn site(more: &str) -> (TestSite, Provider) {
    let provider = Provider::start(&crate::sessions::Clock::default()).await;
    (site_of(&[("company", &provider, more)], |_| ()).await, provider)
}

/// Sends a form without fields.
async fn press(browser: &mut Browser, path: &str) -> Reply {
    let form = path.split('?').next().unwrap();
    let token = browser.get(&format!("/token/?path={form}")).await.body;
    browser.post(path, token.trim_matches('"'), &[]).await
}

/// Where the page leads that goes on to a provider.
fn address(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let (_, rest) = reply.body.split_once("<p><a href=\"").unwrap();
    rest.split_once("\">Go on").unwrap().0.replace("&amp;", "&")
}

/// Begins a sign-in; gives where it leads.
async fn begin(browser: &mut Browser) -> String {
    address(&press(browser, START).await)
}

/// Comes back, and presses the button.
async fn back(browser: &mut Browser, path: &str) -> Reply {
    browser.submit(path, &[]).await
}

/// The whole way.
async fn sign_in(browser: &mut Browser, provider: &Provider, who: &str) -> Reply {
    let address = begin(browser).await;
    back(browser, &provider.sign_in(&address, who)).await
}

/// Somebody with a password who has linked the provider.
async fn linked(site: &TestSite, provider: &Provider, who: &str) -> Browser {
    let email = format!("{who}@example.com");
    site.kit.person(&email).await;
    let mut browser = site.browser();
    assert_eq!(browser.sign_in(&email, PASSWORD).await.status, 303);
    let reply = link(&mut browser, provider, who).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/accounts/links/"),
        "{}",
        reply.body
    );
    browser
}

async fn link(browser: &mut Browser, provider: &Provider, who: &str) -> Reply {
    let to = press(browser, "/accounts/links/company/").await;
    back(browser, &provider.sign_in(&address(&to), who)).await
}

//! Passkeys (W3C Web Authentication, Level 3): a key pair on a person's device, which signs a challenge for this site once the device has
//! verified its owner. Alone it is two kinds of proof; what it signs is good for no other site, so nobody is talked out of it.

mod answer;
mod ceremony;
mod challenges;
mod keys;

pub use answer::PasskeyAnswer;
pub(crate) use ceremony::{Asked, RelyingParty};
pub(crate) use challenges::{CHALLENGE_FOR, PASSKEY_COOKIE, Purpose, challenge_of};
pub(crate) use keys::{Added, MOST_OF_ONE, Verified};

use vauban::checks::Finding;
use vauban::site::Checking;
use vauban::staticfiles::{StaticFile, StaticFiles};

/// The script of the page that asks for a passkey.
pub(crate) fn script() -> StaticFiles {
    let script = StaticFile {
        path: "accounts/passkeys.js",
        bytes: include_bytes!("../../../static/accounts/passkeys.js"),
    };
    StaticFiles::new(&[script], "")
}

/// A release at an address at which no browser uses a passkey.
pub(crate) fn unreachable(checking: &Checking<'_>) -> Vec<Finding> {
    let settings = checking.settings;
    let own = settings.own_origins(settings.addr.port());
    let Some(address) = own.first().map(ToString::to_string) else {
        return Vec::new();
    };
    let works = RelyingParty::at(&address, checking.package.name()).is_some();
    let is_safe = settings.mode.is_development() || address.starts_with("https://");
    if works && is_safe {
        return Vec::new();
    }
    vec![Finding::error(
        "accounts.passkeys",
        format!("passkeys are on, and browsers use none at {address}"),
        "Set `origins` to an address with a host name and https, such as https://example.com: passkeys are bound to that host, so choose \
         it for good.",
    )]
}

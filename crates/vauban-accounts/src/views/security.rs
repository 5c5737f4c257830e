//! What protects the account, and what happened to it: `GET` of `security/`.

use vauban::orm::DateTime;
use vauban::{Template, Url, view};

use crate::history::{AccountEvent, Happened};
use crate::identify::SignedInAs;
use crate::params::AccountPages;
use crate::urls;
use vauban::http::{Error, Response, Result};
use vauban::routing::{Refusal, SignedIn};

const TITLE: &str = "Your account's security";

/// `security/`: what protects the account, and what happened to it.
#[derive(Template)]
#[template("accounts/security.html", replaceable)]
pub struct SecurityPage {
    /// What protects the account, a line each.
    pub protections: Vec<Protection>,
    /// What happened, the latest first.
    pub events: Vec<Event>,
}

/// A line of what protects the account, and where that is changed. Whatever protects accounts adds its own to `protections`.
pub struct Protection {
    /// What protects it, in a word or two.
    pub name: &'static str,
    /// How it stands with that, as a short sentence.
    pub says: String,
    /// Where it is changed.
    pub page: Url,
}

/// Something that happened to the account.
pub struct Event {
    /// What it was, in a few words.
    pub says: String,
    /// When it happened, by the server's clock.
    pub at: DateTime,
    /// What the browser calls itself; empty if it was none.
    pub device: String,
    /// The network that it was done from; empty if from none.
    pub network: String,
}

/// Shows both, to whoever is signed in.
#[view(get, "/security/")]
pub async fn show(_: SignedIn, at: AccountPages) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let events = at.accounts.history.latest(who.person.facts.id).await?;
    let page = SecurityPage {
        protections: protections(&at, &who).await?,
        events: events.into_iter().map(Event::of).collect(),
    };
    Ok(at.page(TITLE, page))
}

/// What protects this account.
async fn protections(at: &AccountPages, who: &SignedInAs) -> Result<Vec<Protection>> {
    let (accounts, id) = (&at.accounts, who.person.facts.id);
    let since = accounts.users.password_since(&accounts.units, id).await?;
    let sessions = accounts.sessions.of(id).await?.len();
    let factors = accounts.factors.kinds_of(id).await?;
    #[cfg_attr(
        not(feature = "oidc"),
        expect(unused_mut, reason = "single sign-on adds its own")
    )]
    let mut protections = vec![
        Protection {
            name: "Second factor",
            says: match (factors.app, factors.passkeys) {
                (true, true) => "Authenticator app and passkeys",
                (true, false) => "Authenticator app",
                (false, true) => "Passkeys",
                (false, false) => "There is none",
            }
            .to_owned(),
            page: urls::factors(),
        },
        Protection {
            name: "Password",
            says: since.map_or_else(
                || "There is none".to_owned(),
                |since| format!("Stored on {}", since.strftime("%-d %B %Y")),
            ),
            page: urls::password(),
        },
        Protection {
            name: "E-mail address",
            says: who.person.email.to_string(),
            page: urls::email(),
        },
        Protection {
            name: "Where you are signed in",
            says: match sessions {
                1 => "Here alone".to_owned(),
                more => format!("{more} sessions"),
            },
            page: urls::sessions(),
        },
    ];
    #[cfg(feature = "oidc")]
    protections.extend(at.linked_protection(who).await?);
    Ok(protections)
}

impl Event {
    fn of(row: AccountEvent) -> Self {
        Self {
            says: Happened::says(&row.what).to_owned(),
            at: row.at,
            device: row.device,
            network: row.network,
        }
    }
}

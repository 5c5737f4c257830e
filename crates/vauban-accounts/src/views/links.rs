//! Identities at providers by which somebody signs in: `GET` of `links/`; `POST` of `links/{provider}/` adds one, of `links/remove/{id}/`
//! takes one away.

use vauban::orm::{DateTime, Db, Id, Write};
use vauban::{Template, Uuid, view};

use super::answers::{Next, ProviderButton};
use super::security::Protection;
use crate::identify::SignedInAs;
use crate::oidc::For;
use crate::params::AccountPages;
use crate::urls;
use vauban::http::{Error, Redirect, Response, Result};
use vauban::messages::Level;
use vauban::routing::{Path, PathText, Reauthenticated, Refusal, SignedIn};

const TITLE: &str = "Sign-ins elsewhere";

/// `links/`: by which providers somebody signs in. A form for each link, sent to `{% url accounts.link_remove link.id %}`, but where it is
/// the last way in; and one for each provider.
#[derive(Template)]
#[template("accounts/links.html", replaceable)]
pub struct LinksPage {
    /// Those of the account, the oldest first.
    pub links: Vec<OneLink>,
    /// The link is the only way into the account.
    pub is_last: bool,
    /// Where others are added.
    pub providers: Vec<ProviderButton>,
}

/// An identity at a provider that opens the account.
pub struct OneLink {
    /// What the form that removes it is sent to.
    pub id: Uuid,
    /// What people call the provider; its address, if the site has it no more.
    pub label: String,
    /// When it was linked.
    pub added: DateTime,
    /// When it was used last.
    pub used: Option<DateTime>,
}

/// Lists them: nobody else's has a place here.
#[view(get, "/links/")]
pub async fn show(_: SignedIn, at: AccountPages, db: Db) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let (accounts, user) = (&at.accounts, who.person.facts.id);
    let links = accounts.linked.of(&db, user).await?;
    let has_password = accounts.users.hash_of(&accounts.units, user).await?.is_some();
    let label = |issuer: &str| {
        let known = accounts
            .providers
            .iter()
            .find(|provider| provider.declared.issuer == issuer);
        known.map_or_else(|| issuer.to_owned(), |provider| provider.declared.label.clone())
    };
    let page = LinksPage {
        is_last: !has_password && links.len() < 2,
        links: links
            .into_iter()
            .map(|link| OneLink {
                id: link.id.uuid(),
                label: label(&link.issuer),
                added: link.added,
                used: link.used,
            })
            .collect(),
        providers: at.providers_to_link(),
    };
    Ok(at.page(TITLE, page))
}

/// Goes to a provider, to add an identity there. CWE-620: by whoever has just proved who they are.
#[view(post, "/links/{provider}/")]
pub async fn add(
    _: Reauthenticated,
    at: AccountPages,
    db: Db<Write>,
    provider: Path<PathText>,
) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    at.to_provider(&db, &provider, For::Link, who.person.facts.id, &Next::default())
        .await
}

/// Takes one away; never the last way in. Somebody else's and one that never was are the same 404 (CWE-639).
#[view(post, "/links/remove/{id}/")]
pub async fn remove(_: Reauthenticated, at: AccountPages, db: Db<Write>, id: Path<Uuid>) -> Result<Redirect> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let (accounts, user) = (&at.accounts, who.person.facts.id);
    db.begin().await?;
    // CWE-362: of two that remove the last two at once, one waits for the other.
    accounts.linked.lock(&db, user).await?;
    let has_password = accounts
        .users
        .standing(&db, user)
        .await?
        .is_some_and(|(_, hash)| hash.is_some());
    if !has_password && accounts.linked.of(&db, user).await?.len() < 2 {
        at.cx.say(
            Level::Warning,
            "It is the only way into your account: choose a password before you remove it.",
        );
        return Ok(Redirect::to(urls::links()));
    }
    if !accounts.linked.remove(&db, user, Id::from_uuid(*id)).await? {
        return Err(Error::not_found());
    }
    // CWE-613: what is on its way in by it is ended with it.
    accounts.halves.end(&db, user).await?;
    accounts.begun.end(&db, user).await?;
    accounts
        .sessions
        .end_by_providers(&db, user, who.session.id())
        .await?;
    at.tell_of_link(&db, &who.person, false).await?;
    at.cx.say(
        Level::Success,
        "It is removed: nobody signs in to your account by it any more.",
    );
    Ok(Redirect::to(urls::links()))
}

impl AccountPages {
    /// How it stands with links, where the site has providers or the account has links.
    pub(super) async fn linked_protection(&self, who: &SignedInAs) -> Result<Option<Protection>> {
        let unit = self.accounts.units.begin();
        let many = self
            .accounts
            .linked
            .of(&unit.read_db(), who.person.facts.id)
            .await?
            .len();
        let is_there = many > 0 || self.accounts.providers.iter().next().is_some();
        Ok(is_there.then(|| Protection {
            name: "Sign-ins elsewhere",
            says: match many {
                0 => "There is none".to_owned(),
                1 => "One opens this account".to_owned(),
                more => format!("{more} open this account"),
            },
            page: urls::links(),
        }))
    }
}

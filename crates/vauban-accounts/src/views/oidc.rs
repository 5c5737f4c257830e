//! Signing in by a provider: `POST` of `oidc/{provider}/?next=` and of `confirm/{provider}/?next=` goes there; `GET` and `POST` of
//! `oidc/{provider}/callback/` is where it comes back.

use std::net::IpAddr;

use serde::Deserialize;
use uuid::Uuid;
use vauban::orm::{DateTime, Db, Write};
use vauban::{Template, view};

use super::answers::{Advice, Next, ProviderButton};
use super::entering::{Entering, NotIn};
use crate::accounts::{Accounts, Proved};
use crate::history::Happened;
use crate::hooks::{ProviderLinkChanged, SigningUp};
use crate::identify::{Lacks, SignedInAs};
use crate::links::{Epoch, Link, Purpose};
use crate::mails::LinkChangedMail;
use crate::oidc::{BEGUN_FOR, Begun, For, Identity, OIDC_COOKIE, Provider, browser_of};
use crate::params::{AccountPages, AnySession};
use crate::people::Account;
use crate::sessions::{Proofs, SessionToken};
use crate::throttle::Admission;
use crate::{events, urls};
use vauban::hooks::{Refused, fire};
use vauban::http::{Cookie, Error, LocalUrl, Redirect, Response, Result, StatusCode};
use vauban::messages::Level;
use vauban::routing::{Path, PathText, Public, Query, Refusal};
use vauban_mail::Mail as _;

const TITLE: &str = "Sign in";
/// One sentence for a state that is over, was used, or is another browser's.
const OVER: &str =
    "This sign-in took too long, was begun in another browser, or has come back before. Begin again.";
const NOT_THERE: &str = "The provider has not signed you in. Nothing has changed here.";
const NOT_TAKEN: &str = "The provider's answer is not one that this site can trust, or did not come in time. Try again; if that does not help, tell the people \
     who run the site.";
/// One sentence, whether there is no account, or one that may not be used (CWE-204).
const UNKNOWN: &str = "No account here can be opened by this sign-in. If you have one, sign in another way, and add this one on the page of \
                       your account's security.";
const ANOTHERS: &str = "This sign-in belongs to another account than the one that you are signed in to.";

/// `oidc/{provider}/`: on to the provider, by a link.
#[derive(Template)]
#[template("accounts/to_provider.html", replaceable)]
pub struct ToProviderPage {
    /// What people call the provider.
    pub label: String,
    /// The address at the provider, with what it is asked.
    pub address: String,
}

/// `oidc/{provider}/callback/`: back from the provider, with a form without fields.
#[derive(Template)]
#[template("accounts/continue.html", replaceable)]
pub struct ContinuePage {
    /// What people call the provider.
    pub label: String,
}

/// A sign-in by a provider that was none.
#[derive(Template)]
#[template("accounts/not_signed_in.html", replaceable)]
pub struct NotSignedInPage {
    /// Why, as a sentence of ours.
    pub says: &'static str,
}

/// What comes back. CWE-598: it stands in an address, so that it is good once, in one browser, together with what only this site knows.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    code: String,
    state: String,
    iss: Option<String>,
    /// Of a refusal; its text is nobody's to show (CWE-451).
    error: String,
}

/// Begins a sign-in at a provider.
#[view(post, "/oidc/{provider}/")]
pub async fn start(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    provider: Path<PathText>,
    query: Query<Next>,
) -> Result<Response> {
    at.to_provider(&db, &provider, For::SignIn, Uuid::nil(), &query)
        .await
}

/// Asks a provider again who is signed in.
#[view(post, "/confirm/{provider}/")]
pub async fn confirm(
    _: AnySession,
    at: AccountPages,
    db: Db<Write>,
    provider: Path<PathText>,
    query: Query<Next>,
) -> Result<Response> {
    let who = at.owner()?;
    // CWE-308: where the second factor's proof is missing no other is taken.
    if who.lacks == Some(Lacks::Proof) {
        return Err(Error::refused(Refusal::SignInRequired));
    }
    at.to_provider(&db, &provider, For::Confirm, who.person.facts.id, &query)
        .await
}

/// Where the provider leads back. ASVS 7.6.2: it changes nothing; whoever follows a link here sees a button (CWE-352), and programs that
/// fetch addresses use up nothing.
#[view(get, "/oidc/{provider}/callback/")]
pub async fn show(
    _: Public,
    at: AccountPages,
    provider: Path<PathText>,
    query: Query<Answer>,
) -> Result<Response> {
    #[allow(deprecated)]
    at.cx.__secret_query();
    let provider = at.provider(&provider)?;
    if !query.error.is_empty() || query.code.is_empty() || query.state.is_empty() {
        return Ok(at.no_sign_in(StatusCode::BAD_REQUEST, NOT_THERE));
    }
    let label = provider.declared.label.clone();
    Ok(at.page(TITLE, ContinuePage { label }))
}

/// Exchanges the code, and does what the sign-in was begun for.
#[view(post, "/oidc/{provider}/callback/")]
pub async fn submit(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    provider: Path<PathText>,
    query: Query<Answer>,
) -> Result<Response> {
    #[allow(deprecated)]
    at.cx.__secret_query();
    let provider = at.provider(&provider)?;
    let (state, browser) = (SessionToken::from_cookie(&query.state), browser_of(&at.cx));
    // CWE-352, CWE-384, ASVS 10.1.2: what another browser began is nothing here.
    let begun = match (&state, &browser) {
        (Some(state), Some(browser)) => {
            at.accounts
                .begun
                .spend(state, browser, &provider.declared.name)
                .await?
        }
        _ => None,
    };
    let Some(begun) = begun else {
        events::SIGN_IN_FAILED.log(Some(&at.cx));
        return Ok(at.no_sign_in(StatusCode::BAD_REQUEST, OVER));
    };
    #[allow(deprecated)]
    let gone = Cookie::__of_framework(OIDC_COOKIE, "").max_age(0);
    at.cx.set_cookie(gone);
    let redirect = at.callback(&db, provider)?;
    let fresh = begun.purpose == For::Confirm;
    let identified = provider
        .identify(&redirect, query.code.clone(), query.iss.as_deref(), &begun, fresh)
        .await;
    let identity = match identified {
        Ok(identity) => identity,
        Err(why) => {
            events::SIGN_IN_FAILED.log(Some(&at.cx));
            let provider = &provider.declared.name;
            tracing::warn!(target: "vauban::accounts", %provider, %why, "a provider did not say who somebody is");
            return Ok(at.no_sign_in(StatusCode::BAD_GATEWAY, NOT_TAKEN));
        }
    };
    let next = Next {
        next: begun.next.clone(),
    };
    match begun.purpose {
        For::SignIn => at.enter_by(&db, provider, &identity, &next).await,
        For::Link => at.link(&db, &begun, &identity).await,
        For::Confirm => at.confirmed(&db, &begun, &identity, &next).await,
    }
}

impl AccountPages {
    /// # Errors
    /// 404, where the settings name no such provider.
    fn provider(&self, name: &PathText) -> Result<&Provider> {
        self.accounts
            .providers
            .named(name.as_str())
            .ok_or_else(Error::not_found)
    }

    /// Where a provider leads back to: the site's own address, by its settings (CWE-644).
    fn callback(&self, db: &Db, provider: &Provider) -> Result<String> {
        let url = urls::oidc_callback(
            &PathText::parse(&provider.declared.name).map_err(|error| Error::internal(error.to_string()))?,
        );
        Ok(url.absolute(db)?.to_string())
    }

    fn buttons(
        &self,
        url: impl Fn(&PathText) -> vauban::Url,
    ) -> impl Iterator<Item = (&Provider, ProviderButton)> {
        self.accounts.providers.iter().filter_map(move |provider| {
            let label = provider.declared.label.clone();
            let url = url(&PathText::parse(&provider.declared.name).ok()?);
            Some((provider, ProviderButton { label, url }))
        })
    }

    /// The buttons of the sign-in page.
    pub(crate) fn providers(&self, query: &Next) -> Vec<ProviderButton> {
        let buttons = self.buttons(|name| self.with_next(urls::oidc(name), query));
        buttons.map(|(_, button)| button).collect()
    }

    /// Those of the page of links.
    pub(super) fn providers_to_link(&self) -> Vec<ProviderButton> {
        self.buttons(urls::link_add).map(|(_, button)| button).collect()
    }

    /// Those that may say again who somebody is.
    pub(crate) async fn providers_to_confirm(
        &self,
        db: &Db,
        who: &SignedInAs,
        query: &Next,
    ) -> Result<Vec<ProviderButton>> {
        if who.lacks == Some(Lacks::Proof) {
            return Ok(Vec::new());
        }
        let linked = self.accounts.linked.of(db, who.person.facts.id).await?;
        let buttons = self.buttons(|name| self.with_next(urls::oidc_confirm(name), query));
        let is_linked =
            |provider: &Provider| linked.iter().any(|link| link.issuer == provider.declared.issuer);
        Ok(buttons
            .filter(|(provider, _)| is_linked(provider))
            .map(|(_, button)| button)
            .collect())
    }

    /// On to a provider.
    pub(super) async fn to_provider(
        &self,
        db: &Db<Write>,
        provider: &PathText,
        purpose: For,
        user: Uuid,
        query: &Next,
    ) -> Result<Response> {
        let provider = self.provider(provider)?;
        // CWE-770: each is a row.
        if !self.accounts.count_round(self.cx.client_ip()).await? {
            events::SIGN_IN_THROTTLED.log(Some(&self.cx));
            return Err(Error::new(
                StatusCode::TOO_MANY_REQUESTS,
                "There were too many attempts. Try again later.",
            ));
        }
        let random = || SessionToken::fresh().map(|token| token.to_cookie().to_string());
        let state = SessionToken::fresh()?;
        let begun = Begun {
            nonce: random()?,
            verifier: random()?,
            purpose,
            user,
            // CWE-601: an address that does not stay on this site is not kept.
            next: LocalUrl::parse(&query.next, &self.cx)
                .map(|next| next.as_str().to_owned())
                .unwrap_or_default(),
            since: self.accounts.sessions.clock().now(),
        };
        let redirect = self.callback(db, provider)?;
        // Before anything is written: nobody waits for the writer's turn while a provider answers.
        let address = provider
            .address(
                &redirect,
                state.to_cookie().to_string(),
                &begun,
                // Who links is asked there who they are: whoever is signed in at the provider may be somebody else.
                purpose != For::SignIn,
            )
            .await;
        let address = match address {
            Ok(address) => address,
            Err(why) => {
                let provider = &provider.declared.name;
                tracing::warn!(target: "vauban::accounts", %provider, %why, "nobody can be sent to a provider");
                return Ok(self.no_sign_in(StatusCode::BAD_GATEWAY, NOT_TAKEN));
            }
        };
        // CWE-384: whoever has the cookie of before takes no part in this one.
        let browser = SessionToken::fresh()?;
        let begins = &self.accounts.begun;
        begins
            .begin(db, &state, &browser, &provider.declared.name, &begun)
            .await?;
        #[allow(deprecated)]
        let cookie = Cookie::__of_framework(OIDC_COOKIE, &browser.to_cookie());
        self.cx.set_cookie(cookie.max_age(BEGUN_FOR));
        let label = provider.declared.label.clone();
        // `form-action 'self'` holds for where a form's answer redirects, too, so that this is a page with a link: no policy is widened.
        Ok(self.page(TITLE, ToProviderPage { label, address }))
    }

    fn no_sign_in(&self, status: StatusCode, says: &'static str) -> Response {
        self.page_as(status, None, TITLE, NotSignedInPage { says })
    }

    /// A sign-in: by the account that the identity is linked to, or by the one that it may be linked to, or made for.
    async fn enter_by(
        &self,
        db: &Db<Write>,
        provider: &Provider,
        identity: &Identity,
        next: &Next,
    ) -> Result<Response> {
        let accounts = &self.accounts;
        let unknown = || {
            events::SIGN_IN_FAILED.log(Some(&self.cx));
            Ok(self.no_sign_in(StatusCode::FORBIDDEN, UNKNOWN))
        };
        db.begin().await?;
        let user = match accounts.linked.whose(db, identity).await? {
            Some(user) => user,
            None => match self.by_address(db, provider, identity).await? {
                ByAddress::Is(user) => user,
                ByAddress::Answered(response) => return Ok(response),
                ByAddress::Nobody => return unknown(),
            },
        };
        // CWE-613: deactivated and deleted people are nobody.
        let standing = accounts.users.standing(db, user).await?;
        let Some((person, hash)) = standing.filter(|(person, _)| person.is_active) else {
            return unknown();
        };
        accounts.linked.used(db, identity).await?;
        let proved = Proved::standing(hash);
        // CWE-308: the provider is one proof. Whoever has a second factor here proves it here.
        if accounts.factors.kinds(db, user).await?.any() {
            self.ask_second(db, &person, &proved, false, Advice::Keep, true)
                .await?;
            return Ok(Response::of(Redirect::to(
                self.with_next(urls::login_factor(), next),
            )));
        }
        // ASVS 7.6.1, CWE-306: when they proved it there, which may be long ago.
        let there = identity.signed_in.unwrap_or_default();
        let who = Entering {
            person,
            proved,
            remember: false,
            proofs: Proofs {
                oidc: Some(DateTime::from(there)),
                ..Proofs::default()
            },
        };
        match self.let_in(db, &who).await? {
            Ok(_) => Ok(Response::of(self.next(next)?)),
            Err(NotIn::Refused(Refused::Failed(error))) => Err(error),
            // CWE-204: a hook's own words are for who has proved a password; here one sentence says it for all.
            Err(NotIn::Refused(Refused::Because(_)) | NotIn::Changed) => unknown(),
        }
    }

    /// Whose an identity is that nobody has linked. CWE-287: an address alone is nothing; the provider has to have verified it, and the
    /// settings have to say that it speaks for the address's domain.
    async fn by_address(
        &self,
        db: &Db<Write>,
        provider: &Provider,
        identity: &Identity,
    ) -> Result<ByAddress> {
        let accounts = &self.accounts;
        let Some(email) = identity
            .verified
            .as_ref()
            .filter(|email| provider.speaks_for(email))
        else {
            return Ok(ByAddress::Nobody);
        };
        let Some((person, _)) = accounts.users.by_email(&accounts.units, email).await? else {
            return self.sign_up_by(db, email, identity).await;
        };
        let user = person.facts.id;
        // CWE-613: an address is given to somebody else there, whose subject is another: they are not who had it before.
        let is_others = accounts.linked.knows(db, user, &identity.issuer).await?;
        if !person.is_active || is_others || !accounts.linked.add(db, user, identity).await? {
            return Ok(ByAddress::Nobody);
        }
        self.tell_of_link(db, &person, true).await?;
        Ok(ByAddress::Is(user))
    }

    /// An account for a verified address of a domain that the provider speaks for, where everybody may sign up. Where the site asks more,
    /// the page of a sign-up's link does, for which a mail would prove no more.
    async fn sign_up_by(
        &self,
        db: &Db<Write>,
        email: &crate::Email,
        identity: &Identity,
    ) -> Result<ByAddress> {
        let accounts = &self.accounts;
        if !accounts.sign_up.is_open() {
            return Ok(ByAddress::Nobody);
        }
        if accounts.own_fields.is_some() {
            let link = Link {
                email: email.clone(),
                account: Uuid::nil(),
                epoch: Epoch::of(email, None),
            };
            let token = accounts.links.make(db, Purpose::SignUp, link).await?;
            self.cx.say(
                Level::Info,
                "There is no account of yours yet: make it here. From then on the provider signs you in.",
            );
            return Ok(ByAddress::Answered(Response::of(Redirect::to(
                urls::signup_link(&token),
            ))));
        }
        let signing_up = SigningUp { email: email.clone() };
        match fire(db, &signing_up).await {
            Ok(()) => {}
            Err(Refused::Because(_)) => return Ok(ByAddress::Nobody),
            Err(Refused::Failed(error)) => return Err(error),
        }
        let person = accounts.users.add(db, email.clone(), None, None).await?;
        accounts.linked.add(db, person.facts.id, identity).await?;
        fire(db, &person.signed_up()).await?;
        events::SIGNED_UP.log(Some(&self.cx));
        self.record(db, person.facts.id, Happened::SignedUp).await?;
        Ok(ByAddress::Is(person.facts.id))
    }

    /// Adds an identity to the account of whoever began it, in the session of theirs.
    async fn link(&self, db: &Db<Write>, begun: &Begun, identity: &Identity) -> Result<Response> {
        let who = self.who().filter(|who| who.person.facts.id == begun.user);
        let Some(who) = who else {
            return Ok(self.no_sign_in(StatusCode::BAD_REQUEST, OVER));
        };
        if !self.accounts.linked.add(db, begun.user, identity).await? {
            return Ok(self.no_sign_in(
                StatusCode::CONFLICT,
                "This sign-in cannot be linked: it is linked already, here or to another account.",
            ));
        }
        self.tell_of_link(db, &who.person, true).await?;
        self.cx
            .say(Level::Success, "It is linked: you can sign in by it from now on.");
        Ok(Response::of(Redirect::to(urls::links())))
    }

    /// The session goes on, as after a password.
    async fn confirmed(
        &self,
        db: &Db<Write>,
        begun: &Begun,
        identity: &Identity,
        next: &Next,
    ) -> Result<Response> {
        let accounts = &self.accounts;
        let who = self.owner()?;
        let user = who.person.facts.id;
        if user != begun.user || who.lacks == Some(Lacks::Proof) {
            return Ok(self.no_sign_in(StatusCode::BAD_REQUEST, OVER));
        }
        // CWE-287: whoever is signed in there may be somebody else.
        if accounts.linked.whose(db, identity).await? != Some(user) {
            events::SIGN_IN_FAILED.log(Some(&self.cx));
            return Ok(self.no_sign_in(StatusCode::FORBIDDEN, ANOTHERS));
        }
        let hash = accounts.users.hash_of(&accounts.units, user).await?;
        let proofs = Proofs {
            oidc: Some(self.now()),
            ..who.session.proofs()
        };
        accounts.linked.used(db, identity).await?;
        match self.go_on(db, &who, &Proved::standing(hash), proofs).await? {
            Ok(_) => Ok(Response::of(self.next(next)?)),
            Err(NotIn::Refused(Refused::Failed(error))) => Err(error),
            Err(NotIn::Refused(Refused::Because(_)) | NotIn::Changed) => {
                Ok(self.no_sign_in(StatusCode::FORBIDDEN, UNKNOWN))
            }
        }
    }

    /// What goes with every change of an account's links: its owner is told (ASVS 6.3.7), hooks run.
    pub(super) async fn tell_of_link(&self, db: &Db<Write>, person: &Account, is_linked: bool) -> Result<()> {
        let (happened, event, says) = match is_linked {
            true => (
                Happened::ProviderLinked,
                events::PROVIDER_LINKED,
                "A sign-in elsewhere opens your account from now on",
            ),
            false => (
                Happened::ProviderUnlinked,
                events::PROVIDER_UNLINKED,
                "A sign-in elsewhere opens your account no more",
            ),
        };
        self.record(db, person.facts.id, happened).await?;
        event.log(Some(&self.cx));
        let mail = LinkChangedMail {
            site: self.accounts.site.clone(),
            says: says.to_owned(),
            security: urls::security().absolute(db)?,
            reset: urls::reset().absolute(db)?,
        };
        mail.to(&person.email).send(db).await?;
        let (user, email) = (person.user, person.email.clone());
        fire(
            db,
            &ProviderLinkChanged {
                user,
                email,
                is_linked,
            },
        )
        .await
    }
}

impl Accounts {
    /// Counts a sign-in that is sent to a provider. `false`: this client has sent too many.
    async fn count_round(&self, client: IpAddr) -> Result<bool> {
        let buckets = self.throttles.keys().of_round(client);
        let admission = self.throttles.admit(&buckets).await?;
        Ok(matches!(admission, Admission::Counted(_)))
    }
}

/// Whose an identity is that nobody has linked.
enum ByAddress {
    Is(Uuid),
    Nobody,
    /// Theirs, once they have said more.
    Answered(Response),
}

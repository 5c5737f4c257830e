//! What the account pages have in common: where to go afterwards, cookies, pages with errors.

use ::http::StatusCode;
use jiff::SignedDuration;
use serde::Deserialize;
use uuid::Uuid;
use vauban::{Template, Url};

use crate::accounts::{Proved, SignInFailure};
use crate::device::{DEVICE_COOKIE, REMEMBERED, device_of};
use crate::history::Happened;
use crate::identify;
use crate::layout::Page;
use crate::params::AccountPages;
use crate::passwords::{Password, Weakness};
use crate::people::Account;
use crate::sessions::{SessionToken, Start, Visitor};
use vauban::forms::{BoundField, Form, FormFields, Problem};
use vauban::hooks::{Refused, fire};
use vauban::http::{Cookie, Error, LocalUrl, Redirect, Replaceable, Response, Result};
use vauban::messages::Level;
use vauban::orm::{DateTime, Db, Write};

/// `?next=`: where to go afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Next {
    pub(super) next: String,
}

/// What is to be said of a password that was proved, once its owner is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advice {
    /// Nothing.
    Keep,
    /// It was stolen elsewhere.
    Stolen,
    /// Only its beginning counts.
    Cut,
}

impl Advice {
    /// What rows call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Keep => "",
            Self::Stolen => "stolen",
            Self::Cut => "cut",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        match name {
            "stolen" => Self::Stolen,
            "cut" => Self::Cut,
            _ => Self::Keep,
        }
    }
}

/// The button of a provider of single sign-on: a form without fields.
#[derive(Debug, Clone)]
pub struct ProviderButton {
    /// What people call it.
    pub label: String,
    /// Where the form is sent.
    pub url: Url,
}

/// A link that opens nothing, whatever the reason (CWE-204): with the way to a new one.
#[derive(Template)]
#[template("accounts/dead_link.html", replaceable)]
pub struct DeadLinkPage;

impl AccountPages {
    /// One page, the same bytes, for a link that was used, is over, is another account's or for something else, or is none.
    pub(crate) fn dead_link(&self) -> Response {
        self.page_as(
            StatusCode::NOT_FOUND,
            None,
            "This link opens nothing any more",
            DeadLinkPage,
        )
    }

    /// The site's first page.
    pub(crate) fn home(&self) -> Result<Redirect> {
        self.next(&Next::default())
    }

    /// Where to go afterwards.
    ///
    /// CWE-601: an address that does not stay on this site is not followed.
    pub(crate) fn next(&self, query: &Next) -> Result<Redirect> {
        let home = || LocalUrl::parse("/", &self.cx);
        let url = LocalUrl::parse(&query.next, &self.cx).or_else(home);
        url.map(|url| Redirect::local(&url))
            .ok_or_else(|| Error::internal("`/` is not a local address"))
    }

    /// Where to go after a sign-in with this password: to another one, if it was stolen elsewhere (ASVS 6.2.12), or if less of it counts
    /// than was typed (ASVS 6.2.8); and from there on.
    pub(crate) fn next_after(&self, advice: Advice, query: &Next) -> Result<Redirect> {
        let why = match advice {
            Advice::Keep => return self.next(query),
            Advice::Stolen => {
                "Your password is on a list of passwords that were stolen elsewhere: whoever guesses tries it first. Please choose another \
                 one now."
            }
            Advice::Cut => {
                "Your password is longer than what was kept of it: only its beginning counts. Please choose another one now."
            }
        };
        self.cx.say(Level::Warning, why);
        Ok(Redirect::to(self.with_next(crate::urls::password(), query)))
    }

    /// What is to be said of a password that was proved.
    pub(crate) fn advice(&self, password: &Password, proved: &Proved) -> Advice {
        match () {
            () if self.accounts.is_breached(password) => Advice::Stolen,
            () if proved.is_cut => Advice::Cut,
            () => Advice::Keep,
        }
    }

    /// A page, from which one goes on to the same place.
    pub(crate) fn with_next(&self, url: Url, query: &Next) -> Url {
        match LocalUrl::parse(&query.next, &self.cx) {
            Some(next) => url.query("next", next.as_str()),
            None => url,
        }
    }

    /// A page with a form.
    pub(crate) fn page<T: Replaceable>(&self, title: &'static str, content: T) -> Response {
        self.page_as(StatusCode::OK, None, title, content)
    }

    /// The page again, because something was typed wrong.
    pub(crate) fn again<T: Replaceable>(&self, title: &'static str, content: T) -> Response {
        self.page_as(StatusCode::UNPROCESSABLE_ENTITY, None, title, content)
    }

    pub(crate) fn page_as<T: Replaceable>(
        &self,
        status: StatusCode,
        retry_after: Option<i64>,
        title: &'static str,
        content: T,
    ) -> Response {
        Response::of(Page {
            title,
            content,
            layout: self.accounts.layout,
            status,
            retry_after,
        })
        .status_code(status)
    }

    /// The page again, because the attempt failed: the status and the sentence depend on nothing but the kind of
    /// failure, which is the same for unknown, wrong and inactive (ASVS 6.3.8).
    pub(crate) fn failed<F: FormFields, T: Replaceable>(
        &self,
        failure: SignInFailure,
        wrong: impl Into<Problem>,
        mut form: Form<F>,
        title: &'static str,
        content: impl FnOnce(Form<F>) -> T,
    ) -> Result<Response> {
        let (status, retry_after) = match failure {
            SignInFailure::Wrong => {
                form.add_error(wrong);
                (StatusCode::UNPROCESSABLE_ENTITY, None)
            }
            SignInFailure::Wait(wait) => {
                let seconds = whole_seconds(wait);
                form.add_error(
                    Problem::new(
                        "too_many_attempts",
                        "There were too many attempts. Try again in {wait}.",
                    )
                    .with("wait", in_words(seconds))
                    .with("seconds", seconds),
                );
                (StatusCode::TOO_MANY_REQUESTS, Some(seconds))
            }
            SignInFailure::Shut => {
                form.add_error(Problem::new(
                    "factor_shut",
                    "So many codes were wrong that none is taken any more. Sign in with a recovery code, or ask the people who run the site.",
                ));
                (StatusCode::TOO_MANY_REQUESTS, None)
            }
            SignInFailure::Busy => {
                form.add_error(Problem::new(
                    "busy",
                    "Too many people are signing in right now. Try again in a moment.",
                ));
                (StatusCode::SERVICE_UNAVAILABLE, Some(2))
            }
            SignInFailure::Internal(error) => return Err(error),
        };
        Ok(self.page_as(status, retry_after, title, content(form)))
    }

    /// How a session begins here, in place of the one that the browser has.
    pub(crate) fn start(&self) -> Start {
        Start {
            before: self.owner().ok().map(|who| who.session.id()),
            data: String::new(),
            visitor: self.visitor(),
            ..Start::default()
        }
    }

    /// Whoever sent the request, as account's owners read it.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::of(&self.cx)
    }

    /// The device cookie, where the browser has one.
    pub(crate) fn device(&self) -> Option<&str> {
        device_of(&self.cx)
    }

    /// Whether this person has signed in by this browser before, with the password that they have.
    pub(crate) fn is_known(&self, person: &Account, proved: &Proved) -> bool {
        let devices = &self.accounts.devices;
        let recognise = |cookie| devices.knows(cookie, person.email.as_str(), proved.hash.as_ref());
        self.device().and_then(recognise).is_some()
    }

    /// The session's cookie, for as long as the browser is open or until then.
    pub(crate) fn give_session(&self, token: &SessionToken, remembered: Option<DateTime>) {
        identify::give_session(&self.cx, token, remembered, self.accounts.sessions.clock());
    }

    /// Writes down what happens to an account, in this unit.
    pub(crate) async fn record(&self, db: &Db<Write>, account: Uuid, what: Happened) -> Result<()> {
        let history = &self.accounts.history;
        Ok(history.record(db, account, what, self.visitor()).await?)
    }

    /// Why a hook lets somebody in no more, where what was done before stays done (CWE-862: no page that begins a session goes round it).
    pub(crate) async fn barred(&self, db: &Db<Write>, person: &Account) -> Result<Option<Problem>> {
        match db.nested(async || fire(db, &person.signing_in()).await).await {
            Ok(()) => Ok(None),
            Err(Refused::Because(problem)) => Ok(Some(problem)),
            Err(Refused::Failed(error)) => Err(error),
        }
    }

    /// The page again, because a hook refused it: nothing of the unit is kept.
    pub(crate) fn not_let_in<F: FormFields, T: Replaceable>(
        &self,
        refused: Refused,
        mut form: Form<F>,
        title: &'static str,
        content: impl FnOnce(Form<F>) -> T,
    ) -> Result<Response> {
        match refused {
            Refused::Because(problem) => {
                form.add_error(problem);
                Ok(self.again(title, content(form)))
            }
            Refused::Failed(error) => Err(error),
        }
    }

    /// The cookies of somebody who has just signed in, while their password was this.
    pub(crate) fn welcome(&self, person: &Account, token: &SessionToken, proved: Option<&Proved>) {
        self.give_session(token, None);
        identify::forget_ended(&self.cx);
        // Whoever came without one has proved nothing that a device could be known by.
        let Some(proved) = proved else {
            return;
        };
        let device = self
            .accounts
            .devices
            .issue(person.email.as_str(), proved.stored());
        let seconds = i64::try_from(REMEMBERED).unwrap_or(i64::MAX);
        #[allow(deprecated)]
        let device = Cookie::__of_framework(DEVICE_COOKIE, &device);
        self.cx.set_cookie(device.max_age(seconds));
    }
}

#[cfg(not(feature = "oidc"))]
impl AccountPages {
    /// None: this build has no single sign-on.
    pub(crate) fn providers(&self, _: &Next) -> Vec<ProviderButton> {
        Vec::new()
    }

    /// None.
    pub(crate) async fn providers_to_confirm(
        &self,
        _: &Db,
        _: &crate::identify::SignedInAs,
        _: &Next,
    ) -> Result<Vec<ProviderButton>> {
        Ok(Vec::new())
    }
}

/// Says at a field what is weak about the password in it.
pub(crate) fn explain(weak: &[Weakness], field: &mut BoundField) {
    for weakness in weak {
        field.add_error(weakness);
    }
}

/// Rounded up, so that whoever waits as told is let in.
fn whole_seconds(wait: SignedDuration) -> i64 {
    wait.as_secs() + i64::from(wait.subsec_nanos() > 0)
}

fn in_words(seconds: i64) -> String {
    match seconds {
        ..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", (seconds + 59) / 60),
    }
}

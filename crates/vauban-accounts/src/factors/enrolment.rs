//! What is between two pages of an enrolment: in cookies of the browser that no browser can read, so that a GET writes nothing.

use jiff::Timestamp;
use uuid::Uuid;
use vauban::http::{Cookie, Error, Request, Result};
use vauban::signing::{ModuleKeys, Sealer};

use super::totp::{from_text, to_text};
use super::{RecoveryCode, Secret};
use crate::sessions::{Clock, Session};

/// The cookie of an app that is being added, without its prefix.
const APP: &str = "enrol";
/// The cookie of codes that are shown on the next page, and on no other.
const CODES: &str = "codes";
/// For how long each is good, in seconds.
const APP_FOR: i64 = 15 * 60;
const CODES_FOR: i64 = 2 * 60;

/// An app that is being added.
pub(crate) struct Enrolment {
    pub(crate) secret: Secret,
    /// Whether its owner has followed the link of a mail.
    pub(crate) is_mailed: bool,
}

/// Seals and opens both.
#[derive(Clone)]
pub(crate) struct Enrolments {
    sealer: Sealer,
    clock: Clock,
}

impl Enrolments {
    pub(crate) fn new(keys: &ModuleKeys, clock: Clock) -> Self {
        let sealer = keys.sealer("enrolment");
        Self { sealer, clock }
    }

    /// The app that this session is adding.
    pub(crate) fn app(&self, cx: &Request, user: Uuid, session: &Session) -> Option<Enrolment> {
        let plain = self.open(cx, APP, APP_FOR, user, session)?;
        let (is_mailed, secret) = plain.split_first()?;
        let secret = Secret::of(secret)?;
        Some(Enrolment {
            secret,
            is_mailed: *is_mailed == 1,
        })
    }

    pub(crate) fn keep_app(&self, cx: &Request, user: Uuid, binding: &[u8], app: &Enrolment) -> Result<()> {
        let plain = [&[u8::from(app.is_mailed)], app.secret.expose()].concat();
        self.seal(cx, (APP, APP_FOR), user, binding, &plain)
    }

    /// The session goes on under this binding: its page shows the secret that was scanned, and no other. What the link of a mail has
    /// begun does not go on.
    pub(crate) fn take_along(
        &self,
        cx: &Request,
        user: Uuid,
        session: &Session,
        binding: &[u8],
    ) -> Result<()> {
        match self.app(cx, user, session).filter(|app| !app.is_mailed) {
            Some(app) => self.keep_app(cx, user, binding, &app),
            None => Ok(()),
        }
    }

    /// Codes that were made for this account in the request before, once.
    pub(crate) fn take_codes(&self, cx: &Request, user: Uuid, session: &Session) -> Vec<RecoveryCode> {
        let plain = self.open(cx, CODES, CODES_FOR, user, session);
        if plain.is_some() {
            forget(cx, CODES);
        }
        plain
            .iter()
            .flat_map(|plain| plain.chunks(16).filter_map(RecoveryCode::of))
            .collect()
    }

    /// `binding` is that of the session that shows them.
    pub(crate) fn keep_codes(
        &self,
        cx: &Request,
        user: Uuid,
        binding: &[u8],
        codes: &[RecoveryCode],
    ) -> Result<()> {
        let plain = zeroize::Zeroizing::new(
            codes
                .iter()
                .flat_map(RecoveryCode::expose)
                .copied()
                .collect::<Vec<_>>(),
        );
        self.seal(cx, (CODES, CODES_FOR), user, binding, &plain)
    }

    pub(crate) fn forget_app(&self, cx: &Request) {
        forget(cx, APP);
    }

    /// CWE-384, CWE-639: of this account, in this session, and not for long.
    fn open(
        &self,
        cx: &Request,
        name: &'static str,
        lifetime: i64,
        user: Uuid,
        session: &Session,
    ) -> Option<zeroize::Zeroizing<Vec<u8>>> {
        #[allow(deprecated)]
        let sealed = from_text(cx.__cookie_of_framework(name)?)?;
        let plain = self
            .sealer
            .open(&sealed, &[name.as_bytes(), user.as_bytes(), session.binding()])?;
        let (made, rest) = plain.split_first_chunk::<8>()?;
        let ago = self.now() - i64::from_be_bytes(*made);
        (0..=lifetime).contains(&ago).then(|| rest.to_vec().into())
    }

    fn seal(
        &self,
        cx: &Request,
        (name, lifetime): (&'static str, i64),
        user: Uuid,
        binding: &[u8],
        plain: &[u8],
    ) -> Result<()> {
        let plain = zeroize::Zeroizing::new([&self.now().to_be_bytes(), plain].concat());
        let sealed = self
            .sealer
            .seal(&plain, &[name.as_bytes(), user.as_bytes(), binding])
            .ok_or_else(|| Error::internal("an enrolment could not be encrypted"))?;
        #[allow(deprecated)]
        let cookie = Cookie::__of_framework(name, &to_text(&sealed));
        cx.set_cookie(cookie.max_age(lifetime));
        Ok(())
    }

    fn now(&self) -> i64 {
        let now: Timestamp = self.clock.now();
        now.as_second()
    }
}

fn forget(cx: &Request, name: &'static str) {
    #[allow(deprecated)]
    cx.set_cookie(Cookie::__of_framework(name, "").max_age(0));
}

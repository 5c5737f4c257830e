//! One call of a view: the steps that the driver takes (`driver.rs`), and what parameters are made of.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use ::http::header;
use bytes::Bytes;

use vauban_orm::engine::Unit;
use vauban_orm::{Db, Write};

use super::{Credential, Kind, Writing};
use crate::http::{Controls, DataError, FormData, FormLimits};
use crate::http::{Error, Refusal, Request, RequestBody, Result, SecurityEvent};
use crate::pipeline::body::{self, Pieces};
use crate::pipeline::{csrf, origin};

/// One call of a view of kind `K` whose rule goes by `C`. Only the driver makes one, and there is no way from one kind
/// to the other: a reading call has neither a writer nor a body (CWE-352).
pub struct Call<K: Kind, C: Credential> {
    pub(super) cx: Arc<Request>,
    unread: Option<RequestBody>,
    body: Bytes,
    form: Option<Result<FormData, DataError>>,
    pub(super) stale: bool,
    pub(super) unit: Option<Unit>,
    kind: PhantomData<fn() -> (K, C)>,
}

/// What every call has.
impl<K: Kind, C: Credential> Call<K, C> {
    /// The request.
    pub fn cx(&self) -> &Arc<Request> {
        &self.cx
    }

    /// What the rule's credential proved.
    ///
    /// # Errors
    /// If it proved nothing; behind a rule it did.
    pub fn who(&self) -> Result<&C::Loaded, Refusal> {
        C::loaded(&self.cx)
    }

    /// A handle that reads, bound to who asks.
    ///
    /// # Errors
    /// If the program has no database.
    pub fn reader(&mut self) -> Result<Db> {
        Ok(self.unit()?.read_db())
    }

    /// The request's content type, if it says one.
    pub fn content_type(&self) -> Option<&str> {
        self.cx
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
    }
}

/// What only calls of unsafe methods have.
impl<C: Credential> Call<Writing, C> {
    /// A handle that reads and writes, bound to who asks.
    ///
    /// # Errors
    /// If the program has no database.
    pub fn writer(&mut self) -> Result<Db<Write>> {
        Ok(self.unit()?.db())
    }

    /// The body; empty if a parameter of the view reads it in pieces.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body in pieces; once.
    ///
    /// # Errors
    /// 413 if it says that it is too large; 415 if it is encoded; 400 if it has two content types.
    pub fn stream(&mut self) -> Result<BodyStream> {
        let body = match self.unread.take() {
            Some(unread) => unread,
            None => RequestBody::Ready(std::mem::take(&mut self.body)),
        };
        let (limit, time) = (body::limit_of(&self.cx), self.cx.settings().timeouts.body);
        Ok(BodyStream {
            pieces: Pieces::new(body, self.cx.headers(), limit, time, &self.cx.site.bodies)?,
        })
    }

    /// The body as a form, read once.
    ///
    /// # Errors
    /// If it is none, with the status that says so.
    pub fn form(&mut self) -> Result<&FormData> {
        let parsed = match self.form.take() {
            Some(parsed) => parsed,
            None => self.parse(),
        };
        match self.form.insert(parsed) {
            Ok(form) => Ok(form),
            Err(error) => Err(unreadable(*error)),
        }
    }

    /// Whether only the form's token is stale: then the form is shown again, whatever is in it, and nothing
    /// that the view writes stays.
    pub fn is_stale(&self) -> bool {
        self.stale
    }
}

/// The body of a request, read in pieces while the view runs, within the view's limit of bytes and at a rate that does
/// not fall too low (CWE-400, CWE-770). As a parameter: the token against forgery comes in `X-CSRFToken`, since a form
/// is not looked at.
#[derive(Debug)]
pub struct BodyStream {
    pieces: Pieces,
}

impl BodyStream {
    /// The next piece; `None` at its end.
    ///
    /// # Errors
    /// 413 if it is larger than the view's limit; 408 if it is too slow; 400 if it breaks off.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        self.pieces.next().await
    }
}

/// The driver's steps.
impl<K: Kind, C: Credential> Call<K, C> {
    pub(crate) fn new(cx: Arc<Request>, body: RequestBody) -> Self {
        Self {
            cx,
            unread: Some(body),
            body: Bytes::new(),
            form: None,
            stale: false,
            unit: None,
            kind: PhantomData,
        }
    }

    /// For unsafe methods: reads the bounded body, unless a parameter reads it in pieces, and checks the token against
    /// request forgery. With a token
    /// that is merely stale, a view that can show its form again is called, but nothing it writes stays.
    ///
    /// # Errors
    /// 400, 403, 408, 413 or 415.
    pub(super) async fn body_and_token(
        &mut self,
        redisplays: bool,
        streams: bool,
        controls: Controls,
    ) -> Result<()> {
        if !K::WRITES {
            return Ok(());
        }
        if !streams && let Some(unread) = self.unread.take() {
            let (limit, time) = (body::limit_of(&self.cx), self.cx.settings().timeouts.body);
            self.body = body::read(unread, self.cx.headers(), limit, time, &self.cx.site.bodies).await?;
        }
        // CWE-352: what a browser sends by itself proves nothing about who wants it. A key that was sent does.
        if !self.cx.is_ambient() {
            return Ok(());
        }
        let verdict = self.weigh_token();
        // What cannot be read as a form has no token: that is the reason, and it is refused all the same.
        let elsewhere = self.cx.headers().contains_key(csrf::HEADER) || self.body.is_empty();
        if let Some(Err(error)) = &self.form
            && (self.is_form() || !elsewhere)
        {
            SecurityEvent::CSRF_TOKEN_REFUSED.log(Some(&self.cx));
            return Err(unreadable(*error));
        }
        // What was typed into a page of ours is shown again, whatever becomes of the request.
        if verdict == csrf::Verdict::Good
            || (verdict == csrf::Verdict::Stale && origin::is_own_page(&self.cx))
        {
            self.cx.set_sent(self.body.clone(), controls);
        }
        match verdict {
            csrf::Verdict::Good => Ok(()),
            csrf::Verdict::Stale if redisplays && origin::is_own_page(&self.cx) => {
                SecurityEvent::CSRF_TOKEN_STALE.log(Some(&self.cx));
                self.stale = true;
                Ok(())
            }
            verdict => {
                let (event, message) = match verdict {
                    csrf::Verdict::Stale => (
                        SecurityEvent::CSRF_TOKEN_STALE,
                        "This page was open for too long. Go back, reload it and try again.",
                    ),
                    _ => (
                        SecurityEvent::CSRF_TOKEN_REFUSED,
                        "The form's token is missing or not ours.",
                    ),
                };
                event.log(Some(&self.cx));
                Err(Error::new(::http::StatusCode::FORBIDDEN, message))
            }
        }
    }

    /// The request's unit of work: everything that its handles write is saved together, or not at all.
    fn unit(&mut self) -> Result<&Unit> {
        if self.unit.is_none() {
            let database = self.cx.site().database();
            let database = database.ok_or_else(|| Error::internal("this program has no database"))?;
            let actor = self.cx.actor();
            #[allow(deprecated)]
            let unit = database.bind(actor);
            #[cfg(debug_assertions)]
            if self.cx.explains() {
                unit.explain();
            }
            self.unit = Some(unit);
        }
        self.unit.as_ref().ok_or_else(|| Error::internal("no unit"))
    }

    fn weigh_token(&mut self) -> csrf::Verdict {
        #[cfg(any(test, feature = "__test_switches"))]
        if self.cx.site.without.token_check {
            return csrf::Verdict::Good;
        }
        // Sent in both places, both must be good: two readers could differ on which counts (CWE-436).
        let header =
            csrf::from_header(self.cx.headers()).map(|token| csrf::weigh(&self.cx.site, &self.cx, token));
        if (header.is_some() && !self.is_form()) || self.unread.is_some() {
            return header.unwrap_or(csrf::Verdict::Refused);
        }
        let parsed = self.parse();
        let field = match &parsed {
            Ok(form) => csrf::from_form(self.cx.headers(), form)
                .map(|token| csrf::weigh(&self.cx.site, &self.cx, token)),
            Err(_) => Some(csrf::Verdict::Refused),
        };
        self.form = Some(parsed);
        match (header, field) {
            (Some(csrf::Verdict::Good) | None, Some(verdict)) | (Some(verdict), _) => verdict,
            (None, None) => csrf::Verdict::Refused,
        }
    }

    fn is_form(&self) -> bool {
        self.cx.sends_form()
    }

    fn parse(&self) -> Result<FormData, DataError> {
        let limits = FormLimits {
            fields: self.cx.settings().limits.fields,
            ..FormLimits::DEFAULT
        };
        FormData::parse(self.content_type(), &self.body, &limits)
    }
}

/// An error that says to a person what was wrong with the body.
fn unreadable(error: DataError) -> Error {
    let status = ::http::StatusCode::from_u16(error.status()).unwrap_or(::http::StatusCode::BAD_REQUEST);
    Error::new(status, error.to_string())
}

impl<K: Kind, C: Credential> fmt::Debug for Call<K, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // CWE-532: not the body.
        f.debug_tuple("Call").field(&self.cx).finish()
    }
}

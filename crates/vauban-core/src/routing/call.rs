//! One call of a view: what `#[view]` drives, from the access rule to the answer.

use std::fmt;
use std::sync::Arc;

use ::http::header;
use bytes::Bytes;

use vauban_orm::engine::Unit;
use vauban_orm::{Db, Write};

use super::{AccessRule, Get, Param, Path, PathReader, Unsafe};
use crate::forms::{DataError, FormData, Limits};
use crate::http::{Cx, Error, Outcome, Respond, Response, Result};
use crate::middleware::{RequestBody, SecurityEvent, body, csrf, pages};

/// One call of a view.
pub struct Call {
    cx: Arc<Cx>,
    unread: Option<RequestBody>,
    body: Bytes,
    form: Option<Result<FormData, DataError>>,
    stale: bool,
    unit: Option<Unit>,
}

impl Call {
    pub(crate) fn new(cx: Arc<Cx>, body: RequestBody) -> Self {
        Self {
            cx,
            unread: Some(body),
            body: Bytes::new(),
            form: None,
            stale: false,
            unit: None,
        }
    }

    /// The request.
    pub fn cx(&self) -> &Arc<Cx> {
        &self.cx
    }

    /// The pattern's parameter at `index`.
    ///
    /// # Errors
    /// 404, if the segment is no value of the type.
    pub fn path<T>(&self, index: usize, reader: &PathReader<T>) -> Result<Path<T>> {
        let segment = self.cx.params.get(index).ok_or_else(Error::not_found)?;
        (reader.read)(segment).map(Path).map_err(|_| Error::not_found())
    }

    /// The access rule. The body of a caller whom it refuses is not read.
    ///
    /// # Errors
    /// What it refuses.
    pub fn admit<R: AccessRule>(&self) -> Result<R> {
        R::admit(&self.cx).map_err(Error::refused)
    }

    /// For unsafe methods: reads the bounded body and checks the token against request forgery. With a token
    /// that is merely stale, a view that can show its form again is called, but nothing it writes stays.
    ///
    /// # Errors
    /// 400, 403, 408, 413 or 415.
    pub async fn body_and_token(&mut self, redisplays: bool) -> Result<()> {
        let limit = self.body_limit();
        let time = self.cx.settings().timeouts.body;
        if let Some(unread) = self.unread.take() {
            self.body = body::read(unread, self.cx.headers(), limit, time).await?;
        }
        // CWE-352
        let verdict = self.weigh_token();
        // A form that cannot be read has no token: what is wrong with it is the reason, and it is refused all the same.
        if let (true, Some(Err(error))) = (self.is_form(), &self.form) {
            SecurityEvent::CSRF_TOKEN_REFUSED.log(Some(&self.cx));
            return Err(unreadable(*error));
        }
        match verdict {
            csrf::Verdict::Good => Ok(()),
            csrf::Verdict::Stale if redisplays && self.says_same_origin() => {
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

    /// The body, after [`body_and_token`](Self::body_and_token).
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The request's content type, if it says one.
    pub fn content_type(&self) -> Option<&str> {
        self.cx
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
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

    /// What the view returned: commits or rolls back, then renders.
    pub async fn answer<O: Outcome>(self, outcome: O) -> Response {
        match outcome.outcome() {
            Ok(answer) => {
                let keep = answer.commits() && !self.stale;
                match self.finish(keep).await {
                    Ok(cx) => answer.respond(&cx),
                    Err((cx, error)) => pages::answer(&cx.site, &cx, error),
                }
            }
            Err(error) => self.refuse(error).await,
        }
    }

    /// Ends the call with an error; nothing it wrote stays.
    pub async fn refuse(self, error: Error) -> Response {
        let cx = match self.finish(false).await {
            Ok(cx) | Err((cx, _)) => cx,
        };
        pages::answer(&cx.site, &cx, error)
    }

    /// The request's unit of work: everything that its handles write is saved together, or not at all.
    fn unit(&mut self) -> Result<&Unit> {
        if self.unit.is_none() {
            let database = self.cx.site().database();
            let database = database.ok_or_else(|| Error::internal("this program has no database"))?;
            #[allow(deprecated)]
            let unit = database.bind(self.cx.actor());
            self.unit = Some(unit);
        }
        self.unit.as_ref().ok_or_else(|| Error::internal("no unit"))
    }

    /// Commits what was written, or undoes it, before anything is rendered.
    async fn finish(self, keep: bool) -> Result<Arc<Cx>, (Arc<Cx>, Error)> {
        let ended = match self.unit {
            Some(unit) => {
                self.cx.keep_queries(&unit);
                unit.finish(keep).await
            }
            None => Ok(()),
        };
        if !keep || ended.is_err() {
            self.cx.forget_effects();
        }
        match ended {
            Ok(()) => Ok(self.cx),
            Err(error) => Err((self.cx, error.into())),
        }
    }

    fn body_limit(&self) -> usize {
        #[cfg(any(test, feature = "__test_switches"))]
        if self.cx.site.switches.no_body_limit {
            return usize::MAX;
        }
        let own = self
            .cx
            .route()
            .map_or(super::ViewMeta::BODY_LIMIT, |meta| meta.body_limit);
        // A view that says nothing gets what the settings say.
        if own == super::ViewMeta::BODY_LIMIT {
            self.cx.settings().limits.body
        } else {
            own
        }
    }

    fn weigh_token(&mut self) -> csrf::Verdict {
        #[cfg(any(test, feature = "__test_switches"))]
        if self.cx.site.switches.no_token_check {
            return csrf::Verdict::Good;
        }
        // Sent in both places, both must be good: two readers could differ on which counts (CWE-436).
        let header =
            csrf::from_header(self.cx.headers()).map(|token| csrf::weigh(&self.cx.site, &self.cx, token));
        if header.is_some() && !self.is_form() {
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
        self.content_type().is_some_and(|text| {
            let text = text.to_ascii_lowercase();
            text.starts_with("application/x-www-form-urlencoded") || text.starts_with("multipart/")
        })
    }

    fn parse(&self) -> Result<FormData, DataError> {
        let limits = Limits {
            fields: self.cx.settings().limits.fields,
            ..Limits::DEFAULT
        };
        FormData::parse(self.content_type(), &self.body, &limits)
    }

    /// Whether the browser itself says that this request is from a page of ours.
    fn says_same_origin(&self) -> bool {
        let headers = self.cx.headers();
        headers
            .get("sec-fetch-site")
            .is_some_and(|site| site == "same-origin")
            || headers.contains_key(header::ORIGIN)
    }
}

/// An error that says to a person what was wrong with the body.
fn unreadable(error: DataError) -> Error {
    let status = ::http::StatusCode::from_u16(error.status()).unwrap_or(::http::StatusCode::BAD_REQUEST);
    Error::new(status, error.to_string())
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // CWE-532: not the body.
        f.debug_tuple("Call").field(&self.cx).finish()
    }
}

/// A handle that reads, bound to who asks.
impl Param<Get> for Db {
    async fn take(call: &mut Call) -> Result<Self> {
        Ok(call.unit()?.read_db())
    }
}

/// A handle that reads, bound to who asks.
impl Param<Unsafe> for Db {
    async fn take(call: &mut Call) -> Result<Self> {
        Ok(call.unit()?.read_db())
    }
}

/// A handle that reads and writes, bound to who asks; for views of unsafe methods only (CWE-352: a GET that
/// writes passes by the walls against request forgery).
impl Param<Unsafe> for Db<Write> {
    async fn take(call: &mut Call) -> Result<Self> {
        Ok(call.unit()?.db())
    }
}

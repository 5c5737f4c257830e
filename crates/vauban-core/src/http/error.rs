//! What a view fails with. Every error knows its HTTP status; a client sees no more than that.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

use ::http::StatusCode;

use super::Refusal;
use crate::pipeline::Stopped;

/// The result of a view and of everything that it calls.
pub type Result<T = super::Response, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Why a request fails: who is at fault is in the status (4xx the client, 5xx we).
///
/// `?` turns any `std::error::Error` into one: an error that Vauban does not know is 500, and what it says
/// goes to the log under the incident's number, never to the client (CWE-209). Therefore this type is
/// itself not a `std::error::Error`.
pub struct Error(Box<Inner>);

struct Inner {
    status: StatusCode,
    refusal: Option<Refusal>,
    /// Safe to show to the client: written by us or by the app, never by a library.
    message: Cow<'static, str>,
    source: Option<Source>,
    /// What to show instead of the error page: a form again, with what is wrong with it.
    answer: Option<super::Response>,
    /// When to try again.
    retry_after: Option<u64>,
    at: Where,
}

struct Where {
    file: Cow<'static, str>,
    line: u32,
}

impl Where {
    #[track_caller]
    fn here() -> Self {
        let caller = Location::caller();
        Self {
            file: caller.file().into(),
            line: caller.line(),
        }
    }
}

impl Error {
    /// 404: there is nothing here, or nothing that this actor may see.
    #[track_caller]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "")
    }

    /// 403: the actor may see it, but not do this.
    #[track_caller]
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "")
    }

    /// 409: it changed since it was shown.
    #[track_caller]
    pub fn conflict() -> Self {
        Self::new(StatusCode::CONFLICT, "")
    }

    /// 429: too often. The answer says after how long to try again (RFC 9110 §10.2.3).
    #[track_caller]
    pub fn too_many_requests(after: Duration) -> Self {
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "");
        // Nobody is asked back too early.
        let started = u64::from(after.subsec_nanos() > 0);
        error.0.retry_after = Some(after.as_secs().saturating_add(started).max(1));
        error
    }

    /// 400 with a message for the client.
    #[track_caller]
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// What an access rule refused.
    #[track_caller]
    pub fn refused(refusal: Refusal) -> Self {
        let mut error = Self::new(refusal.status(), "");
        error.0.refusal = Some(refusal);
        error
    }

    /// 500: our fault. The source is logged, the client gets an incident's number.
    #[track_caller]
    pub fn internal(source: impl Into<Source>) -> Self {
        let mut error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "");
        error.0.source = Some(source.into());
        error
    }

    /// What became of a future that was stopped.
    pub(crate) fn stopped(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Overrun => Self::new(StatusCode::SERVICE_UNAVAILABLE, ""),
            Stopped::Panicked(panic) => match panic.at {
                Some(at) => Self::internal(panic.message).at(at),
                None => Self::internal(panic.message),
            },
        }
    }

    /// Any status, with a message that the client may read.
    #[track_caller]
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            status,
            refusal: None,
            message: message.into(),
            source: None,
            answer: None,
            retry_after: None,
            at: Where::here(),
        }))
    }

    /// Ends the view with this answer instead of an error page; what the view wrote is undone. Its status is 400 or above: a
    /// form shown again is 422 ([`or_show`](crate::forms::Cleaned::or_show) does it). An answer that says that all went well
    /// is not sent: the request ends with 500 (CWE-393).
    #[track_caller]
    pub fn with_answer(answer: super::Response) -> Self {
        let mut error = Self::new(answer.status(), "");
        error.0.answer = Some(answer);
        error
    }

    /// The answer to show instead of an error page, if there is one.
    pub(crate) fn into_answer(self) -> Result<super::Response, Self> {
        let mut this = self;
        this.0.answer.take().ok_or(this)
    }

    /// Whether it shows something else than an error page.
    #[cfg(debug_assertions)]
    pub(crate) fn has_answer(&self) -> bool {
        self.0.answer.is_some()
    }

    /// Says something to the client.
    pub(crate) fn say(&mut self, message: &'static str) {
        self.0.message = Cow::Borrowed(message);
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What the client may read; empty if the status says it all.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// After how many seconds to try again, if it says so.
    pub fn retry_after(&self) -> Option<u64> {
        self.0.retry_after
    }

    /// The access rule's refusal, if that is what it is.
    pub fn refusal(&self) -> Option<Refusal> {
        self.0.refusal
    }

    /// What it was before it became ours: for logs and the development page only.
    pub fn source(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    /// File and line of the source where it came to be, as far as the compiler tells.
    pub fn location(&self) -> (&str, u32) {
        (&self.0.at.file, self.0.at.line)
    }

    /// The same place, to go on with.
    pub(crate) fn place(&self) -> (String, u32) {
        (self.0.at.file.to_string(), self.0.at.line)
    }

    /// The same, but from there: where a panic was.
    pub(crate) fn at(mut self, (file, line): (String, u32)) -> Self {
        self.0.at = Where {
            file: file.into(),
            line,
        };
        self
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    #[track_caller]
    fn from(source: E) -> Self {
        let source: Source = Box::new(source);
        // What the rows' policies and constraints say has a status of its own.
        let status = match source.downcast_ref::<vauban_orm::Error>() {
            Some(error) => StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            None => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let message = match source.downcast_ref::<vauban_orm::Error>() {
            Some(vauban_orm::Error::TooDeep) => "This page is too far from the first one. Narrow the search.",
            Some(vauban_orm::Error::TooLarge(_)) => {
                "This asks for too much at once. Use fewer or shorter words."
            }
            Some(vauban_orm::Error::InvalidCursor) => {
                "This is no mark of a page of this list. Begin at its first page."
            }
            // Which rows, and of what, may be nothing that this actor sees (CWE-203).
            Some(vauban_orm::Error::Restricted { .. }) => {
                "Something else still refers to this, so it cannot be deleted. Change or delete that first."
            }
            Some(vauban_orm::Error::Unique { .. }) => "There is one like this already.",
            Some(vauban_orm::Error::Refused(why)) => why,
            _ => "",
        };
        let mut error = Self::new(status, message);
        error.0.source = Some(source);
        error
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.status)?;
        if !self.0.message.is_empty() {
            write!(f, ": {}", self.0.message)?;
        }
        if let Some(source) = &self.0.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} (at {}:{})", self.0.at.file, self.0.at.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_error_is_ours_and_says_nothing_to_the_client() {
        let failed: Result<()> = (|| {
            "x".parse::<u8>()?;
            Ok(())
        })();
        let error = failed.unwrap_err();
        assert_eq!(error.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(error.message(), "");
        assert!(error.source().is_some());
        assert!(error.location().0.ends_with("error.rs"), "{:?}", error.location());
    }
}

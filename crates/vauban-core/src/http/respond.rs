//! How an answer is made: with the request in hand, after what was written is committed.

use std::borrow::Cow;

use ::http::{HeaderValue, StatusCode, header};

use super::{Error, Request, Response};

/// What a view may answer with: a page (every `#[derive(Template)]`), [`Json`](super::Json),
/// [`Redirect`](super::Redirect), [`File`](super::File), [`Text`], [`Status`], [`Response`].
#[diagnostic::on_unimplemented(
    message = "a view cannot answer with `{Self}`",
    label = "not one of Vauban's answers",
    note = "a view answers with a page (`#[derive(Template)]`), `Json<T>`, `Redirect`, `File`, `Text`, `Status` or `Response`, or with `Result` of one of them",
    note = "other frameworks' answers take HTML or redirect targets from any string, so they are not accepted"
)]
pub trait Respond: Sized + Send {
    /// Makes the answer.
    fn respond(self, cx: &Request) -> Response;

    /// Whether what the view wrote is kept. Nothing is rendered before the commit, so every answer has to say it:
    /// `false` if it will have a status of 400 or above (CWE-460).
    fn commits(&self) -> bool;

    /// The other origins that its POST forms go to, as far as its type tells.
    #[doc(hidden)]
    fn __forms_to() -> &'static [&'static str] {
        &[]
    }
}

impl Respond for Response {
    fn respond(self, cx: &Request) -> Response {
        self.render(cx)
    }

    fn commits(&self) -> bool {
        self.keeps && self.status().as_u16() < 400
    }
}

/// Plain text.
#[derive(Debug, Clone)]
pub struct Text(pub Cow<'static, str>);

impl Text {
    /// Plain text, UTF-8.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }
}

impl Respond for Text {
    fn respond(self, _: &Request) -> Response {
        const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
        let body = match self.0 {
            Cow::Borrowed(text) => bytes::Bytes::from_static(text.as_bytes()),
            Cow::Owned(text) => text.into(),
        };
        Response::new(StatusCode::OK, body).set(header::CONTENT_TYPE, PLAIN)
    }

    fn commits(&self) -> bool {
        true
    }
}

/// An answer that is only a status, like `Status::NO_CONTENT`.
#[derive(Debug, Clone, Copy)]
pub struct Status(pub StatusCode);

impl Status {
    /// 204: done, nothing to show.
    pub const NO_CONTENT: Self = Self(StatusCode::NO_CONTENT);
    /// 202: will be done.
    pub const ACCEPTED: Self = Self(StatusCode::ACCEPTED);
}

impl Respond for Status {
    fn respond(self, _: &Request) -> Response {
        Response::new(self.0, super::Body::empty())
    }

    fn commits(&self) -> bool {
        self.0.as_u16() < 400
    }
}

/// What a view's function returns: an answer, or `Result` of one.
#[diagnostic::on_unimplemented(
    message = "a view cannot return `{Self}`",
    label = "neither an answer nor a `Result` of one",
    note = "return `Result<Page>`, `Result<Redirect>`, `Result<Response>`, … where the error is `vauban::Error`",
    note = "a page is a `#[derive(Template)]`; text is `Text`: no other type becomes HTML, and no string a redirect"
)]
pub trait Outcome: Send {
    /// The answer if all goes well.
    type Answer: Respond;
    /// Ours to look at before anything is rendered.
    fn outcome(self) -> Result<Self::Answer, Error>;
}

impl<R: Respond> Outcome for R {
    type Answer = R;
    fn outcome(self) -> Result<R, Error> {
        Ok(self)
    }
}

impl<R: Respond> Outcome for Result<R, Error> {
    type Answer = R;
    fn outcome(self) -> Result<R, Error> {
        self
    }
}

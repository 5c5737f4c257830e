//! A document that was written for elsewhere, shown to whoever develops.

use ::http::{HeaderValue, StatusCode, header};

use super::{Request, Respond, Response};

/// A document in a frame of its own origin: it runs nothing, loads nothing, sends nothing and leads nowhere (CWE-79); its own
/// styles are shown. In no release (CWE-489).
#[derive(Debug)]
pub struct Framed {
    html: String,
}

impl Framed {
    /// For the framework's help for developing.
    #[deprecated(note = "what it shows is written by nobody's template: a view answers with a page")]
    pub const fn __of(html: String) -> Self {
        Self { html }
    }
}

/// What the document may do.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'self'; sandbox";

impl Respond for Framed {
    fn respond(self, _: &Request) -> Response {
        Response::new(StatusCode::OK, self.html)
            .set(
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            )
            .set(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))
            .set(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"))
    }

    fn commits(&self) -> bool {
        true
    }
}

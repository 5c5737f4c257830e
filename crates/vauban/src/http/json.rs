//! JSON, both ways.

use ::http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::{Cx, Respond, Response};

/// JSON: an answer made of a serialisable value, or, as a parameter of an unsafe view, the request's body
/// read into a closed type.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: Serialize + Send> Respond for Json<T> {
    fn respond(self, _: &Cx) -> Response {
        const JSON: HeaderValue = HeaderValue::from_static("application/json");
        match serde_json::to_vec(&self.0) {
            Ok(text) => Response::new(StatusCode::OK, text).set(header::CONTENT_TYPE, JSON),
            Err(error) => {
                tracing::error!(target: "vauban::http", %error, "an answer could not be written as JSON");
                Response::new(StatusCode::INTERNAL_SERVER_ERROR, super::Body::empty())
            }
        }
    }
}

//! JSON, both ways.

use ::http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Call, Credential, Param, Writing};
use crate::http::{Body, Error, Request, Respond, Response, Result};

pub use vauban_orm::Json;

impl<T: Serialize + Send> Respond for Json<T> {
    fn respond(self, _: &Request) -> Response {
        const JSON: HeaderValue = HeaderValue::from_static("application/json");
        match vauban_template::runtime::json::plain_json(&self.0) {
            Ok(text) => Response::new(StatusCode::OK, text).set(header::CONTENT_TYPE, JSON),
            Err(error) => {
                tracing::error!(target: "vauban::http", %error, "an answer could not be written as JSON");
                Response::new(StatusCode::INTERNAL_SERVER_ERROR, Body::empty())
            }
        }
    }

    fn commits(&self) -> bool {
        true
    }
}

/// What a body of JSON is read into: whatever serde reads.
#[diagnostic::on_unimplemented(
    message = "`Json<{Self}>` cannot be read: `{Self}` has no `Deserialize`",
    label = "no `Deserialize` on what is in this `Json`",
    note = "add it: `#[derive(serde::Deserialize)] struct {Self} {{ … }}` (in Cargo.toml: `serde = {{ version = \"1\", features = [\"derive\"] }}`)",
    note = "a model has none, so that no column is set by accident (CWE-915): list what a request may send in a struct of its own"
)]
pub trait FromJson: DeserializeOwned + Send {}
#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send> FromJson for T {}

impl<C: Credential, T: FromJson> Param<Writing, C> for Json<T> {
    /// Reads the bounded body (CWE-502: into a closed type; `serde_json` bounds nesting at 128).
    async fn take(call: &mut Call<Writing, C>) -> Result<Self> {
        let is_json = call.content_type().is_some_and(|text| {
            let essence = text.split(';').next().unwrap_or("").trim();
            essence.eq_ignore_ascii_case("application/json")
        });
        // CWE-352: a form can send `text/plain` that reads as JSON.
        if !is_json {
            return Err(Error::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send application/json.",
            ));
        }
        serde_json::from_slice(call.body())
            .map(Json)
            .map_err(|error| Error::bad_request(format!("The body is not what is asked for: {error}.")))
    }
}

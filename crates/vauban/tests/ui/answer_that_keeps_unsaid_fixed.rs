//! CWE-460: an answer says whether what the view wrote is kept, for it is rendered after the commit.

use vauban::http::{Respond, Status, StatusCode};
use vauban::{Request, Response};

pub struct Refused;

impl Respond for Refused {
    fn respond(self, cx: &Request) -> Response {
        Status(StatusCode::CONFLICT).respond(cx)
    }
    fn commits(&self) -> bool {
        false
    }
}

fn main() {}

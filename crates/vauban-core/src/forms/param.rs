//! `form: Form<F>` as a view's parameter.

use super::{Form, FormFields};
use crate::http::{Control, Error, Result};
use crate::routing::{Call, Credential, Param, Writing};

impl<C: Credential, F: FormFields> Param<Writing, C> for Form<F> {
    /// CWE-352: a form whose token is merely stale is shown again with what was typed; it yields no data, and nothing
    /// that the view writes stays.
    const REDISPLAYS: bool = true;

    fn controls(out: &mut Vec<Control>) {
        Self::controls(out);
    }

    async fn take(call: &mut Call<Writing, C>) -> Result<Self> {
        let stale = call.is_stale();
        Self::bound(call.form()?, stale).map_err(refused)
    }
}

fn refused(error: crate::http::DataError) -> Error {
    let status = ::http::StatusCode::from_u16(error.status()).unwrap_or(::http::StatusCode::BAD_REQUEST);
    Error::new(status, error.to_string())
}

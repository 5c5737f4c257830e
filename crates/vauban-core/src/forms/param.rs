//! `form: Form<F>` as a view's parameter: from the body of an unsafe request, or from the query of one that reads.

use super::{Form, FormFields, GetForm};
use crate::http::{Control, Error, FormLimits, Result};
use crate::routing::{Call, Credential, Param, Reading, Writing, pairs_of_query};

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

/// `#[form(get)]`. Nothing is changed by it, so it needs no token, and no token gets into an address (CWE-598).
impl<C: Credential, F: GetForm> Param<Reading, C> for Form<F> {
    async fn take(call: &mut Call<Reading, C>) -> Result<Self> {
        let limits = FormLimits {
            fields: call.cx().settings().limits.fields,
            ..FormLimits::DEFAULT
        };
        // Links carry markers of others, in any bytes: what is not declared is not even decoded.
        let names = Self::names();
        let own = |name: &str| names.contains(&name.rsplit_once('-').map_or(name, |(_, own)| own));
        let declared = |name: &str| F::STRICT || own(name);
        let data = pairs_of_query(call.cx().query(), &limits, declared).map_err(refused)?;
        Self::bound(&data, false).map_err(refused)
    }
}

fn refused(error: crate::http::DataError) -> Error {
    let status = ::http::StatusCode::from_u16(error.status()).unwrap_or(::http::StatusCode::BAD_REQUEST);
    Error::new(status, error.to_string())
}

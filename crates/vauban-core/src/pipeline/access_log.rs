//! One log line per request: what was asked, what was answered, how long it took (ASVS 16.2.1). In development it
//! is shown by default; a release writes it when the level `debug` is asked for, as what matters has lines of its own.

use std::time::Instant;

use ::http::StatusCode;
use tracing::Level;

use crate::http::Request;
use crate::site::Site;

/// The target of these lines, for the log's filter.
const TARGET: &str = "vauban::request";

/// When the request came, if anybody wants to know.
pub(crate) fn start(site: &Site) -> Option<Instant> {
    let wanted = if site.settings.mode.is_development() {
        tracing::enabled!(target: TARGET, Level::INFO)
    } else {
        tracing::enabled!(target: TARGET, Level::DEBUG)
    };
    wanted.then(Instant::now)
}

/// Writes the line. Neither query nor headers: they may hold secrets (CWE-532).
pub(crate) fn write(site: &Site, cx: &Request, status: StatusCode, start: Option<Instant>) {
    let Some(start) = start else { return };
    let (method, path, status) = (cx.method().as_str(), cx.logged_path(), status.as_u16());
    let (request, user, client) = (cx.request_id(), cx.identity.user_id(), cx.client);
    let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    if site.settings.mode.is_development() {
        // Why it was refused, to the developer.
        #[cfg(debug_assertions)]
        let why = (400..500)
            .contains(&status)
            .then(|| super::explain::logged(cx))
            .flatten();
        #[cfg(not(debug_assertions))]
        let why = None::<String>;
        tracing::info!(target: TARGET, method, path, status, micros, user, why, "request");
    } else {
        tracing::debug!(target: TARGET, method, path, status, micros, request, user, %client, "request");
    }
}

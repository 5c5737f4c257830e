//! What runs a command and the server.

use super::Failure;
use crate::settings::Settings;

/// The run time that the settings ask for.
pub(super) fn runtime(settings: &Settings) -> Result<tokio::runtime::Runtime, Failure> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if settings.worker_threads > 0 {
        builder.worker_threads(settings.worker_threads);
    }
    Ok(builder.enable_all().build()?)
}

//! What helps to develop, and is in no release (CWE-489): mails are kept in the process, newest first, and shown at `/dev/mail/`.

mod kept;
#[cfg(debug_assertions)]
mod pages;

pub(crate) use kept::Kept;
#[cfg(debug_assertions)]
pub(crate) use pages::table as routes;

//! The credential that browsers send by themselves, by its name alone: a request knows whether it was told by it.

/// The session's cookie. A browser sends it by itself, so unsafe requests need a token against forgery.
#[derive(Debug)]
pub enum BySession {}

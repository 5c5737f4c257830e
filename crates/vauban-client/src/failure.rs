//! Why there is no answer.

use std::fmt;

/// Why a request was not sent, or its answer not taken. Nothing of the request is in it but the destination: paths, headers and bodies hold
/// secrets (CWE-532).
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// An address that is no destination: why.
    NoDestination(String),
    /// A destination that nobody has configured.
    NotConfigured(String),
    /// The certificate authorities could not be read: why.
    Authorities(String),
    /// It could not be reached: which, and why.
    Unreachable(String),
    /// It did not show that it is what it is called: which, and why.
    Tls(String),
    /// It did not answer within the time that everything has.
    TooSlow(String),
    /// It broke off, or does not speak HTTP: which, and why.
    Broken(String),
    /// More came than is taken.
    TooLarge(String),
    /// It answers that what is asked is elsewhere.
    Redirects(String),
    /// The request itself is none.
    Request(http::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDestination(why) => write!(f, "the address {why}"),
            Self::NotConfigured(which) => write!(f, "{which} is no configured destination; nothing was sent"),
            Self::Authorities(why) => write!(f, "{why}"),
            Self::Unreachable(why) => write!(f, "cannot be reached: {why}"),
            Self::Tls(why) => write!(f, "TLS: {why}; nothing was sent"),
            Self::TooSlow(which) => write!(f, "{which} did not answer in time"),
            Self::Broken(why) => write!(f, "broke off: {why}"),
            Self::TooLarge(which) => write!(f, "{which} answers with more than is taken"),
            Self::Redirects(which) => write!(
                f,
                "{which} answers with a redirect, which is not followed: configure the address that it leads to"
            ),
            Self::Request(error) => write!(f, "the request is none: {error}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Self {
        Self::Request(error)
    }
}

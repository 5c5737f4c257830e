//! Why somebody is turned away.

use ::http::StatusCode;

/// Why an access rule turns somebody away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Nobody is signed in: a browser is sent to the sign-in page and comes back afterwards.
    SignInRequired,
    /// Whoever is signed in has proved it too long ago: a browser is sent to where they prove it again and comes back afterwards.
    ProofRequired,
    /// Whoever is signed in has no second factor: a browser is sent to where they add one, and comes back afterwards.
    FactorRequired,
    /// No token that is known (401): an API's client sends another.
    TokenRequired,
    /// Whoever asks may not (403).
    Forbidden,
    /// Whoever asks may not know that it exists (404): to them the view is no route, whatever they ask of its address.
    NotFound,
}

impl Refusal {
    /// The status of the answer; for those that send a browser elsewhere when there is no page to send the browser to.
    pub fn status(self) -> StatusCode {
        match self {
            Self::SignInRequired | Self::ProofRequired | Self::FactorRequired | Self::Forbidden => {
                StatusCode::FORBIDDEN
            }
            Self::TokenRequired => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
        }
    }
}

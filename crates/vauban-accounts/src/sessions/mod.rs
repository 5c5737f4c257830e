//! Sessions, kept on the server: the browser has 256 random bits, the database their hash.

mod clock;
mod limits;
mod model;
mod session;
mod store;
mod token;
mod touch;

pub use clock::Clock;
pub use limits::SessionLimits;
pub use session::{Session, SessionKey};

pub(crate) use limits::{Age, is_just_proved};
pub(crate) use model::SessionRow;
pub(crate) use store::{Found, SessionStore, Sessions};
pub(crate) use token::{SessionToken, TokenHash};

//! Sessions, kept on the server.

mod clock;
mod limits;
mod token;

pub use clock::Clock;
pub use limits::SessionLimits;

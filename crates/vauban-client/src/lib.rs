//! The HTTP client, for destinations that somebody has configured: a provider of single sign-on, a service of the operator's.
//!
//! It is one small door. What goes through it goes where a [`Destination`] says, which is made of settings and code, and never of what a
//! request said; over TLS whose certificate is verified for that name; with a deadline over everything and a bound on whatever comes
//! back. Nothing is followed, kept or guessed: no redirects, no cookies, no proxies of the environment, no pool.
//!
//! ```no_run
//! # async fn example() -> Result<(), vauban_client::Failure> {
//! use vauban_client::{Client, Destination};
//! let service = Client::new([Destination::parse("https://api.example.com")?])?;
//! let request = http::Request::get("https://api.example.com/status").body(Vec::new())?;
//! let answer = service.send(request).await?;
//! # Ok(()) }
//! ```

mod client;
mod destination;
mod failure;
mod stream;
#[cfg(test)]
mod tests;
mod tls;

pub use client::Client;
pub use destination::Destination;
pub use failure::Failure;

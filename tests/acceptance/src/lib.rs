//! The demo as a program, from outside: what a browser enforces, what a crash leaves, what is synced when.
//!
//! A real Chromium is the judge of what only a browser enforces: SameSite, CORS, framing, CSP, Trusted Types.
//!
//! - [`Browser`]: Chromium, driven through `chromedriver` (W3C WebDriver, <https://www.w3.org/TR/webdriver2/>).
//!   The client is our own hundred lines over a plain socket, because the crates for it bring two versions of
//!   HTTP, ICU and TLS into the tree for what is JSON over loopback.
//! - [`Attacker`]: a web server for the attacker's pages. *Cross-site* is another host name (`localhost`
//!   against `127.0.0.1`), *same-site but cross-origin* another port.
//! - [`Elsewhere`]: the same over HTTPS, under a name that the browser is told.
//! - [`Running`]: a child process that is ended by its id, with its descendants, also when a test panics.
//! - [`Client`]: a visitor without a browser.
//! - [`Site`]: a site under test on a port and a database of its own.
//! - [`Twin`]: the same site without some of its controls.

// A test harness says what went wrong by panicking, and starts the programs that it tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

mod attacker;
mod chrome;
mod client;
mod demo;
mod process;
mod site;
mod tls;
mod twin;

pub use attacker::{Attacker, Seen};
pub use chrome::{Browser, Element};
pub use client::{Answer, Client, percent};
pub use demo::{PASSWORD, built, demo, sign_up};
pub use process::Running;
pub use site::Site;
pub use tls::Elsewhere;
pub use twin::{Control, Twin};

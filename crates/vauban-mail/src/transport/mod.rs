//! The ways a letter leaves.

mod folder;
mod outcome;
mod route;
mod smtp;
mod stream;
#[cfg(test)]
mod tests;
#[cfg(feature = "tls")]
mod tls;

pub(crate) use folder::store;
pub(crate) use outcome::{Unsent, said};
pub(crate) use route::{Route, Security, Server};

use crate::letter::Letter;

impl Route {
    /// What becomes of a letter that was sent, in a few words.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Smtp(server) => format!("{}:{} has the mail", server.host, server.port),
            Self::Folder(folder) => format!("the mail is a file in {}", folder.display()),
        }
    }

    /// Sends a letter. `before` is done before a mail server may have all of it. A folder does without: a second try writes the same file.
    ///
    /// # Errors
    /// Why it was not sent; that of `before`.
    pub(crate) async fn send(
        &self,
        letter: &Letter,
        before: impl Future<Output = Result<(), Unsent>>,
    ) -> Result<(), Unsent> {
        let wire = letter
            .wire()
            .map_err(|error| Unsent::Never(said(&error.to_string())))?;
        match self {
            Self::Smtp(server) => smtp::send(server, &wire, before).await,
            Self::Folder(folder) => store(folder, letter, wire.bytes).await,
        }
    }
}

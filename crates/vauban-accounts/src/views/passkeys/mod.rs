//! The pages of passkeys. Each that asks an authenticator is one POST: without an answer it asks, with one it looks at it. The page between
//! has the only script of the account pages.

pub(crate) mod add;
pub(crate) mod confirm;
pub(crate) mod list;
pub(crate) mod page;
pub(crate) mod second;
pub(crate) mod sign_in;

//! PostgreSQL: where it is, how it is reached, and what it is asked.
//!
//! * [`Address`]: the URL, and how much is trusted there; [`tls`]: the server is verified before the password is sent.
//! * [`Pool`]: so many connections, each waited for and kept for a bounded time, thrown away when broken.
//! * [`Connection`]: statements with given types, prepared once each, pipelined; transactions.
//! * [`encode`], [`decode`]: the ORM's values in the binary format; [`Failure`]: what went wrong, by SQLSTATE.

mod address;
mod connection;
mod decode;
mod dial;
mod encode;
mod errors;
mod failure;
mod listen;
mod marked;
mod marking;
mod pool;
mod run;
mod statements;
mod store;
mod stream;
mod tls;

pub(crate) use connection::{Access, Connection, Isolation};
pub(crate) use dial::Session as SessionOptions;
pub(crate) use failure::Failure;
pub(crate) use listen::{Listening, telling};
pub(crate) use marked::in_order;
pub(crate) use pool::{PoolOptions, Pooled};
pub(crate) use store::Store;

#[cfg(test)]
pub(crate) use {crate::sql::statement::Parameter, decode::Row, pool::Pool};

#[cfg(test)]
pub(crate) mod tests;

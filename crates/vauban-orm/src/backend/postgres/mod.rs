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
mod failure;
mod pool;
mod statements;
mod stream;
mod tls;

pub(crate) use address::Address;
pub(crate) use connection::{Access, Connection, Isolation};
pub(crate) use decode::Row;
pub(crate) use encode::Parameter;
pub(crate) use failure::Failure;
pub(crate) use pool::{Pool, PoolOptions, Pooled};

#[cfg(test)]
mod tests;

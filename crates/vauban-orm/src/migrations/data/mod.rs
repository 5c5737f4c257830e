//! Data migrations: what becomes of the rows that are there, said by a function of the program, row by row.

mod each;
mod function;
#[cfg(feature = "postgres")]
pub(super) mod postgres;
mod progress;
mod row;
pub(super) mod sqlite;

pub use function::{DataMigration, DataMigrationMeta, DataRight, Named};
pub(super) use progress::{check, goes_through_rows};
pub use row::OldRow;

//! The statements by which a transaction is marked, prepared once for a connection.

use tokio_postgres::Statement;

#[derive(Debug)]
pub(super) struct Marking {
    pub(super) mark: Statement,
    pub(super) step_aside: Statement,
}

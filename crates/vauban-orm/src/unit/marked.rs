//! Reading where the database has policies of its own: in a transaction that says who asks.

use super::steps::Steps;
use crate::backend::Session;
use crate::backend::postgres::{Access, Connection, Isolation, in_order};
use crate::error::Result;
use crate::policy::authority::Authority;
use crate::sql::marks::Marks;

/// Reads on somebody's authority, who they are and what they ask sent together.
pub(super) async fn read<S: Steps>(
    connection: &Connection,
    session: Session<'_>,
    steps: &S,
    authority: &Authority,
    text: &mut String,
) -> Result<S::Found> {
    connection.ready_to_mark().await?;
    let marks = Marks::of(authority);
    let isolation = match steps.are_several() {
        true => Isolation::RepeatableRead,
        false => Isolation::ReadCommitted,
    };
    connection.was_stale();
    let mut again = 3;
    loop {
        let values = marks.values();
        let begin = connection.begin_marked(Access::Read, isolation, &values);
        let (begun, found) = in_order(begin, steps.run(authority, session, text)).await;
        connection.leave();
        begun?;
        // A migration ran since the statement was prepared; now it is prepared anew.
        if found.is_err() && connection.was_stale() && again > 0 {
            again -= 1;
            continue;
        }
        return found;
    }
}

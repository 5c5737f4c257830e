//! What an address has left, as rows.

use vauban::Email;
use vauban::http::Result;
use vauban::orm::{QuerySet, Reads};

use crate::rows::LeftRow;

pub(super) fn of(email: &Email) -> QuerySet<LeftRow> {
    LeftRow::objects().filter(|l| l.email.eq(email))
}

/// Whether it has left this kind.
pub(crate) async fn has_left(db: &impl Reads<LeftRow>, email: &Email, kind: &str) -> Result<bool> {
    Ok(of(email).filter(|l| l.kind.eq(kind)).exists(db).await?)
}

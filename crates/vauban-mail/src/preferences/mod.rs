//! Bulk kinds that people leave: what is kept of it, and the link in each of their mails.

pub(crate) mod page;
mod token;

pub use page::{ByLinkOfMail, LinkOfAMail, UnsubscribePage, UnsubscribedPage};
pub use token::Choice;

use vauban::Email;
use vauban::http::Result;
use vauban::orm::{Db, Error, Reads, Write};

use crate::rows::{Leaving, LeftRow, NewLeftRow};

pub(crate) async fn has_left(db: &impl Reads<LeftRow>, email: &Email, kind: &str) -> Result<bool> {
    let left = LeftRow::objects().filter(|l| l.email.eq(email) & l.kind.eq(kind));
    Ok(left.exists(db).await?)
}

/// Whether an address gets a bulk kind: for a page on which people choose.
///
/// # Errors
/// Those of the database.
pub async fn wants(db: &Db, email: &Email, kind: &str) -> Result<bool> {
    Ok(!has_left(&db.acting::<Leaving>(), email, kind).await?)
}

/// Has an address leave a bulk kind, or get it again. Whether whoever asks may decide for that address is the caller's to know.
///
/// # Errors
/// Those of the database.
pub async fn set_wants(db: &Db<Write>, email: &Email, kind: &str, wants: bool) -> Result<()> {
    db.begin().await?;
    let service = db.acting::<Leaving>();
    if wants {
        let left = LeftRow::objects().filter(|l| l.email.eq(email) & l.kind.eq(kind));
        left.delete_all(&service).await?;
    } else if !has_left(&service, email, kind).await? {
        let new = NewLeftRow {
            email: email.clone(),
            kind: kind.to_owned(),
        };
        match LeftRow::create(new).save(&service).await {
            // Another request, at the same time.
            Ok(_) | Err(Error::Unique { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

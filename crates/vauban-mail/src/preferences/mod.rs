//! Bulk kinds that people leave: what is kept of it, the link in each of their mails, and what a page needs on which they choose.

mod kinds;
mod left;
pub(crate) mod page;
mod token;

pub use kinds::BulkKind;
pub(crate) use kinds::Kinds;
pub(crate) use left::has_left;
pub use page::{ByLinkOfMail, LinkOfAMail, SubscribedPage, UnsubscribePage, UnsubscribedPage};
pub use token::Choice;

use vauban::Email;
use vauban::http::Result;
use vauban::orm::{Db, Error, Write};

use self::left::of;
use crate::post::Post;
use crate::rows::{Leaving, LeftRow, NewLeftRow};

/// Rows of one address (CWE-770): it has one of each kind that it left.
const MOST: u32 = 1_000;

/// A bulk kind of the site's, and whether an address gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preference {
    /// The kind that is chosen.
    pub kind: BulkKind,
    /// Whether its mails are sent.
    pub wanted: bool,
}

/// The bulk kinds of the site, and which of them an address gets: for a page on which people choose.
///
/// # Errors
/// Those of the database; that no module sends mail.
pub async fn preferences(db: &Db, email: &Email) -> Result<Vec<Preference>> {
    let left = left(db, email).await?;
    let all = Post::of(db)?.kinds.all().iter();
    Ok(all
        .map(|kind| Preference {
            kind: *kind,
            wanted: !left.iter().any(|name| name == kind.name()),
        })
        .collect())
}

/// The names of the bulk kinds that an address has left: what a person's data says of it.
///
/// # Errors
/// Those of the database.
pub async fn left(db: &Db, email: &Email) -> Result<Vec<String>> {
    let rows = of(email).order_by(|l| l.kind.asc()).limit(MOST);
    let rows = rows.all(&db.acting::<Leaving>()).await?;
    Ok(rows.into_iter().map(|row| row.kind).collect())
}

/// Whether an address gets a bulk kind.
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
        of(email).filter(|l| l.kind.eq(kind)).delete_all(&service).await?;
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

/// Somebody has another address: what they left under the old one they have left, and the old one's rows go (CWE-359).
///
/// # Errors
/// Those of the database.
pub async fn follow(db: &Db<Write>, old: &Email, new: &Email) -> Result<()> {
    for kind in left(db, old).await? {
        set_wants(db, new, &kind, false).await?;
    }
    forget(db, old).await
}

/// Forgets an address, when whoever had it is erased (CWE-212): with its row goes its text.
///
/// # Errors
/// Those of the database.
pub async fn forget(db: &Db<Write>, email: &Email) -> Result<()> {
    of(email).delete_all(&db.acting::<Leaving>()).await?;
    Ok(())
}

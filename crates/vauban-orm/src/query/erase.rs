//! People are erased: their row, and with it what the models of other rows state of theirs.

use super::preview::preview;
use super::{DeletePreview, QuerySet, delete};
use crate::error::Result;
use crate::model::UserModel;
use crate::policy::actor::actions::Delete;
use crate::unit::handles::{Reads, Writes};

impl<U: UserModel> QuerySet<U> {
    /// Deletes these people. What refers to them goes, is emptied or keeps them as its model states (`on_delete`), whoever may do that
    /// by hand: the right to be erased (GDPR Art. 17) is no other's to deny, and what is to stay says `restrict` or `set_null`.
    ///
    /// # Errors
    /// [`Error::Restricted`](crate::Error::Restricted) if rows keep one of them.
    #[doc(hidden)]
    #[deprecated(
        note = "only accounts erase people (CWE-862): write `delete_all`, which asks each row's policy"
    )]
    pub async fn __erase(self, db: &dyn Writes<Delete, U>) -> Result<u64> {
        self.select.whole_set()?;
        let (select, bound) = (self.select, db.bound());
        let all = delete::All {
            select,
            erases: true,
            models: bound.models(),
        };
        bound.write_steps(all).await
    }

    /// What that would take along, as far as whoever asks sees it.
    ///
    /// # Errors
    /// Those that it would have now.
    #[doc(hidden)]
    #[deprecated(note = "only accounts erase people: write `preview_delete_all`")]
    pub async fn __preview_erase(self, db: &dyn Reads<U>) -> Result<DeletePreview> {
        self.select.whole_set()?;
        preview(self.select, true, db.bound()).await
    }
}

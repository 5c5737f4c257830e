//! People are erased: their row, and with it what the models of other rows state of theirs.

use super::delete::{self, Find, Removal, matching};
use super::preview::preview;
use super::select::Select;
use super::{DeletePreview, QuerySet};
use crate::backend::Session;
use crate::error::Result;
use crate::model::UserModel;
use crate::policy::actor::actions::Delete;
use crate::policy::authority::Authority;
use crate::tree::meta::ModelMeta;
use crate::unit::Steps;
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

    /// Whether rows that refer to these people and say `restrict` keep them. It costs the same however much would go.
    ///
    /// # Errors
    /// Those of the database.
    #[doc(hidden)]
    #[deprecated(note = "only accounts erase people")]
    pub async fn __is_kept(self, db: &dyn Reads<U>) -> Result<bool> {
        self.select.whole_set()?;
        let (select, bound) = (self.select, db.bound());
        let models = bound.models().to_vec();
        bound.read(Kept { select, models }).await
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

struct Kept {
    select: Select,
    models: Vec<&'static ModelMeta>,
}

impl Steps for Kept {
    type Found = bool;

    /// CWE-367: who it is, and what keeps them, is of one moment.
    fn are_several(&self) -> bool {
        true
    }

    async fn run(&self, authority: &Authority, session: Session<'_>, said: &mut String) -> Result<bool> {
        let model = self.select.model;
        let found = matching(&self.select, Find::Preview, authority, session, said).await?;
        let ids: Vec<_> = found.into_iter().map(|(id, _)| id).collect();
        let removal = Removal::new(&self.models, authority, session).erasing(Some(model));
        removal.is_kept(model, &ids).await
    }
}

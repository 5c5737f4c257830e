//! The rows of what was made. Nobody may see or change them but their service.

use jiff::SignedDuration;
use uuid::Uuid;
use vauban::Model;
use vauban::orm::{Columns, DateTime, Encrypted, Id, Policy, Rules, Who};
use vauban::signing::Sealer;
use zeroize::Zeroizing;

/// One person's data, on its way or made.
#[derive(Model, Clone)]
#[model(table = "vauban_export")]
pub(crate) struct ExportRow {
    #[field(random)]
    pub(crate) id: Id<ExportRow>,
    /// Whose data: one at a time (CWE-770).
    #[field(unique)]
    pub(crate) user: Uuid,
    /// When it was asked for.
    pub(crate) asked: DateTime,
    /// Until when it is kept.
    pub(crate) expires: DateTime,
    /// As releases before `0012` sealed it; nothing since.
    pub(crate) sealed: Option<Vec<u8>>,
    /// CWE-312: sealed, for this row and person; nothing while it is on its way.
    #[field(encrypted = "vauban.export")]
    pub(crate) made: Option<Encrypted<Vec<u8>>>,
}

impl Policy for ExportRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-639: reached by the service only.
        Rules::none()
    }
}

vauban::orm::service! {
    /// Keeps what people have asked for of their data, until they have fetched it.
    pub(crate) Exports: View<ExportRow>, Add<ExportRow>, Change<ExportRow>, Delete<ExportRow>;
    waiver!(ServiceRights, "a person's data is reached by its owner's page alone")
}

/// How long it is kept.
pub(super) const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

impl ExportRow {
    pub(super) fn is_made(&self) -> bool {
        self.made.is_some() || self.sealed.is_some()
    }

    /// What is sealed of somebody's data. CWE-345: it opens in its own row alone, and says whose it is, whoever makes that row another's.
    pub(super) fn to_seal(&self, text: &[u8]) -> Encrypted<Vec<u8>> {
        Encrypted::new([self.user.as_bytes(), text].concat())
    }

    /// It, opened, if it is this person's.
    pub(super) fn opened(&self, before: &Sealer) -> Option<Zeroizing<Vec<u8>>> {
        let Some(made) = &self.made else {
            let context = [self.id.uuid().as_bytes().as_slice(), self.user.as_bytes()].concat();
            return before.open(self.sealed.as_deref()?, &[&context]);
        };
        let own = made.expose().strip_prefix(self.user.as_bytes().as_slice())?;
        Some(Zeroizing::new(own.to_vec()))
    }
}

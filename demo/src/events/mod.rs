//! Events: everybody reads what is on; an organisation's editors and admins say so.

pub mod forms;
pub mod views;

use vauban::prelude::*;

use crate::organisations::{Organisation, Role};
use crate::times::Times;
use crate::users::User;

/// What kind of event it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choices)]
pub enum Kind {
    /// Somebody speaks.
    Talk,
    /// Everybody works.
    Workshop,
    /// Everybody walks.
    Outing,
}

/// Something that takes place on a day.
#[derive(Model)]
pub struct Event {
    pub id: Id<Self>,
    #[field(tenant, on_delete = cascade)]
    pub organisation: ForeignKey<Organisation>,
    #[field(max_length = 200)]
    pub title: String,
    pub kind: Kind,
    #[field(index)]
    pub day: Date,
    pub begins: Option<Time>,
    /// In euros; 0 is free.
    pub price: Decimal,
    /// A member of the organisation.
    #[field(on_delete = set_null)]
    pub host: Option<ForeignKey<User>>,
    /// Until when one can book, if one has to.
    pub book_until: Option<DateTime>,
    #[field(max_length = 2_000)]
    pub about: String,
    #[field(group)]
    pub times: Times,
}

impl Policy for Event {
    fn rules(who: Who<Self>, e: &Columns<Self>) -> Rules<Self> {
        let editor = who.has_role(&e.organisation, Role::Editor);
        Rules {
            add: editor.clone(),
            change: editor.clone(),
            delete: editor,
            ..Rules::public()
        }
    }
}

/// The model; its addresses stand in `urls.rs`.
pub fn module() -> Module {
    Module::new("events").model::<Event>()
}

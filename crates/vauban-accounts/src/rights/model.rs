//! The rows of rights. Nobody may see or change them but their store.

use uuid::Uuid;
use vauban::Model;
use vauban::orm::{Columns, DateTime, ForeignKey, Id, Policy, Rules, Who};

/// Bytes of the names that one group holds: as many as a program may have, and what its earlier releases left.
pub(super) const MOST_NAMES: usize = 32_000;
/// Bytes of a group's name.
pub(super) const LONGEST_NAME: usize = 100;

/// What a group may. What a person was granted themselves is a group of theirs alone, without a name, so that one read finds all of
/// somebody's permissions.
#[derive(Model, Clone)]
#[model(table = "vauban_group")]
pub(crate) struct GroupRow {
    #[field(random)]
    pub(crate) id: Id<GroupRow>,
    #[field(max_length = 100, unique)]
    pub(crate) name: Option<String>,
    /// Whose own it is. Not a foreign key: the user's model is the application's.
    #[field(unique)]
    pub(crate) person: Option<Uuid>,
    /// The names of its permissions in the order of their letters, with a space between: one value, so that twenty cost a request what
    /// one does. What the program does not list is nobody's.
    #[field(max_length = 32_000, default = String::new())]
    pub(crate) permissions: String,
    #[field(auto_now)]
    pub(crate) changed: DateTime,
}

impl Policy for GroupRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-269: reached by the store only.
        Rules::none()
    }
}

/// Who belongs to a group.
#[derive(Model, Clone)]
#[model(table = "vauban_group_member", unique(person, group))]
pub(crate) struct MemberRow {
    #[field(random)]
    pub(crate) id: Id<MemberRow>,
    /// Who. Not a foreign key: the user's model is the application's.
    pub(crate) person: Uuid,
    #[field(on_delete = cascade)]
    pub(crate) group: ForeignKey<GroupRow>,
}

impl Policy for MemberRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-269: reached by the store only.
        Rules::none()
    }
}

//! CWE-441. Attack: a data migration gives itself rights on everybody's rows, and nobody signs them.
use vauban_orm::*;

data_migration! {
    /// Makes everybody staff.
    pub Promote: Change<user(is_staff)>;
    waiver!(ServiceRights, "everybody of before is staff now")
}
fn main() {}

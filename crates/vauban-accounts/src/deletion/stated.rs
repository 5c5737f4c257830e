//! What becomes of rows that refer to a user is said by their models, or `check` says so.

use vauban::checks::Finding;
use vauban::module::Checking;

use crate::people::UserAccount;

/// CWE-212, GDPR Art. 17: a reference to a person about which nobody has thought keeps their account from being deleted, or stays when it
/// is.
pub(crate) fn unstated<U: UserAccount>(checking: &Checking<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for model in checking.modules.models() {
        for column in model.columns {
            let is_key = column
                .target
                .is_some_and(|target| std::ptr::eq(target(), U::meta()));
            if column.states_on_delete || !(is_key || column.holds_user) {
                continue;
            }
            found.push(Finding::error(
                "accounts.on_delete",
                format!(
                    "`{}.{}` refers to a user, and the model does not say what becomes of the row when the account is deleted",
                    model.name, column.field
                ),
                format!(
                    "Write above `{}`: `#[field(on_delete = cascade)]` if it goes with the account, `set_null` if it stays without its user \
                     (of an `Option`), `restrict` if it keeps the account from being deleted.",
                    column.field
                ),
            ));
        }
    }
    found
}

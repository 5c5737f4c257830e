//! What becomes of rows that refer to a user is said by their models, or `check` says so.

use vauban::checks::Finding;
use vauban::module::Checking;
use vauban::orm::ModelMeta;

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
    found.extend(others_too::<U>(checking));
    found
}

/// CWE-862: when an account is erased no policy is asked, so what goes with it is never another account.
fn others_too<U: UserAccount>(checking: &Checking<'_>) -> Vec<Finding> {
    let models = checking.modules.models();
    let mut found = Vec::new();
    let mut reached: Vec<&'static ModelMeta> = vec![U::meta()];
    let mut next = 0;
    while let Some(of) = reached.get(next).copied() {
        next += 1;
        for model in &models {
            for column in model.columns {
                let is_key = column.target.is_some_and(|target| std::ptr::eq(target(), of));
                let is_user = column.holds_user && std::ptr::eq(of, U::meta());
                if !column.cascades() || !(is_key || is_user) {
                    continue;
                }
                if std::ptr::eq(*model, U::meta()) {
                    found.push(Finding::error(
                        "accounts.on_delete",
                        format!(
                            "`{}.{}` takes other accounts along when one is deleted, which is refused then",
                            model.name, column.field
                        ),
                        format!("Write `on_delete = set_null` or `restrict` above `{}`, or break the way of `cascade` that leads there.", column.field),
                    ));
                } else if !reached.iter().any(|known| std::ptr::eq(*known, *model)) {
                    reached.push(model);
                }
            }
        }
    }
    found
}

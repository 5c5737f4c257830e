//! Every membership of the program is told to accounts, or `check` says so.

use vauban::checks::Finding;
use vauban::module::Checking;
use vauban::orm::ModelMeta;
use vauban::orm::actor::{Action, ServiceMeta};

/// CWE-269: a membership that accounts do not know has no owner that stays, and roles that anybody who may change rows gives.
pub(crate) fn unguarded(checking: &Checking<'_>) -> Vec<Finding> {
    let services: Vec<ServiceMeta> = checking.modules.services().map(|service| service.meta).collect();
    let is_guarded = |model: &ModelMeta| services.iter().any(|service| guards(service, model));
    let models = checking.modules.models();
    let unknown = models
        .iter()
        .filter(|model| model.membership && !is_guarded(model));
    let told = unknown.map(|model| {
        Finding::error(
            "accounts.members",
            format!(
                "`{}` is a membership, and nothing sees that its last owner stays",
                model.name
            ),
            format!(
                "Tell accounts: `accounts::module::<User>().members::<{}>()`.",
                model.name
            ),
        )
    });
    told.collect()
}

/// Whether it is the service of this membership's hook: by the path of its type, which no other has.
fn guards(service: &ServiceMeta, model: &ModelMeta) -> bool {
    let is_ours = service
        .type_name()
        .starts_with("vauban_accounts::tenancy::service::Members<");
    let lets_in = |model: &ModelMeta| {
        let rights = service.rights();
        rights
            .iter()
            .any(|right| right.action == Action::Add && std::ptr::eq((right.model)(), model))
    };
    is_ours && lets_in(model)
}

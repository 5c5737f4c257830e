//! The service with which tests make their rows.

use std::sync::{PoisonError, RwLock};

use vauban_orm::actor::{Action, Granted, Listed};
use vauban_orm::{May, Model, Service};
use vauban_waiver::{__place, Place};

use crate::app::App;

/// May do everything to every row. It exists with the feature `testing` only.
#[derive(Debug, Clone, Copy)]
pub enum Fixtures {}

/// The rights of all models of all programs that this process tests.
static GRANTS: RwLock<&[Granted]> = RwLock::new(&[]);

impl Service for Fixtures {
    const NAME: &'static str = "Fixtures";

    fn waiver() -> Place {
        __place!(waiver!(ServiceRights, "tests make the rows that they are about"))
    }

    fn grants() -> &'static [Granted] {
        *GRANTS.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A, M: Model> May<A, M> for Fixtures {
    const LISTED: Listed = Listed;
}

/// Grants everything on the models of `app`.
pub(super) fn grant_all(app: &App) {
    let mut grants = GRANTS.write().unwrap_or_else(PoisonError::into_inner);
    let known = |model: fn() -> &'static vauban_orm::ModelMeta| {
        grants
            .iter()
            .any(|granted| std::ptr::eq((granted.model)(), model()))
    };
    let new: Vec<Granted> = app
        .modules
        .model_functions()
        .filter(|model| !known(*model))
        .flat_map(|model| {
            [
                Action::View,
                Action::Add,
                Action::Change,
                Action::Delete,
                Action::Grant,
            ]
            .map(|action| Granted { action, model })
        })
        .collect();
    if !new.is_empty() {
        // Leaked: rights are static, and a process tests few programs.
        *grants = grants.iter().copied().chain(new).collect::<Vec<_>>().leak();
    }
}

//! On whose authority a statement runs.

use std::sync::Arc;

use uuid::Uuid;

use crate::policy::actor::{Action, Actor, Inner};
use crate::policy::changes::Changes;
use crate::policy::listed::Listed;
use crate::tree::expr::push;
use crate::tree::meta::ModelMeta;
use crate::tree::permission::Permissions;

/// On whose authority a statement runs: what its text and its answer depend on.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    pub(crate) actor: Actor,
    /// What the program lists: nothing else can be asked.
    pub(crate) listed: Arc<Listed>,
    /// One model read without its policy, by a signed waiver.
    /// With `true` also written.
    pub(crate) unscoped: Option<(&'static ModelMeta, bool)>,
    /// Where it is noted what a statement changed; `None` if that is told to nobody.
    pub(crate) changes: Option<Arc<Changes>>,
}

impl Authority {
    pub(crate) fn new(actor: Actor, listed: Arc<Listed>) -> Self {
        Self {
            actor,
            listed,
            unscoped: None,
            changes: None,
        }
    }

    /// The same, which notes there what its statements change.
    pub(crate) fn noting(self, changes: Option<Arc<Changes>>) -> Self {
        Self { changes, ..self }
    }

    /// Where what becomes of a row of this model is noted, if its model asks and somebody is told.
    pub(crate) fn changes_of(&self, model: &ModelMeta) -> Option<&Changes> {
        self.changes.as_deref().filter(|_| model.changes)
    }

    /// Whether a right beyond the policy allows it.
    pub(crate) fn granted(&self, action: Action, model: &ModelMeta) -> bool {
        if self
            .unscoped
            .is_some_and(|(open, writes)| open.is(model) && (writes || action == Action::View))
        {
            return true;
        }
        match self.actor.0 {
            Inner::Service(service) => service.may(action, model),
            _ => false,
        }
    }

    pub(crate) fn id(&self) -> Option<Uuid> {
        self.actor.user_facts().map(|facts| facts.id)
    }

    /// What of the authority decides a statement's text.
    pub(crate) fn shape(&self, key: &mut Vec<u8>) {
        match self.actor.0 {
            Inner::Nobody => key.push(0),
            Inner::User(facts, held) => {
                let flags = 4 | u8::from(facts.is_staff) | u8::from(facts.is_superuser) << 1;
                // Only of what some rule asks, or each person would have texts of their own (CWE-400).
                let asked = match held.is_empty() {
                    true => held,
                    false => self
                        .listed
                        .asked_of(held)
                        .fold(Permissions::NONE, Permissions::with),
                };
                if asked.is_empty() {
                    key.push(flags);
                } else {
                    key.push(16 | flags);
                    asked.shape(key);
                }
            }
            Inner::Service(service) => {
                key.push(8);
                service.shape(key);
            }
        }
        // Every part says its length, so that no two statements have one key.
        match self.unscoped {
            None => key.push(0),
            Some((model, writes)) => {
                key.push(1 + u8::from(writes));
                push(key, model);
            }
        }
    }
}

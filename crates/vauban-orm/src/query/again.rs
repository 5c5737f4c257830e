//! In development, why no row was given: a second look at what was asked, without the model's policy, tells an absent
//! row from a hidden one. Nothing of it is compiled into a release, where the two are the same (CWE-204).

use super::select::Select;
#[cfg(debug_assertions)]
use crate::error::Error;
use crate::error::Result;
use crate::policy::actor::Action;
use crate::unit::handles::Bound;
#[cfg(debug_assertions)]
use crate::unit::{Found, Refused};

/// What was asked, for a second look if nothing came of it.
#[cfg_attr(not(debug_assertions), allow(dead_code))]
pub(super) struct Asked {
    #[cfg(debug_assertions)]
    select: Option<Select>,
}

#[cfg(debug_assertions)]
impl Asked {
    pub(super) fn of(select: &Select, bound: &Bound) -> Self {
        Self {
            select: bound.explains().then(|| select.clone()),
        }
    }

    /// Hands on what was found, and notes why it is nothing.
    pub(super) async fn told<T>(self, bound: &Bound, action: Action, found: Result<T>) -> Result<T> {
        if let Some(select) = self.select {
            match &found {
                Err(Error::NotFound) => {
                    let (model, sql) = (select.model, bound.last_query());
                    let state = match bound.is_hidden(select).await {
                        Ok(true) => Found::Hidden,
                        Ok(false) => Found::Absent,
                        Err(_) => Found::Unknown,
                    };
                    // Of a row that is not seen, its view rule is what counts.
                    bound.note(Refused::new(model, Action::View, state, sql, bound.models()));
                }
                Err(Error::Forbidden) => bound.refuse(select.model, action),
                _ => {}
            }
        }
        found
    }
}

#[cfg(not(debug_assertions))]
impl Asked {
    pub(super) fn of(_: &Select, _: &Bound) -> Self {
        Self {}
    }

    #[allow(clippy::unused_async)] // as in development
    pub(super) async fn told<T>(self, _: &Bound, _: Action, found: Result<T>) -> Result<T> {
        found
    }
}

#[cfg(debug_assertions)]
impl Bound {
    /// Whether a row is there that the actor may not see.
    async fn is_hidden(&self, mut select: Select) -> Result<bool> {
        select.ask = super::select::Ask::Exists;
        select.related.clear();
        let count = self.without_policy(select.model);
        Ok(count.read(super::select::Number(select)).await? != 0)
    }
}

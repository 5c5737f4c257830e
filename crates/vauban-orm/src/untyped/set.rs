//! What columns are set to, in a change and in a new row.

use super::column::{AnyColumn, SET_BY_ITSELF};
use super::given::Given;
use super::row::AnyRow;
use crate::error::Result;
use crate::model::assignment::Assignment;
use crate::problem::Problem;
use crate::tree::meta::Auto;

impl AnyColumn {
    /// Writes the column, in a change or a new row. What is wrong with the value is told by the write, with what is wrong with
    /// the others: also that the framework alone sets it (see [`is_editable`](Self::is_editable)).
    ///
    /// # Errors
    /// [`Error::Internal`](crate::Error::Internal) for a column of a related row: its own table changes it.
    pub fn set(&self, value: impl Into<Given>) -> Result<Assignment<AnyRow>> {
        let own = self.own_of(self.root)?;
        let fitting = |()| self.fitting(value.into(), Some(&self.meta.limits));
        Ok(Assignment::untyped(own, self.settable().and_then(fitting)))
    }

    /// CWE-915, CWE-345: code that goes over the columns of a request forges no moments and no ids.
    pub(super) fn settable(&self) -> Result<(), Problem> {
        match self.meta.auto {
            Auto::Now | Auto::NowAdd => Err(SET_BY_ITSELF),
            // An id is refused by the write, typed or not.
            Auto::No | Auto::Id | Auto::RandomId => Ok(()),
        }
    }

    /// As [`set`](Self::set), from [text](Self::parse). An empty text is no value, where there may be none and it is none of the type's.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn set_text(&self, text: &str) -> Result<Assignment<AnyRow>> {
        let own = self.own_of(self.root)?;
        if text.is_empty()
            && self.meta.nullable
            && (!self.is_text() || (self.meta.untyped.parsed)("").is_err())
        {
            return self.set(Given::null());
        }
        match self.settable().and_then(|()| (self.meta.untyped.parsed)(text)) {
            Ok(value) => self.set(value),
            Err(problem) => Ok(Assignment::untyped(own, Err(problem))),
        }
    }
}

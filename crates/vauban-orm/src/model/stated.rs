//! Conditions that a model states for its own rows, which the database keeps: `check(…)` and `unique(…, where = …)`.

use crate::model::Model;
use crate::model::columns::Columns;
use crate::model::filter::IntoFilter;
use crate::model::path::Path;
use crate::tree::meta::Stated;

/// For the derive: the condition that a closure makes of a row's columns.
#[doc(hidden)]
pub fn stated<M: Model, F: IntoFilter<M>>(condition: impl FnOnce(&Columns<M>) -> F) -> Stated {
    Stated(condition(&M::columns(&Path::ROOT)).into_filter().expr)
}

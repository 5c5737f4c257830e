//! What a page costs in an order that no index has.

#[cfg(test)]
use super::QuerySet;
use super::select::Select;
use crate::tree::expr::Far;
use crate::tree::served::{is_indexed, is_served, is_small, ordinary};
use crate::tree::term::Term;

impl Select {
    /// Tells the developer, where a query's text is made and not each time that it is asked: `orm.W003`. Orders stand in views, where
    /// `check` does not see them.
    pub(super) fn tell_unserved_order(&self) {
        if cfg!(debug_assertions)
            && let Some(what) = self.unserved_order()
        {
            tracing::warn!(target: "vauban::orm", id = "orm.W003", "{what}");
        }
    }

    /// For each page all rows are read and sorted, however few are on it (CWE-400): no index begins with the order, and none finds
    /// the few rows that are asked for. Of a table to which nobody may add nothing is said, nor of the order of related rows,
    /// which no index has.
    fn unserved_order(&self) -> Option<String> {
        let Term::Column(Far { keys, meta: by, .. }) = &self.order.first()?.term else {
            return None;
        };
        let (model, rules) = (self.model, (self.model.rules)());
        if self.limit.is_none() || self.loads.batch.is_some() || !keys.is_empty() || is_small(rules) {
            return None;
        }
        let finds = |condition| is_served(model, condition, &ordinary);
        if finds(&self.filter)
            || finds(&rules.view)
            || is_indexed(model, by)
            || by.column == model.id().column
        {
            return None;
        }
        // Behind columns of which a condition says what they hold.
        let is_said = |name: &&str| {
            let mut named = model.columns.iter().filter(|column| column.column == *name);
            named.any(|column| self.filter.names(column) || rules.view.names(column))
        };
        let has_it = |columns: &[&str]| {
            let place = columns.iter().position(|name| *name == by.column);
            place.is_some_and(|place| columns[..place].iter().all(&is_said))
        };
        if model.indexes.iter().any(|index| has_it(index.columns)) {
            return None;
        }
        Some(format!(
            "a page of `{}` in the order of `{}` reads and sorts the whole table, for no index begins with it: write `#[field(index)]` \
             on `{}.{}`, or offer no such order",
            model.table, by.field, model.name, by.field
        ))
    }
}

#[cfg(test)]
impl<M> QuerySet<M> {
    pub(crate) fn unserved_order(&self) -> Option<String> {
        self.select.unserved_order()
    }
}

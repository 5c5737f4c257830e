//! Conditions on related rows: the one that a foreign key holds, and those that refer to a row.

use crate::error::{Error, Result};
use crate::sabotage::{Control, removed};
use crate::sql::cond::{Class, Cond};
use crate::sql::render::{Place, Renderer, Row, Scope};
use crate::sql::source::{Source, Which};
use crate::tree::bounds;
use crate::tree::expr::{Col, Expr, Op, Opened};
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::row::RowNumber;

/// Rows of a model that are related to a row: those whose `column` holds its `own`.
pub(super) struct Relation {
    pub(super) model: &'static ModelMeta,
    pub(super) column: &'static ColumnMeta,
    pub(super) own: String,
    /// By which number the condition on them names such a row, if it opens one.
    pub(super) opened: Option<RowNumber>,
}

impl Renderer<'_> {
    /// The row that a foreign key holds.
    pub(super) fn referred(&mut self, key: &Col, at: Place<'_, '_>) -> Result<Relation> {
        let model = target_of(key.meta)?;
        Ok(Relation {
            model,
            column: model.id(),
            own: self.row_of(key.row, at)?.column(key.meta),
            opened: None,
        })
    }

    /// The rows that refer to a row.
    pub(super) fn referring(&mut self, opened: &Opened, at: Place<'_, '_>) -> Result<Relation> {
        let to = self.row_of(opened.to, at)?;
        Ok(Relation {
            model: opened.model,
            column: opened.key,
            own: to.column(target_of(opened.key)?.id()),
            opened: Some(opened.number),
        })
    }

    /// A related row is there (in a query: and may be seen), and …
    pub(super) fn through(&mut self, to: &Relation, inner: &Expr, at: Place<'_, '_>) -> Result<Cond> {
        let source = self.source(to.model, Which::Related(at.scope))?;
        let names_by_id =
            matches!(inner, Expr::Compare(Op::Eq, column, _) if std::ptr::eq(column.meta, to.model.id()));
        let outermost = std::mem::replace(&mut self.outermost, usize::MAX);
        let inner = self.on_related(to, source.row(), inner, at)?;
        // What speaks of a row outside is looked up by its key: gathered first, it would be gathered again for each row.
        let by_key = self.outermost <= at.open.depth;
        self.outermost = self.outermost.min(outermost);
        // CWE-863: "another one than this" is about this row, also where the other is somebody's own.
        if by_key && at.scope == Scope::Policy && to.opened.is_some() {
            self.opens(to.model);
        }
        // Of the row with an id, the key is that id: said of the key itself, its index finds the row that refers.
        let id = format!("{} = ", source.id());
        let named = match (to.opened, inner.sql().strip_prefix(&id)) {
            (None, Some(value)) if names_by_id => Cond::safe(format!("{} = {value}", to.own)),
            _ => Cond::True,
        };
        Ok(named.and(self.related(to, &source, inner, at.scope, by_key)))
    }

    /// A condition on a related row.
    pub(super) fn on_related(
        &mut self,
        to: &Relation,
        row: Row<'_>,
        inner: &Expr,
        at: Place<'_, '_>,
    ) -> Result<Cond> {
        match to.opened {
            Some(number) => {
                let open = at.open.inside(number, row);
                let open = &open;
                self.within(inner, Place { row, open, ..at })
            }
            None => self.within(inner, Place { row, ..at }),
        }
    }

    pub(super) fn related(
        &self,
        to: &Relation,
        source: &Source,
        inner: Cond,
        scope: Scope,
        by_key: bool,
    ) -> Cond {
        let key = &*to.own;
        let by_its_id = std::ptr::eq(to.column, to.model.id());
        // A row refers to one; of those that refer to it there may be any number.
        let class = if by_its_id || scope == Scope::Policy {
            Class::Safe
        } else {
            Class::Long
        };
        match source.under_the_rule(inner.clone()) {
            Cond::False => Cond::False,
            // The database keeps foreign keys whole, so the row exists; one that refers to this one need not.
            Cond::True if by_its_id => Cond::safe(format!("{key} IS NOT NULL")),
            Cond::True => source.exists(to.column, key, inner, class),
            // What may be an error is asked of the rows that are referred to, and not of all that there are.
            all if self.by_key || by_key || all.raises() => source.exists(to.column, key, inner, class),
            _ => source.has(to.column, key, inner),
        }
    }

    /// The row with this key exists and may be seen: for a foreign key that is written (CWE-639).
    pub(crate) fn target_visible(&mut self, target: &'static ModelMeta, key: &str) -> Result<Cond> {
        if removed(Control::Target) {
            return Ok(Cond::True);
        }
        let source = self.source(target, Which::Visible)?;
        Ok(match source.rule() {
            Cond::False => Cond::False,
            _ => source.exists(target.id(), key, Cond::True, Class::Safe),
        })
    }

    /// A column of the row or of a related one, as a value; NULL where the related row is absent.
    pub(crate) fn scalar(
        &mut self,
        path: &[&'static ColumnMeta],
        column: &ColumnMeta,
        row: Row<'_>,
        scope: Scope,
    ) -> Result<String> {
        if path.len() > bounds::MAX_STEPS {
            return Err(Error::TooLarge(bounds::STEPS));
        }
        let Some((key, rest)) = path.split_first() else {
            return Ok(row.column(column));
        };
        let target = target_of(key)?;
        let source = self.source(target, Which::Related(scope))?;
        let inner = self.scalar(rest, column, source.row(), scope)?;
        Ok(format!(
            "({})",
            source.select_where(&inner, target.id(), &row.column(key), Cond::True)
        ))
    }
}

/// The model that a foreign key refers to.
///
/// # Errors
/// If it is none.
pub(crate) fn target_of(key: &ColumnMeta) -> Result<&'static ModelMeta> {
    match key.target {
        Some(target) => Ok(target()),
        None => Err(Error::Internal(format!("`{}` is not a foreign key", key.field))),
    }
}

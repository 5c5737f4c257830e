//! CWE-863: rows that go or are emptied together, one by one, where their rules count rows like them: what a rule allows of one row
//! after the other, and no more.

use std::sync::Arc;

use super::super::constraint::translate;
use super::{Removal, Rows, key};
use crate::error::{Error, Result};
use crate::policy::actor::Action;
use crate::sabotage::{Control, removed};
use crate::sql::render::{Cond, Renderer};
use crate::sql::source::Which;
use crate::sql::statement::{Statement, Text};
use crate::tree::expr::{Bind, push};
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::value::{Kind, Value};

impl Removal<'_> {
    /// Notes which of these rows, which may go, are judged again when their turn comes.
    pub(super) fn note_turns(&mut self, model: &'static ModelMeta, ids: &[Value]) -> Result<()> {
        if self.erased.is_none() && self.text_of_turn(model)?.in_turn && !removed(Control::InTurn) {
            self.in_turn.extend(ids.iter().map(|id| key(model, id)));
        }
        Ok(())
    }

    /// Whether several of these rows are judged in their turn.
    pub(super) fn goes_in_turn(&self, rows: &Rows) -> bool {
        if self.in_turn.is_empty() {
            return false;
        }
        let mut these = rows
            .ids
            .iter()
            .filter(|id| self.in_turn.contains(&key(rows.model, id)));
        these.nth(1).is_some()
    }

    /// CWE-863: these rows one by one, each if it may go when those before it are gone: what a rule allows of one row after the
    /// other, and no more.
    pub(super) async fn delete_in_turn(&self, rows: &Rows) -> Result<()> {
        let text = self.text_of_turn(rows.model)?;
        for id in rows
            .ids
            .iter()
            .filter(|id| self.in_turn.contains(&key(rows.model, id)))
        {
            let statement = Statement {
                text: &text,
                actor: self.authority.id(),
                values: &[Bind::One(id)],
            };
            let gone = self.session.execute(&statement).await;
            if gone.map_err(|error| translate(error, rows.model))? == 0 {
                return Err(Error::Forbidden);
            }
        }
        Ok(())
    }

    /// Deletes a row, if it may be deleted.
    fn text_of_turn(&self, model: &'static ModelMeta) -> Result<Arc<Text>> {
        let mut shape = vec![b'O'];
        push(&mut shape, model);
        self.authority.shape(&mut shape);
        self.session.text(&shape, || {
            let mut renderer = Renderer::new(self.session.dialect(), self.authority, true, 1);
            let id = renderer.one(Kind::Uuid);
            let source = renderer.source(model, Which::Asked)?;
            let delete = renderer.rule(Action::Delete, model, source.row())?;
            let this = Cond::safe(format!("{} = {id}", source.id()));
            let in_turn = renderer.has_opened(0, model);
            let mut text = renderer.text(source.delete(this.and(delete)))?;
            text.in_turn = in_turn;
            Ok(text)
        })
    }

    /// Empties these rows; among `several` of their model, whichever columns those lose, each in its turn where their rules count rows
    /// like them.
    pub(super) async fn empty_in_turn(
        &self,
        keys: &[&'static ColumnMeta],
        rows: &Rows,
        several: bool,
    ) -> Result<()> {
        let model = rows.model;
        if self.erased.is_some()
            || !several
            || removed(Control::InTurn)
            || !self.text_of_emptied(model, keys)?.in_turn
        {
            return self.empty(keys, rows).await;
        }
        for id in &rows.ids {
            let ids = vec![id.clone()];
            let one = Rows { model, ids };
            self.judge_emptied(keys, &one).await?;
            self.empty(keys, &one).await?;
        }
        Ok(())
    }
}

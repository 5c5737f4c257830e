//! Rows with which nothing goes, and of which nobody is told: found, judged and deleted by one statement.

use super::super::constraint::translate;
use super::super::select::Select;
use super::Find;
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::policy::actor::Action;
use crate::policy::authority::Authority;
use crate::sql::render::{Renderer, Scope};
use crate::sql::source::Which;
use crate::sql::statement::Statement;
use crate::tree::expr::push;
use crate::tree::meta::ModelMeta;

/// Deletes all matching rows that may be deleted, and says how many; nothing is done, and nothing said, where something may go with
/// them, somebody is told, or what is asked reads rows like them.
pub(super) async fn delete(
    select: &Select,
    models: &[&'static ModelMeta],
    authority: &Authority,
    session: Session<'_>,
    said: &mut String,
) -> Result<Option<u64>> {
    let model = select.model;
    if authority.changes_of(model).is_some() || is_referred_to(model, models) {
        return Ok(None);
    }
    let mut key = vec![b'a'];
    push(&mut key, model);
    authority.shape(&mut key);
    let mut values = Vec::new();
    select.filter.shape(&mut key, &mut values);
    let text = session.text(&key, || {
        let by_key = select.filter.names_one_row();
        let mut renderer = Renderer::new(session.dialect(), authority, by_key, values.len());
        let source = renderer.source(model, Which::Asked)?;
        let filter = renderer.condition(&select.filter, source.row(), Scope::Query)?;
        let delete = renderer.rule(Action::Delete, model, source.row())?;
        // CWE-863: what counts rows like them is judged before the first of them goes, or of one after the other.
        let in_turn = renderer.reads_others(model);
        let mut text = renderer.text(source.delete(filter.and(delete)))?;
        text.in_turn = in_turn;
        Ok(text)
    })?;
    if text.in_turn {
        return Ok(None);
    }
    text.note(said);
    let statement = Statement {
        text: &text,
        actor: authority.id(),
        values: &values,
    };
    let done = session.execute(&statement).await;
    let gone = done.map_err(|error| translate(error, model))?;
    // CWE-770: as of those that are looked for first. Whoever asked undoes it.
    let room = Find::Removal.beside(0);
    match usize::try_from(gone).is_ok_and(|gone| gone <= room.left) {
        true => Ok(Some(gone)),
        false => Err(Error::TooLarge(room.why)),
    }
}

/// Whether a row of some model may refer to one of these, or keep it.
fn is_referred_to(model: &ModelMeta, models: &[&'static ModelMeta]) -> bool {
    let mut columns = models.iter().flat_map(|child| child.columns);
    columns.any(|column| column.target.is_some_and(|target| target().is(model)))
}

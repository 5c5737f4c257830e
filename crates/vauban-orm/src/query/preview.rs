//! What a deletion would take with it, before it is done.

use super::QuerySet;
use super::delete::{Find, Removal, Rows, matching};
use super::rows::Deletable;
use super::select::Select;
use super::stored::mismatch;
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::record::Record;
use crate::policy::authority::Authority;
use crate::sabotage::{Control, removed};
use crate::sql::cond::Cond;
use crate::sql::render::Renderer;
use crate::sql::source::Which;
use crate::sql::statement::{Parameter, Statement};
use crate::tree::expr::{Bind, Col, Expr, Op, push};
use crate::tree::meta::ModelMeta;
use crate::tree::value::{Kind, Value};
use crate::unit::Steps;
use crate::unit::handles::{Bound, Reads};

/// What a deletion would take with it, for the page that asks whether it is meant.
///
/// It counts the rows that whoever asks may see, and those alone. That there are others that would keep it from being done is told by the
/// preview's error, which is the one that the deletion would have, but for rows that each may go and not all of them
/// (rules that count rows of their own model are asked again one by one); others that go with their owner unseen (`cascade_owned`) are
/// not told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletePreview {
    /// The rows that would go, those that were asked for first.
    pub going: Vec<RowCount>,
    /// The rows that would stay and lose a reference (`set_null`).
    pub emptied: Vec<RowCount>,
}

/// So many rows of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowCount {
    /// The model's name, as its struct has it.
    pub model: &'static str,
    /// How many of its rows.
    pub rows: u64,
}

impl<M: Record> Deletable<M> {
    pub(crate) async fn preview_in(&self, model: &'static ModelMeta, bound: &Bound) -> Result<DeletePreview> {
        let mut select = Select::new(model);
        select.filter = Expr::Compare(Op::Eq, Col::of_root(model.id()), Value::Uuid(self.key().uuid()));
        preview(select, false, bound).await
    }
}

impl<M: Model> Deletable<M> {
    /// What [`delete`](Self::delete) would take with it.
    ///
    /// ```
    /// # use vauban_macros::Model;
    /// # use vauban_orm::*;
    /// # #[derive(Model)]
    /// # #[model(crate = vauban_orm)]
    /// # pub struct Note { pub id: Id<Note>, #[field(max_length = 20)] pub text: String }
    /// # impl Policy for Note { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
    /// async fn goes_too(db: &Db, id: Id<Note>) -> Result<Vec<RowCount>> {
    ///     let note = Note::objects().get_to_delete(db, |n| n.id.eq(id)).await?;
    ///     Ok(note.preview(db).await?.going)
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// Those of the deletion, which it would have now.
    pub async fn preview(&self, db: &dyn Reads<M>) -> Result<DeletePreview> {
        self.preview_in(M::meta(), db.bound()).await
    }
}

impl<M: Model> QuerySet<M> {
    /// What [`delete_all`](Self::delete_all) would take with it.
    ///
    /// # Errors
    /// Those of the deletion, which it would have now.
    pub async fn preview_delete_all(self, db: &dyn Reads<M>) -> Result<DeletePreview> {
        self.select.whole_set()?;
        preview(self.select, false, db.bound()).await
    }
}

pub(super) async fn preview(select: Select, erases: bool, bound: &Bound) -> Result<DeletePreview> {
    let models = bound.models().to_vec();
    let preview = Preview {
        select,
        erases,
        models,
    };
    bound.read(preview).await
}

struct Preview {
    select: Select,
    erases: bool,
    models: Vec<&'static ModelMeta>,
}

impl Steps for Preview {
    type Found = DeletePreview;

    /// CWE-367: what goes, and what is seen of it, is of one moment.
    fn are_several(&self) -> bool {
        true
    }

    async fn run(
        &self,
        authority: &Authority,
        session: Session<'_>,
        said: &mut String,
    ) -> Result<DeletePreview> {
        let found = matching(&self.select, Find::Preview, authority, session, said).await?;
        let ids: Vec<_> = found
            .into_iter()
            .filter_map(|(id, may)| (may || self.erases).then_some(id))
            .collect();
        let removal =
            Removal::new(&self.models, authority, session).erasing(self.erases.then_some(self.select.model));
        let (going, emptied) = removal.preview(self.select.model, ids).await?;
        let mut preview = DeletePreview {
            going: Vec::new(),
            emptied: Vec::new(),
        };
        for (all, counts) in [(going, &mut preview.going), (emptied, &mut preview.emptied)] {
            for rows in all {
                let count = RowCount {
                    model: rows.model.name,
                    rows: seen(&rows, authority, session).await?,
                };
                match counts.iter_mut().find(|known| known.model == count.model) {
                    Some(known) => known.rows += count.rows,
                    None if count.rows > 0 => counts.push(count),
                    None => {}
                }
            }
        }
        Ok(preview)
    }
}

/// How many of these rows whoever asks may see (CWE-203).
async fn seen(rows: &Rows, authority: &Authority, session: Session<'_>) -> Result<u64> {
    let model = rows.model;
    let mut key = vec![b'v'];
    push(&mut key, model);
    authority.shape(&mut key);
    let text = session.text(&key, || {
        let mut renderer = Renderer::new(session.dialect(), authority, false, 1);
        let list = renderer.value(Parameter::List(Kind::Uuid));
        let which = if removed(Control::PreviewSeen) {
            Which::Found
        } else {
            Which::Asked
        };
        let source = renderer.source(model, which)?;
        let these = session.dialect().is_one_of(Kind::Uuid, &source.id(), &list);
        let sql = source.select("count(*)", Cond::safe(these));
        renderer.text(sql)
    })?;
    let statement = Statement {
        text: &text,
        actor: authority.id(),
        values: &[Bind::List(&rows.ids)],
    };
    let count = session.one(&statement, |row| row.integer().map_err(mismatch(model)));
    let count = count.await?.ok_or(Error::NotFound)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

//! DELETE, with everything that goes with a row: found with a work list, judged on the state before, for every row, then
//! done.

mod alone;
mod turns;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::constraint::translate;
use super::select::Select;
use super::told::Before;
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::model::types::Id;
use crate::policy::actor::Action;
use crate::policy::authority::Authority;
use crate::sabotage::{Control, removed};
use crate::sql::dialect::Dialect;
use crate::sql::render::{Cond, Renderer, Row, Scope};
use crate::sql::source::Which;
use crate::sql::statement::{Parameter, Statement, Text};
use crate::tree::bounds;
use crate::tree::expr::{Bind, Col, Expr, push};
use crate::tree::meta::{ColumnMeta, ModelMeta, OnDelete, Privilege};
use crate::tree::value::{Kind, RowReader, Value, ValueRef};
use crate::unit::Steps;

/// Deletes the row with this id, and what goes with it.
pub(super) struct One<'m, M> {
    pub(super) model: &'static ModelMeta,
    pub(super) id: Id<M>,
    pub(super) models: &'m [&'static ModelMeta],
}

impl<M> Steps for One<'_, M> {
    type Found = ();

    async fn run(&self, authority: &Authority, session: Session<'_>, said: &mut String) -> Result<()> {
        let mut select = Select::new(self.model);
        select.filter = Expr::Compare(
            crate::tree::expr::Op::Eq,
            Col::of_root(self.model.id()),
            Value::Uuid(self.id.uuid()),
        );
        match matching(&select, Find::One, authority, session, said)
            .await?
            .as_slice()
        {
            [] => Err(Error::NotFound),
            [(_, false)] => Err(Error::Forbidden),
            [(id, true)] => {
                let removal = Removal::new(self.models, authority, session);
                removal.remove(self.model, vec![id.clone()]).await.map(drop)
            }
            [..] => Err(Error::Multiple),
        }
    }

    /// What goes with it is not known.
    fn is_large(&self) -> bool {
        true
    }
}

/// How long a statement may take that erases somebody: who has much is owed it as well (GDPR Art. 17). The task that does it has no more.
const ERASING: Duration = Duration::from_secs(600);

/// Deletes all matching rows that may be deleted, and what goes with them.
pub(super) struct All<'m> {
    pub(super) select: Select,
    /// By what models state, and no policy: see [`Removal::erasing`].
    pub(super) erases: bool,
    pub(super) models: &'m [&'static ModelMeta],
}

impl Steps for All<'_> {
    type Found = u64;

    async fn run(&self, authority: &Authority, session: Session<'_>, said: &mut String) -> Result<u64> {
        if self.erases {
            session.allow(ERASING).await?;
        } else {
            // Boxed, both: whoever deletes is no larger for it.
            let alone = alone::delete(&self.select, self.models, authority, session, said);
            if let Some(gone) = Box::pin(alone).await? {
                return Ok(gone);
            }
        }
        let ids: Vec<_> = matching(&self.select, Find::Removal, authority, session, said)
            .await?
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        let removal =
            Removal::new(self.models, authority, session).erasing(self.erases.then_some(self.select.model));
        Box::pin(removal.remove(self.select.model, ids)).await
    }

    fn is_large(&self) -> bool {
        true
    }
}

/// What rows are looked for; how many there may be goes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Find {
    /// It is to go, or why not is to be said: it is locked.
    One,
    /// Those that may are to go: they are locked.
    Removal,
    /// They are counted. By a handle that reads, which may not lock.
    Preview,
}

impl Find {
    fn locks(self) -> bool {
        self != Self::Preview
    }

    /// How many rows more there may be beside those that are known. CWE-770: their ids are held, and on a server nothing else counts
    /// them.
    fn beside(self, known: usize) -> Room {
        let (most, why) = match self {
            Self::One | Self::Removal => (bounds::MAX_REMOVED, bounds::REMOVED),
            Self::Preview => (bounds::MAX_PREVIEWED, bounds::PREVIEWED),
        };
        #[cfg(test)]
        let most = TEST_MOST.get().unwrap_or(most);
        Room {
            left: most.saturating_sub(known),
            why,
        }
    }
}

#[cfg(test)]
thread_local! {
    /// So that a test need not make as many rows.
    pub(crate) static TEST_MOST: std::cell::Cell<Option<usize>> = const { std::cell::Cell::new(None) };
}

/// How many rows more there may be, and what is said where there are.
#[derive(Clone, Copy)]
struct Room {
    left: usize,
    why: &'static str,
}

/// Ids of the visible rows that match, and whether each may be deleted; to be removed, only of those that may.
pub(super) async fn matching(
    select: &Select,
    find: Find,
    authority: &Authority,
    session: Session<'_>,
    said: &mut String,
) -> Result<Vec<(Value, bool)>> {
    let model = select.model;
    let mut key = vec![b'm', find as u8];
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
        let (found, asked) = match find {
            // CWE-667: what may not go holds nobody up who may change it.
            Find::Removal => (source.id_and(&Cond::True), filter.and(delete)),
            Find::One | Find::Preview => (source.id_and(&delete), filter),
        };
        // The parent is locked first: from here on nobody gives it another child, nor moves it.
        let sql = match find.locks() {
            true => source.select_locked(&mut renderer, &found, asked),
            false => source.select(&found, asked),
        };
        renderer.text(sql)
    })?;
    text.note(said);
    let statement = Statement {
        text: &text,
        actor: authority.id(),
        values: &values,
    };
    let mut found = Found::new(find.beside(0));
    match find {
        Find::One | Find::Removal => session.fetch(&statement, |row| found.take(row)).await?,
        // What a preview costs is its own.
        Find::Preview => session.read(&statement, &key, 0, |row| found.take(row)).await?,
    }
    found.charged(session)
}

async fn collect(
    room: Room,
    session: Session<'_>,
    text: &Arc<Text>,
    authority: &Authority,
    values: &[Bind<'_>],
) -> Result<Vec<(Value, bool)>> {
    let statement = Statement {
        text,
        actor: authority.id(),
        values,
    };
    let mut found = Found::new(room);
    session.fetch(&statement, |row| found.take(row)).await?;
    found.charged(session)
}

/// Ids that were found, and whether each may.
struct Found {
    all: Vec<(Value, bool)>,
    room: Room,
}

impl Found {
    fn new(room: Room) -> Self {
        Self {
            all: Vec::new(),
            room,
        }
    }

    fn take(&mut self, row: &mut RowReader<'_>) -> Result<()> {
        if self.all.len() >= self.room.left {
            return Err(Error::TooLarge(self.room.why));
        }
        let id = match row.value() {
            Ok(ValueRef::Blob(bytes)) => Value::Blob(bytes.to_vec()),
            _ => return Err(Error::Internal("a primary key is not 16 bytes".into())),
        };
        self.all.push((id, row.flag().unwrap_or(false)));
        Ok(())
    }

    fn charged(self, session: Session<'_>) -> Result<Vec<(Value, bool)>> {
        session.charge(self.all.len())?;
        Ok(self.all)
    }
}

/// A row: its table and its key.
type Key = (&'static str, Vec<u8>);

/// Rows that lose these references.
type Emptied = (Vec<&'static ColumnMeta>, Rows);

/// Rows to delete with everything that goes with them.
pub(super) struct Removal<'a> {
    models: &'a [&'static ModelMeta],
    authority: &'a Authority,
    session: Session<'a>,
    /// Rows that go, also by their models.
    going: HashSet<Key>,
    rows: Vec<Rows>,
    /// Rows that go and whose referring rows nobody has looked for yet.
    todo: Vec<Rows>,
    /// Rows that lose these references.
    emptied: HashMap<Key, (&'static ModelMeta, Vec<usize>)>,
    /// Rows that keep those that they refer to, unless they go themselves.
    restricting: Vec<Rows>,
    /// Of models whose rule for it counts rows like them: those that go because they may.
    in_turn: HashSet<Key>,
    find: Find,
    /// The model of the people who are erased.
    erased: Option<&'static ModelMeta>,
}

pub(super) struct Rows {
    pub(super) model: &'static ModelMeta,
    pub(super) ids: Vec<Value>,
}

impl<'a> Removal<'a> {
    pub(super) fn new(
        models: &'a [&'static ModelMeta],
        authority: &'a Authority,
        session: Session<'a>,
    ) -> Self {
        Self {
            models,
            authority,
            session,
            going: HashSet::new(),
            rows: Vec::new(),
            todo: Vec::new(),
            emptied: HashMap::new(),
            restricting: Vec::new(),
            in_turn: HashSet::new(),
            find: Find::Removal,
            erased: None,
        }
    }

    /// What goes along goes because its model says so (`on_delete`), whoever may delete it by hand: an account that is erased is not
    /// kept by what its owner once could not delete.
    pub(super) fn erasing(self, erased: Option<&'static ModelMeta>) -> Self {
        Self { erased, ..self }
    }

    /// What [`remove`](Self::remove) would do, judged as it would be, with nothing written: the rows that go, and those that lose
    /// references.
    pub(super) async fn preview(
        mut self,
        model: &'static ModelMeta,
        ids: Vec<Value>,
    ) -> Result<(Vec<Rows>, Vec<Rows>)> {
        self.find = Find::Preview;
        let emptied = self.judge(model, ids).await?;
        Ok((self.rows, emptied.into_iter().map(|(_, rows)| rows).collect()))
    }

    pub(super) async fn remove(mut self, model: &'static ModelMeta, ids: Vec<Value>) -> Result<u64> {
        let count = ids.len() as u64;
        self.note_turns(model, &ids)?;
        let emptied = self.judge(model, ids).await?;
        for (keys, rows) in &emptied {
            let like = emptied.iter().filter(|(_, others)| others.model.is(rows.model));
            let several = like.map(|(_, others)| others.ids.len()).sum::<usize>() > 1;
            self.empty_in_turn(keys, rows, several).await?;
        }
        self.delete().await?;
        Ok(count)
    }

    /// Finds everything that goes with these rows, and whether it may; gives the rows that stay and lose references.
    async fn judge(&mut self, model: &'static ModelMeta, ids: Vec<Value>) -> Result<Vec<Emptied>> {
        let asked = ids.len();
        self.go(model, ids).await?;
        self.spares_others(asked)?;
        // CWE-674: a chain of rows is as long as those who write them like.
        while let Some(rows) = self.todo.pop() {
            self.follow(&rows).await?;
            self.spares_others(asked)?;
        }
        let emptied = self.emptied();
        for (keys, rows) in &emptied {
            self.judge_emptied(keys, rows).await?;
        }
        for Rows { model, ids } in &self.restricting {
            if !ids.iter().all(|id| self.going.contains(&key(model, id))) {
                return Err(Error::Restricted { table: model.table });
            }
        }
        Ok(emptied)
    }

    /// CWE-862: no policy is asked when somebody is erased, so of people nobody goes along, whatever models state.
    fn spares_others(&self, asked: usize) -> Result<()> {
        let Some(user) = self.erased else { return Ok(()) };
        let people = self.rows.iter().find(|rows| rows.model.is(user));
        match people.is_some_and(|people| people.ids.len() > asked) {
            true => Err(Error::Restricted { table: user.table }),
            false => Ok(()),
        }
    }

    /// Whether a row that says `restrict` refers to one of these: of each such reference the first, however many there are.
    pub(super) async fn is_kept(&self, model: &'static ModelMeta, ids: &[Value]) -> Result<bool> {
        for child in self.models {
            for key in child.columns {
                let by_key = key.target.is_some_and(|target| target().is(model));
                let by_user = key.holds_user && self.erased.is_some_and(|user| user.is(model));
                if !(by_key || by_user) || key.on_delete != OnDelete::Restrict {
                    continue;
                }
                let text = self.text(b'R', child, &[key], |renderer| {
                    let list = renderer.value(Parameter::List(Kind::Uuid));
                    let source = renderer.source(child, Which::Found)?;
                    let referring = is_one_of(renderer, &source.column(key), &list);
                    let rows = source.select(&source.id_and(&Cond::True), referring);
                    Ok(format!("{rows} LIMIT 1"))
                })?;
                if !self.collect(&text, ids).await?.is_empty() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// These rows go, too. Whether they may, is judged where it is known what they refer to.
    async fn go(&mut self, model: &'static ModelMeta, mut ids: Vec<Value>) -> Result<()> {
        ids.retain(|id| !self.going.contains(&key(model, id)));
        if ids.is_empty() {
            return Ok(());
        }
        let mut ids = self.with_descendants(model, ids).await?;
        ids.retain(|id| self.going.insert(key(model, id)));
        match self.rows.iter_mut().find(|rows| rows.model.is(model)) {
            Some(rows) => rows.ids.extend(ids.iter().cloned()),
            None => self.rows.push(Rows {
                model,
                ids: ids.clone(),
            }),
        }
        self.todo.push(Rows { model, ids });
        Ok(())
    }

    /// With the rows of the same model that go with them, and with those: of a chain, one statement, and not one for each of
    /// its rows.
    async fn with_descendants(&self, model: &'static ModelMeta, ids: Vec<Value>) -> Result<Vec<Value>> {
        let keys = model.columns.iter().filter(|column| {
            let goes = matches!(column.on_delete, OnDelete::Cascade | OnDelete::CascadeOwned);
            goes && column.target.is_some_and(|target| target().is(model))
        });
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() {
            return Ok(ids);
        }
        let text = self.text(b'C', model, &[], |renderer| {
            let list = renderer.value(Parameter::List(Kind::Uuid));
            let source = renderer.source(model, Which::Found)?;
            let dialect = renderer.dialect();
            let at_once = match dialect {
                // Each by its own index.
                Dialect::Sqlite => 1,
                // `down` may stand in one of the parts alone.
                Dialect::Postgres => keys.len(),
            };
            let steps: String = keys.chunks(at_once).map(|keys| source.descend(keys)).collect();
            let first = dialect.each_of(Kind::Uuid, &list);
            Ok(format!(
                "WITH RECURSIVE down(id) AS ({first}{steps}) SELECT id, TRUE FROM down"
            ))
        })?;
        let found = self.collect(&text, &ids).await?;
        Ok(found.into_iter().map(|(id, _)| id).collect())
    }

    /// Looks for what refers to these rows.
    async fn follow(&mut self, rows: &Rows) -> Result<()> {
        let models = self.models;
        for child in models {
            for (position, key_column) in child.columns.iter().enumerate() {
                let by_key = key_column.target.is_some_and(|target| target().is(rows.model));
                // CWE-212: rows of modules that do not know the site's user are theirs all the same.
                let by_user = key_column.holds_user && self.erased.is_some_and(|user| user.is(rows.model));
                if !by_key && !by_user {
                    continue;
                }
                let found = self.referring(child, key_column, &rows.ids).await?;
                if found.is_empty() {
                    continue;
                }
                // A cascade must not do what its actor may not do row by row. Which row, it does not say.
                if found.iter().any(|(_, may)| !may) && !removed(Control::Cascade) {
                    return Err(Error::Forbidden);
                }
                let ids = found.into_iter().map(|(id, _)| id);
                match key_column.on_delete {
                    OnDelete::Restrict => self.restricting.push(Rows {
                        model: child,
                        ids: ids.collect(),
                    }),
                    OnDelete::Cascade => {
                        let ids: Vec<_> = ids.collect();
                        self.note_turns(child, &ids)?;
                        self.go(child, ids).await?;
                    }
                    OnDelete::CascadeOwned => self.go(child, ids.collect()).await?,
                    OnDelete::SetNull => {
                        for id in ids {
                            let (_, keys) = self
                                .emptied
                                .entry(key(child, &id))
                                .or_insert_with(|| (child, Vec::new()));
                            if !keys.contains(&position) {
                                keys.push(position);
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The rows of `child` that refer to these, and whether the actor may delete each that goes with them. What is emptied is
    /// judged when it is known what else the row loses.
    async fn referring(
        &self,
        child: &'static ModelMeta,
        key: &'static ColumnMeta,
        ids: &[Value],
    ) -> Result<Vec<(Value, bool)>> {
        let locks = self.find.locks();
        let kind = match (locks, self.erased.is_some()) {
            (true, false) => b'F',
            (false, false) => b'f',
            (true, true) => b'E',
            (false, true) => b'e',
        };
        let text = self.text(kind, child, &[key], |renderer| {
            let list = renderer.value(Parameter::List(Kind::Uuid));
            let source = renderer.source(child, Which::Found)?;
            let may = match key.on_delete {
                _ if self.erased.is_some() => Cond::True,
                OnDelete::Restrict | OnDelete::CascadeOwned | OnDelete::SetNull => Cond::True,
                OnDelete::Cascade => {
                    let view = renderer.rule(Action::View, child, source.row())?;
                    let delete = renderer.rule(Action::Delete, child, source.row())?.behind(&view);
                    view.and(delete)
                }
            };
            let referring = is_one_of(renderer, &source.column(key), &list);
            let found = source.id_and(&may);
            Ok(match locks {
                true => source.select_locked(renderer, &found, referring),
                false => source.select(&found, referring),
            })
        })?;
        self.collect(&text, ids).await
    }

    /// What is found for these rows, as far as there may be so many.
    async fn collect(&self, text: &Arc<Text>, ids: &[Value]) -> Result<Vec<(Value, bool)>> {
        let restricting: usize = self.restricting.iter().map(|rows| rows.ids.len()).sum();
        let room = self
            .find
            .beside(self.going.len() + self.emptied.len() + restricting);
        collect(room, self.session, text, self.authority, &[Bind::List(ids)]).await
    }

    /// The rows that stay and lose references, by the references that each of them loses.
    fn emptied(&mut self) -> Vec<Emptied> {
        let mut groups: BTreeMap<(&'static str, Vec<usize>), Rows> = BTreeMap::new();
        for ((table, id), (model, mut keys)) in std::mem::take(&mut self.emptied) {
            let row = (table, id);
            if self.going.contains(&row) {
                continue;
            }
            keys.sort_unstable();
            let rows = groups.entry((table, keys)).or_insert_with(|| Rows {
                model,
                ids: Vec::new(),
            });
            rows.ids.push(Value::Blob(row.1));
        }
        let columns = |keys: Vec<usize>, model: &'static ModelMeta| {
            keys.into_iter().map(|at| &model.columns[at]).collect()
        };
        groups
            .into_iter()
            .map(|((_, keys), rows)| (columns(keys, rows.model), rows))
            .collect()
    }

    /// Whether the actor may change every row into what it becomes in the end: without all of the references at once.
    async fn judge_emptied(&self, keys: &[&'static ColumnMeta], rows: &Rows) -> Result<()> {
        if self.erased.is_some() {
            return Ok(());
        }
        let text = self.text_of_emptied(rows.model, keys)?;
        // No more than those that are known.
        let room = self.find.beside(0);
        let judged = collect(
            room,
            self.session,
            &text,
            self.authority,
            &[Bind::List(&rows.ids)],
        )
        .await?;
        if judged.iter().any(|(_, may)| !may) && !removed(Control::Cascade) {
            return Err(Error::Forbidden);
        }
        Ok(())
    }

    fn text_of_emptied(&self, model: &'static ModelMeta, keys: &[&'static ColumnMeta]) -> Result<Arc<Text>> {
        self.text(b'J', model, keys, |renderer| {
            let list = renderer.value(Parameter::List(Kind::Uuid));
            let source = renderer.source(model, Which::Found)?;
            let old = source.row();
            let new: Vec<_> = keys.iter().map(|key| (*key, "NULL".to_owned())).collect();
            let row = Row { new: &new, ..old };
            let view = renderer.rule(Action::View, model, old)?;
            let mut may = renderer.rule(Action::Change, model, old)?;
            // To change is also to see, what it becomes as well as what it was.
            may = may.and(renderer.rule(Action::View, model, row)?);
            may = may.and(renderer.rule(Action::Change, model, row)?);
            for key in keys.iter().filter(|key| key.privilege != Privilege::Open) {
                may = may.and(renderer.may_set(Action::Change, model, key, old)?);
                may = may.and(renderer.may_set(Action::Change, model, key, row)?);
            }
            let may = may.behind(&view);
            let may = view.and(may);
            Ok(source.select(&source.id_and(&may), is_one_of(renderer, &source.id(), &list)))
        })
    }

    async fn empty(&self, keys: &[&'static ColumnMeta], rows: &Rows) -> Result<()> {
        let model = rows.model;
        let text = self.text(b'N', model, keys, |renderer| {
            let list = renderer.value(Parameter::List(Kind::Uuid));
            let set: Vec<_> = keys
                .iter()
                .map(|key| format!("\"{}\" = NULL", key.column))
                .collect();
            let set = format!("{}, \"row_version\" = t.\"row_version\" + 1", set.join(", "));
            let source = renderer.source(model, Which::Found)?;
            renderer.step_aside(&[Action::Change], model);
            Ok(source.update(&set, is_one_of(renderer, &source.id(), &list)))
        })?;
        let told = Before::of_rows(model, keys, &rows.ids, self.authority, self.session).await?;
        self.write(&text, rows).await?;
        told.map_or(Ok(()), Before::emptied)
    }

    /// Deletes what goes, a table at a time: the database looks at the end of a statement whether somebody still refers to what
    /// is gone, so that rows of one table may refer to each other in any way.
    async fn delete(&mut self) -> Result<()> {
        let refers = |child: &Rows, parent: &Rows| {
            let mut targets = child.model.columns.iter().filter_map(|column| column.target);
            !child.model.is(parent.model) && targets.any(|target| target().is(parent.model))
        };
        while !self.rows.is_empty() {
            // Children before parents.
            let last = self
                .rows
                .iter()
                .position(|parent| !self.rows.iter().any(|child| refers(child, parent)));
            let Some(last) = last else {
                return self.delete_circle(&self.rows).await;
            };
            let rows = self.rows.swap_remove(last);
            if self.goes_in_turn(&rows) && rows.model.refers_to_itself() {
                self.delete_circle(&[rows]).await?;
            } else {
                self.delete_rows(&rows).await?;
            }
        }
        Ok(())
    }

    /// Tables that refer to each other in a circle: the database looks when all of it is gone.
    async fn delete_circle(&self, all: &[Rows]) -> Result<()> {
        // CWE-400: what it would find only at the COMMIT would fail everybody's, so nobody but the models, whose rows are
        // known, may refer to these tables.
        if let Some(rows) = all.first()
            && self.referred_by_others(all).await?
        {
            return Err(Error::Restricted {
                table: rows.model.table,
            });
        }
        self.session.look_away().await?;
        let mut done = Ok(());
        for rows in all {
            done = self.delete_rows(rows).await;
            if done.is_err() {
                break;
            }
        }
        let again = self.session.look_again().await;
        done?;
        match all.first() {
            Some(rows) => again.map_err(|error| translate(error, rows.model)),
            None => again,
        }
    }

    /// Whether a table or column that no model knows refers to one of these tables.
    async fn referred_by_others(&self, all: &[Rows]) -> Result<bool> {
        let known = |model: &'static ModelMeta| {
            let keys = model.columns.iter().filter(|column| column.target.is_some());
            keys.map(|column| format!("{}.{}", model.table, column.column))
        };
        let known: Vec<_> = self.models.iter().copied().flat_map(known).collect();
        let tables: Vec<_> = all.iter().map(|rows| rows.model.table).collect();
        let by = self.session.referring_to(&tables).await?;
        let is_known = |by: &String| known.iter().any(|known| known.eq_ignore_ascii_case(by));
        Ok(!by.iter().all(is_known))
    }

    async fn delete_rows(&self, rows: &Rows) -> Result<()> {
        let model = rows.model;
        let all: Vec<_> = model.columns.iter().collect();
        let told = Before::of_rows(model, &all, &rows.ids, self.authority, self.session).await?;
        if self.goes_in_turn(rows) {
            self.delete_in_turn(rows).await?;
        }
        let text = self.text(b'D', model, &[], |renderer| {
            let list = renderer.value(Parameter::List(Kind::Uuid));
            let source = renderer.source(model, Which::Found)?;
            renderer.step_aside(&[Action::Delete], model);
            Ok(source.delete(is_one_of(renderer, &source.id(), &list)))
        })?;
        self.write(&text, rows).await?;
        told.map_or(Ok(()), Before::deleted)
    }

    async fn write(&self, text: &Arc<Text>, rows: &Rows) -> Result<()> {
        let statement = Statement {
            text,
            actor: self.authority.id(),
            values: &[Bind::List(&rows.ids)],
        };
        let done = self.session.execute(&statement).await;
        done.map(drop).map_err(|error| translate(error, rows.model))
    }

    /// A statement on one list of keys.
    fn text(
        &self,
        kind: u8,
        model: &'static ModelMeta,
        columns: &[&'static ColumnMeta],
        make: impl FnOnce(&mut Renderer<'_>) -> Result<String>,
    ) -> Result<Arc<Text>> {
        let mut shape = vec![kind];
        push(&mut shape, model);
        self.authority.shape(&mut shape);
        columns.iter().for_each(|column| push(&mut shape, *column));
        self.session.text(&shape, || {
            let mut renderer = Renderer::new(self.session.dialect(), self.authority, false, 1);
            let sql = make(&mut renderer)?;
            let in_turn = renderer.has_opened(0, model);
            let mut text = renderer.text(sql)?;
            text.in_turn = in_turn;
            Ok(text)
        })
    }
}

/// Whether a key is one of a list that is bound as one parameter.
fn is_one_of(renderer: &Renderer<'_>, key: &str, list: &str) -> Cond {
    Cond::safe(renderer.dialect().is_one_of(Kind::Uuid, key, list))
}

fn key(model: &ModelMeta, id: &Value) -> Key {
    let bytes = match id.as_ref() {
        ValueRef::Blob(bytes) => bytes.to_vec(),
        _ => Vec::new(),
    };
    (model.table, bytes)
}

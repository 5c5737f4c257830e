//! What a statement has besides its own rows, so that they are loaded with what belongs to them: joined rows that foreign keys
//! lead to, and, of a batch, to which of its parents a row belongs.

use crate::error::Result;
use crate::sql::relation::target_of;
use crate::sql::render::{Cond, Renderer, Scope};
use crate::sql::source::{Source, Which};
use crate::sql::statement::Parameter;
use crate::tree::expr::{Bind, push, push_number};
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::value::{Kind, Value};

/// What is loaded by one statement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loads {
    /// Joined rows, each by the foreign key of the statement's own row or of one that was joined before.
    pub(super) joins: Vec<(Option<usize>, &'static ColumnMeta)>,
    pub(super) batch: Option<Batch>,
}

/// The rows that belong to one of these parents.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub(super) by: By,
    /// Their ids.
    pub(super) parents: Vec<Value>,
    /// At most so many for each of them.
    pub(super) limit: Option<i64>,
}

/// How rows belong to their parents.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    /// By a foreign key of theirs.
    Key(&'static ColumnMeta),
    /// By rows of a third model, which refer to a parent and to a row each.
    Link {
        model: fn() -> &'static ModelMeta,
        parent: &'static ColumnMeta,
        row: &'static ColumnMeta,
    },
}

/// What a text has of it.
pub(super) struct Loaded {
    /// `, r1."id", …`: of the joined rows, and at last the parent's id.
    pub(super) columns: String,
    pub(super) joins: String,
    /// The rows that lead from a parent to the statement's own.
    link: Option<Source>,
    /// It belongs to one of the parents.
    of_parents: Cond,
    /// The parent's id, if there is a limit for each of them.
    pub(super) limited_by: Option<String>,
}

impl Loaded {
    /// What is asked of a row: nothing that may fail or take long of one to which only a hidden row leads.
    pub(super) fn condition(&self, filter: Cond) -> Cond {
        let filter = match &self.link {
            Some(link) => link.behind_the_rule(filter),
            None => filter,
        };
        filter.and(self.of_parents.clone())
    }
}

impl Loads {
    /// All that the text depends on, and the limit. Nothing is added for a statement that loads nothing.
    pub(super) fn shape<'a>(&'a self, key: &mut Vec<u8>, values: &mut Vec<Bind<'a>>) {
        if self.joins.is_empty() && self.batch.is_none() {
            return;
        }
        // The first byte is none of those with which a limit begins.
        key.push(2);
        push_number(key, self.joins.len());
        for (from, column) in &self.joins {
            push_number(key, from.map_or(0, |from| from + 1));
            push(key, *column);
        }
        let Some(batch) = &self.batch else {
            key.push(0);
            return;
        };
        key.push(1 + u8::from(batch.limit.is_some()));
        match batch.by {
            By::Key(column) => {
                key.push(0);
                push(key, column);
            }
            By::Link { model, parent, row } => {
                key.push(1);
                push(key, model());
                push(key, parent);
                push(key, row);
            }
        }
        values.extend(batch.limit.map(Bind::Int));
    }

    /// The parents, which stand behind the values of the filter.
    pub(super) fn values<'a>(&'a self, values: &mut Vec<Bind<'a>>) {
        values.extend(self.batch.iter().map(|batch| Bind::List(&batch.parents)));
    }

    /// The sources of all this, beside the statement's own.
    pub(super) fn sources(&self, renderer: &mut Renderer<'_>, root: &Source) -> Result<Loaded> {
        let mut loaded = Loaded {
            columns: String::new(),
            joins: String::new(),
            link: None,
            of_parents: Cond::True,
            limited_by: None,
        };
        // Each with what has to hold of all that leads there.
        let mut sources: Vec<(Source, Cond)> = Vec::with_capacity(self.joins.len());
        for (from, key) in &self.joins {
            let outside = from.and_then(|from| sources.get(from));
            let (from, rules) = outside.map_or((root, root.rule()), |(source, rules)| (source, rules));
            // The rule in ON: a row that may not be seen is absent, and so is what it leads to. CWE-209: what may be an error is
            // asked of no row to which only a hidden one leads, however far away that is.
            let related = renderer.source(target_of(key)?, Which::Related(Scope::Query))?;
            loaded.joins.push_str(&related.join(&from.column(key), rules));
            loaded.columns.push_str(", ");
            loaded.columns.push_str(&related.columns());
            let rules = rules.clone().and(related.rule().clone());
            sources.push((related, rules));
        }
        let Some(batch) = &self.batch else {
            return Ok(loaded);
        };
        let parent = match batch.by {
            By::Key(column) => root.column(column),
            By::Link { model, parent, row } => {
                let link = renderer.source(model(), Which::Related(Scope::Query))?;
                loaded
                    .joins
                    .push_str(&link.join_all(row, &root.id(), root.rule()));
                let parent = link.column(parent);
                loaded.link = Some(link);
                parent
            }
        };
        let parents = renderer.value(Parameter::List(Kind::Uuid));
        loaded.of_parents = Cond::safe(renderer.dialect().is_one_of(Kind::Uuid, &parent, &parents));
        loaded.columns.push_str(", ");
        loaded.columns.push_str(&parent);
        loaded.limited_by = batch.limit.map(|_| parent);
        Ok(loaded)
    }
}

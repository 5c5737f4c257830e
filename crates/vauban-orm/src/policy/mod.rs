//! Policies: who may see, add, change and delete each row, as a value that is built once.

pub mod actor;
pub(crate) mod authority;
pub(crate) mod changes;
mod compile;
pub(crate) mod listed;
pub(crate) mod said;

use crate::model::Model;
use crate::model::columns::{Column, Columns};
use crate::model::filter::{Filter, IntoFilter};
use crate::model::key::Rel;
use crate::model::scope::Own;
use crate::model::who::Who;
use crate::tree::meta::ColumnMeta;

/// Who may do what to the rows of a model. A model without one does not compile.
///
/// `rules` is called once for each model, with a symbolic `who`: `who.is_staff()` is a filter, not a
/// `bool`. The rules become part of every statement (CWE-639, CWE-862; ASVS 5.0 8.2.2).
#[diagnostic::on_unimplemented(
    message = "the model `{Self}` has no policy: who may see, add, change and delete its rows?",
    label = "no policy",
    note = "write one: impl Policy for {Self} {{ fn rules(who: Who<Self>, a: &Columns<Self>) -> Rules<Self> {{ Rules::none() }} }}",
    note = "ready-made: `Rules::none()`, `Rules::public()`, `Rules::staff(who)`, `Rules::owner(a.author.is(who))`, `Rules::tenant(…)`"
)]
pub trait Policy: Model {
    /// The rules. Change and delete imply view.
    fn rules(who: Who<Self>, columns: &Columns<Self>) -> Rules<Self>;
}

/// A model's rules: a filter for each action.
#[derive(Debug, Clone)]
pub struct Rules<M> {
    /// Which rows may be seen.
    pub view: Filter<M>,
    /// Which new rows may be added.
    pub add: Filter<M>,
    /// Which rows may be changed, and into what: judged before and after.
    pub change: Filter<M>,
    /// Which rows may be deleted.
    pub delete: Filter<M>,
    /// Which columns that carry privilege may be written, where: see [`Rules::may_set`].
    pub set: Vec<MaySet<M>>,
}

/// A column that carries privilege, and the rows in which it may be written: when they are added, and when they are changed.
#[derive(Debug, Clone)]
pub struct MaySet<M> {
    column: &'static ColumnMeta,
    add: Filter<M>,
    change: Filter<M>,
}

impl<M: Model> Rules<M> {
    /// Nobody may do anything: reached by services only.
    pub fn none() -> Self {
        Self {
            view: Filter::never(),
            add: Filter::never(),
            change: Filter::never(),
            delete: Filter::never(),
            set: Vec::new(),
        }
    }

    /// Everybody sees every row; nobody may add, change or delete.
    pub fn public() -> Self {
        Self {
            view: Filter::always(),
            ..Self::none()
        }
    }

    /// Staff may do everything.
    pub fn staff(who: Who<M>) -> Self {
        Self::all(who.is_staff())
    }

    /// The owner may do everything: `Rules::owner(a.author.is(who))`.
    pub fn owner(is_owner: impl IntoFilter<M>) -> Self {
        Self::all(is_owner.into_filter())
    }

    /// Members of the row's tenant may do everything:
    /// `Rules::tenant(t.organisation.memberships.any(|m| m.user.is(who)))`.
    pub fn tenant(is_member: impl IntoFilter<M>) -> Self {
        Self::all(is_member.into_filter())
    }

    /// Rows that link two others, as those of `many(tags: Tag through ArticleTag(article, tag))`: seen where `seen` holds, added
    /// and removed where `may` holds too, and changed by nobody, for a link to another row is another link:
    /// `Rules::link(l.article.visible(who) & l.tag.visible(who), l.article.author.is(who))`.
    pub fn link(seen: impl IntoFilter<M>, may: impl IntoFilter<M>) -> Self {
        let (seen, may) = (seen.into_filter(), may.into_filter());
        Self {
            view: seen,
            add: may.clone(),
            delete: may,
            ..Self::none()
        }
    }

    fn all(rule: Filter<M>) -> Self {
        Self {
            view: rule.clone(),
            add: rule.clone(),
            change: rule.clone(),
            delete: rule,
            set: Vec::new(),
        }
    }

    /// Rules that allow what one of the two allows by itself. What needs two rules needs both of the same side: a row that may
    /// be seen by the one is not changed by the other, which does not show it, and neither writes the other's columns.
    /// Changing may lead from rows of the one to rows of the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let (one, other) = (self.whole(), other.whole());
        Self {
            view: one.view | other.view,
            add: one.add | other.add,
            change: one.change | other.change,
            delete: one.delete | other.delete,
            set: one.set.into_iter().chain(other.set).collect(),
        }
    }

    /// The same rules, each with what it needs besides. CWE-863: in `or`, half of one side and half of the other would allow
    /// what neither does.
    fn whole(self) -> Self {
        let change = self.view.clone() & self.change;
        let set = self.set.into_iter().map(|set| MaySet {
            column: set.column,
            add: set.add & self.add.clone(),
            change: set.change & change.clone(),
        });
        Self {
            delete: self.view.clone() & self.delete,
            set: set.collect(),
            view: self.view,
            add: self.add,
            change,
        }
    }

    /// What is allowed and also so, for every action.
    #[must_use]
    pub fn only_if(self, condition: &Filter<M>) -> Self {
        Self {
            view: self.view & condition.clone(),
            add: self.add & condition.clone(),
            change: self.change & condition.clone(),
            delete: self.delete & condition.clone(),
            set: self.set,
        }
    }

    /// Names a column that carries privilege and the rows in which it may be written, besides the rule
    /// for adding or changing: `.may_set(&u.is_staff, who.is_superuser())`. Judged before and after.
    ///
    /// The field says that it is one: `#[field(privileged, default = …)]`, or `owner` and `tenant`, which are given when the row is
    /// added (the add rule judges them) and written afterwards by this rule alone. Of another field the rules serve nobody
    /// (`orm.E008`), for it could be written by everybody who may change the row.
    #[must_use]
    pub fn may_set(mut self, column: &impl Settable<M>, rule: impl IntoFilter<M>) -> Self {
        let rule = rule.into_filter();
        self.set.push(MaySet {
            column: column.meta(),
            add: rule.clone(),
            change: rule,
        });
        self
    }
}

/// A column that a model's rules can name.
#[diagnostic::on_unimplemented(
    message = "the rules of `{M}` say who may set its own columns, and this is none of them",
    label = "not a column of a `{M}`'s own row",
    note = "write `.may_set(&u.is_staff, …)` for the rules' own `u`; the columns of a related row stand in that model's rules"
)]
pub trait Settable<M> {
    #[doc(hidden)]
    fn meta(&self) -> &'static ColumnMeta;
}
impl<M: Model, T> Settable<M> for Column<Own<M>, T> {
    fn meta(&self) -> &'static ColumnMeta {
        self.column_meta()
    }
}
impl<M: Model, T: Model> Settable<M> for Rel<Own<M>, T> {
    fn meta(&self) -> &'static ColumnMeta {
        self.column_meta()
    }
}

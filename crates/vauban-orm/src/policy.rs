//! Policies: who may see, add, change and delete each row, as a value that is built once.

use std::fmt;
use std::marker::PhantomData;
use std::thread;
use std::time::Duration;

use crate::building::building;
use crate::columns::{Column, Columns, Path, Rel};
use crate::expr::{ASTRAY, Bind, Expr, Flag, push};
use crate::filter::{Filter, IntoFilter};
use crate::meta::{ColumnMeta, Privilege};
use crate::model::Model;
use crate::scope::Own;
use crate::symbolic::Now;

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

/// Whoever will ask, in the rules of `M`: a rule is built once and holds for all of them, so this is no user but stands
/// for one, and what is known of them is a condition on `M`'s own rows.
pub struct Who<M>(PhantomData<fn() -> M>);

impl<M> Clone for Who<M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> Copy for Who<M> {}
impl<M> fmt::Debug for Who<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Who")
    }
}

impl<M: Model> Who<M> {
    pub(crate) const fn symbolic() -> Self {
        Self(PhantomData)
    }

    /// A user is signed in.
    pub fn is_signed_in(self) -> Filter<M> {
        Filter::new(Expr::Flag(Flag::SignedIn))
    }

    /// A signed-in user who works for the site.
    pub fn is_staff(self) -> Filter<M> {
        Filter::new(Expr::Flag(Flag::Staff))
    }

    /// The moment at which a statement runs: rules are built once, so a time in them is symbolic, too.
    ///
    /// ```ignore
    /// Rules { view: offer.until.ge(who.now().date_in_utc()), ..Rules::staff(who) }
    /// ```
    pub fn now(self) -> Now {
        Now::NOW
    }

    /// A superuser. Superusers may do only what rules that name them say.
    pub fn is_superuser(self) -> Filter<M> {
        Filter::new(Expr::Flag(Flag::Superuser))
    }
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

/// A model's rules without its type.
#[doc(hidden)]
#[derive(Debug)]
pub struct CompiledRules {
    pub(crate) view: Expr,
    pub(crate) add: Expr,
    pub(crate) change: Expr,
    pub(crate) delete: Expr,
    pub(crate) set: Vec<SetRule>,
    /// Why they serve nobody.
    pub(crate) unfit: Option<Unfit>,
}

/// Where a column that carries privilege may be written.
#[derive(Debug)]
pub(crate) struct SetRule {
    pub(crate) column: &'static ColumnMeta,
    pub(crate) add: Expr,
    pub(crate) change: Expr,
}

/// Why rules serve nobody, and the finding that says so.
#[derive(Debug)]
pub(crate) struct Unfit {
    pub(crate) id: &'static str,
    pub(crate) why: String,
}

impl CompiledRules {
    /// For the derive.
    pub fn of<M: Policy>() -> Self {
        let (mut rules, asked) = building(Self::built::<M>);
        // CWE-367: what says something else a moment later was read while they were built: a clock of one's own, a counter.
        #[expect(
            clippy::disallowed_methods,
            reason = "once for a model, mostly when the program starts"
        )]
        thread::sleep(Duration::from_millis(2));
        let changed = rules.shape() != Self::built::<M>().shape();
        let frozen = |why: String| Unfit { id: "orm.E006", why };
        rules.unfit = match (rules.too_large(), asked) {
            (Some(why), _) => Some(Unfit {
                id: "orm.E007",
                why: format!("one of its rules is too large: {why}"),
            }),
            (None, Some("DateTime::now")) => Some(frozen(
                "its rules ask the clock while they are built, which is once: write `who.now()`, or `who.now().date_in_utc()`"
                    .to_owned(),
            )),
            (None, Some(function)) => Some(frozen(format!(
                "its rules ask `{function}` while they are built, which is once: compare with a column"
            ))),
            (None, None) if changed => Some(frozen(
                "its rules say something else each time they are built, and they are built once: they depend on `who`, \
                 `who.now()` and columns only"
                    .to_owned(),
            )),
            (None, None) => rules.astray().or_else(|| rules.open_column()),
        };
        rules
    }

    fn built<M: Policy>() -> Self {
        let rules = M::rules(Who::symbolic(), &M::columns(&Path::ROOT));
        Self {
            unfit: None,
            view: rules.view.expr,
            add: rules.add.expr,
            change: rules.change.expr,
            delete: rules.delete.expr,
            set: rules
                .set
                .into_iter()
                .map(|set| SetRule {
                    column: set.column,
                    add: set.add.expr,
                    change: set.change.expr,
                })
                .collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Expr> {
        let rules = [&self.view, &self.add, &self.change, &self.delete];
        rules
            .into_iter()
            .chain(self.set.iter().flat_map(|set| [&set.add, &set.change]))
    }

    /// Why no statement takes them.
    fn too_large(&self) -> Option<&'static str> {
        self.all().find_map(|rule| match rule {
            Expr::TooLarge(why) => Some(*why),
            _ => None,
        })
    }

    /// CWE-863: a rule that was made for one row would be asked of another.
    fn astray(&self) -> Option<Unfit> {
        self.all().any(Expr::is_astray).then(|| Unfit {
            id: "orm.E009",
            why: format!("in its rules {ASTRAY}"),
        })
    }

    /// CWE-862: a rule for a column that everybody may write who may change the row would be read in a review, and asked by
    /// nobody.
    fn open_column(&self) -> Option<Unfit> {
        let open = self
            .set
            .iter()
            .find(|set| set.column.privilege == Privilege::Open)?;
        let field = open.column.field;
        Some(Unfit {
            id: "orm.E008",
            why: format!(
                "`may_set` names `{field}`, which carries no privilege, so that the rule would never be asked: write \
                 `#[field(privileged, default = …)]` at the field"
            ),
        })
    }

    /// All that they say.
    fn shape(&self) -> (Vec<u8>, Vec<Bind<'_>>) {
        let (mut key, mut values) = (Vec::new(), Vec::new());
        for rule in [&self.view, &self.add, &self.change, &self.delete] {
            rule.shape(&mut key, &mut values);
        }
        for set in &self.set {
            push(&mut key, set.column);
            set.add.shape(&mut key, &mut values);
            set.change.shape(&mut key, &mut values);
        }
        (key, values)
    }
}

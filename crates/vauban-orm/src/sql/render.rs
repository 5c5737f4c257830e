//! From conditions to SQL text, for one authority: what is known of the actor is folded in first.
//!
//! Parameters: `?1` is the actor's id, `?2`… are the statement's values in the order of its shape, the
//! constants of the policies follow. Identifiers are statics that were checked while compiling; no
//! value ever becomes text (CWE-89).

use crate::error::{Error, Result};
use crate::policy::actor::{Action, Inner};
use crate::policy::authority::Authority;
use crate::policy::listed::Listed;
use crate::sabotage::{Control, removed};
pub(crate) use crate::sql::cond::Cond;
use crate::sql::cond::{Asks, Class};
use crate::sql::dialect::Dialect;
use crate::sql::function::Calls;
use crate::sql::literal::literal;
use crate::sql::marks::{self, Asked};
use crate::sql::source::Which;
use crate::sql::statement::{Parameter, Text};
use crate::tree::bounds;
use crate::tree::expr::{ASTRAY, Expr, Flag, FragmentArg};
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::row::{Open, RowNumber};
use crate::tree::rules::CompiledRules;
use crate::tree::served::is_served;
use crate::tree::value::{Kind, Value};

/// The row that a condition speaks of: a table's alias, with some columns replaced by what they become.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) alias: &'a str,
    pub(crate) new: &'a [(&'static ColumnMeta, String)],
}

impl<'a> Row<'a> {
    pub(crate) fn old(alias: &'a str) -> Self {
        Self { alias, new: &[] }
    }

    pub(super) fn column(&self, column: &ColumnMeta) -> String {
        match self.new.iter().find(|(new, _)| std::ptr::eq(*new, column)) {
            Some((_, sql)) => sql.clone(),
            None => format!("{}.\"{}\"", self.alias, column.column),
        }
    }
}

/// Whose condition it is: in a query, related rows that may not be seen are absent; rules read them in full.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Query,
    Policy,
}

/// A condition that leads no deeper: as it is after folding, or what is still to be asked.
enum Leaf {
    Known(Cond),
    Sql(String),
}

/// Where a condition stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a, 'r> {
    /// The row that foreign keys have led to, or else the innermost open one.
    pub(super) row: Row<'r>,
    pub(super) open: &'a Open<'a, Row<'r>>,
    pub(super) scope: Scope,
}

/// Who asks.
#[derive(Clone, Copy)]
pub(super) enum Asker<'a> {
    /// Known now: it is folded in.
    Known(&'a Authority),
    /// Whoever a transaction's [marks] say: in what the database keeps.
    Marked(&'a Listed, Asked),
}

impl<'a> Asker<'a> {
    pub(super) fn listed(self) -> &'a Listed {
        match self {
            Self::Known(authority) => &authority.listed,
            Self::Marked(listed, _) => listed,
        }
    }
}

pub(crate) struct Renderer<'a> {
    dialect: Dialect,
    pub(super) asker: Asker<'a>,
    /// How parts of rules that read rows stand there.
    pub(super) calls: Calls,
    /// Where the database's own policies step aside for this statement.
    aside: String,
    /// By key: look related rows up; otherwise let the database gather them first.
    pub(super) by_key: bool,
    first_constant: usize,
    /// What its values hold, so far.
    values: Vec<Parameter>,
    constants: Vec<(Kind, Value)>,
    aliases: usize,
    depth: usize,
    /// Conditions inside each other, and conditions so far.
    nesting: usize,
    rendered: usize,
    /// The outermost of the open rows that was spoken of since this was last reset.
    pub(super) outermost: usize,
    /// Whose rows were asked for, see [`Source`].
    pub(super) asked: Vec<&'static ModelMeta>,
    /// Where that is looked for: what holds where a number of a value is beyond 64 bits.
    pub(super) beyond: Option<Vec<String>>,
    /// Of which models rules read rows that a write of others like them may add or take away.
    pub(super) opened: Vec<&'static ModelMeta>,
    /// Inside how many `!` it is, and conditions of which both answers count.
    pub(super) turned: usize,
    /// A rule is written that was written before, with the same constants.
    is_again: bool,
    /// Fragments so far, those of rules that were included by name among them.
    pub(super) fragments: usize,
}

const MAX_DEPTH: usize = 24;

impl<'a> Renderer<'a> {
    /// `values`: how many values the statement's shape has.
    pub(crate) fn new(dialect: Dialect, authority: &'a Authority, by_key: bool, values: usize) -> Self {
        let calls = match dialect {
            Dialect::Postgres if authority.listed.is_emitted() => Calls::Named,
            _ => Calls::None,
        };
        Self::of(dialect, Asker::Known(authority), calls, by_key, values)
    }

    pub(super) fn of(dialect: Dialect, asker: Asker<'a>, calls: Calls, by_key: bool, values: usize) -> Self {
        Self {
            dialect,
            asker,
            calls,
            aside: String::new(),
            by_key,
            first_constant: 2 + values,
            values: Vec::with_capacity(values),
            constants: Vec::new(),
            aliases: 0,
            depth: 0,
            nesting: 0,
            rendered: 0,
            outermost: usize::MAX,
            asked: Vec::new(),
            beyond: None,
            opened: Vec::new(),
            turned: 0,
            is_again: false,
            fragments: 0,
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The next of the statement's values.
    pub(crate) fn value(&mut self, holds: Parameter) -> String {
        self.values.push(holds);
        self.dialect.parameter(1 + self.values.len())
    }

    /// The next of the statement's values, for a column of this kind.
    pub(crate) fn one(&mut self, kind: Kind) -> String {
        self.value(Parameter::One(kind))
    }

    /// What was written, with its parameters.
    pub(crate) fn text(self, sql: String) -> Result<Text> {
        if 2 + self.values.len() != self.first_constant {
            return Err(Error::Internal(
                "a statement does not have the values of its shape".into(),
            ));
        }
        let (kinds, constants): (Vec<_>, Vec<_>) = self.constants.into_iter().unzip();
        let mut parameters = vec![Parameter::One(Kind::Uuid)];
        parameters.extend(self.values);
        parameters.extend(kinds.into_iter().map(Parameter::One));
        let mut text = Text::new(sql, parameters, constants);
        text.aside = self.aside;
        Ok(text)
    }

    /// For what the database's own policies need not ask in this statement: what it touches was judged before, row by row, or is
    /// judged by it in another way than they could.
    pub(crate) fn step_aside(&mut self, actions: &[Action], model: &ModelMeta) {
        if self.asker.listed().is_emitted() {
            for action in actions {
                marks::list(&mut self.aside, *action, model.table);
            }
        }
    }

    /// Notes that rows of a model are asked for.
    pub(super) fn asks(&mut self, model: &'static ModelMeta) {
        self.asked.push(model);
    }

    /// Whether what was written so far asks for rows of a model.
    pub(crate) fn has_asked(&self, model: &ModelMeta) -> bool {
        self.asked.iter().any(|asked| asked.is(model))
    }

    /// Whether what was written so far reads other rows of a model than the one it is about, or may: nobody knows what a fragment reads.
    pub(crate) fn reads_others(&self, model: &ModelMeta) -> bool {
        let asked = self.asked.iter().filter(|asked| asked.is(model));
        asked.count() > 1 || self.fragments > 0
    }

    /// Notes that a rule reads rows of a model that refer to one.
    pub(super) fn opens(&mut self, model: &'static ModelMeta) {
        self.opened.push(model);
    }

    /// How often a rule did so, so far.
    pub(crate) fn opened(&self) -> usize {
        self.opened.len()
    }

    /// Whether a rule did so since then with rows of a model.
    pub(crate) fn has_opened(&self, since: usize, model: &ModelMeta) -> bool {
        let since = self.opened.get(since..).unwrap_or_default();
        since.iter().any(|opened| opened.is(model))
    }

    /// A condition that may also count by not holding.
    pub(super) fn turned(&mut self, expr: &Expr, at: Place<'_, '_>) -> Result<Cond> {
        self.turned += 1;
        let cond = self.within(expr, at);
        self.turned -= 1;
        cond
    }

    pub(crate) fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("r{}", self.aliases)
    }

    pub(super) fn bound(&mut self, kind: Kind, value: &Value, scope: Scope) -> Result<String> {
        if scope == Scope::Query {
            return Ok(self.one(kind));
        }
        if let Some(literal) = self.dialect.literal(kind, value) {
            return Ok(literal);
        }
        if let Asker::Marked(_, asked) = self.asker {
            return literal(kind, value, asked);
        }
        let known = match self.is_again {
            true => self
                .constants
                .iter()
                .position(|known| known.0 == kind && known.1 == *value),
            false => None,
        };
        let place = known.unwrap_or(self.constants.len());
        if known.is_none() {
            self.constants.push((kind, value.clone()));
        }
        Ok(self.dialect.parameter(self.first_constant + place))
    }

    /// The rule for an action on a row of `model`.
    pub(crate) fn rule(&mut self, action: Action, model: &'static ModelMeta, row: Row<'_>) -> Result<Cond> {
        self.listed(model)?;
        let beyond = self.granted(action, model);
        if beyond == Cond::True || rule_removed(action, row) {
            return Ok(Cond::True);
        }
        if self.depth > MAX_DEPTH {
            return Err(Error::Internal(format!(
                "the policy of `{}` includes itself",
                model.name
            )));
        }
        let Some(rule) = rule_of(self.fit(model)?, action) else {
            return Ok(beyond);
        };
        self.depth += 1;
        let cond = self.condition(rule, row, Scope::Policy);
        self.depth -= 1;
        Ok(beyond.or(cond?))
    }

    /// A right beyond the rules.
    pub(super) fn granted(&self, action: Action, model: &ModelMeta) -> Cond {
        match self.asker {
            Asker::Known(authority) if authority.granted(action, model) => Cond::True,
            Asker::Known(_) => Cond::False,
            Asker::Marked(_, asked) => Cond::safe(asked.is_granted(action, model.table)),
        }
    }

    /// What stands before what takes long, if the view rule does not by itself. Gathered, what the rule asks for would be gathered
    /// again, or by PostgreSQL gone through for each row.
    pub(super) fn guard(
        &mut self,
        model: &'static ModelMeta,
        alias: &str,
        rule: &Cond,
    ) -> Result<Option<Cond>> {
        if !self.dialect.asks_late(rule) {
            return Ok(None);
        }
        if self.by_key || rule.asks() < Asks::Rows {
            return Ok(Some(rule.clone()));
        }
        // It is the rule once more, and nothing besides.
        let (rendered, asked, opened) = (self.rendered, self.asked.len(), self.opened.len());
        (self.by_key, self.is_again) = (true, true);
        let guard = self.rule(Action::View, model, Row::old(alias));
        (self.by_key, self.is_again) = (false, false);
        self.rendered = rendered;
        self.asked.truncate(asked);
        self.opened.truncate(opened);
        guard.map(Some)
    }

    /// Whether the rule for an action says something else where these columns have other values.
    pub(crate) fn reads(
        &self,
        action: Action,
        model: &'static ModelMeta,
        columns: &[&'static ColumnMeta],
    ) -> Result<bool> {
        let rule = rule_of(self.fit(model)?, action);
        Ok(rule.is_some_and(|rule| columns.iter().any(|column| rule.names(column))))
    }

    /// CWE-862, CWE-441: only models and services that the program lists, for only they were reviewed.
    pub(crate) fn listed(&self, model: &'static ModelMeta) -> Result<()> {
        if removed(Control::Listed) {
            return Ok(());
        }
        if let Asker::Known(authority) = self.asker {
            authority.listed.check_actor(authority.actor)?;
        }
        self.asker.listed().check_model(model)
    }

    /// A model's rules, if they hold at any time.
    pub(super) fn fit(&self, model: &'static ModelMeta) -> Result<&'static CompiledRules> {
        let rules = (model.rules)();
        match &rules.unfit {
            Some(unfit) if !removed(Control::Symbolic) => Err(Error::Internal(format!(
                "the policy of `{}`: {}",
                model.name, unfit.why
            ))),
            _ => Ok(rules),
        }
    }

    /// The rule for writing a column that carries privilege, in a row that is added or changed.
    pub(crate) fn may_set(
        &mut self,
        action: Action,
        model: &'static ModelMeta,
        column: &ColumnMeta,
        row: Row<'_>,
    ) -> Result<Cond> {
        let mut cond = self.granted(Action::Grant, model);
        if cond == Cond::True || removed(Control::MaySet) {
            return Ok(Cond::True);
        }
        for set in &self.fit(model)?.set {
            if std::ptr::eq(set.column, column) {
                let rule = if action == Action::Add {
                    &set.add
                } else {
                    &set.change
                };
                cond = cond.or(self.condition(rule, row, Scope::Policy)?);
            }
        }
        Ok(cond)
    }

    /// A condition on a row, which is all that it finds from outside.
    pub(crate) fn condition(&mut self, expr: &Expr, row: Row<'_>, scope: Scope) -> Result<Cond> {
        let outermost = std::mem::replace(&mut self.outermost, usize::MAX);
        let open = Open::root(row);
        let cond = self.within(
            expr,
            Place {
                row,
                open: &open,
                scope,
            },
        );
        self.outermost = outermost;
        cond
    }

    pub(super) fn within(&mut self, expr: &Expr, at: Place<'_, '_>) -> Result<Cond> {
        self.count()?;
        let cond = self.one_condition(expr, at)?;
        self.uncount();
        Ok(cond)
    }

    /// CWE-674, CWE-400: filter and policies are bounded one by one; here, all of them together.
    pub(super) fn count(&mut self) -> Result<()> {
        self.nesting += 1;
        self.rendered += 1;
        if self.nesting > bounds::MAX_NESTING || self.rendered > bounds::MAX_RENDERED {
            return Err(Error::TooLarge(bounds::STATEMENT));
        }
        Ok(())
    }

    pub(super) fn uncount(&mut self) {
        self.nesting -= 1;
    }

    /// The parts that lead deeper stand in functions of their own, for the stack's sake.
    fn one_condition(&mut self, expr: &Expr, at: Place<'_, '_>) -> Result<Cond> {
        // What reads no rows of others stands there as it is; of the rest the parts that do.
        if at.scope == Scope::Policy && self.calls != Calls::None && is_part(expr) && expr.reads_rows() {
            return self.call(expr, at);
        }
        match expr {
            Expr::And(all) => {
                let mut cond = Cond::True;
                for part in all.iter() {
                    // Every part is rendered, also after FALSE: the values keep their places.
                    let part = self.within(part, at)?;
                    cond = cond.and(part);
                }
                Ok(cond.in_order())
            }
            Expr::Or(all) => {
                let mut parts = Vec::with_capacity(all.len());
                for part in all.iter() {
                    parts.push(self.within(part, at)?);
                }
                Ok(Cond::any(parts))
            }
            Expr::Not(inner) => self.turned(inner, at).map(Cond::not),
            Expr::Through(key, inner) => {
                let related = self.referred(key, at)?;
                self.through(&related, inner, at)
            }
            Expr::Any(opened, inner) => {
                // What somebody may do by a row of their own is said by what was there before.
                if at.scope == Scope::Policy && (self.turned > 0 || !inner.asks_who()) {
                    self.opens(opened.model);
                }
                let related = self.referring(opened, at)?;
                self.through(&related, inner, at)
            }
            Expr::Visible(key) => {
                let related = self.referred(key, at)?;
                let source = self.source(related.model, Which::Visible)?;
                // What no index finds is not gathered: of a public article's comments it would be all articles, for each page.
                let known = |flag| self.flag(flag) == Cond::True;
                let by_key = !is_served(related.model, &self.fit(related.model)?.view, &known);
                Ok(self.related(&related, &source, Cond::True, at.scope, by_key))
            }
            leaf => self.leaf(leaf, at),
        }
    }

    /// The row that a column belongs to. CWE-863: a row outside is that row, whatever its model and whatever stands nearer;
    /// one that is not open here is none.
    pub(super) fn row_of<'r>(&mut self, number: RowNumber, at: Place<'_, 'r>) -> Result<Row<'r>> {
        if number == RowNumber::REACHED || removed(Control::OuterRows) {
            return Ok(at.row);
        }
        let Some(found) = at.open.find(number) else {
            return Err(Error::Internal(ASTRAY.to_owned()));
        };
        self.outermost = self.outermost.min(found.depth);
        Ok(found.row)
    }

    /// A condition that leads no deeper.
    fn leaf(&mut self, expr: &Expr, at: Place<'_, '_>) -> Result<Cond> {
        let (before, fragments) = (self.asked.len(), self.fragments);
        let sql = match self.leaf_sql(expr, at)? {
            Leaf::Known(cond) => return Ok(cond),
            Leaf::Sql(sql) => sql,
        };
        let asks = if self.asked.len() > before {
            Asks::RowsOfEach
        } else if expr.is_comparison() {
            Asks::Comparison
        } else {
            Asks::Row
        };
        let class = if self.fragments > fragments {
            Class::Raising
        } else if at.scope == Scope::Query && expr.is_long() {
            // A rule is what it is: nobody who asks chooses what it costs.
            Class::Long
        } else {
            Class::Safe
        };
        Ok(Cond::new(sql, class, asks))
    }

    fn leaf_sql(&mut self, expr: &Expr, at: Place<'_, '_>) -> Result<Leaf> {
        let scope = at.scope;
        Ok(Leaf::Sql(match expr {
            Expr::True => return Ok(Leaf::Known(Cond::True)),
            Expr::False => return Ok(Leaf::Known(Cond::False)),
            Expr::Flag(flag) => return Ok(Leaf::Known(self.flag(*flag))),
            Expr::Compare(op, column, value) => {
                let value = self.bound(column.meta.kind, value, scope)?;
                let row = self.row_of(column.row, at)?;
                self.dialect.compare(*op, &row.column(column.meta), &value)
            }
            Expr::Columns(op, column, with) => {
                let column = self.row_of(column.row, at)?.column(column.meta);
                let from = self.row_of(with.row, at)?;
                let with = self.scalar(&with.keys, with.meta, from, scope)?;
                self.dialect.compare_columns(*op, &column, &with)
            }
            Expr::In(column, list) => {
                let (kind, column) = (column.meta.kind, self.row_of(column.row, at)?.column(column.meta));
                match scope {
                    Scope::Query => {
                        let list = self.value(Parameter::List(kind));
                        self.dialect.is_one_of(kind, &column, &list)
                    }
                    Scope::Policy if list.is_empty() => return Ok(Leaf::Known(Cond::False)),
                    Scope::Policy => {
                        let items = list.iter().map(|value| self.bound(kind, value, scope));
                        let items: Vec<_> = items.collect::<Result<_>>()?;
                        format!("{column} IN ({})", items.join(","))
                    }
                }
            }
            Expr::Terms(op, two) => {
                let (a, b) = (self.term_at(&two.0, at)?, self.term_at(&two.1, at)?);
                self.dialect.compare_columns(*op, &a, &b)
            }
            Expr::TermIn(term, list) => {
                let (kind, value) = (term.kind(), self.term_at(term, at)?);
                match scope {
                    Scope::Query => {
                        let list = self.value(Parameter::List(kind));
                        self.dialect.is_one_of(kind, &value, &list)
                    }
                    Scope::Policy if list.is_empty() => "FALSE".to_owned(),
                    Scope::Policy => {
                        let items = list.iter().map(|one| self.bound(kind, one, scope));
                        format!("{value} IN ({})", items.collect::<Result<Vec<_>>>()?.join(","))
                    }
                }
            }
            Expr::TermIsNull(term) => {
                let value = self.term_at(term, at)?;
                format!("{value} IS NULL")
            }
            Expr::IsNull(column) => {
                let row = self.row_of(column.row, at)?;
                format!("{} IS NULL", row.column(column.meta))
            }
            Expr::IsActor(column) => {
                let column = self.row_of(column.row, at)?.column(column.meta);
                let id = match self.asker {
                    Asker::Known(authority) => authority.id(),
                    // Where no user asks it is NULL, to which nothing is equal.
                    Asker::Marked(_, asked) => {
                        return Ok(Leaf::Sql(format!("{column} = {}", asked.user())));
                    }
                };
                match id {
                    Some(_) => format!("{column} = {}", self.dialect.parameter(1)),
                    // Nobody is the owner of a row without one.
                    None if removed(Control::NobodyOwns) => {
                        format!("{column} IS NOT DISTINCT FROM {}", self.dialect.parameter(1))
                    }
                    None => return Ok(Leaf::Known(Cond::False)),
                }
            }
            Expr::Fragment(text, args) => self.fragment(text, args, at)?,
            Expr::TooLarge(why) => return Err(Error::TooLarge(why)),
            Expr::And(_)
            | Expr::Or(_)
            | Expr::Not(_)
            | Expr::Through(..)
            | Expr::Any(..)
            | Expr::Visible(_) => {
                return Err(Error::Internal("a condition that leads deeper is no leaf".into()));
            }
        }))
    }

    fn flag(&self, flag: Flag) -> Cond {
        let authority = match self.asker {
            Asker::Known(authority) => authority,
            Asker::Marked(_, asked) => {
                return Cond::safe(match flag {
                    Flag::SignedIn => asked.is_signed_in(),
                    Flag::Staff => asked.is_staff(),
                    Flag::Superuser => asked.is_superuser(),
                    Flag::Has(permission) => asked.has_permission(&permission),
                });
            }
        };
        let known = match (authority.actor.0, flag) {
            (Inner::User(..), Flag::SignedIn) => true,
            (Inner::User(facts, _), Flag::Staff) => facts.is_staff,
            (Inner::User(facts, _), Flag::Superuser) => facts.is_superuser,
            (Inner::User(_, held), Flag::Has(permission)) => held.has(&permission),
            (Inner::Nobody | Inner::Service(..), _) => false,
        };
        if known { Cond::True } else { Cond::False }
    }

    fn fragment(&mut self, text: &'static str, args: &[FragmentArg], at: Place<'_, '_>) -> Result<String> {
        self.fragments += 1;
        let mut out = String::from("(");
        let mut pieces = text.split("{}");
        out.push_str(pieces.next().unwrap_or_default());
        let mut args = args.iter();
        for piece in pieces {
            let Some(arg) = args.next() else {
                return Err(Error::Internal(format!(
                    "`{text}` has more `{{}}` than arguments"
                )));
            };
            let sql = match arg {
                FragmentArg::Value(value) => self.bound(value.kind(), value, at.scope)?,
                FragmentArg::Column(column) => {
                    let from = self.row_of(column.row, at)?;
                    self.scalar(&column.keys, column.meta, from, at.scope)?
                }
            };
            out.push_str(&sql);
            out.push_str(piece);
        }
        if args.next().is_some() {
            return Err(Error::Internal(format!(
                "`{text}` has fewer `{{}}` than arguments"
            )));
        }
        out.push(')');
        Ok(out)
    }
}

/// Whether it is no list of parts that can stand by themselves.
fn is_part(expr: &Expr) -> bool {
    !matches!(expr, Expr::And(_) | Expr::Or(_) | Expr::Not(_))
}

/// The rule for an action on a row; there is none for `Grant`.
fn rule_of(rules: &CompiledRules, action: Action) -> Option<&Expr> {
    match action {
        Action::View => Some(&rules.view),
        Action::Add => Some(&rules.add),
        Action::Change => Some(&rules.change),
        Action::Delete => Some(&rules.delete),
        Action::Grant => None,
    }
}

/// For tests: the control that this rule is.
fn rule_removed(action: Action, row: Row<'_>) -> bool {
    match action {
        Action::View if row.new.is_empty() => removed(Control::View),
        Action::View => removed(Control::ViewAfter),
        Action::Add => removed(Control::Add),
        Action::Change if row.new.is_empty() => removed(Control::ChangeBefore),
        Action::Change => removed(Control::ChangeAfter),
        Action::Delete => removed(Control::Delete),
        Action::Grant => false,
    }
}

//! Rules as the database keeps them: a second rendering of the same tree, in which whoever asks is who the transaction's marks
//! say. What reads rows becomes a function of the tables' owner, which reads them in full, as rules do; inline it would see what
//! the policies of those rows show, and a rule over its own table would ask itself for ever.

use crate::error::{Error, Result};
use crate::policy::actor::Action;
use crate::policy::listed::Listed;
use crate::sabotage::{Control, removed};
use crate::sql::cond::{Asks, Class, Cond};
use crate::sql::dialect::Dialect;
use crate::sql::function::{Calls, Function};
use crate::sql::literal::{literal, type_of};
use crate::sql::marks::Asked;
use crate::sql::render::{Asker, Place, Renderer, Row, Scope};
use crate::sql::source::Which;
use crate::tree::expr::{Col, Expr};
use crate::tree::meta::{Auto, ColumnMeta, ModelMeta, Privilege};
use crate::tree::row::Open;
use crate::tree::value::Value;

/// What the database keeps of a model's rules, as SQL over the columns' bare names.
pub(crate) struct Emitted {
    pub(crate) view: String,
    pub(crate) add: String,
    pub(crate) change: String,
    pub(crate) delete: String,
    /// When an update is refused for the columns that it writes; over `OLD` and `NEW`.
    pub(crate) refused: Option<String>,
    pub(crate) functions: Vec<Function>,
}

impl Emitted {
    /// # Errors
    /// What cannot be emitted of its rules, and why.
    pub(crate) fn of(model: &'static ModelMeta, listed: &Listed) -> Result<Self> {
        let mut functions = Vec::new();
        let mut say = |what: &str, asked: Asked, say: &mut dyn FnMut(&mut Renderer<'_>) -> Result<Cond>| {
            let calls = Calls::Kept(std::mem::take(&mut functions));
            let mut renderer = Renderer::of(Dialect::Postgres, Asker::Marked(listed, asked), calls, true, 0);
            let said = say(&mut renderer).map_err(|error| {
                Error::Internal(format!(
                    "the {what} of the model `{}`: {error}",
                    model.type_name()
                ))
            });
            if let Calls::Kept(kept) = renderer.calls {
                functions = kept;
            }
            said
        };
        let bare = bare(model);
        let row = Row {
            alias: "",
            new: &bare,
        };
        let once = Asked::Once;
        let rule = |renderer: &mut Renderer<'_>, action| renderer.rule(action, model, row);
        let view = say("view rule", once, &mut |r| rule(r, Action::View))?;
        let add = say("add rule", once, &mut |r| {
            let add = rule(r, Action::Add)?;
            let targets = r.new_targets(model, row)?;
            Ok(add.and(targets).and(r.new_privileges(model, row)?))
        })?;
        let change = say("change rule", once, &mut |r| rule(r, Action::Change))?;
        let delete = say("delete rule", once, &mut |r| rule(r, Action::Delete))?;
        let refused = say("rules for its columns", Asked::Each, &mut |r| {
            r.refused_columns(model)
        })?;
        let policy = |actions: &[Action], parts: &[&Cond]| {
            let holds = parts
                .iter()
                // CWE-209: what may be an error is asked of no row that is not seen.
                .fold(Cond::True, |all, part| {
                    all.clone().and((*part).clone().behind(&all))
                });
            let aside = actions
                .iter()
                .map(|action| once.is_aside(*action, model.table))
                .fold(Cond::False, |any, aside| any.or(Cond::safe(aside)));
            Cond::safe(once.is_marked())
                .and(aside.or(holds))
                .in_order()
                .sql()
                .into_owned()
        };
        // To change and to delete is also to see.
        Ok(Self {
            view: policy(&[Action::View], &[&view]),
            add: policy(&[Action::Add], &[&add]),
            change: policy(&[Action::Change], &[&view, &change]),
            delete: policy(&[Action::Delete], &[&view, &delete]),
            refused: (refused != Cond::False).then(|| {
                let each = Asked::Each;
                let aside = each.is_aside(Action::Change, model.table);
                format!("({}) AND {aside} IS NOT TRUE", refused.sql())
            }),
            functions,
        })
    }
}

/// A model's columns by their names alone.
fn bare(model: &'static ModelMeta) -> Vec<(&'static ColumnMeta, String)> {
    let columns = model.columns.iter();
    columns
        .map(|column| (column, format!("\"{}\"", column.column)))
        .collect()
}

impl Renderer<'_> {
    /// A part of a rule, as the call of its function.
    pub(super) fn call(&mut self, expr: &Expr, at: Place<'_, '_>) -> Result<Cond> {
        // Nobody has rows of their own, and nothing is asked for them.
        if let Asker::Known(authority) = self.asker
            && authority.id().is_none()
            && expr.is_the_actors()
            && !removed(Control::NobodyOwns)
        {
            return Ok(Cond::False);
        }
        let listed = self.asker.listed();
        let body = |by_key| {
            let marked = Asker::Marked(listed, Asked::Once);
            Renderer::of(Dialect::Postgres, marked, Calls::None, by_key, 0)
        };
        let columns = expr.own_columns();
        let mut one = body(true);
        one.turned = self.turned;
        let (whether, class) = one.whether(expr, &columns)?;
        // CWE-863: what a function reads decides as well whether new rows may be judged one after the other.
        self.asked.append(&mut one.asked);
        self.opened.append(&mut one.opened);
        self.fragments += one.fragments;
        let keys = match self.asker {
            // CWE-209: gathered, it would be asked of rows that none of the statement's leads to, and be an error on them.
            _ if class == Class::Raising => None,
            // No subquery may stand there.
            Asker::Marked(_, Asked::Each) => None,
            // A row that is looked up by its key asks for itself alone.
            Asker::Known(_) if self.by_key => None,
            _ => body(false).keys(expr)?,
        };
        let call = match &keys {
            Some((key, keys)) => {
                let (key, name) = (at.row.column(key), &keys.name);
                match self.asker {
                    // An index finds a row by each of them.
                    Asker::Known(_) => format!("{key} = ANY (ARRAY(SELECT \"{name}\"()))"),
                    // In a policy there is always something that holds instead, and no index serves it; looked up by hash.
                    Asker::Marked(..) => format!("{key} IN (SELECT \"{name}\"())"),
                }
            }
            None => {
                let given: Vec<_> = columns.iter().map(|column| at.row.column(column)).collect();
                format!("\"{}\"({})", whether.name, given.join(", "))
            }
        };
        let is_gathered = keys.is_some();
        // The database has both: which of them a statement of the ORM asks is known when it is written.
        if let Calls::Kept(functions) = &mut self.calls {
            for function in keys.into_iter().map(|(_, function)| function).chain([whether]) {
                if !functions.contains(&function) {
                    functions.push(function);
                }
            }
        }
        // Keys are gathered once for a statement; a function of the row's columns reads rows for each of them.
        let asks = match is_gathered {
            true => Asks::Rows,
            false => Asks::RowsOfEach,
        };
        Ok(Cond::new(call, class, asks))
    }

    /// Whether it holds for a row of which these are columns; and what that may do, in whatever model's rule it is.
    fn whether(&mut self, expr: &Expr, columns: &[&'static ColumnMeta]) -> Result<(Function, Class)> {
        let given: Vec<_> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let parameter = self.dialect().parameter(at + 1);
                (*column, self.dialect().constant(column.kind, parameter))
            })
            .collect();
        let row = Row {
            alias: "",
            new: &given,
        };
        let holds = self.condition(expr, row, Scope::Policy)?;
        let types: Vec<_> = columns.iter().map(|column| type_of(column.kind)).collect();
        let function = Function::new(
            types.join(", "),
            "boolean".to_owned(),
            format!("SELECT {}", holds.sql()),
        );
        Ok((function, holds.class()))
    }

    /// The keys for which it holds, if it says nothing else of the row and they are only as many as the actor has: gathered once
    /// for a statement, and not asked for each of its rows. And the column that holds such a key.
    fn keys(&mut self, expr: &Expr) -> Result<Option<(&'static ColumnMeta, Function)>> {
        let nowhere = Row { alias: "", new: &[] };
        let open = Open::root(nowhere);
        let at = Place {
            row: nowhere,
            open: &open,
            scope: Scope::Policy,
        };
        let (key, related, inner) = match expr {
            Expr::Through(key, inner) if inner.is_the_actors() && inner.outer_columns().is_empty() => {
                (key.meta, self.referred(key, at)?, &**inner)
            }
            Expr::Any(opened, inner) if inner.is_the_actors() && inner.outer_columns().is_empty() => {
                let related = self.referring(opened, at)?;
                let own = opened.key.target.map(|target| target().id());
                let Some(own) = own else { return Ok(None) };
                (own, related, &**inner)
            }
            Expr::Visible(key) => {
                let related = self.referred(key, at)?;
                let view = &self.fit(related.model)?.view;
                if !view.is_the_actors() {
                    return Ok(None);
                }
                (key.meta, related, view)
            }
            _ => return Ok(None),
        };
        let source = self.source(related.model, Which::Related(Scope::Policy))?;
        let column = source.column(related.column);
        let body = match expr {
            Expr::Visible(_) => {
                // Apart, so that a right to see all of them costs nobody a look at each.
                let rule = self.condition(inner, source.row(), Scope::Policy)?;
                let all = self.granted(Action::View, related.model);
                format!(
                    "{} UNION ALL {}",
                    source.select(&column, rule),
                    source.select(&column, all)
                )
            }
            _ => {
                let holds = self.on_related(&related, source.row(), inner, at)?;
                source.select(&column, holds)
            }
        };
        let returns = format!("SETOF {}", type_of(related.column.kind));
        Ok(Some((key, Function::new(String::new(), returns, body))))
    }

    /// Every row that a new row refers to may be seen.
    fn new_targets(&mut self, model: &'static ModelMeta, row: Row<'_>) -> Result<Cond> {
        let mut all = Cond::True;
        for column in model.columns.iter().filter(|column| column.target.is_some()) {
            let seen = self.condition(&Expr::Visible(Col::of_root(column)), row, Scope::Policy)?;
            let absent = match column.nullable {
                true => Cond::safe(format!("{} IS NULL", row.column(column))),
                false => Cond::False,
            };
            all = all.and(absent.or(seen));
        }
        Ok(all)
    }

    /// Columns of a new row that carry privilege have the value that they have of their own, or may be set.
    fn new_privileges(&mut self, model: &'static ModelMeta, row: Row<'_>) -> Result<Cond> {
        let mut all = Cond::True;
        for column in model.columns {
            if column.privilege != Privilege::Privileged {
                continue;
            }
            let own = format!(
                "{} IS NOT DISTINCT FROM {}",
                row.column(column),
                literal(column.kind, &own_value(column)?, Asked::Once)?
            );
            let may = self.may_set(Action::Add, model, column, row)?;
            all = all.and(Cond::safe(own).or(may));
        }
        Ok(all)
    }

    /// An update writes a column that carries privilege, and may not; or lets the row refer to one that may not be seen. What a row
    /// was is known to no policy, but to a trigger.
    fn refused_columns(&mut self, model: &'static ModelMeta) -> Result<Cond> {
        let (old, new) = (Row::old("OLD"), Row::old("NEW"));
        let mut any = Cond::False;
        for column in model.columns {
            let changed = Cond::safe(format!(
                "{} IS DISTINCT FROM {}",
                old.column(column),
                new.column(column)
            ));
            if column.privilege != Privilege::Open {
                let before = self.may_set(Action::Change, model, column, old)?;
                let may = before.and(self.may_set(Action::Change, model, column, new)?);
                any = any.or(changed.clone().and(may.not()));
            }
            if column.target.is_some() {
                let seen = self.condition(&Expr::Visible(Col::of_root(column)), new, Scope::Policy)?;
                let refers = Cond::safe(format!("{} IS NOT NULL", new.column(column)));
                any = any.or(changed.and(refers).and(seen.not()));
            }
        }
        Ok(any)
    }
}

/// What a column of a new row is, if nobody says.
fn own_value(column: &ColumnMeta) -> Result<Value> {
    let changes = || {
        Err(Error::Internal(format!(
            "`{}` carries privilege, and its value in a new row is another each time, so that no policy can tell one that was \
             set from one that was not: give it a `default` that stays, or none",
            column.field
        )))
    };
    match (column.auto, column.default) {
        (Auto::No, None) => Ok(Value::Null),
        (Auto::No, Some(default)) if default() == default() => Ok(default()),
        _ => changes(),
    }
}

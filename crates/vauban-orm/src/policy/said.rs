//! Rules in words, for reviews: whose column it is that a condition asks is part of what it says.

use std::cell::Cell;

use crate::policy::actor::Action;
use crate::tree::expr::{Col, Expr, Far, Flag, FragmentArg, Op};
use crate::tree::meta::{ModelMeta, OnDelete, Privilege};
use crate::tree::row::{Open, RowNumber};
use crate::tree::shown::named;
use crate::tree::value::Value;

/// A model's rules as text, for reviews: one line for each action. `models` are the program's.
pub fn policy(model: &'static ModelMeta, models: &[&'static ModelMeta]) -> Vec<(Action, String)> {
    let rules = (model.rules)();
    let name = |model: &ModelMeta| named(model, models);
    let said = |rule: &Expr| Said { name: &name }.rule(rule);
    let mut lines = vec![
        (Action::View, said(&rules.view)),
        (Action::Add, said(&rules.add)),
        (Action::Change, said(&rules.change)),
        (Action::Delete, said(&rules.delete)),
    ];
    for column in model.columns {
        let with = column.field;
        // CWE-451: each word of a field has a line of its own; none is silent because of another.
        let gone = match column.on_delete {
            OnDelete::Restrict => None,
            OnDelete::Cascade => Some((Action::Delete, "whoever may delete both")),
            // Nobody's delete rule is asked for it.
            OnDelete::CascadeOwned => Some((Action::Delete, "whoever may delete that")),
            OnDelete::SetNull => Some((
                Action::Change,
                "emptied by whoever may delete that and change this so",
            )),
        };
        if let Some((action, whoever)) = gone {
            lines.push((action, format!("with its {with}: {whoever}")));
        }
        let named = rules.set.iter().any(|set| std::ptr::eq(set.column, column));
        match column.privilege {
            _ if named => {}
            Privilege::Open => {}
            Privilege::Owner | Privilege::Tenant => {
                lines.push((Action::Grant, format!("{with} of a row that is there: nobody")));
            }
            Privilege::Privileged => lines.push((Action::Grant, format!("{with}: nobody"))),
        }
    }
    for set in &rules.set {
        let field = set.column.field;
        let (add, change) = (said(&set.add), said(&set.change));
        let given = matches!(set.column.privilege, Privilege::Owner | Privilege::Tenant);
        if given {
            // CWE-451: whoever adds the row gives it, which the add rule judges.
            lines.push((Action::Grant, format!("{field} of a row that is there: {change}")));
        } else if add == change {
            lines.push((Action::Grant, format!("{field}: {change}")));
        } else {
            lines.push((Action::Grant, format!("{field} of a new row: {add}")));
            lines.push((Action::Grant, format!("{field} of a row that is there: {change}")));
        }
    }
    lines
}

/// A row in a text: a bare column is the nearest row's, and every other row's column says whose it is (CWE-451).
struct Named {
    name: String,
    /// Whether somebody did.
    used: Cell<bool>,
}

/// The row that a rule is about; no field is called so.
const THE_ROW: &str = "the row";

/// Conditions in words.
pub(crate) struct Said<'a> {
    /// What a model is called.
    pub(crate) name: &'a dyn Fn(&ModelMeta) -> String,
}

impl Said<'_> {
    /// A rule of some model.
    pub(crate) fn rule(&self, rule: &Expr) -> String {
        let row = Named {
            name: THE_ROW.to_owned(),
            used: Cell::new(false),
        };
        self.describe(rule, 0, &Open::root(row), RowNumber::ROOT)
    }

    /// `level`: 0 anything, 1 inside an `or`, 2 inside an `and` or a `not`. `nearest`: the row that the words around speak of.
    fn describe(&self, expr: &Expr, level: u8, open: &Open<'_, Named>, nearest: RowNumber) -> String {
        let list = |all: &[Expr], word: &str, own: u8| {
            let parts: Vec<_> = all
                .iter()
                .map(|part| self.describe(part, own, open, nearest))
                .collect();
            let text = parts.join(word);
            if level > own.saturating_sub(1) {
                format!("({text})")
            } else {
                text
            }
        };
        let column = |column: &Col| of(column.row, column.meta.field, open, nearest);
        match expr {
            Expr::True => "everybody".into(),
            Expr::False => "nobody".into(),
            Expr::Flag(Flag::SignedIn) => "who is signed in".into(),
            Expr::Flag(Flag::Staff) => "who is staff".into(),
            Expr::Flag(Flag::Superuser) => "who is superuser".into(),
            Expr::Compare(op, of, value) => format!("{} {} {}", column(of), sign(*op), shown(value)),
            Expr::Columns(op, of, with) => {
                // CWE-451: a column that is called `now` is not the clock.
                let its = if with.row == nearest { "its " } else { "" };
                format!("{} {} {its}{}", column(of), sign(*op), far(with, open, nearest))
            }
            Expr::In(of, values) => {
                let values: Vec<_> = values.iter().map(shown).collect();
                format!("{} in [{}]", column(of), values.join(", "))
            }
            Expr::IsNull(of) => format!("{} is empty", column(of)),
            Expr::IsActor(of) => format!("{} is who", column(of)),
            Expr::And(all) => list(all, " and ", 2),
            Expr::Or(all) => list(all, " or ", 1),
            Expr::Not(inner) => format!("not {}", self.describe(inner, 2, open, nearest)),
            Expr::Through(key, inner) => {
                let inner = self.describe(inner, 0, open, RowNumber::REACHED);
                format!("{}.({inner})", column(key))
            }
            Expr::Any(opened, inner) => {
                let model = (self.name)((opened.model)());
                let row = Named {
                    name: format!("{model}#{}", open.depth + 1),
                    used: Cell::new(false),
                };
                let inside = open.inside(opened.number, row);
                let inner = self.describe(inner, 2, &inside, opened.number);
                let row = &inside.row;
                let name = if row.used.get() { &row.name } else { &model };
                let key = opened.key.field;
                if opened.to == nearest {
                    format!("some {name} of this {key} with {inner}")
                } else {
                    format!(
                        "some {name} whose {key} is {} with {inner}",
                        row_of(opened.to, open)
                    )
                }
            }
            Expr::Visible(key) => format!("{} visible", column(key)),
            Expr::TooLarge(why) => format!("too large ({why})"),
            Expr::Fragment(sql, args) => {
                let columns: Vec<_> = args
                    .iter()
                    .map(|arg| match arg {
                        FragmentArg::Column(column) => far(column, open, nearest),
                        FragmentArg::Value(value) => shown(value),
                    })
                    .collect();
                // CWE-117, CWE-451: written as texts are: where it ends is not for a text in it to say, and it is one line.
                format!("sql {sql:?} [{}]", columns.join(", "))
            }
        }
    }
}

/// A column of a row.
fn of(row: RowNumber, field: &str, open: &Open<'_, Named>, nearest: RowNumber) -> String {
    if row == nearest {
        return field.to_owned();
    }
    format!("{}.{field}", row_of(row, open))
}

fn row_of<'a>(row: RowNumber, open: &'a Open<'_, Named>) -> &'a str {
    match open.find(row) {
        Some(open) => {
            open.row.used.set(true);
            &open.row.name
        }
        None => "a row that is not there",
    }
}

/// CWE-451: `question.id` of two rows is not one column.
fn far(column: &Far, open: &Open<'_, Named>, nearest: RowNumber) -> String {
    let steps: Vec<_> = column
        .keys
        .iter()
        .chain([&column.meta])
        .map(|column| column.field)
        .collect();
    of(column.row, &steps.join("."), open, nearest)
}

fn sign(op: Op) -> &'static str {
    match op {
        Op::Eq => "=",
        Op::Ne => "≠",
        Op::Lt => "<",
        Op::Le => "≤",
        Op::Gt => ">",
        Op::Ge => "≥",
        Op::Contains => "contains",
        Op::ContainsIgnoringCase => "contains, in any case,",
        Op::StartsWith => "starts with",
        Op::EndsWith => "ends with",
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Uuid(uuid) => uuid.to_string(),
        other => other.literal(),
    }
}

//! Rules in words, for reviews: whose column it is that a condition asks is part of what it says.

use std::cell::Cell;

use crate::model::field::Field;
use crate::model::types::{DateTime, Duration, Time};
use crate::policy::actor::Action;
use crate::tree::expr::{Col, Expr, Far, Flag, FragmentArg, Op};
use crate::tree::meta::{Encoding, ModelMeta, OnDelete, Privilege};
use crate::tree::row::{Open, RowNumber};
use crate::tree::shown::named;
use crate::tree::term::{Term, TextFunction, Whole};
use crate::tree::value::{Kind, Value};

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
            // No key: nothing but the end of the account reaches it.
            OnDelete::SetNull if column.holds_user => {
                Some((Action::Change, "emptied when the account is erased"))
            }
            _ if column.holds_user => Some((Action::Delete, "when the account is erased")),
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
            Privilege::Owner | Privilege::Tenant | Privilege::Fixed => {
                lines.push((Action::Grant, format!("{with} of a row that is there: nobody")));
            }
            Privilege::Privileged => lines.push((Action::Grant, format!("{with}: nobody"))),
        }
    }
    for set in &rules.set {
        let field = set.column.field;
        let (add, change) = (said(&set.add), said(&set.change));
        let given = matches!(
            set.column.privilege,
            Privilege::Owner | Privilege::Tenant | Privilege::Fixed
        );
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
            Expr::Flag(Flag::Has(permission)) => format!("who has {}", permission.name),
            Expr::Compare(op, of, value) => {
                let value = shown(value, of.meta.kind, of.meta.untyped.encoding);
                format!("{} {} {value}", column(of), sign(*op))
            }
            Expr::Columns(op, of, with) => {
                // CWE-451: a column that is called `now` is not the clock.
                let its = if with.row == nearest { "its " } else { "" };
                format!("{} {} {its}{}", column(of), sign(*op), far(with, open, nearest))
            }
            Expr::Terms(op, two) => format!(
                "{} {} {}",
                self.term(&two.0, open, nearest),
                sign(*op),
                self.term(&two.1, open, nearest)
            ),
            Expr::TermIn(term, values) => {
                let (kind, encoding) = (term.kind(), term.encoding());
                let values: Vec<_> = values.iter().map(|value| shown(value, kind, encoding)).collect();
                format!("{} in [{}]", self.term(term, open, nearest), values.join(", "))
            }
            Expr::TermIsNull(term) => format!("{} is empty", self.term(term, open, nearest)),
            Expr::In(of, values) => {
                let (kind, encoding) = (of.meta.kind, of.meta.untyped.encoding);
                let values: Vec<_> = values.iter().map(|value| shown(value, kind, encoding)).collect();
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
                let model = (self.name)(opened.model);
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
                        // As the SQL around it has it.
                        FragmentArg::Value(value) => shown(value, value.kind(), Encoding::OfKind),
                    })
                    .collect();
                // CWE-117, CWE-451: written as texts are: where it ends is not for a text in it to say, and it is one line.
                format!("sql {sql:?} [{}]", columns.join(", "))
            }
        }
    }
}

impl Said<'_> {
    /// A value in words.
    fn term(&self, term: &Term, open: &Open<'_, Named>, nearest: RowNumber) -> String {
        let both = |two: &(Term, Term)| (self.term(&two.0, open, nearest), self.term(&two.1, open, nearest));
        match term {
            Term::Column(column) => far(column, open, nearest),
            Term::Value(kind, value, encoding) => shown(value, *kind, *encoding),
            Term::Whole(whole, two) => {
                let (a, b) = both(two);
                let sign = match whole {
                    Whole::Plus => "+",
                    Whole::Minus => "-",
                    Whole::Times => "*",
                    Whole::DividedBy => "/",
                    Whole::Modulo => "%",
                };
                format!("({a} {sign} {b})")
            }
            Term::Coalesce(two) => {
                let (a, b) = both(two);
                format!("({a}, or {b} where it is empty)")
            }
            Term::Concat(two) => {
                let (a, b) = both(two);
                format!("({a} followed by {b})")
            }
            Term::Case(case) => {
                let holds = self.describe(&case.0, 0, open, nearest);
                let then = self.term(&case.1, open, nearest);
                let rest = case.2.as_ref().map(|rest| self.term(rest, open, nearest));
                format!(
                    "({then} if {holds}, else {})",
                    rest.as_deref().unwrap_or("nothing")
                )
            }
            Term::Text(function, of) => {
                let function = match function {
                    TextFunction::Lower => "lower",
                    TextFunction::Upper => "upper",
                    TextFunction::Length => "length",
                    TextFunction::Trim => "trim",
                    TextFunction::Folded => "in any case",
                };
                format!("{function} of {}", self.term(of, open, nearest))
            }
            Term::Part(part, of) => {
                let part = format!("{part:?}").to_lowercase();
                format!("{part} of {}", self.term(of, open, nearest))
            }
            Term::Fold(fold, of) => {
                let fold = format!("{fold:?}").to_lowercase();
                let value = self.term(&of.0, open, nearest);
                match &of.1 {
                    Expr::True => format!("{fold} of {value}"),
                    only => format!(
                        "({fold} of {value} with {})",
                        self.describe(only, 2, open, nearest)
                    ),
                }
            }
            Term::Related(of) => {
                let model = (self.name)((of.model)());
                let row = Named {
                    name: format!("{model}#{}", open.depth + 1),
                    used: Cell::new(false),
                };
                let inside = open.inside(of.number, row);
                let value = self.term(&of.of, &inside, of.number);
                let filter = self.describe(&of.filter, 2, &inside, of.number);
                let row = &inside.row;
                let name = if row.used.get() { &row.name } else { &model };
                let fold = format!("{:?}", of.fold).to_lowercase();
                let steps: Vec<_> = of.steps.iter().map(|step| step.field).collect();
                let whose = match (of.row == nearest, steps.is_empty()) {
                    (true, true) => "this".to_owned(),
                    (true, false) => format!("its {}", steps.join(".")),
                    (false, true) => row_of(of.row, open).to_owned(),
                    (false, false) => format!("{}.{}", row_of(of.row, open), steps.join(".")),
                };
                let key = of.key.field;
                // CWE-451: where its condition ends is seen.
                format!("({fold} of {value} over every {name} whose {key} is {whose} with {filter})")
            }
            Term::TooLarge(why) => format!("too large ({why})"),
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

/// CWE-451: a value as it is written in the source, and not in the units in which it is stored.
fn shown(value: &Value, kind: Kind, encoding: Encoding) -> String {
    let known = match (kind, value) {
        (Kind::Decimal, Value::Integer(units)) => Some(decimal(*units, encoding)),
        (Kind::Duration, Value::Integer(micros)) => {
            Duration::from_micros(*micros).map(|length| length.to_string())
        }
        (Kind::DateTime, Value::Integer(micros)) => {
            DateTime::from_micros(*micros).map(|moment| moment.to_text())
        }
        (Kind::Time, Value::Integer(micros)) => Time::from_micros(*micros).map(|time| time.to_text()),
        _ => None,
    };
    match (known, value) {
        (Some(known), _) => known,
        (None, Value::Text(text)) => format!("{text:?}"),
        (None, Value::Uuid(uuid)) => uuid.to_string(),
        (None, other) => other.literal(),
    }
}

fn decimal(units: i64, encoding: Encoding) -> String {
    let Encoding::Decimal { places, .. } = encoding else {
        return format!("{units} of its smallest unit");
    };
    let places = places as usize;
    let minus = if units < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", units.unsigned_abs(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    let point = if places > 0 { "." } else { "" };
    format!("{minus}{whole}{point}{part}")
}

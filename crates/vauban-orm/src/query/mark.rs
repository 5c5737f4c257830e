//! What tells one order from another, today and tomorrow, in each process of a site: nothing of it is an address or a number that
//! is given out while the program runs.

use std::fmt::Write as _;

use super::select::Select;
use crate::tree::expr::{Col, Expr, Far, FragmentArg};
use crate::tree::row::RowNumber;
use crate::tree::term::{SortKey, Term};
use crate::tree::value::Value;

/// The mark of an order (FNV-1a).
pub(super) fn fingerprint(select: &Select, keys: &[SortKey]) -> u64 {
    let mut said = Said {
        text: select.model.table.to_owned(),
        open: vec![RowNumber::ROOT],
    };
    for key in keys {
        let nulls_first = key.nulls_first.unwrap_or(!key.descending);
        said.put(format_args!(";{}{}", key.descending, nulls_first));
        said.term(&key.term);
    }
    said.text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// An order in words.
struct Said {
    text: String,
    /// The open rows, the outermost first: a row is told by its place among them.
    open: Vec<RowNumber>,
}

impl Said {
    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        let _ = self.text.write_fmt(what);
    }

    fn row(&mut self, row: RowNumber) {
        match self.open.iter().position(|open| *open == row) {
            Some(place) => self.put(format_args!("{place}:")),
            None => self.text.push_str("on:"),
        }
    }

    fn column(&mut self, column: &Col) {
        self.row(column.row);
        self.text.push_str(column.meta.column);
    }

    fn far(&mut self, far: &Far) {
        self.row(far.row);
        for key in &far.keys {
            self.put(format_args!("{}.", key.column));
        }
        self.text.push_str(far.meta.column);
    }

    fn values(&mut self, values: &[Value]) {
        self.put(format_args!("{values:?}"));
    }

    /// Inside of a row that is opened there.
    fn inside(&mut self, row: RowNumber, say: impl FnOnce(&mut Self)) {
        self.open.push(row);
        say(self);
        self.open.pop();
    }

    fn two(&mut self, name: std::fmt::Arguments<'_>, two: &(Term, Term)) {
        self.put(name);
        self.text.push('(');
        self.term(&two.0);
        self.text.push(',');
        self.term(&two.1);
        self.text.push(')');
    }

    fn term(&mut self, term: &Term) {
        match term {
            Term::Column(far) => self.far(far),
            Term::Value(kind, value, _) => self.put(format_args!("{kind:?}{value:?}")),
            Term::Whole(whole, of) => self.two(format_args!("{whole:?}"), of),
            Term::Coalesce(of) => self.two(format_args!("or"), of),
            Term::Concat(of) => self.two(format_args!("concat"), of),
            Term::Case(of) => {
                self.text.push_str("case(");
                self.condition(&of.0);
                self.text.push(',');
                self.term(&of.1);
                if let Some(rest) = &of.2 {
                    self.text.push(',');
                    self.term(rest);
                }
                self.text.push(')');
            }
            Term::Text(function, of) => {
                self.put(format_args!("{function:?} "));
                self.term(of);
            }
            Term::Part(part, of) => {
                self.put(format_args!("{part:?} "));
                self.term(of);
            }
            Term::Fold(fold, of) => {
                self.put(format_args!("{fold:?}("));
                self.term(&of.0);
                self.text.push('|');
                self.condition(&of.1);
                self.text.push(')');
            }
            Term::Related(of) => {
                self.put(format_args!("{:?}(", of.fold));
                self.row(of.row);
                for key in &of.steps {
                    self.put(format_args!("{}.", key.column));
                }
                self.put(format_args!(" {}.{} ", (of.model)().table, of.key.column));
                self.inside(of.number, |said| {
                    said.term(&of.of);
                    said.text.push('|');
                    said.condition(&of.filter);
                });
                self.text.push(')');
            }
            Term::TooLarge(why) => self.text.push_str(why),
        }
    }

    fn condition(&mut self, condition: &Expr) {
        match condition {
            Expr::True | Expr::False | Expr::Flag(_) | Expr::TooLarge(_) => {
                self.put(format_args!("{condition:?}"));
            }
            Expr::Compare(op, column, value) => {
                self.column(column);
                self.put(format_args!(" {op:?} {value:?}"));
            }
            Expr::Columns(op, column, far) => {
                self.column(column);
                self.put(format_args!(" {op:?} "));
                self.far(far);
            }
            Expr::Terms(op, of) => self.two(format_args!("{op:?}"), of),
            Expr::In(column, list) => {
                self.column(column);
                self.values(list);
            }
            Expr::TermIn(term, list) => {
                self.term(term);
                self.values(list);
            }
            Expr::IsNull(column) => {
                self.text.push_str("none ");
                self.column(column);
            }
            Expr::TermIsNull(term) => {
                self.text.push_str("none ");
                self.term(term);
            }
            Expr::IsActor(column) => {
                self.text.push_str("who ");
                self.column(column);
            }
            Expr::Visible(column) => {
                self.text.push_str("seen ");
                self.column(column);
            }
            Expr::And(all) | Expr::Or(all) => {
                let and = matches!(condition, Expr::And(_));
                self.text.push_str(if and { "and(" } else { "or(" });
                for part in all.iter() {
                    self.condition(part);
                    self.text.push(',');
                }
                self.text.push(')');
            }
            Expr::Not(inner) => {
                self.text.push_str("not(");
                self.condition(inner);
                self.text.push(')');
            }
            Expr::Through(key, inner) => {
                self.column(key);
                self.text.push_str("->(");
                self.condition(inner);
                self.text.push(')');
            }
            Expr::Any(opened, inner) => {
                self.row(opened.to);
                self.put(format_args!("any {}.{}(", opened.model.table, opened.key.column));
                self.inside(opened.number, |said| said.condition(inner));
                self.text.push(')');
            }
            Expr::Fragment(text, args) => {
                self.put(format_args!("{text:?}("));
                for arg in args {
                    match arg {
                        FragmentArg::Column(far) => self.far(far),
                        FragmentArg::Value(value) => self.put(format_args!("{value:?}")),
                    }
                    self.text.push(',');
                }
                self.text.push(')');
            }
        }
    }
}

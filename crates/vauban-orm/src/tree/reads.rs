//! What of a condition is asked of other rows, and what it has to know of its own for that.

use crate::tree::expr::{Col, Expr, Far, FragmentArg};
use crate::tree::meta::ColumnMeta;
use crate::tree::row::RowNumber;
use crate::tree::term::{Related, Term};

impl Expr {
    /// Whether rows besides the one that it stands on are read for it.
    pub(crate) fn reads_rows(&self) -> bool {
        match self {
            // That such a row is there says the foreign key itself.
            Self::Through(_, inner) => !matches!(**inner, Self::True),
            Self::Any(..) | Self::Visible(_) => true,
            Self::Columns(_, _, with) => !with.keys.is_empty(),
            Self::Terms(_, two) => two.0.reads_rows() || two.1.reads_rows(),
            Self::TermIn(term, _) | Self::TermIsNull(term) => term.reads_rows(),
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::reads_rows),
            Self::Not(inner) => inner.reads_rows(),
            Self::Fragment(_, args) => args.iter().any(|arg| match arg {
                FragmentArg::Column(far) => !far.keys.is_empty(),
                FragmentArg::Value(_) => false,
            }),
            Self::True
            | Self::False
            | Self::Flag(_)
            | Self::Compare(..)
            | Self::In(..)
            | Self::IsNull(_)
            | Self::IsActor(_)
            | Self::TooLarge(_) => false,
        }
    }

    /// Whether only rows of whoever asks can hold it, so that there are as few of them as one person has.
    pub(crate) fn is_the_actors(&self) -> bool {
        match self {
            Self::IsActor(_) => true,
            Self::And(parts) => parts.iter().any(Self::is_the_actors),
            Self::Or(parts) => parts.iter().all(Self::is_the_actors),
            Self::Through(_, inner) | Self::Any(_, inner) => inner.is_the_actors(),
            _ => false,
        }
    }

    /// The columns of the row that it stands on, each once.
    pub(crate) fn own_columns(&self) -> Vec<&'static ColumnMeta> {
        let mut found = Found(Vec::new());
        found.of(self, true);
        found.0
    }

    /// The columns of the row outside, where it stands on a row that a step has led to.
    pub(crate) fn outer_columns(&self) -> Vec<&'static ColumnMeta> {
        let mut found = Found(Vec::new());
        found.of(self, false);
        found.0
    }
}

impl Term {
    fn reads_rows(&self) -> bool {
        match self {
            Self::Column(far) => !far.keys.is_empty(),
            Self::Related(_) => true,
            Self::Value(..) | Self::TooLarge(_) => false,
            Self::Whole(_, two) | Self::Coalesce(two) | Self::Concat(two) => {
                two.0.reads_rows() || two.1.reads_rows()
            }
            Self::Case(case) => {
                case.0.reads_rows() || case.1.reads_rows() || case.2.as_ref().is_some_and(Self::reads_rows)
            }
            Self::Text(_, of) | Self::Part(_, of) => of.reads_rows(),
            Self::Fold(_, of) => of.0.reads_rows() || of.1.reads_rows(),
        }
    }
}

/// Columns of the outermost row. `here`: no step has led away from it yet.
struct Found(Vec<&'static ColumnMeta>);

impl Found {
    fn push(&mut self, row: RowNumber, here: bool, column: Option<&'static ColumnMeta>) {
        let is_own = row == RowNumber::ROOT || (here && row == RowNumber::REACHED);
        if let (true, Some(column)) = (is_own, column)
            && !self.0.iter().any(|known| std::ptr::eq(*known, column))
        {
            self.0.push(column);
        }
    }

    fn column(&mut self, column: &Col, here: bool) {
        self.push(column.row, here, Some(column.meta));
    }

    fn far(&mut self, far: &Far, here: bool) {
        self.push(far.row, here, Some(far.keys.first().copied().unwrap_or(far.meta)));
    }

    fn of(&mut self, expr: &Expr, here: bool) {
        match expr {
            Expr::True | Expr::False | Expr::Flag(_) | Expr::TooLarge(_) => {}
            Expr::Compare(_, column, _)
            | Expr::In(column, _)
            | Expr::IsNull(column)
            | Expr::IsActor(column)
            | Expr::Visible(column) => self.column(column, here),
            Expr::Columns(_, column, with) => {
                self.column(column, here);
                self.far(with, here);
            }
            Expr::Terms(_, two) => {
                self.term(&two.0, here);
                self.term(&two.1, here);
            }
            Expr::TermIn(term, _) | Expr::TermIsNull(term) => self.term(term, here),
            Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| self.of(part, here)),
            Expr::Not(inner) => self.of(inner, here),
            Expr::Through(key, inner) => {
                self.column(key, here);
                self.of(inner, false);
            }
            Expr::Any(opened, inner) => {
                self.push(opened.to, here, referred(opened.key));
                self.of(inner, false);
            }
            Expr::Fragment(_, args) => {
                for arg in args {
                    if let FragmentArg::Column(far) = arg {
                        self.far(far, here);
                    }
                }
            }
        }
    }

    fn term(&mut self, term: &Term, here: bool) {
        match term {
            Term::Column(far) => self.far(far, here),
            Term::Value(..) | Term::TooLarge(_) => {}
            Term::Whole(_, two) | Term::Coalesce(two) | Term::Concat(two) => {
                self.term(&two.0, here);
                self.term(&two.1, here);
            }
            Term::Case(case) => {
                self.of(&case.0, here);
                self.term(&case.1, here);
                if let Some(rest) = &case.2 {
                    self.term(rest, here);
                }
            }
            Term::Text(_, of) | Term::Part(_, of) => self.term(of, here),
            Term::Fold(_, of) => {
                self.term(&of.0, here);
                self.of(&of.1, here);
            }
            Term::Related(of) => self.related(of, here),
        }
    }

    fn related(&mut self, of: &Related, here: bool) {
        let own = of.steps.first().copied().or_else(|| referred(of.key));
        self.push(of.row, here, own);
        self.term(&of.of, false);
        self.of(&of.filter, false);
    }
}

/// The primary key that a foreign key holds.
fn referred(key: &ColumnMeta) -> Option<&'static ColumnMeta> {
    key.target.map(|target| target().id())
}

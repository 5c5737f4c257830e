//! Columns that are found by name: of a table's rows, and of rows that foreign keys lead to.

use super::filter::{AnyFilter, AnyOrder};
use super::given::Given;
use crate::error::{Error, Result};
use crate::model::kinds;
use crate::model::path::Path;
use crate::problem::Problem;
use crate::sabotage::{Control, removed};
use crate::tree::expr::{Col, Expr, Op};
use crate::tree::limits::{FieldLimits, REQUIRED};
use crate::tree::meta::{Auto, ColumnMeta, ModelMeta};
use crate::tree::term::Term;
use crate::tree::value::{Kind, Mismatch, Value, ValueRef};

/// A `pub` field of a table's rows, or with [`through`](Self::through) of rows that its foreign keys lead to.
#[derive(Clone)]
pub struct AnyColumn {
    /// The model whose rows are asked for.
    pub(super) root: &'static ModelMeta,
    pub(super) path: Path,
    /// The model that has the column.
    pub(super) owner: &'static ModelMeta,
    pub(super) meta: &'static ColumnMeta,
}

/// Said of an id of another model's row (CWE-639, CWE-843).
pub(super) const OTHER_MODEL: Problem =
    Problem::new("other_model", "This is the id of a row of another kind.");
/// Said of what the framework sets.
pub(super) const SET_BY_ITSELF: Problem = Problem::new("set_by_itself", "This is set by itself.");
/// Said of a comparison with nothing.
const NO_VALUE: Problem = Problem::new(
    "no_value",
    "Nothing compares with no value: ask whether it is empty.",
);
/// Said of `<` where values have no order.
pub(super) const NO_ORDER: Problem = Problem::new("no_order", "These values have no order.");
/// Said of a comparison of documents.
pub(super) const NOT_COMPARED: Problem = Problem::new("not_compared", "Documents are not compared.");
/// Said of a search where there are no texts.
const NO_TEXT: Problem = Problem::new("no_text", "Only texts are searched.");

impl AnyColumn {
    /// The column of this name, unless the struct keeps it to its module or its type says that it is secret (CWE-200): a filter, an
    /// order or a group would tell it value by value (CWE-203).
    pub(super) fn find(model: &'static ModelMeta, field: &str) -> Option<Self> {
        model
            .column(field)
            .filter(|meta| !meta.is_secret() || removed(Control::Private))
            .map(|meta| Self::of(model, meta))
    }

    pub(super) fn of(model: &'static ModelMeta, meta: &'static ColumnMeta) -> Self {
        Self {
            root: model,
            path: Path::ROOT,
            owner: model,
            meta,
        }
    }

    /// The field's name in the struct.
    pub fn field(&self) -> &'static str {
        self.meta.field
    }

    /// The model whose rows are asked for it.
    pub fn model(&self) -> &'static ModelMeta {
        self.root
    }

    /// What is known of it.
    pub fn meta(&self) -> &'static ColumnMeta {
        self.meta
    }

    /// The model that it refers to, if it is a foreign key.
    pub fn target(&self) -> Option<&'static ModelMeta> {
        self.meta.target.map(|target| target())
    }

    /// Whether a new row must be given a value for it.
    pub fn is_required(&self) -> bool {
        self.meta.is_given() && !self.meta.nullable
    }

    /// Whether a change or a new row may give it a value, as far as the model goes: what the framework sets (the id, `auto_now`,
    /// `auto_now_add`) it alone sets. A form over every column of a table asks this of each. Whether the actor may write the column
    /// is for the policy.
    pub fn is_editable(&self) -> bool {
        self.meta.auto == Auto::No
    }

    /// Whether its values are texts, which can be searched.
    pub fn is_text(&self) -> bool {
        self.meta.kind == Kind::Text
    }

    /// What it is one of, if there are but these (an enum with `#[derive(Choices)]`): the text that is stored and the one that is
    /// shown, in their order. For a `<select>`; a foreign key's rows come from [`options`](Self::options).
    pub fn choices(&self) -> impl ExactSizeIterator<Item = (&'static str, &'static str)> + use<> {
        let (stored, labels) = (self.meta.untyped.choices, self.meta.untyped.labels);
        let shown = move |at: usize| labels.get(at).copied().unwrap_or(stored[at]);
        (0..stored.len()).map(move |at| (stored[at], shown(at)))
    }

    /// Whether its values are compared by `<`.
    pub fn is_ordered(&self) -> bool {
        match self.meta.kind {
            Kind::Bool | Kind::Bytes | Kind::Json => false,
            Kind::Uuid => std::ptr::eq(self.meta, self.owner.id()),
            _ => true,
        }
    }

    /// A column of the row that this foreign key refers to. A filter or an order by it finds what whoever asks may see of
    /// that row, and where it is hidden or absent nothing.
    pub fn through(&self, field: &str) -> Option<Self> {
        let found = Self::find(self.target()?, field)?;
        Some(Self {
            root: self.root,
            path: self.path.then(self.meta),
            ..found
        })
    }

    /// Equal. Compare with no value by [`is_null`](Self::is_null).
    ///
    /// # Errors
    /// [`Error::Invalid`] for a value of another kind, or an id of another model's row; so do all comparisons.
    pub fn eq(&self, value: impl Into<Given>) -> Result<AnyFilter> {
        self.compare(Op::Eq, value.into())
    }

    /// Not equal; also true where the column has no value.
    ///
    /// # Errors
    /// As [`eq`](Self::eq).
    pub fn ne(&self, value: impl Into<Given>) -> Result<AnyFilter> {
        self.compare(Op::Ne, value.into())
    }

    /// Less.
    ///
    /// # Errors
    /// As [`eq`](Self::eq); [`Error::Invalid`] where values have [no order](Self::is_ordered).
    pub fn lt(&self, value: impl Into<Given>) -> Result<AnyFilter> {
        self.ordered(Op::Lt, value.into())
    }

    /// Less or equal.
    ///
    /// # Errors
    /// As [`lt`](Self::lt).
    pub fn le(&self, value: impl Into<Given>) -> Result<AnyFilter> {
        self.ordered(Op::Le, value.into())
    }

    /// Greater.
    ///
    /// # Errors
    /// As [`lt`](Self::lt).
    pub fn gt(&self, value: impl Into<Given>) -> Result<AnyFilter> {
        self.ordered(Op::Gt, value.into())
    }

    /// Greater or equal.
    ///
    /// # Errors
    /// As [`lt`](Self::lt).
    pub fn ge(&self, value: impl Into<Given>) -> Result<AnyFilter> {
        self.ordered(Op::Ge, value.into())
    }

    /// Equal to one of these.
    ///
    /// # Errors
    /// As [`eq`](Self::eq).
    pub fn is_in<V: Into<Given>>(&self, values: impl IntoIterator<Item = V>) -> Result<AnyFilter> {
        // CWE-770: a list is bounded when the filter is made, and no more of it is looked at.
        let values = values.into_iter().take(crate::tree::bounds::MAX_VALUES + 1);
        let values: Vec<_> = values
            .map(|value| self.compared(value.into()))
            .collect::<Result<_>>()?;
        Ok(self.condition(|column| Expr::is_in(column, values.into_iter())))
    }

    /// Has no value. True of no row whose way to the column ends before.
    pub fn is_null(&self) -> AnyFilter {
        self.condition(Expr::IsNull)
    }

    /// Refers to a row that whoever asks may see. False of a column that is no foreign key.
    pub fn is_seen(&self) -> AnyFilter {
        let inner = match self.meta.target {
            Some(_) => self.path.then(self.meta).wrap(Expr::True),
            None => Expr::False,
        };
        AnyFilter::new(self.root, inner)
    }

    /// Has this text in it.
    ///
    /// # Errors
    /// [`Error::Invalid`] where values are [no texts](Self::is_text).
    pub fn contains(&self, text: &str) -> Result<AnyFilter> {
        self.search(Op::Contains, text)
    }

    /// Has this text in it, ASCII letters' case apart.
    ///
    /// # Errors
    /// As [`contains`](Self::contains).
    pub fn icontains(&self, text: &str) -> Result<AnyFilter> {
        self.search(Op::ContainsIgnoringCase, text)
    }

    /// Starts with this text.
    ///
    /// # Errors
    /// As [`contains`](Self::contains).
    pub fn starts_with(&self, text: &str) -> Result<AnyFilter> {
        self.search(Op::StartsWith, text)
    }

    /// Ends with this text.
    ///
    /// # Errors
    /// As [`contains`](Self::contains).
    pub fn ends_with(&self, text: &str) -> Result<AnyFilter> {
        self.search(Op::EndsWith, text)
    }

    /// A text as a value of this column: `12`, `true`, `2026-11-29`, an id. For what a form or an address brings.
    ///
    /// # Errors
    /// [`Error::Invalid`], by field.
    pub fn parse(&self, text: &str) -> Result<Given> {
        let value = (self.meta.untyped.parsed)(text).map_err(|problem| self.invalid(problem))?;
        Ok(Given {
            value,
            kind: Some(self.meta.kind),
            of: self.rows(),
            unfit: None,
        })
    }

    /// In this column's order, the smallest value first; missing values come before all.
    pub fn asc(&self) -> AnyOrder {
        self.order(false)
    }

    /// Against this column's order, the greatest value first; missing values come last.
    pub fn desc(&self) -> AnyOrder {
        self.order(true)
    }

    /// The column, if it is one of this model's own.
    pub(super) fn own_of(&self, model: &'static ModelMeta) -> Result<&'static ColumnMeta> {
        if !self.root.is(model) || !self.path.steps().is_empty() {
            return Err(Error::Internal(format!(
                "`{}.{}` is not a column of a `{}` row itself: take columns from that table, `table.column(\"{}\")`",
                self.owner.name, self.meta.field, model.name, self.meta.field
            )));
        }
        Ok(self.meta)
    }

    /// The place of the foreign key, if it is one of this model's own.
    pub(super) fn key_of(&self, model: &'static ModelMeta) -> Result<usize> {
        let own = self.own_of(model)?;
        match model.position(own) {
            Some(position) if own.target.is_some() => Ok(position),
            _ => Err(Error::Internal(format!(
                "`{}.{}` is no foreign key: there is no row to be loaded",
                model.name, own.field
            ))),
        }
    }

    fn condition(&self, expr: impl FnOnce(Col) -> Expr) -> AnyFilter {
        AnyFilter::new(self.root, self.path.wrap(expr(self.path.column(self.meta))))
    }

    fn compare(&self, op: Op, given: Given) -> Result<AnyFilter> {
        let value = self.compared(given)?;
        Ok(self.condition(|column| Expr::compare(op, column, value)))
    }

    fn ordered(&self, op: Op, given: Given) -> Result<AnyFilter> {
        if !self.is_ordered() {
            return Err(self.invalid(NO_ORDER));
        }
        self.compare(op, given)
    }

    fn search(&self, op: Op, text: &str) -> Result<AnyFilter> {
        if !self.is_text() {
            return Err(self.invalid(NO_TEXT));
        }
        Ok(self.condition(|column| Expr::compare(op, column, Value::Text(text.to_owned()))))
    }

    fn compared(&self, given: Given) -> Result<Value> {
        // One document has many texts, and each database its own idea of which are equal.
        if self.meta.kind == Kind::Json {
            return Err(self.invalid(NOT_COMPARED));
        }
        match self.fitting(given, None) {
            Ok(Value::Null) => Err(self.invalid(NO_VALUE)),
            Ok(value) => Ok(value),
            Err(problem) => Err(self.invalid(problem)),
        }
    }

    /// The value as the column's type writes it; with limits, only what may be saved (CWE-20).
    pub(super) fn fitting(&self, given: Given, limits: Option<&FieldLimits>) -> Result<Value, Problem> {
        let whole = |kind| matches!(kind, Kind::SmallInt | Kind::Int | Kind::BigInt);
        let other = given
            .kind
            .is_some_and(|kind| kind != self.meta.kind && !(whole(kind) && whole(self.meta.kind)));
        if other || matches!(given.value, Value::Clock(_)) {
            return Err(kinds::wrong(self.meta.kind));
        }
        // CWE-754: what is no value of any column is not the absence of one.
        if let Some(problem) = given.unfit {
            return Err(problem);
        }
        // CWE-639: the id of a row of another table may be that of one of these.
        let astray = |of: &'static ModelMeta| !self.rows().is_some_and(|rows| rows.is(of));
        if given.of.is_some_and(astray) && !removed(Control::Whose) {
            return Err(OTHER_MODEL);
        }
        match given.value.as_ref() {
            ValueRef::Null if self.meta.nullable => Ok(Value::Null),
            ValueRef::Null => Err(REQUIRED),
            _ if removed(Control::Validation) => Ok(given.value),
            value => (self.meta.untyped.accepted)(value, limits),
        }
    }

    /// The model whose rows its values are ids of.
    pub(super) fn rows(&self) -> Option<&'static ModelMeta> {
        self.target()
            .or_else(|| std::ptr::eq(self.meta, self.owner.id()).then_some(self.owner))
    }

    fn order(&self, descending: bool) -> AnyOrder {
        AnyOrder {
            model: self.root,
            steps: self.path.steps(),
            column: self.meta,
            descending,
        }
    }

    /// A value of it as text: empty where there is none.
    pub(super) fn shown(&self, value: &Value) -> Result<String> {
        match value.as_ref() {
            ValueRef::Null => Ok(String::new()),
            value => (self.meta.untyped.shown)(value).map_err(|Mismatch| {
                Error::Internal(format!(
                    "a stored `{}` does not have the model's types",
                    self.owner.name
                ))
            }),
        }
    }

    /// The column as a value, to be computed with.
    pub(super) fn term(&self) -> Term {
        Term::Column(self.path.far(self.meta))
    }

    pub(super) fn invalid(&self, problem: Problem) -> Error {
        Error::invalid(self.meta.field, problem)
    }
}

impl std::fmt::Debug for AnyColumn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.root.name)?;
        let steps = self.path.steps();
        let fields = steps.iter().map(|step| step.field).chain([self.meta.field]);
        fields.into_iter().try_for_each(|field| write!(f, ".{field}"))
    }
}

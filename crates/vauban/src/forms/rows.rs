//! Rows in forms: ids that are chosen from a policy query, slugs, versions.

use std::fmt::Display;

use vauban_orm::{Db, Id, Model, Policy, Query, Slug, Version};

use super::spec::{Choice, FieldSpec, Widget};
use super::value::{FieldValue, NOT_A_CHOICE, Problem};
use crate::Error;

/// The most rows that a list offers; a longer list is not one that people choose from (CWE-770).
const MOST_CHOICES: u32 = 1000;

/// A field's type whose values are rows of one model: `Id<M>`, `Option<Id<M>>`.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is not chosen from rows",
    note = "`choices = …` is for fields of type `Id<M>` or `Option<Id<M>>`, and the query asks for rows of `M`"
)]
pub trait ChosenFromRows {
    /// The model.
    type Row: Policy + Display;
}

impl<M: Policy + Display> ChosenFromRows for Id<M> {
    type Row = M;
}

impl<M: Policy + Display> ChosenFromRows for Option<Id<M>> {
    type Row = M;
}

/// The entries of a list: the rows that the actor may see, under the names that their `Display` gives.
///
/// CWE-639: the query runs on the actor's handle, so that a row they may not see is neither shown nor taken.
#[doc(hidden)]
pub async fn choices<T: ChosenFromRows>(query: Query<T::Row>, db: &Db) -> Result<Vec<Choice>, Error> {
    let rows = query.limit(MOST_CHOICES).all(db).await?;
    Ok(rows
        .iter()
        .map(|row| Choice::new(row.id().to_string(), row.to_string()))
        .collect())
}

impl<M: Model> FieldValue for Id<M> {
    const WIDGET: Widget = Widget::Select;
    const NEEDS_CHOICES: bool = true;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        text.parse().map_err(|_| NOT_A_CHOICE)
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl FieldValue for Slug {
    const WIDGET: Widget = Widget::Text;
    const MAX_LENGTH: usize = Self::MAX_LENGTH;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Self::parse(text).map_err(|_| "Use letters (a to z), digits, hyphens and underscores only.".into())
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

/// How a row was when the form was shown; see `Changeable::unchanged_since`.
impl FieldValue for Version {
    const WIDGET: Widget = Widget::Hidden;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        text.parse()
            .map_err(|_| "This page is not complete: open it again.".into())
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl<M: Model> super::form::AFormIsNotAModel for M {}

//! What a field is chosen from in one request, and whether the request has the field at all.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Mutex;

use vauban_orm::{Db, Id, Model, Policy, QuerySet};

use super::spec::Choice;
use super::value::FieldValue;
use crate::Error;

/// The most rows that a list shows; a longer list is not one that people choose from (CWE-770).
pub(super) const MOST_CHOICES: u32 = 1000;

/// What a list shows.
#[doc(hidden)]
#[derive(Debug)]
pub struct Offered {
    pub(super) entries: Vec<Choice>,
    /// Whether there are more than it shows.
    pub(super) cut: bool,
}

/// A field's type whose values are rows of one model: `Id<M>`, `Option<Id<M>>`, `Vec<Id<M>>`.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is not chosen from rows",
    note = "a query as `choices = …` is for fields of type `Id<M>`, `Option<Id<M>>` or `Vec<Id<M>>`, and it asks for rows of `M`"
)]
pub trait ChosenFromRows {
    /// The model.
    type Row: Policy + Display;
}

impl<M: Policy + Display> ChosenFromRows for Id<M> {
    type Row = M;
}

impl<T: ChosenFromRows> ChosenFromRows for Option<T> {
    type Row = T::Row;
}

impl<T: ChosenFromRows> ChosenFromRows for Vec<T> {
    type Row = T::Row;
}

/// A field's type that can be chosen from values which are written down or computed: texts, whole numbers, enums with
/// `#[derive(Choices)]`, and `Option` or `Vec` of them. Rows are not: they are asked for, under the actor's policies.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is not chosen from a list of values",
    note = "rows are chosen from a query, so that nobody is offered what they may not see: `choices = Company::objects()`"
)]
pub trait ChosenFromValues {
    /// One value.
    type Value: FieldValue;
}

impl<T: ChosenFromValues> ChosenFromValues for Option<T> {
    type Value = T::Value;
}

impl<T: ChosenFromValues> ChosenFromValues for Vec<T> {
    type Value = T::Value;
}

macro_rules! values {
    ($($value:ty),+) => {$(
        impl ChosenFromValues for $value {
            type Value = Self;
        }
    )+};
}
values!(String, i8, i16, i32, i64, u8, u16, u32, u64);

/// What may stand behind `choices = …` for a field of type `T`: a query of rows, or a list of values.
#[diagnostic::on_unimplemented(
    message = "a field of type `{T}` is not chosen from a `{Self}`",
    note = "`choices = …` is a query of rows for an `Id<M>` (`Company::objects()`), or a `Vec` of values for an enum, a text \
            or a number; `choices = |context| …` where it depends on the form's `#[form(context = …)]`"
)]
pub trait Offer<T> {
    /// The entries of the list, with those of `chosen` that are among what is offered, however long it is.
    #[doc(hidden)]
    fn entries(self, db: &Db, chosen: &[String]) -> impl Future<Output = Result<Offered, Error>> + Send;
}

/// The rows that the actor may see, under the names that their `Display` gives.
///
/// CWE-639: the query runs on the actor's handle, so that a row they may not see is neither shown nor taken. A list shows
/// so many rows and no more; what was chosen is judged by the query, not by what fits into the list.
impl<T: ChosenFromRows> Offer<T> for QuerySet<T::Row> {
    async fn entries(self, db: &Db, chosen: &[String]) -> Result<Offered, Error> {
        let mut rows = self.clone().at_most(MOST_CHOICES + 1).all(db).await?;
        let cut = rows.len() > MOST_CHOICES as usize;
        if cut {
            warn_once(std::any::type_name::<T::Row>());
            rows.truncate(MOST_CHOICES as usize);
            let beyond: Vec<Id<T::Row>> = chosen
                .iter()
                .filter_map(|id| id.parse().ok())
                .filter(|id| !rows.iter().any(|row| row.id() == *id))
                .collect();
            if !beyond.is_empty() {
                rows.extend(self.among(db, &beyond).await?);
            }
        }
        let entries = rows
            .iter()
            .map(|row| Choice::new(row.id().to_string(), row.to_string()))
            .collect();
        Ok(Offered { entries, cut })
    }
}

/// Says of each model once that a list of its rows is too long to be one.
fn warn_once(model: &'static str) {
    static SAID: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let new = SAID.lock().is_ok_and(|mut said| said.insert(model));
    if new {
        tracing::warn!(
            target: "vauban::forms",
            model,
            "a list of choices shows its first {MOST_CHOICES} rows only, and says so: narrow its query, or let people search"
        );
    }
}

/// Values, under the labels that their type has.
impl<T: ChosenFromValues> Offer<T> for Vec<T::Value> {
    async fn entries(self, _: &Db, _: &[String]) -> Result<Offered, Error> {
        let known = T::Value::fixed_choices();
        let entry = |value: &T::Value| {
            let shown = value.shown();
            let label = known.iter().find(|choice| choice.value == shown);
            let label = label.map_or_else(|| shown.clone(), |choice| choice.label.clone());
            Choice::new(shown, label)
        };
        let entries = self.iter().map(entry).collect();
        Ok(Offered { entries, cut: false })
    }
}

/// What is offered for a field of type `T` in which `chosen` stands.
#[doc(hidden)]
pub async fn offered<T>(offer: impl Offer<T>, db: &Db, chosen: &[String]) -> Result<Offered, Error> {
    offer.entries(db, chosen).await
}

/// What a form's attribute says of its context.
#[doc(hidden)]
pub fn given<C, R>(context: &C, says: impl FnOnce(&C) -> R) -> R {
    says(context)
}

/// A field that some requests do not have: an `Option`, which is `None` where it is left out.
#[diagnostic::on_unimplemented(
    message = "a field with `when` has to be an `Option`, not a `{Self}`",
    note = "where the field is left out nothing is read, and the typed data says `None`: write `Option<{Self}>`"
)]
pub trait LeftOut {
    /// What the field is where it is there.
    type Field: FieldValue;
}

impl<T: FieldValue> LeftOut for Option<T> {
    type Field = T;
}

//! The fields of a struct, be it a model's or a group's, as they are read.

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Fields, Ident, Result, Token};

use super::column::{Column, column, instead_of};
use super::taken::Taken;
use super::types::{last_segment, unwrap_option};
use crate::ident::field_says;

/// A field of a model: a column, or a group of them.
pub(super) enum Slot<'a> {
    Column(Box<Column<'a>>),
    Group(Taken<'a>),
}

impl Slot<'_> {
    pub(super) fn name(&self) -> &Ident {
        match self {
            Self::Column(column) => column.name,
            Self::Group(group) => group.name,
        }
    }
}

/// What a model's or a group's fields are.
pub(super) struct Read<'a> {
    pub(super) slots: Vec<Slot<'a>>,
    pub(super) wrong: Vec<Error>,
    /// Those that are no columns.
    pub(super) unfit: Vec<&'a Ident>,
    /// Whether the first of the columns is the struct's own.
    pub(super) has_key: bool,
}

type Named = Punctuated<Field, Token![,]>;

/// The struct's fields, which have names.
pub(super) fn named_fields<'a>(input: &'a DeriveInput, otherwise: &str) -> Result<&'a Named> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => Ok(&named.named),
            _ => Err(Error::new(input.ident.span(), otherwise)),
        },
        _ => Err(Error::new(input.ident.span(), otherwise)),
    }
}

/// `key` stands for the primary key, if there is none.
pub(super) fn fields<'a>(input: &'a DeriveInput, key: &'a Field) -> Result<Read<'a>> {
    let named = named_fields(input, "a model is a struct with named fields")?;
    let is_key = |field: &Field| {
        field.ident.as_ref().is_some_and(|name| name == "id") && last_segment(&field.ty) == "Id"
    };
    let (mut slots, mut wrong, mut unfit) = (Vec::new(), Vec::new(), Vec::new());
    let has_key = named.first().is_some_and(is_key);
    if !has_key {
        let place = named.first().map_or(input.ident.span(), Spanned::span);
        let text = format!(
            "a model's first field is its primary key: `pub id: Id<{}>`",
            input.ident
        );
        wrong.push(Error::new(place, text));
        slots.push(Slot::Column(Box::new(column(key, true)?.0)));
    }
    for (i, field) in named.iter().enumerate() {
        // A key that stands elsewhere, or is of another type.
        if !has_key && let Some(name) = field.ident.as_ref().filter(|name| *name == "id") {
            unfit.push(name);
            continue;
        }
        match (&field.ident, field_says(field, "group")) {
            (Some(name), true) => match Taken::read(field, name) {
                Ok(taken) => slots.push(Slot::Group(taken)),
                Err(error) => {
                    wrong.push(error);
                    unfit.push(name);
                }
            },
            _ => one(field, has_key && i == 0, &mut slots, &mut wrong, &mut unfit)?,
        }
    }
    wrong.extend(labelled_twice(&slots));
    Ok(Read {
        slots,
        wrong,
        unfit,
        has_key,
    })
}

/// CWE-353: of two fields with one label, a ciphertext of the one opens in the other.
fn labelled_twice(slots: &[Slot<'_>]) -> Option<Error> {
    let mut labels = Vec::new();
    for slot in slots {
        let Slot::Column(column) = slot else { continue };
        let Some(sealed) = &column.sealed else { continue };
        let label = sealed.label.value();
        if labels.contains(&label) {
            return Some(Error::new(
                sealed.label.span(),
                format!(
                    "another field has the label `{label}`, and what is sealed under it would open here too: each has its own"
                ),
            ));
        }
        labels.push(label);
    }
    None
}

/// The fields of a group: columns, and neither a key nor another group.
pub(super) fn group_fields(named: &Named) -> Result<Read<'_>> {
    let (mut slots, mut wrong, mut unfit) = (Vec::new(), Vec::new(), Vec::new());
    for field in named {
        let refused = if field_says(field, "group") {
            Some(
                "a group holds columns and no other group: take both in where the model is, each by `#[field(group)]`",
            )
        } else if field.ident.as_ref().is_some_and(|name| name == "id") {
            Some("a group has no `id`: the model that takes it in has its own")
        } else if last_segment(unwrap_option(&field.ty)) == "Encrypted" {
            Some(
                "an encrypted field stands in its model: its label is of one field, and a group is of many models",
            )
        } else {
            None
        };
        match (refused, &field.ident) {
            (Some(text), Some(name)) => {
                wrong.push(Error::new_spanned(&field.ty, text));
                unfit.push(name);
            }
            _ => one(field, false, &mut slots, &mut wrong, &mut unfit)?,
        }
    }
    Ok(Read {
        slots,
        wrong,
        unfit,
        has_key: false,
    })
}

/// A field that is a column, or else is told.
fn one<'a>(
    field: &'a Field,
    first: bool,
    slots: &mut Vec<Slot<'a>>,
    wrong: &mut Vec<Error>,
    unfit: &mut Vec<&'a Ident>,
) -> Result<()> {
    if let (Some(instead), Some(name)) = (instead_of(unwrap_option(&field.ty)), &field.ident) {
        wrong.push(Error::new(field.ty.span(), instead));
        unfit.push(name);
        return Ok(());
    }
    let (column, contradiction) = column(field, first)?;
    wrong.extend(contradiction);
    slots.push(Slot::Column(Box::new(column)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::model::expand;

    /// What is told of a struct.
    fn told(source: &str) -> String {
        expand(source.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn a_group_is_one_though_another_word_is_malformed() {
        let told = told("struct Note { id: Id<Note>, #[field(group, on_delete = )] times: Times }");
        assert!(told.contains("`#[field(group)]` knows `given`"), "{told}");
    }

    #[test]
    fn an_index_is_of_columns() {
        let of = |index: &str| {
            let fields = "id: Id<Note>, title: String, #[field(group)] times: Times";
            let fields = fields.replace("title", "#[field(max_length = 9)] title");
            told(&format!("#[model(index({index}))] struct Note {{ {fields} }}"))
        };
        let none = "`Note` has no such column";
        for index in ["title", "times.created", "title, times.created"] {
            assert!(!of(index).contains(none), "{index}");
        }
        for index in ["titel", "times", "title.x", "time.created", "title, titel"] {
            assert!(of(index).contains(none), "{index}");
        }
    }

    /// CWE-89: a prefix is part of names in SQL.
    #[test]
    fn a_prefix_is_the_beginning_of_a_name() {
        let of = |prefix: &str| {
            told(&format!(
                "struct Note {{ id: Id<Note>, #[field(group, prefix = {prefix:?})] times: Times }}"
            ))
        };
        assert!(!of("home_").contains("compile_error"));
        for prefix in ["", "Home_", "1_", "a b", "a\"", "größe"] {
            assert!(
                of(prefix).contains("a prefix is how a column's name begins"),
                "{prefix}"
            );
        }
    }
}

//! What is written of a struct's fields, be it a model's or a group's.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use super::column::{Column, Sealed};
use super::slots::Slot;
use super::types::named;
use crate::ident::unraw;

/// The fields of `owner`, whose columns are described by what `meta` says where they are used.
pub(super) struct Fields<'a> {
    pub(super) orm: &'a TokenStream,
    pub(super) owner: &'a Ident,
    pub(super) slots: &'a [Slot<'a>],
    pub(super) meta: TokenStream,
}

impl Fields<'_> {
    pub(super) fn has_groups(&self) -> bool {
        self.slots.iter().any(|slot| matches!(slot, Slot::Group(_)))
    }

    /// The fields of `struct ArticleColumns<P>`.
    pub(super) fn of_columns(&self) -> impl Iterator<Item = TokenStream> {
        self.slots.iter().map(|slot| {
            let name = slot.name();
            let doc = format!("`{name}`");
            let ty = match slot {
                Slot::Column(column) if is_indexed(column) => {
                    let (orm, ty) = (self.orm, named(column.ty.to_token_stream(), self.owner));
                    quote!(#orm::columns::SealedColumn<P, #ty, #orm::columns::Blind>)
                }
                Slot::Column(column) => {
                    let ty = self.as_field(named(column.ty.to_token_stream(), self.owner));
                    quote!(#ty::Column<P>)
                }
                Slot::Group(group) => {
                    let ty = group.of(self.orm);
                    quote!(#ty::Columns<P>)
                }
            };
            quote! { #[doc = #doc] pub #name: #ty, }
        })
    }

    /// The fields of `struct NewArticle`.
    pub(super) fn of_new(&self) -> impl Iterator<Item = TokenStream> {
        let orm = self.orm;
        self.slots.iter().filter_map(move |slot| {
            let name = slot.name();
            let ty = match slot {
                Slot::Column(column) if column.is_given() => {
                    let ty = self.as_field(named(column.ty.to_token_stream(), self.owner));
                    quote!(#ty::Input)
                }
                Slot::Group(group) if group.is_given => {
                    let ty = group.of(orm);
                    quote!(#ty::New)
                }
                _ => return None,
            };
            let doc = format!("`{name}`");
            Some(quote! { #[doc = #doc] pub #name: #ty, })
        })
    }

    /// Of `struct ArticleColumns<P>`, the values.
    pub(super) fn columns_made(&self) -> impl Iterator<Item = TokenStream> {
        let meta = &self.meta;
        self.slots.iter().enumerate().map(move |(nth, slot)| {
            let (name, at, ty) = (slot.name(), self.at(nth), self.as_written(slot));
            match slot {
                Slot::Column(column) if is_indexed(column) => {
                    let (orm, index) = (self.orm, self.at_index(nth));
                    quote!(#name: #orm::columns::SealedColumn::__indexed(path, &#meta[#at], &#meta[#index]),)
                }
                Slot::Column(_) => quote!(#name: #ty::column(path, &#meta[#at]),),
                Slot::Group(group) => {
                    let length = group.length(self.orm);
                    quote!(#name: #ty::columns(path, #meta.split_at(#at).1.split_at(#length).0),)
                }
            }
        })
    }

    /// Of the struct, the values that are read one after the other.
    pub(super) fn read(&self) -> impl Iterator<Item = TokenStream> {
        self.slots.iter().enumerate().map(|(nth, slot)| {
            let (name, ty) = (slot.name(), self.as_written(slot));
            if let Slot::Column(column) = slot
                && column.sealed.is_some()
            {
                let (orm, meta, at, ty) = (self.orm, &self.meta, self.at(nth), column.ty);
                return quote!(#name: #orm::__private::opened::<#ty>(row, &#meta[#at], #at)?,);
            }
            quote!(#name: #ty::read(row)?,)
        })
    }

    /// Of the struct, the values that stand in a list.
    pub(super) fn listed(&self) -> impl Iterator<Item = TokenStream> {
        self.slots.iter().enumerate().map(|(nth, slot)| {
            let (name, at, ty) = (slot.name(), self.at(nth), self.as_written(slot));
            match slot {
                Slot::Column(column) if column.sealed.is_some() => {
                    let (orm, ty) = (self.orm, column.ty);
                    quote!(#name: #orm::__private::unsealed::<#ty>(&values[#at])?,)
                }
                Slot::Column(_) => quote!(#name: #ty::from_value(values[#at].as_ref())?,),
                Slot::Group(group) => {
                    let length = group.length(self.orm);
                    quote!(#name: #ty::from_values(&values[#at..#at + #length])?,)
                }
            }
        })
    }

    /// What a relation that is loaded stands in, by its column's place.
    pub(super) fn attach(&self) -> TokenStream {
        let orm = self.orm;
        let arms = self.slots.iter().enumerate().map(|(nth, slot)| {
            let (name, at, ty) = (slot.name(), self.at(nth), self.as_written(slot));
            match slot {
                Slot::Column(_) if self.is_fixed(nth) => {
                    quote!(#at => #ty::attach(&mut self.#name, row),)
                }
                Slot::Column(_) => quote!(_ if column == #at => #ty::attach(&mut self.#name, row),),
                Slot::Group(group) => {
                    let length = group.length(orm);
                    quote! {
                        _ if (#at..#at + #length).contains(&column) =>
                            #ty::attach(&mut self.#name, column - (#at), row),
                    }
                }
            }
        });
        quote! {
            match column {
                #(#arms)*
                _ => ::core::result::Result::Err(#orm::__private::Mismatch),
            }
        }
    }

    /// What a new row is given, checked, in the order of the columns. `new`: where it is, if there is any.
    pub(super) fn new_values(&self) -> impl Iterator<Item = TokenStream> {
        let (orm, meta) = (self.orm, &self.meta);
        self.slots.iter().enumerate().map(move |(nth, slot)| {
            let (name, at, ty) = (slot.name(), self.at(nth), self.as_written(slot));
            match slot {
                Slot::Column(column) if column.is_given() => quote! {
                    if let ::core::result::Result::Err(problem) = #ty::check_input(&new.#name, &#meta[#at].limits) {
                        out.problems.push((#meta[#at].field, problem));
                    }
                    out.values.push(::core::option::Option::Some(#ty::input_value(&new.#name)));
                },
                Slot::Column(_) => quote!(out.values.push(::core::option::Option::None);),
                Slot::Group(group) => {
                    let length = group.length(orm);
                    let new = match group.is_given {
                        true => quote!(::core::option::Option::Some(new.#name)),
                        false => quote!(::core::option::Option::None),
                    };
                    quote!(#ty::new_values(#new, #meta.split_at(#at).1.split_at(#length).0, &mut out);)
                }
            }
        })
    }

    /// A description of each column; `None` for a group's, which stand there.
    pub(super) fn described(&self) -> impl Iterator<Item = Option<TokenStream>> {
        self.slots.iter().map(|slot| match slot {
            Slot::Column(column) => Some(self.column_meta(column)),
            Slot::Group(_) => None,
        })
    }

    /// The columns behind all others by which encrypted ones are found, each described.
    pub(super) fn indexes(&self) -> impl Iterator<Item = TokenStream> {
        let columns = self.slots.iter().filter_map(|slot| match slot {
            Slot::Column(column) => Some(column),
            Slot::Group(_) => None,
        });
        columns.filter_map(|column| self.index_meta(column))
    }

    fn index_meta(&self, f: &Column<'_>) -> Option<TokenStream> {
        let sealed = f.sealed.as_ref()?;
        let (orm, column, label) = (self.orm, sealed.index.as_ref()?, &sealed.label);
        let (derived, unique) = (derived(orm), f.unique);
        let ty = self.as_field(named(f.ty.to_token_stream(), self.owner));
        let field = unraw(f.name);
        Some(quote! {
            #orm::ColumnMeta {
                field: #field,
                column: #orm::identifier::checked(#column),
                kind: #orm::field::Kind::Bytes,
                nullable: #ty::NULLABLE,
                unique: #unique,
                index: true,
                limits: #orm::field::FieldLimits::NONE,
                default: ::core::option::Option::None,
                auto: #orm::meta::Auto::No,
                privilege: #orm::meta::Privilege::Open,
                versioned: true,
                target: ::core::option::Option::None,
                on_delete: #orm::meta::OnDelete::Restrict,
                states_on_delete: false,
                holds_user: false,
                personal: false,
                public: false,
                sealed: #orm::meta::Sealing::Index { label: #label },
                untyped: #orm::__private::INDEX,
                __derived: #derived,
            }
        })
    }

    /// The place of the column by which this field is found.
    fn at_index(&self, nth: usize) -> TokenStream {
        let before = self.slots[..nth].iter();
        let own = before
            .filter(|slot| matches!(slot, Slot::Column(column) if is_indexed(column)))
            .count();
        let all = self.at(self.slots.len());
        quote!(#all + #own)
    }

    /// The place of the first column of the field.
    pub(super) fn at(&self, nth: usize) -> TokenStream {
        let before = &self.slots[..nth];
        let own = before
            .iter()
            .filter(|slot| matches!(slot, Slot::Column(_)))
            .count();
        let groups = before.iter().filter_map(|slot| match slot {
            Slot::Group(group) => Some(group.length(self.orm)),
            Slot::Column(_) => None,
        });
        quote!(#own #(+ #groups)*)
    }

    fn is_fixed(&self, nth: usize) -> bool {
        self.slots[..nth]
            .iter()
            .all(|slot| matches!(slot, Slot::Column(_)))
    }

    fn as_written(&self, slot: &Slot<'_>) -> TokenStream {
        match slot {
            Slot::Column(column) => self.as_field(column.ty),
            Slot::Group(group) => group.of(self.orm),
        }
    }

    /// The type as a field: underlined alike, what is wrong with it is told once.
    fn as_field(&self, ty: impl ToTokens) -> TokenStream {
        let (ty, orm) = (ty.to_token_stream(), self.orm);
        quote_spanned! {ty.span()=> <#ty as #orm::ModelField> }
    }

    fn column_meta(&self, f: &Column<'_>) -> TokenStream {
        let orm = self.orm;
        let derived = derived(orm);
        let ty = self.as_field(named(f.ty.to_token_stream(), self.owner));
        let (field, column) = (unraw(f.name), &f.column);
        // What is sealed is found by the column of its index.
        let (unique, index) = (f.unique && f.sealed.is_none(), f.index);
        let sealed = match &f.sealed {
            None => quote!(#orm::meta::Sealing::No),
            Some(Sealed { label, .. }) => quote!(#orm::meta::Sealing::Encrypted { label: #label }),
        };
        let versioned = f.versioned;
        let holds_user = f.holds_user;
        let (states_on_delete, personal) = (f.states_on_delete, f.personal || f.privilege == "Owner");
        // CWE-200: what the struct keeps to its module is asked by nobody who knows only its name.
        let public = matches!(f.field.vis, syn::Visibility::Public(_));
        let (auto, privilege, on_delete) = (
            format_ident!("{}", f.auto),
            format_ident!("{}", f.privilege),
            format_ident!("{}", f.on_delete),
        );
        let length = option(f.max_length.map(|max| quote!(#max)));
        let [min, max] = [&f.min, &f.max].map(|bound| option(bound.as_ref().map(|bound| quote!(#bound))));
        let default = option(
            f.default
                .as_ref()
                .map(|default| quote!(|| #ty::input_value(&::core::convert::Into::into(#default)))),
        );
        quote! {
            #orm::ColumnMeta {
                field: #field,
                column: #orm::identifier::checked(#column),
                kind: #ty::KIND,
                nullable: #ty::NULLABLE,
                unique: #unique,
                index: #index,
                limits: #orm::field::FieldLimits {
                    max_length: #length,
                    min: #min,
                    max: #max,
                    ..#orm::field::FieldLimits::NONE
                }.within(#ty::RANGE, #ty::PLACES),
                default: #default,
                auto: #orm::meta::Auto::#auto,
                privilege: #orm::meta::Privilege::#privilege,
                versioned: #versioned,
                target: #ty::TARGET,
                on_delete: #orm::meta::OnDelete::#on_delete,
                states_on_delete: #states_on_delete,
                holds_user: #holds_user,
                personal: #personal,
                public: #public,
                sealed: #sealed,
                untyped: #ty::UNTYPED,
                __derived: #derived,
            }.checked(#ty::NEEDS_LENGTH)
        }
    }
}

fn is_indexed(column: &Column<'_>) -> bool {
    column
        .sealed
        .as_ref()
        .is_some_and(|sealed| sealed.index.is_some())
}

/// Says that the derive wrote it. A block of its own: nothing that the site wrote stands where the lint is off.
pub(super) fn derived(orm: &TokenStream) -> TokenStream {
    quote! {{
        #[allow(deprecated)]
        let derived = #orm::meta::Derived::__by_the_derive();
        derived
    }}
}

pub(super) fn option(tokens: Option<TokenStream>) -> TokenStream {
    match tokens {
        Some(tokens) => quote!(::core::option::Option::Some(#tokens)),
        None => quote!(::core::option::Option::None),
    }
}

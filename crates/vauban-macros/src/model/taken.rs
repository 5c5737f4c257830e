//! `#[field(group)]`: a group of fields that a model takes in.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Field, Ident, LitStr, Result, Type, Visibility};

use super::types::{unwrap_option, valid_identifier};
use crate::ident::{Once, unknown, unraw};

/// A field that is a group of them.
pub(super) struct Taken<'a> {
    pub(super) name: &'a Ident,
    pub(super) ty: &'a Type,
    /// Whether a new row is given its values.
    pub(super) is_given: bool,
    /// What the names of its columns begin with here.
    prefix: String,
    public: bool,
}

impl<'a> Taken<'a> {
    pub(super) fn read(field: &'a Field, name: &'a Ident) -> Result<Self> {
        let mut taken = Self {
            name,
            ty: &field.ty,
            is_given: false,
            prefix: String::new(),
            public: matches!(field.vis, Visibility::Public(_)),
        };
        if !std::ptr::eq(unwrap_option(&field.ty), &field.ty) {
            return Err(Error::new(
                field.ty.span(),
                "a group's columns stand in every row: write the group without `Option`, and make those of its fields an `Option` \
                 that may be without a value",
            ));
        }
        let mut once = Once::default();
        for attribute in field.attrs.iter().filter(|a| a.path().is_ident("field")) {
            attribute.parse_nested_meta(|meta| {
                let path = &meta.path;
                once.read(path)?;
                if path.is_ident("given") {
                    taken.is_given = true;
                } else if path.is_ident("prefix") {
                    let prefix: LitStr = meta.value()?.parse()?;
                    taken.prefix = prefix.value();
                    if !valid_identifier(&taken.prefix) {
                        return Err(Error::new(
                            prefix.span(),
                            "a prefix is how a column's name begins: lower-case ASCII letters, digits and `_`",
                        ));
                    }
                } else if !path.is_ident("group") {
                    return Err(unknown(path, &["group", "given", "prefix"], KNOWS));
                }
                Ok(())
            })?;
        }
        Ok(taken)
    }

    /// The type as a group: underlined alike, what is wrong with it is told once.
    pub(super) fn of(&self, orm: &TokenStream) -> TokenStream {
        let ty = self.ty;
        quote_spanned! {ty.span()=> <#ty as #orm::FieldGroup> }
    }

    /// How many columns it has.
    pub(super) fn length(&self, orm: &TokenStream) -> TokenStream {
        let ty = self.of(orm);
        quote!(#ty::__COLUMNS.len())
    }

    /// The part of the model's columns that it is, and the names that it needs for it.
    pub(super) fn part(&self, orm: &TokenStream) -> (TokenStream, Option<TokenStream>) {
        let (ty, public) = (self.of(orm), self.public);
        let (names, written) = if self.prefix.is_empty() {
            (quote!(&[]), None)
        } else {
            let (names, prefix) = (format_ident!("NAMES_OF_{}", unraw(self.name)), &self.prefix);
            let written = quote! {
                #[allow(non_upper_case_globals)]
                static #names: [u8; #orm::__private::flat::names_length(#prefix, #ty::__COLUMNS)] =
                    #orm::__private::flat::names(#prefix, #ty::__COLUMNS);
            };
            (quote!(&#names), Some(written))
        };
        let part = quote! {
            #orm::__private::flat::Part { columns: #ty::__COLUMNS, names: #names, public: #public }
        };
        (part, written)
    }

    /// What must be so of it, with what to write.
    pub(super) fn asserts(&self, orm: &TokenStream, model: &Ident, at: &TokenStream) -> TokenStream {
        let (ty, name, length) = (self.of(orm), unraw(self.name), self.length(orm));
        let twice = format!(
            " is a column of the group `{name}` and another one of `{model}`: give the group's columns a prefix, \
             `#[field(group, prefix = \"{name}_\")]`"
        );
        let given = if self.is_given {
            let text = format!(
                "each field of the group `{name}` has a value of its own, and a new row is given none: write `#[field(group)]` without `given`"
            );
            quote_spanned!(self.ty.span()=> ::core::assert!(#orm::__private::flat::count_given(#ty::__COLUMNS) > 0, #text);)
        } else {
            let text = format!(
                "a new row must be given values for the group `{name}`: write `#[field(group, given)]`, and `New{model}` asks for them; \
                 or give each of the group's fields a `default`"
            );
            quote_spanned!(self.ty.span()=> ::core::assert!(#orm::__private::flat::count_given(#ty::__COLUMNS) == 0, #text);)
        };
        let apart = quote_spanned! {self.ty.span()=>
            use #orm::__private::flat::apart;
            apart(&COLUMNS, #at, #length, #twice);
        };
        quote! {
            const _: () = { #apart };
            const _: () = { #given };
        }
    }
}

const KNOWS: &str = "`#[field(group)]` knows `given` (a new row is given its values) and `prefix = \"billing_\"`; what else there is to say of a \
                     column stands in the group, at its field";

//! `#[derive(FieldGroup)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Path, Result};

use super::fields::Fields;
use super::slots::{group_fields, named_fields};
use crate::ident::{Once, unknown};

/// Writes a group's columns, their descriptions, and the struct that a new row's values come in.
pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let orm = orm(&input)?;
    let named = named_fields(&input, "a group of fields is a struct with named fields")?;
    if !input.generics.params.is_empty() {
        return Err(Error::new(
            input.generics.span(),
            "a group of fields has no generic parameters: its columns are the same in every model, so write a group for each type",
        ));
    }
    if named.is_empty() {
        return Err(Error::new(
            input.ident.span(),
            "a group of fields has at least one",
        ));
    }
    let read = group_fields(named)?;
    let fields = Fields {
        orm: &orm,
        owner: &input.ident,
        slots: &read.slots,
        meta: quote!(meta),
    };
    let wrong = read.wrong.iter().map(Error::to_compile_error);
    let unfit = &read.unfit;
    let none = quote!(return ::core::result::Result::Err(#orm::__private::Mismatch));
    let (vis, group) = (&input.vis, &input.ident);
    let (columns_name, new_name) = (format_ident!("{group}Columns"), format_ident!("New{group}"));
    let columns_doc =
        format!("The columns of [`{group}`], at the place `P`, in every model that takes them in.");
    let new_doc =
        format!("What a new row must be given of [`{group}`]. Fields with a default are set by `.set(…)`.");
    let of_columns = fields.of_columns();
    let of_new: Vec<_> = fields.of_new().collect();
    let (new, new_struct) = if of_new.is_empty() {
        (quote!(()), None)
    } else {
        let written = quote! {
            #[doc = #new_doc]
            #vis struct #new_name { #(#of_new)* }
        };
        (quote!(#new_name), Some(written))
    };
    // Without anything to give there is no value to look into.
    let given = if of_new.is_empty() {
        let none = read.slots.len();
        quote!(out.values.extend(::core::iter::repeat_n(::core::option::Option::None, #none));)
    } else {
        let values = fields.new_values();
        quote! {
            let ::core::option::Option::Some(new) = new else {
                out.values.extend(meta.iter().map(|_| ::core::option::Option::None));
                return;
            };
            #(#values)*
        }
    };
    let (described, made) = (fields.described().flatten(), fields.columns_made());
    let (from_row, from_values, attach) = (fields.read(), fields.listed(), fields.attach());
    Ok(quote! {
        #(#wrong)*

        #[doc = #columns_doc]
        #[allow(dead_code)]
        #vis struct #columns_name<P: #orm::Place> { #(#of_columns)* }

        #new_struct

        impl #orm::FieldGroup for #group {
            type Columns<P: #orm::Place> = #columns_name<P>;
            type New = #new;
            const __COLUMNS: &'static [#orm::ColumnMeta] = {
                // CWE-915, CWE-200: a model that holds it is neither an answer nor an input.
                let () = <Self as #orm::__private::IsNotSerialised<_>>::SO;
                &[#(#described),*]
            };

            #[allow(deprecated, unused_variables)]
            fn columns<P: #orm::Place>(
                path: &#orm::__private::Path,
                meta: &'static [#orm::ColumnMeta],
            ) -> #columns_name<P> {
                #columns_name { #(#made)* }
            }
            #[allow(unreachable_code, unused_variables)]
            fn read(
                row: &mut #orm::__private::RowReader<'_>,
            ) -> ::core::result::Result<Self, #orm::__private::Mismatch> {
                ::core::result::Result::Ok(Self { #(#from_row)* #(#unfit: #none,)* })
            }
            #[allow(unreachable_code, unused_variables)]
            fn from_values(
                values: &[#orm::__private::Value],
            ) -> ::core::result::Result<Self, #orm::__private::Mismatch> {
                ::core::result::Result::Ok(Self { #(#from_values)* #(#unfit: #none,)* })
            }
            #[allow(unused_variables)]
            fn attach(
                &mut self,
                column: usize,
                row: &mut #orm::__private::RowReader<'_>,
            ) -> ::core::result::Result<(), #orm::__private::Mismatch> { #attach }
            #[allow(unused_variables)]
            fn new_values(
                new: ::core::option::Option<#new>,
                meta: &'static [#orm::ColumnMeta],
                out: &mut #orm::__private::NewValues,
            ) { #given }
        }
    })
}

/// `#[group(crate = path)]`.
fn orm(input: &DeriveInput) -> Result<TokenStream> {
    let (mut orm, mut once) = (quote!(::vauban::__private::orm), Once::default());
    for attribute in input.attrs.iter().filter(|a| a.path().is_ident("group")) {
        attribute.parse_nested_meta(|meta| {
            once.read(&meta.path)?;
            if meta.path.is_ident("crate") {
                let path: Path = meta.value()?.parse()?;
                orm = quote!(::#path);
                return Ok(());
            }
            let knows = "`#[group(…)]` knows `crate = path`; what is said of several columns, as `unique(a, b)`, stands at the model";
            Err(unknown(&meta.path, &["crate"], knows))
        })?;
    }
    Ok(orm)
}

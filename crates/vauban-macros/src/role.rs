//! `#[derive(Role)]`: a field type as by `Choices`, and the order of its variants.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Path, Result, Visibility};

/// Roles that a tenant's rules name at most.
const MOST: usize = 16;

pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item.clone())?;
    let field = crate::choices::expand(item)?;
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "a role is an enum"));
    };
    let Some(owner) = data.variants.last() else {
        return Err(Error::new(
            input.ident.span(),
            "roles stand in order, the last one is the owner's: `enum Role { Viewer, Editor, Owner }`",
        ));
    };
    // CWE-269: whoever adds a role at the end makes it the owner's, and nobody is left who is one.
    if let Some(behind) = data
        .variants
        .iter()
        .skip_while(|variant| variant.ident != "Owner")
        .nth(1)
    {
        return Err(Error::new(
            behind.ident.span(),
            format!(
                "`{0}` stands behind `Owner`, and the last role is the owner's: put `{0}` before it, where its rights begin",
                behind.ident
            ),
        ));
    }
    if let Some(beyond) = data.variants.iter().nth(MOST) {
        return Err(Error::new(beyond.span(), "a tenant has at most 16 roles"));
    }
    let mut manages = None;
    for variant in &data.variants {
        for attribute in variant.attrs.iter().filter(|a| a.path().is_ident("role")) {
            attribute.parse_nested_meta(|meta| match meta.path.is_ident("manages") {
                true if manages.is_some() => Err(meta.error("one role is the least that manages members, and another one is said to be")),
                true => {
                    manages = Some(&variant.ident);
                    Ok(())
                }
                false => Err(meta.error("`#[role(…)]` knows `manages`: the least role that invites members, changes their roles and removes them")),
            })?;
        }
    }
    let mut orm = quote!(::vauban::__private::orm);
    for attribute in input.attrs.iter().filter(|a| a.path().is_ident("choices")) {
        attribute.parse_nested_meta(|meta| {
            let path: Path = meta.value()?.parse()?;
            orm = quote!(::#path);
            Ok(())
        })?;
    }
    let (name, owner) = (&input.ident, &owner.ident);
    let manages = manages.unwrap_or(owner);
    let (vis, inside) = (&input.vis, one_deeper(&input.vis));
    let kinds: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let docs = kinds
        .iter()
        .map(|kind| format!("`{name}::{kind}` or a role above it."));
    Ok(quote! {
        #field
        /// The roles as types, for a view that asks for at least one of them: `HasRole<Organisation, at_least::Editor>`.
        #[allow(dead_code, unreachable_pub)]
        #vis mod at_least {
            #(
                #[doc = #docs]
                #[derive(Debug, Clone, Copy)]
                #inside struct #kinds;
            )*
        }
        #(
            #[automatically_derived]
            impl #orm::membership::AtLeast for at_least::#kinds {
                type Role = #name;
                const LEAST: Self::Role = #name::#kinds;
            }
        )*
        #[automatically_derived]
        impl #orm::membership::Role for #name {
            const MANAGES: Self = Self::#manages;
            const OWNER: Self = Self::#owner;
        }
    })
}

/// Whoever sees the enum, as a module beside it says so: no type is seen by more people than the roles that it names.
fn one_deeper(vis: &Visibility) -> TokenStream {
    match vis {
        Visibility::Public(_) => quote!(pub),
        Visibility::Inherited => quote!(pub(super)),
        Visibility::Restricted(within) => match &*within.path {
            path if path.is_ident("self") => quote!(pub(super)),
            path if path.segments.first().is_some_and(|first| first.ident == "super") => {
                quote!(pub(in super::#path))
            }
            _ => quote!(#vis),
        },
    }
}

//! `#[hook]`: a type per hook from an async function.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, ItemFn, Result, Type};

use crate::acting;

/// Writes the hook's type, with what it is called on.
pub(crate) fn expand(args: &TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !args.is_empty() {
        let message = "a hook has no options: on what it is called, and as whom it acts, its parameters say";
        return Err(Error::new(args.span(), message));
    }
    let function: ItemFn = syn::parse2(item)?;
    acting::check_signature(
        &function,
        "a hook",
        "write `-> Result<()>`, or `-> Result<(), Refused>` where the event may be refused",
        "it is called on one event, as one service",
    )?;
    let (who, others) = parameters(&function)?;
    let name = &function.sig.ident;
    let vis = &function.vis;
    let docs = function.attrs.iter().filter(|a| a.path().is_ident("doc"));
    let mut inner = function.clone();
    inner.attrs.retain(|a| !a.path().is_ident("doc"));
    inner.vis = syn::Visibility::Inherited;

    let mut event = None;
    let mut given = Vec::new();
    let mut arguments = Vec::new();
    for (i, ty) in others.iter().enumerate() {
        if let Type::Reference(of) = ty {
            if event.replace(&*of.elem).is_some() {
                let message = "a hook is called on one event: write a hook for each";
                return Err(Error::new(ty.span(), message));
            }
            arguments.push(quote!(__event));
            continue;
        }
        let value = format_ident!("__p{i}");
        given.push(quote_spanned! {ty.span()=>
            let #value = <#ty as ::vauban::hooks::HookParam>::take::<#who>(__unit);
        });
        arguments.push(value.to_token_stream());
    }
    let Some(event) = event else {
        let message = format!(
            "a hook says on what it is called: write `async fn {name}(_: AsService<…>, db: Db<Write>, e: &SignedUp)`"
        );
        return Err(Error::new(name.span(), message));
    };
    let acts_as = quote_spanned! {who.span()=> <#who as ::vauban::hooks::ActsAs>::of() };
    Ok(quote! {
        #(#docs)*
        #[allow(non_camel_case_types, unreachable_pub, missing_docs)]
        #vis enum #name {}

        impl ::vauban::hooks::Hook for #name {
            type As = #who;
            type On = #event;

            async fn run(
                __unit: &::vauban::Db<::vauban::Write>,
                __event: &Self::On,
            ) -> ::vauban::__private::Result<(), <Self::On as ::vauban::hooks::Event>::Failure> {
                #inner
                let __who = #acts_as;
                #(#given)*
                let __done = #name(__who, #(#arguments),*).await;
                __done.map_err(::vauban::__private::From::from)
            }
        }
    })
}

/// As whom it acts, and the other parameters' types.
fn parameters(function: &ItemFn) -> Result<(&Type, Vec<&Type>)> {
    let mut typed = acting::parameters(function, "a hook")?;
    let name = &function.sig.ident;
    if typed.is_empty() || matches!(typed[0], Type::Reference(_)) {
        let message = format!(
            "a hook states as whom it acts: that is its first parameter\n\
             write `async fn {name}(_: AsService<…>, db: Db<Write>, e: &…)`, with a service of your module's"
        );
        return Err(Error::new(name.span(), message));
    }
    let others = typed.split_off(1);
    Ok((typed[0], others))
}

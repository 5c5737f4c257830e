//! `#[view(get, "/articles/{slug}/")]`: a type per view from an async function.

use crate::ident::Once;
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, Expr, FnArg, Ident, ItemFn, LitStr, Pat, Result, Token, Type};

/// Writes the view's type, its metadata, `run` and its URL function.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let args: Args = syn::parse2(args)?;
    let function: ItemFn = syn::parse2(item)?;
    check_signature(&function)?;
    let pattern = Pattern::parse(&args.pattern)?;
    let (rule, others) = parameters(&function)?;
    let path_types = path_types(&pattern, &others, &args.pattern)?;

    let name = &function.sig.ident;
    let method = args.method()?;
    let docs = function.attrs.iter().filter(|a| a.path().is_ident("doc"));
    let mut inner = function.clone();
    inner.attrs.retain(|a| !a.path().is_ident("doc"));
    inner.vis = syn::Visibility::Inherited;

    let readers = path_types.iter().enumerate().map(|(i, ty)| {
        let reader = format_ident!("__PATH_{i}");
        quote_spanned! {ty.span()=>
            #[doc(hidden)]
            const #reader: ::vauban::__private::PathReader<#ty> = ::vauban::__private::path_reader::<#ty>();
        }
    });
    let segments = pattern
        .names
        .iter()
        .zip(&path_types)
        .enumerate()
        .map(|(i, (param, ty))| {
            let reader = format_ident!("__PATH_{i}");
            let param = crate::ident::unraw(param);
            let type_name = type_name(ty);
            quote! {
                ::vauban::__private::ParamMeta {
                    name: #param,
                    type_name: #type_name,
                    accepts: #name::#reader.accepts,
                    rest: #name::#reader.rest,
                    secret: #name::#reader.secret,
                }
            }
        });

    let mut types = Vec::new();
    let mut patterns = Vec::new();
    let mut arguments = Vec::new();
    for (i, (ident, ty)) in others.iter().enumerate() {
        let value = format_ident!("__p{i}");
        let index = ident
            .as_ref()
            .and_then(|ident| pattern.names.iter().position(|name| takes(ident, name)));
        match index {
            Some(index) => match of_role(ty) {
                Some([tenant, role]) => {
                    types.push(
                        quote_spanned! {ty.span()=> ::vauban::__private::RoleSegment<#index, #tenant, #role> },
                    );
                    patterns.push(quote! { ::vauban::__private::RoleSegment(#value) });
                }
                None => {
                    let within = &path_types[index];
                    types.push(quote_spanned! {ty.span()=> ::vauban::__private::Segment<#index, #within> });
                    patterns.push(quote! { ::vauban::__private::Segment(#value) });
                }
            },
            None => {
                types.push(ty.to_token_stream());
                patterns.push(value.to_token_stream());
            }
        }
        arguments.push(value);
    }
    // What the compiler underlines when one of them does not fit.
    // Without any: when the answer does not.
    let list = match others.as_slice() {
        [(_, one)] => one.span(),
        [] => match &function.sig.output {
            syn::ReturnType::Type(_, ty) => ty.span(),
            syn::ReturnType::Default => function.sig.span(),
        },
        _ => function.sig.paren_token.span.join(),
    };
    let params = quote_spanned! {list=> (#(#types,)*) };

    let pattern_text = &args.pattern;
    let option = |name: &str, value: &Option<Expr>, ty: TokenStream| {
        let name = Ident::new(name, Span::call_site());
        value.as_ref().map(|value| {
            quote! { const #name: ::vauban::__private::Option<#ty> = ::vauban::__private::Option::Some(#value); }
        })
    };
    let body_limit = option("BODY", &args.body, quote!(usize));
    let timeout = option("TIMEOUT", &args.timeout, quote!(u32));
    let (csp, csp_is_good) = csp(args.csp.as_ref());
    let url_function = url_function(name, &pattern, &path_types);
    let answer = match &function.sig.output {
        // Underlined alike, what is wrong with it is told once.
        syn::ReturnType::Type(_, ty) if others.is_empty() => underlined(ty.to_token_stream(), list),
        syn::ReturnType::Type(_, ty) => ty.to_token_stream(),
        syn::ReturnType::Default => quote_spanned! {function.sig.span()=> () },
    };

    // The compiler asks twice whether it fits; said at one place, it is said once.
    let run = quote_spanned! {list=> impl ::vauban::__private::Run<Self> };
    let call = quote_spanned! {list=>
        ::vauban::__private::function::<Self, #params, #answer, _, _>(|__rule, (#(#patterns,)*)| #name(__rule, #(#arguments),*))
    };

    Ok(quote! {
        #(#docs)*
        #[allow(non_camel_case_types, unreachable_pub, missing_docs)]
        pub enum #name {}

        #[allow(non_upper_case_globals, private_interfaces)]
        impl #name {
            #(#readers)*
        }

        impl ::vauban::__private::View for #name {
            type Method = ::vauban::__private::methods::#method;
            type Rule = #rule;
            const PATTERN: &'static str = #pattern_text;
            const SEGMENTS: &'static [::vauban::__private::ParamMeta] = &[#(#segments),*];
            #body_limit
            #timeout
            #csp
            const FILE: &'static str = ::core::file!();
            const LINE: u32 = ::core::line!();

            fn run() -> #run {
                #inner
                #call
            }
        }

        #csp_is_good
        #url_function
    })
}

/// What stands for a view of which an error was told, so that nothing is said of the table that names it.
pub(crate) fn stub(item: &TokenStream) -> TokenStream {
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        return TokenStream::new();
    };
    let name = &function.sig.ident;
    let url = crate::ident::url_function(name);
    quote! {
        #[allow(non_camel_case_types, unreachable_pub, missing_docs)]
        pub enum #name {}
        impl ::vauban::__private::View for #name {
            type Method = ::vauban::__private::methods::Get;
            type Rule = ::vauban::Superuser;
            const PATTERN: &'static str = "/";
            const SEGMENTS: &'static [::vauban::__private::ParamMeta] = &[];
            const FILE: &'static str = ::core::file!();
            const LINE: u32 = ::core::line!();
            fn run() -> impl ::vauban::__private::Run<Self> {
                ::vauban::__private::function::<Self, (), ::vauban::Text, _, _>(|_, ()| async { ::vauban::Text::new("") })
            }
        }
        #[doc(hidden)]
        #[allow(unreachable_pub)]
        pub fn #url() -> ::vauban::__private::Url {
            #[allow(deprecated)]
            ::vauban::__private::Url::__start::<#name>(0)
        }
    }
}

/// `get, "/path/", body = BYTES, timeout = SECONDS, csp = POLICY`.
struct Args {
    method: Ident,
    pattern: LitStr,
    body: Option<Expr>,
    timeout: Option<Expr>,
    csp: Option<Expr>,
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        const SHAPE: &str = "write the method and the path: `#[view(get, \"/articles/{slug}/\")]`";
        let method: Ident = input.parse().map_err(|e| Error::new(e.span(), SHAPE))?;
        input
            .parse::<Token![,]>()
            .map_err(|e| Error::new(e.span(), SHAPE))?;
        let pattern: LitStr = input.parse().map_err(|e| Error::new(e.span(), SHAPE))?;
        let mut args = Self {
            method,
            pattern,
            body: None,
            timeout: None,
            csp: None,
        };
        let mut once = Once::default();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let key: Ident = input.parse()?;
            once.read(&key.clone().into())?;
            input.parse::<Token![=]>()?;
            let value: Expr = input.parse()?;
            match key.to_string().as_str() {
                "body" => args.body = Some(value),
                "timeout" => args.timeout = Some(value),
                "csp" => args.csp = Some(value),
                _ => {
                    let message = format!(
                        "`{key}` is not an option of a view: there are `body` (bytes), `timeout` (seconds) and `csp` (what the page's policy lets in)"
                    );
                    return Err(Error::new(key.span(), message));
                }
            }
        }
        Ok(args)
    }
}

impl Args {
    /// The method's type.
    fn method(&self) -> Result<Ident> {
        let name = match self.method.to_string().as_str() {
            "get" => "Get",
            "post" => "Post",
            "put" => "Put",
            "patch" => "Patch",
            "delete" => "Delete",
            text => {
                let message = format!(
                    "`{text}` is not a view's method: write `get`, `post`, `put`, `patch` or `delete`"
                );
                return Err(Error::new(self.method.span(), message));
            }
        };
        Ok(Ident::new(name, Span::call_site()))
    }
}

fn check_signature(function: &ItemFn) -> Result<()> {
    let sig = &function.sig;
    if sig.asyncness.is_none() {
        return Err(Error::new(sig.fn_token.span(), "a view is an `async fn`"));
    }
    if matches!(sig.output, syn::ReturnType::Default) {
        return Err(Error::new(
            sig.ident.span(),
            "a view answers: write `-> Result<Page>` (a `#[derive(Template)]`), `-> Result<Redirect>`, or what else it answers with",
        ));
    }
    if !sig.generics.params.is_empty() {
        return Err(Error::new(
            sig.generics.span(),
            "a view has no generic parameters: its types are what the access matrix shows",
        ));
    }
    Ok(())
}

type Parameter<'a> = (Option<Ident>, &'a Type);

/// The access rule's type and the other parameters.
fn parameters(function: &ItemFn) -> Result<(&Type, Vec<Parameter<'_>>)> {
    let mut typed = Vec::new();
    for input in &function.sig.inputs {
        let FnArg::Typed(input) = input else {
            return Err(Error::new(
                input.span(),
                "a view is a function of its own, without `self`",
            ));
        };
        let ident = match &*input.pat {
            Pat::Ident(pat) => Some(pat.ident.clone()),
            _ => None,
        };
        typed.push((ident, &*input.ty));
    }
    let name = &function.sig.ident;
    if typed.is_empty() {
        let message = format!(
            "a view states who may call it: its first parameter is an access rule\n\
             write `async fn {name}(_: Public)` if everybody may, or `SignedIn`, `Staff`, `Superuser`, or a rule of your own"
        );
        return Err(Error::new(name.span(), message));
    }
    let others = typed.split_off(1);
    Ok((typed[0].1, others))
}

/// Whether a parameter takes this place of the path: it is called like it, or so with `_` before it where the view does not
/// look at it.
fn takes(parameter: &Ident, place: &Ident) -> bool {
    parameter == place || parameter.to_string().strip_prefix('_') == Some(place.to_string().as_str())
}

/// The types within `Path<…>`, in the pattern's order.
fn path_types(pattern: &Pattern, others: &[Parameter<'_>], literal: &LitStr) -> Result<Vec<Type>> {
    let mut types = Vec::new();
    for name in &pattern.names {
        let Some((_, ty)) = others
            .iter()
            .find(|(ident, _)| ident.as_ref().is_some_and(|ident| takes(ident, name)))
        else {
            let message = format!(
                "`{{{name}}}` stands in the path, but no parameter has that name: add `{name}: Path<…>`"
            );
            return Err(Error::new(literal.span(), message));
        };
        if let Some([tenant, _]) = of_role(ty) {
            types.push(syn::parse2(
                quote_spanned! {ty.span()=> ::vauban::__private::orm::Id<#tenant> },
            )?);
            continue;
        }
        let Some(within) = within_path(ty) else {
            let message = format!(
                "`{name}` stands in the path, so its type is `Path<…>`: write `{name}: Path<{}>`",
                type_name(ty)
            );
            return Err(Error::new(ty.span(), message));
        };
        types.push(within.clone());
    }
    for (ident, ty) in others {
        let named = ident
            .as_ref()
            .is_some_and(|ident| pattern.names.iter().any(|name| takes(ident, name)));
        if (within_path(ty).is_some() || of_role(ty).is_some()) && !named {
            let name = ident
                .as_ref()
                .map_or_else(|| "slug".to_owned(), ToString::to_string);
            let message = format!(
                "a `{}<…>` is named like its place in the path: there is no `{{{name}}}` in `{}`",
                if of_role(ty).is_some() { "HasRole" } else { "Path" },
                literal.value()
            );
            return Err(Error::new(ty.span(), message));
        }
    }
    Ok(types)
}

/// `T` of `Path<T>`.
fn within_path(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if last.ident != "Path" {
        return None;
    }
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// `T` and `R` of `HasRole<T, R>`: whose tenant the path names.
fn of_role(ty: &Type) -> Option<[&Type; 2]> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let mut arguments = arguments.args.iter();
    match (arguments.next(), arguments.next()) {
        (Some(syn::GenericArgument::Type(tenant)), Some(syn::GenericArgument::Type(role)))
            if last.ident == "HasRole" =>
        {
            Some([tenant, role])
        }
        _ => None,
    }
}

fn type_name(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace(' ', "")
}

/// A path: literal segments and parameters that are whole segments.
struct Pattern {
    /// The names, in order.
    names: Vec<Ident>,
    /// What stands before each name, and at the end.
    literals: Vec<String>,
}

impl Pattern {
    fn parse(literal: &LitStr) -> Result<Self> {
        let text = literal.value();
        let fail = |message: String| Err(Error::new(literal.span(), message));
        if !text.starts_with('/') {
            return fail(format!("a path starts with `/`: write `\"/{text}\"`"));
        }
        let mut pattern = Self {
            names: Vec::new(),
            literals: Vec::new(),
        };
        let mut before = String::new();
        let segments: Vec<&str> = text[1..].split('/').collect();
        for (i, segment) in segments.iter().enumerate() {
            let last = i + 1 == segments.len();
            before.push('/');
            if segment.is_empty() && !last {
                return fail("a path has no empty segment (`//`)".to_owned());
            }
            let Some(inner) = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) else {
                if let Some(own) = of_another_framework(segment) {
                    return fail(format!(
                        "a parameter stands in braces: write `{{{own}}}` in place of `{segment}`; its type is the \
                         function's parameter's"
                    ));
                }
                if segment.contains(['{', '}']) {
                    return fail(format!(
                        "a parameter is a whole segment: `{segment}` mixes one with other text"
                    ));
                }
                if !segment.is_empty() && !vauban_template::is_literal_segment(segment) {
                    return fail(format!(
                        "`{segment}` cannot stand in a path: use letters, digits and `-._~@`"
                    ));
                }
                before.push_str(segment);
                continue;
            };
            if inner.contains(['{', '}']) {
                return fail(format!(
                    "a parameter is a whole segment: `{segment}` mixes several"
                ));
            }
            let name = match inner.strip_prefix('*') {
                Some(_) if !last => {
                    return fail(format!(
                        "`{segment}` takes the rest of the path, so nothing follows it"
                    ));
                }
                Some(name) => name,
                None => inner,
            };
            let Some(ident) = crate::ident::named(name, literal.span()) else {
                return fail(format!("`{name}` is not a parameter's name"));
            };
            if pattern.names.contains(&ident) {
                return fail(format!("`{{{name}}}` stands twice in the path"));
            }
            pattern.names.push(ident);
            pattern.literals.push(std::mem::take(&mut before));
        }
        pattern.literals.push(before);
        Ok(pattern)
    }
}

/// A parameter as others write it, `<n>`, `<int:n>`, `:n`, `<path:rest>`: what stands between the braces here.
fn of_another_framework(segment: &str) -> Option<String> {
    let inner = segment.strip_prefix('<').and_then(|s| s.strip_suffix('>'));
    let inner = inner.or_else(|| segment.strip_prefix(':'))?;
    let (kind, name) = inner.split_once(':').unwrap_or(("", inner));
    syn::parse_str::<Ident>(name).ok()?;
    Some(if kind == "path" {
        format!("*{name}")
    } else {
        name.to_owned()
    })
}

/// What the policy of the view's pages lets in, and a constant by which `cargo check` looks at it.
fn csp(value: Option<&Expr>) -> (TokenStream, TokenStream) {
    let Some(value) = value else {
        return (TokenStream::new(), TokenStream::new());
    };
    let policy = quote_spanned! {value.span()=> ::vauban::__private::Csp };
    (
        quote! { const CSP: #policy = #value; },
        quote! { const _: #policy = #value; },
    )
}

/// `__url_of_view_show_…(slug: &Slug) -> Url`, which `routes!` re-exports under the route's name.
fn url_function(name: &Ident, pattern: &Pattern, types: &[Type]) -> TokenStream {
    let function = crate::ident::url_function(name);
    let params = pattern.names.iter().zip(types).map(|(name, ty)| {
        if is_string(ty) {
            quote!(#name: &::vauban::__private::PathText)
        } else {
            quote!(#name: &#ty)
        }
    });
    let parts = pattern
        .names
        .iter()
        .zip(types)
        .enumerate()
        .map(|(i, (param, ty))| {
            let literal = &pattern.literals[i];
            let reader = format_ident!("__PATH_{i}");
            if is_string(ty) {
                quote!(.__literal(#literal).__text(#param))
            } else {
                quote!(.__literal(#literal).__param(#param, &#name::#reader))
            }
        });
    let tail = pattern.literals.last().map(String::as_str).unwrap_or_default();
    let capacity = pattern.literals.iter().map(String::len).sum::<usize>() + types.len() * 36;
    quote! {
        #[doc(hidden)]
        #[allow(private_interfaces, unreachable_pub)]
        pub fn #function(#(#params),*) -> ::vauban::__private::Url {
            #[allow(deprecated)]
            let url = ::vauban::__private::Url::__start::<#name>(#capacity)
            #(#parts)*
            .__literal(#tail);
            url
        }
    }
}

/// The tokens as if they all stood at `span`.
fn underlined(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), underlined(group.stream(), span));
                inner.set_span(span);
                TokenTree::Group(inner)
            }
            mut token => {
                token.set_span(span);
                token
            }
        })
        .collect()
}

fn is_string(ty: &Type) -> bool {
    type_name(ty) == "String"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_as_others_write_it_is_told_as_ours() {
        for (others, ours) in [
            ("/about/<n>/", "`{n}`"),
            ("/about/<int:n>/", "`{n}`"),
            ("/about/:n/", "`{n}`"),
            ("/about/<path:rest>", "`{*rest}`"),
        ] {
            let literal = LitStr::new(others, proc_macro2::Span::call_site());
            let told = Pattern::parse(&literal).err().map(|error| error.to_string());
            assert!(told.is_some_and(|told| told.contains(ours)), "{others}");
        }
    }
}

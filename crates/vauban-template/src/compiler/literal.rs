//! `safe_html!("<b>{}</b>", text)`: a literal with escaped arguments (Django's `format_html`).

use super::derive::{analyse_all, framework};
use super::error::Sources;
use super::generate::{Generator, Known, Options};
use super::resolve::Resolver;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use std::collections::HashMap;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Lit, LitStr, Token};

struct Input {
    root: Option<syn::Ident>,
    format: LitStr,
    arguments: Vec<Expr>,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut root = None;
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            root = Some(framework(input)?);
            input.parse::<Token![,]>()?;
        }
        // CWE-79: `String::leak` makes a `&'static str` from anything, so only a token will do.
        let Ok(Lit::Str(format)) = input.parse::<Lit>() else {
            return Err(syn::Error::new(
                input.span(),
                "the markup is a string literal, written out here: safe_html!(\"<b>{}</b>\", text)",
            ));
        };
        let mut arguments = Vec::new();
        while input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            arguments.push(input.parse()?);
        }
        Ok(Self {
            root,
            format,
            arguments,
        })
    }
}

/// Expands the macro.
pub fn expand(input: TokenStream) -> TokenStream {
    match syn::parse2::<Input>(input).and_then(|input| build(&input)) {
        Ok(tokens) => tokens,
        Err(error) => error.to_compile_error(),
    }
}

fn build(input: &Input) -> syn::Result<TokenStream> {
    let span = input.format.span();
    let count = input.arguments.len();
    let (template, used) = template(&input.format.value(), count).map_err(|m| syn::Error::new(span, m))?;
    if let Some(unused) = used.iter().position(|u| !u) {
        return Err(syn::Error::new_spanned(
            &input.arguments[unused],
            "no {} stands for this argument",
        ));
    }
    let root = match &input.root {
        Some(path) => quote! { ::#path::__private },
        None => quote! { ::vauban::__private::template },
    };
    let names: Vec<String> = (0..count).map(|i| format!("arg{i}")).collect();
    let options = Options {
        root: root.clone(),
        fields: names.iter().map(|n| (n.clone(), Span::mixed_site())).collect(),
        dynamic: false,
        unasked: false,
        given: &[],
        local: true,
        any: false,
        own: Known::default(),
        span,
    };
    let loader = HashMap::from([("safe_html!".to_owned(), template)]);
    let mut resolver = Resolver::new(&loader);
    let page = match resolver.page("safe_html!") {
        Ok(page) => page,
        Err(error) => {
            return Err(syn::Error::new(
                span,
                resolver.sources.problem(*error).to_string(),
            ));
        }
    };
    let sources: Sources = std::mem::take(&mut resolver.sources);
    let analysis = analyse_all(&page, &sources, false);
    let (analysed, _, machine) = analysis.map_err(|problems| {
        let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
        syn::Error::new(span, text.join("\n"))
    })?;
    if let Some(problem) = machine.problems.into_iter().find(|p| !p.warning) {
        return Err(syn::Error::new(span, sources.problem(problem).to_string()));
    }
    if analysed.uses_token || analysed.uses_nonce || !analysed.forms_to.is_empty() {
        return Err(syn::Error::new(
            span,
            "a form that posts, a script or a style belongs into a template: it needs this response's token or nonce",
        ));
    }
    let markers = sources.markers();
    let (body, _) = Generator::new(&options, &sources)
        .function(&analysed.ops)
        .map_err(|errors| {
            let text: Vec<String> = errors
                .into_iter()
                .map(|e| sources.problem(e).to_string())
                .collect();
            syn::Error::new(span, text.join("\n"))
        })?;
    let idents: Vec<_> = names
        .iter()
        .map(|n| format_ident!("{n}", span = Span::mixed_site()))
        .collect();
    let arguments = &input.arguments;
    let size = input.format.value().len() + 16 * count;
    Ok(quote! {
        match (#(&(#arguments),)*) {
            (#(#idents,)*) => {
                let __cx: &dyn #root::RenderContext = &#root::NoContext;
                let mut __html = ::std::string::String::with_capacity(#size);
                let __out = &mut __html;
                #markers #body
                match __html {
                    #[allow(deprecated)]
                    __html => #root::SafeHtml::__checked(__html),
                }
            }
        }
    })
}

/// Python's format string as a template: `{}`, `{0}`, `{{` and `}}`.
fn template(format: &str, count: usize) -> Result<(String, Vec<bool>), String> {
    let mut out = String::new();
    let mut used = vec![false; count];
    let mut next = 0;
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' if chars.peek() == Some(&'{') => {
                chars.next();
                out.push_str("{% templatetag openbrace %}");
            }
            '}' if chars.peek() == Some(&'}') => {
                chars.next();
                out.push_str("{% templatetag closebrace %}");
            }
            '{' => {
                let inside: String = chars.by_ref().take_while(|c| *c != '}').collect();
                let index = if inside.is_empty() {
                    next += 1;
                    next - 1
                } else {
                    inside
                        .parse::<usize>()
                        .map_err(|_| format!("`{{{inside}}}` is not {{}} or {{0}}"))?
                };
                *used
                    .get_mut(index)
                    .ok_or_else(|| format!("there is no argument {index}"))? = true;
                out.push_str(&format!("{{{{ arg{index} }}}}"));
            }
            '}' => return Err("a single `}`: write `}}`".to_owned()),
            c => out.push(c),
        }
    }
    Ok((out, used))
}

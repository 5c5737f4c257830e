//! `export_templates!`: a package hands its templates' text to packages that extend them.
//!
//! A macro carries the text, so that nothing is read from another package's folder (it may be in a registry's cache, or
//! moved), the build follows it, and `$crate` comes along: names in a template are those of its own package.

use super::error::Problem;
use super::resolve::{Folder, Loader, Package};
use super::check;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use std::path::PathBuf;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{DeriveInput, Ident, LitStr, Token};

/// A folder with more than this is no folder of templates, in files.
const MOST: usize = 2_000;

struct Export {
    folder: LitStr,
    extends: Vec<Ident>,
}

impl Parse for Export {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let shape = "write `export_templates!(\"templates\")`, with `extends = package` where a template of this one extends another package's";
        let fail = |error: syn::Error| syn::Error::new(error.span(), shape);
        let mut out = Self {
            folder: input.parse().map_err(fail)?,
            extends: Vec::new(),
        };
        while !input.is_empty() {
            input.parse::<Token![,]>().map_err(fail)?;
            if input.is_empty() {
                break;
            }
            let word: Ident = input.parse().map_err(fail)?;
            if word != "extends" {
                return Err(syn::Error::new(word.span(), shape));
            }
            input.parse::<Token![=]>().map_err(fail)?;
            out.extends.push(input.parse().map_err(fail)?);
        }
        Ok(out)
    }
}

/// Expands `export_templates!`.
pub fn export(input: TokenStream) -> TokenStream {
    Parser::parse2(Export::parse, input)
        .and_then(|export| expand(&export))
        .unwrap_or_else(|error| error.to_compile_error())
}

fn expand(export: &Export) -> syn::Result<TokenStream> {
    let fail = |message: String| syn::Error::new(export.folder.span(), message);
    // Pages of the package itself are read from there too: one place for both.
    if export.folder.value() != "templates" {
        return Err(fail(
            "templates are in the folder `templates` of the package: `export_templates!(\"templates\")`".to_owned(),
        ));
    }
    let manifest = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let name = std::env::var("CARGO_CRATE_NAME").unwrap_or_default();
    let folder = Folder(manifest.join("templates"));
    let names = folder.names();
    if names.is_empty() {
        return Err(fail("there is no file below the folder `templates` of this package".to_owned()));
    }
    if names.len() > MOST {
        return Err(fail(format!("more than {MOST} files below `templates`")));
    }
    let mut texts = Vec::new();
    let mut tracked = Vec::new();
    for file in &names {
        let Some(text) = folder.load(file) else {
            return Err(fail(format!("templates/{file} cannot be read as UTF-8")));
        };
        let path = format!("/templates/{file}");
        tracked.push(quote! {
            const _: &[u8] = ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path));
        });
        texts.push(quote! { #file #text });
    }
    let statics = Folder(manifest.join("static")).names();
    // What another package would be told of is told here, where it can be mended. With parents elsewhere, the pages
    // of this package tell.
    let problems: Vec<Problem> = if export.extends.is_empty() {
        check::check_package(&manifest)
            .into_iter()
            .filter(|problem| !problem.warning)
            .collect()
    } else {
        Vec::new()
    };
    let errors = (!problems.is_empty()).then(|| {
        let told: Vec<String> = problems.iter().map(|p| format!("template {p}")).collect();
        fail(told.join("\n\n")).to_compile_error()
    });
    // The packages further up, each with its own `$crate`: found through this one, whoever asks.
    let ways = export.extends.iter().map(|package| {
        let way = way(package);
        quote! { #[doc(hidden)] pub extern crate #package as #way; }
    });
    let further: Vec<TokenStream> = export
        .extends
        .iter()
        .map(|package| {
            let way = way(package);
            quote! { [$crate::#way::__templates] }
        })
        .collect();
    let this = quote! { { [$crate] #name [#(#texts),*] [#(#statics),*] } };
    // The first further package is called, and told of the others and of who asked.
    let body = match export.extends.first() {
        None => quote! { $($callback)*! { $($rest)* #this } },
        Some(first) => {
            let (first, rest) = (way(first), &further[1..]);
            quote! { $crate::#first::__templates! { #(#rest)* [$($callback)*] $($rest)* #this } }
        }
    };
    Ok(quote! {
        #errors
        #(#tracked)*
        #(#ways)*
        #[doc(hidden)]
        #[macro_export]
        macro_rules! __templates {
            ([$($callback:tt)*] $($rest:tt)*) => { #body };
        }
    })
}

fn way(package: &Ident) -> Ident {
    format_ident!("__templates_of_{}", package)
}

/// Asks the packages that a page extends for their texts: the first hands over to the second, the last to us.
pub(super) fn ask(packages: &[Ident], rooted: bool, input: &DeriveInput) -> syn::Result<TokenStream> {
    let [first, rest @ ..] = packages else {
        return Ok(TokenStream::new());
    };
    if rooted {
        return Err(syn::Error::new(
            first.span(),
            "`crate = path` pages do not extend other packages' templates",
        ));
    }
    // The way back is at the macro's name, so that a package that exports nothing is told of there.
    let span = first.span();
    let call = quote::quote_spanned! {span=> ::#first::__templates! };
    let rest = rest.iter().map(|package| quote! { [::#package::__templates] });
    Ok(quote! { #call { #(#rest)* [::vauban::__private::template_with] { #input } } })
}

/// What packages handed over.
pub(super) fn packages(input: ParseStream<'_>) -> syn::Result<Vec<Package>> {
    let mut all: Vec<Package> = Vec::new();
    while !input.is_empty() {
        let one;
        syn::braced!(one in input);
        let root;
        syn::bracketed!(root in one);
        let root: TokenStream = root.parse()?;
        let name = one.parse::<LitStr>()?.value();
        let texts;
        syn::bracketed!(texts in one);
        let files = texts.call(|input| {
            let mut files = Vec::new();
            while !input.is_empty() {
                files.push((input.parse::<LitStr>()?.value(), input.parse::<LitStr>()?.value()));
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(files)
        })?;
        let names;
        syn::bracketed!(names in one);
        let statics = names.parse_terminated(|input: ParseStream<'_>| input.parse::<LitStr>(), Token![,])?;
        let package = Package {
            name,
            root,
            files,
            statics: statics.iter().map(LitStr::value).collect(),
        };
        // The same one, come by two ways.
        if let Some(known) = all.iter().find(|known| known.name == package.name) {
            if known.files == package.files {
                continue;
            }
            return Err(syn::Error::new(
                proc_macro2::Span::call_site(),
                format!("two versions of the package `{}` hand their templates over: extend one", package.name),
            ));
        }
        all.push(package);
    }
    Ok(all)
}

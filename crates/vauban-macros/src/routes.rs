//! `routes! { article => articles::show, include accounts at "/accounts/" = vauban::accounts::urls }`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Ident, LitStr, Path, Result, Token};

use crate::ident::{unraw, url_function};

/// Writes one URL function per name, one module per included table, and `routes()`.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let table: Table = syn::parse2(input)?;
    table.check_names()?;
    let urls = table.entries.iter().map(Entry::url);
    let lines = table.entries.iter().map(Entry::line);
    Ok(quote! {
        #(#urls)*

        /// The table of these routes.
        pub fn routes() -> ::vauban::__private::Routes {
            ::vauban::__private::Routes::new() #(#lines)*
        }
    })
}

struct Table {
    entries: Punctuated<Entry, Token![,]>,
}

enum Entry {
    View {
        name: Ident,
        view: Path,
    },
    Include {
        name: Ident,
        prefix: LitStr,
        table: Path,
    },
}

impl Table {
    fn check_names(&self) -> Result<()> {
        let mut seen: Vec<&Ident> = Vec::new();
        for entry in &self.entries {
            let (Entry::View { name, .. } | Entry::Include { name, .. }) = entry;
            if name == "routes" {
                return Err(Error::new(
                    name.span(),
                    "`routes` is the name of the table's own function",
                ));
            }
            if seen.contains(&name) {
                return Err(Error::new(
                    name.span(),
                    format!("two routes have the name `{name}`"),
                ));
            }
            seen.push(name);
        }
        Ok(())
    }
}

impl Entry {
    /// `pub use articles::__url_of_view_show_… as article;`
    fn url(&self) -> TokenStream {
        match self {
            Self::View { name, view } => {
                let mut function = view.clone();
                if let Some(last) = function.segments.last_mut() {
                    last.ident = url_function(&last.ident);
                }
                quote_spanned! {name.span()=> #[doc(inline)] #[allow(unreachable_pub, unused_imports)] pub use #function as #name; }
            }
            Self::Include { name, table, .. } => {
                quote! { #[allow(unreachable_pub, unused_imports)] pub use #table as #name; }
            }
        }
    }

    fn line(&self) -> TokenStream {
        match self {
            Self::View { name, view } => {
                let name = unraw(name);
                quote_spanned! {view.span()=> .view::<#view>(#name) }
            }
            Self::Include { name, prefix, table } => {
                let name = unraw(name);
                quote! { .include(#name, #prefix, #table::routes()) }
            }
        }
    }
}

impl Parse for Table {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Ok(Self {
            entries: Punctuated::parse_terminated(input)?,
        })
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        const SHAPE: &str = "write `name => module::view`, or `include name at \"/prefix/\" = module::urls`";
        let shape = |error: Error| Error::new(error.span(), SHAPE);
        let name: Ident = input.parse().map_err(shape)?;
        if name != "include" || input.peek(Token![=>]) {
            input.parse::<Token![=>]>().map_err(shape)?;
            return Ok(Self::View {
                name,
                view: input.parse()?,
            });
        }
        let name: Ident = input.parse().map_err(shape)?;
        let at: Ident = input.parse().map_err(shape)?;
        if at != "at" {
            return Err(Error::new(at.span(), SHAPE));
        }
        let prefix: LitStr = input.parse().map_err(shape)?;
        if !vauban_template::is_prefix(&prefix.value()) {
            return Err(Error::new(
                prefix.span(),
                "a prefix starts and ends with `/`, without parameters: `\"/accounts/\"`",
            ));
        }
        input.parse::<Token![=]>().map_err(shape)?;
        Ok(Self::Include {
            name,
            prefix,
            table: input.parse()?,
        })
    }
}

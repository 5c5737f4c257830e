//! `migrations!("migrations")`: a package's migration files, embedded.

use std::path::Path;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, LitStr, Result};

/// Writes a `Set` of the files that the folder's `INDEX` lists. A package without the folder has none yet.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let folder: LitStr = syn::parse2(input).map_err(|error| {
        Error::new(
            error.span(),
            "write the folder's name below the package: `migrations!(\"migrations\")`",
        )
    })?;
    let name = folder.value();
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let path = Path::new(&root).join(&name);
    let mut files = Vec::new();
    let mut index = quote!();
    if path.join("INDEX").is_file() {
        let text = std::fs::read_to_string(path.join("INDEX"))
            .map_err(|error| Error::new(folder.span(), format!("{name}/INDEX: {error}")))?;
        for migration in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if !path.join(format!("{migration}.toml")).is_file() {
                let message =
                    format!("{name}/INDEX lists `{migration}`, but there is no file {migration}.toml");
                return Err(Error::new(folder.span(), message));
            }
            let file = LitStr::new(&format!("{root}/{name}/{migration}.toml"), Span::call_site());
            files.push(quote! {
                ::vauban::__private::orm::migrations::SetFile {
                    name: #migration,
                    text: ::vauban::__private::include_str!(#file),
                }
            });
        }
        // The compiler knows files, not folders: a new migration is a new line of the index.
        let file = LitStr::new(&format!("{root}/{name}/INDEX"), Span::call_site());
        index = quote! {
            const _: &str = ::vauban::__private::include_str!(#file);
        };
    }
    // CWE-1059: literals; `::core` is whatever the crate calls so.
    let whole = format!("{root}/{name}");
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    Ok(quote! {{
        #index
        #[cfg(debug_assertions)]
        let folder = #whole;
        // CWE-200: a release does not tell the paths of the machine that built it.
        #[cfg(not(debug_assertions))]
        let folder = "";
        ::vauban::__private::orm::migrations::Set {
            package: #package,
            folder,
            files: &[#(#files),*],
        }
    }})
}

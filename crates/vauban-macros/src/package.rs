//! `package!`: what a program knows of the package it is built from, its committed locks included.

use proc_macro2::TokenStream;
use quote::quote;

/// Expands `package!()`. In a release build the locks are part of the program; a missing `access.lock` does not
/// compile there.
pub(crate) fn expand(input: &TokenStream) -> syn::Result<TokenStream> {
    if !input.is_empty() {
        return Err(syn::Error::new_spanned(input, "write `vauban::package!()`"));
    }
    let dir = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let embedded = |file: &str| std::path::Path::new(&dir).join(file).is_file();
    let include = |file: &str| {
        let path = format!("/{file}");
        quote! { ::std::option::Option::Some(
            ::std::include_str!(::std::concat!(::std::env!("CARGO_MANIFEST_DIR"), #path))
        ) }
    };
    let access = if embedded("access.lock") {
        include("access.lock")
    } else {
        // CWE-1059: nobody has reviewed who may call what.
        quote! { ::std::compile_error!(
            "a release build needs `access.lock` beside Cargo.toml: run `cargo run -- access --accept`, read it, commit it"
        ) }
    };
    // Absent means that nothing was signed, which `waiver!` itself looks up.
    let waivers = if embedded("waivers.lock") {
        include("waivers.lock")
    } else {
        quote! { ::std::option::Option::None }
    };
    Ok(quote! {{
        #[cfg(debug_assertions)]
        let (dir, access, waivers) = (
            ::std::env!("CARGO_MANIFEST_DIR"),
            ::std::option::Option::None,
            ::std::option::Option::None,
        );
        #[cfg(not(debug_assertions))]
        let (dir, access, waivers) = ("", #access, #waivers);
        ::vauban::Package {
            name: ::std::env!("CARGO_PKG_NAME"),
            version: ::std::env!("CARGO_PKG_VERSION"),
            manifest_dir: dir,
            access_lock: access,
            waivers_lock: waivers,
        }
    }})
}

//! `package!`: what a program knows of the package it is built from, its committed locks included.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;

/// Expands `package!()`. In a release build the locks are part of the program; a missing `access.lock` does not
/// compile there.
pub(crate) fn expand(input: &TokenStream) -> syn::Result<TokenStream> {
    if !input.is_empty() {
        return Err(syn::Error::new_spanned(input, "write `vauban::package!()`"));
    }
    let dir = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    if let Some(what) = call_site().and_then(|file| elsewhere(&file, Path::new(&dir))) {
        return Err(syn::Error::new(proc_macro2::Span::call_site(), what));
    }
    // CWE-1059: in the program, `::std` is whatever it calls so. What Cargo says is read here, and no word of the
    // expansion is the program's to define.
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let (name, version) = (variable("CARGO_PKG_NAME"), variable("CARGO_PKG_VERSION"));
    let private = quote!(::vauban::__private);
    let embedded = |file: &str| Path::new(&dir).join(file).is_file();
    let include = |file: &str| {
        let path = format!("{dir}/{file}");
        quote! { #private::Option::Some(#private::include_str!(#path)) }
    };
    let access = if embedded("access.lock") {
        include("access.lock")
    } else {
        // CWE-1059: nobody has reviewed who may call what.
        quote! { #private::compile_error!(
            "a release build needs `access.lock` beside Cargo.toml: run `cargo run -- access --accept`, read it, commit it"
        ) }
    };
    // Absent means that nothing was signed, which `waiver!` itself looks up.
    let waivers = if embedded("waivers.lock") {
        include("waivers.lock")
    } else {
        quote! { #private::Option::None }
    };
    Ok(quote! {{
        #[cfg(debug_assertions)]
        let (dir, access, waivers) = (
            #dir,
            #private::Option::None,
            #private::Option::None,
        );
        #[cfg(not(debug_assertions))]
        let (dir, access, waivers) = ("", #access, #waivers);
        #[allow(deprecated)]
        let package = ::vauban::Package::__written(
            #name,
            #version,
            dir,
            access,
            waivers,
            // CWE-190: a profile may say of one package that its sums are not checked, so it is asked in this one.
            |a, b| a + b,
        );
        package
    }})
}

/// The file in which the macro is written; none in some editors, and in documentation's examples, which are cut out of
/// a file and compiled apart.
fn call_site() -> Option<PathBuf> {
    if !proc_macro::is_available() || std::env::var_os("UNSTABLE_RUSTDOC_TEST_PATH").is_some() {
        return None;
    }
    let file = proc_macro::Span::call_site().local_file()?;
    // rustc names files relative to the folder in which it runs.
    std::env::current_dir().ok()?.join(file).canonicalize().ok()
}

/// What is wrong if the manifest nearest to `file` does not lie in `dir` (CWE-1059: a build script that sets
/// `CARGO_MANIFEST_DIR` brings another package's locks).
fn elsewhere(file: &Path, dir: &Path) -> Option<String> {
    let real = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let nearest = file
        .ancestors()
        .skip(1)
        .find(|folder| folder.join("Cargo.toml").is_file());
    (nearest != Some(real.as_path())).then(|| {
        format!(
            "the manifest's folder is not the one of this file: `CARGO_MANIFEST_DIR` is {}, the file is {}. Let the file \
             lie below its own Cargo.toml, and no build script or configuration set the variable",
            dir.display(),
            file.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-1059: the attack is `extern crate kit as std`, whose `env!` names another folder.
    #[test]
    fn no_word_of_the_expansion_is_the_programs() {
        let written = expand(&TokenStream::new()).unwrap().to_string();
        for word in ["std", "core", "env", "concat", "alloc"] {
            assert!(
                !written
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .any(|w| w == word),
                "{word}: {written}"
            );
        }
    }

    /// CWE-1059: the attack is a package that shows the locks of another folder.
    #[test]
    fn a_file_belongs_to_the_nearest_manifest() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap();
        let beside = own.parent().unwrap().join("vauban-core");
        let file = own.join("src/package.rs");
        assert_eq!(elsewhere(&file, &own), None);
        assert_eq!(elsewhere(&file, &own.join("src/..")), None);
        for dir in [beside, own.join("src"), own.join("../.."), PathBuf::new()] {
            assert!(elsewhere(&file, &dir).is_some(), "{}", dir.display());
        }
    }
}

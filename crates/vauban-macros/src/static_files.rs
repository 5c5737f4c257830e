//! `static_files!("static")`: every file below a folder of the package, embedded.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, LitStr, Result};

/// Files larger than this do not belong into a program, in bytes.
const LARGEST: u64 = 8 << 20;

/// Lists the folder while compiling and includes each file.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let literal: LitStr = syn::parse2(input)
        .map_err(|e| Error::new(e.span(), "write the folder: `static_files!(\"static\")`"))?;
    let name = literal.value();
    let fail = |message: String| Error::new(literal.span(), message);
    let clean = !name.is_empty()
        && name
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
    if !clean {
        return Err(fail("name a folder of this package, like `static`".to_owned()));
    }
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .unwrap_or_default();
    let folder = package.join(&name);
    let mut files = Vec::new();
    list(&folder, &mut String::new(), &mut files)
        .map_err(|(path, error)| fail(format!("`{path}`: {error}")))?;
    files.sort();
    let unwatched = unwatched(&name);
    let entries = files.iter().map(|path| {
        // CWE-1059: a literal; `::core` is whatever the crate calls so.
        let file = folder.join(path).to_string_lossy().into_owned();
        quote! {
            ::vauban::staticfiles::StaticFile {
                path: #path,
                bytes: ::vauban::__private::include_bytes!(#file),
            }
        }
    });
    let whole = folder.to_string_lossy();
    Ok(quote! {{
        #unwatched
        // CWE-200: a release does not tell the paths of the machine that built it.
        #[cfg(debug_assertions)]
        let folder = #whole;
        #[cfg(not(debug_assertions))]
        let folder = "";
        ::vauban::staticfiles::StaticFiles::new(
            &[#(#entries),*],
            folder,
        )
    }})
}

/// The variable in which a build script says which folders Cargo watches. `cargo run` hands it to the program as well, where
/// what begins with `VAUBAN_` is a setting, and an unknown one is refused.
const WATCHED: &str = "STATIC_FILES_WATCHED";

/// The compiler knows files, not folders: without a build script Cargo does not notice a file that was added, and a release
/// would be built without it, silently. Development finds such files on the disk.
fn unwatched(folder: &str) -> TokenStream {
    let watched = std::env::var(WATCHED).unwrap_or_default();
    if watched.split_whitespace().any(|one| one == folder) {
        // So that a script which says less is noticed as well.
        return quote! { const _: ::core::option::Option<&str> = ::core::option_env!(#WATCHED); };
    }
    let message = format!(
        "Cargo does not watch the folder `{folder}`: a file that is added to it would be missing from the next release. Add \
         `build.rs` beside `Cargo.toml`:\n\n\
         fn main() {{\n    \
             println!(\"cargo::rerun-if-changed={folder}\");\n    \
             println!(\"cargo::rustc-env={WATCHED}={folder}\");\n\
         }}\n"
    );
    quote! {
        #[cfg(not(debug_assertions))]
        ::core::compile_error!(#message);
    }
}

fn list(
    folder: &Path,
    prefix: &mut String,
    files: &mut Vec<String>,
) -> std::result::Result<(), (String, String)> {
    let shown = folder.display().to_string();
    let at = |error: std::io::Error| (shown.clone(), error.to_string());
    for entry in std::fs::read_dir(folder).map_err(at)? {
        let entry = entry.map_err(at)?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            return Err((shown.clone(), format!("the name {name:?} is not UTF-8")));
        };
        // Editors' and version control's own files are nobody's business (CWE-538).
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let kind = entry.file_type().map_err(at)?;
        if kind.is_symlink() {
            return Err((
                shown.clone(),
                format!("`{name}` is a symbolic link: put the file itself there (CWE-59)"),
            ));
        }
        if !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        {
            return Err((
                shown.clone(),
                format!("`{name}`: use letters, digits and `-._` in names of static files"),
            ));
        }
        let length = prefix.len();
        prefix.push_str(name);
        if kind.is_dir() {
            prefix.push('/');
            list(&entry.path(), prefix, files)?;
        } else if entry.metadata().map_err(at)?.len() > LARGEST {
            return Err((shown.clone(), format!("`{name}` is larger than {LARGEST} bytes")));
        } else {
            files.push(prefix.clone());
        }
        prefix.truncate(length);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_hands_to_the_program_is_no_setting() {
        assert!(!WATCHED.starts_with("VAUBAN_"));
    }

    /// A release that was built without a file is not built at all.
    #[test]
    fn a_folder_that_nobody_watches_does_not_compile_in_a_release() {
        let told = unwatched("no-such-folder").to_string();
        assert!(
            told.contains("not (debug_assertions)") && told.contains("compile_error"),
            "{told}"
        );
        assert!(told.contains("rerun-if-changed=no-such-folder"), "{told}");
    }
}

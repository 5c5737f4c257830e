//! Names that are keywords of Rust: `r#type` is called `type` everywhere but in Rust.

use syn::Ident;

/// The name without `r#`.
pub(crate) fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#")
        .map_or_else(|| text.clone(), str::to_owned)
}

/// The name as Rust takes it, `r#type` for `type`; `None` if it cannot be one, as `self` cannot.
pub(crate) fn named(text: &str, span: proc_macro2::Span) -> Option<Ident> {
    if syn::parse_str::<Ident>(text).is_ok() {
        return (!text.starts_with("r#")).then(|| Ident::new(text, span));
    }
    let word = text
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let start = text.starts_with(|c: char| c.is_ascii_lowercase());
    let keyword = start && word && !matches!(text, "self" | "super" | "crate");
    keyword.then(|| Ident::new_raw(text, span))
}

/// The function that makes the address of the view `show`: what `#[view]` writes and `routes!` imports. Its name ends in
/// a hash, so that rustc finds it similar to no mistyped one and suggests the view itself.
pub(crate) fn url_function(view: &Ident) -> Ident {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let name = unraw(view);
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    Ident::new(
        &format!("__url_of_view_{name}_{:016x}", hasher.finish()),
        view.span(),
    )
}

/// An error at a word that is none of those known: the near one, and all of them.
pub(crate) fn unknown(word: &syn::Path, known: &[&str], all: &str) -> syn::Error {
    use syn::spanned::Spanned;
    let near = word
        .get_ident()
        .map(unraw)
        .and_then(|word| vauban_template::compiler::nearest(&word, known.iter().copied()));
    let text = match near {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all.to_owned(),
    };
    syn::Error::new(word.span(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_have_names() {
        let name = |text| named(text, proc_macro2::Span::call_site()).map(|ident| ident.to_string());
        assert_eq!(name("type").as_deref(), Some("r#type"));
        assert_eq!(name("slug").as_deref(), Some("slug"));
        for none in ["self", "super", "crate", "Self", "", "a-b", "1", "r#type", "_"] {
            assert_eq!(name(none), None, "{none}");
        }
    }
}

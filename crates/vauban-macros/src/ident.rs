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

/// Whether `#[field(…)]` has the word.
pub(crate) fn field_says(field: &syn::Field, word: &str) -> bool {
    field
        .attrs
        .iter()
        .any(|a| a.path().is_ident("field") && words(a).iter().any(|w| w == word))
}

/// The words of the attribute: what says something, and not what it says (`default = privileged` is no privilege).
pub(crate) fn words(attribute: &syn::Attribute) -> Vec<String> {
    let mut words = Vec::new();
    // What is wrong in it, says whoever reads it.
    let _ = attribute.parse_nested_meta(|meta| {
        words.extend(meta.path.get_ident().map(unraw));
        if meta.input.peek(syn::Token![=]) {
            meta.value()?.parse::<syn::Expr>()?;
        } else if meta.input.peek(syn::token::Paren) {
            let inside;
            syn::parenthesized!(inside in meta.input);
            inside.parse::<proc_macro2::TokenStream>()?;
        }
        Ok(())
    });
    words
}

/// The words of an attribute that were read. Each says one thing: of two that say different things the last would win
/// without a word (CWE-1188).
#[derive(Default)]
pub(crate) struct Once(Vec<String>);

impl Once {
    /// The next word.
    pub(crate) fn read(&mut self, word: &syn::Path) -> syn::Result<()> {
        use syn::spanned::Spanned;
        let text = word.get_ident().map(unraw).unwrap_or_default();
        if self.0.contains(&text) {
            let text = format!("`{text}` stands here twice: write it once");
            return Err(syn::Error::new(word.span(), text));
        }
        self.0.push(text);
        Ok(())
    }

    /// Of these words there is one: the last read excludes the others.
    pub(crate) fn is_one_of(&self, words: &[&str], last: &syn::Path, what: &str) -> syn::Result<()> {
        use syn::spanned::Spanned;
        let Some(word) = words.iter().find(|word| last.is_ident(word)) else {
            return Ok(());
        };
        let other = words
            .iter()
            .find(|other| *other != word && self.0.iter().any(|read| read == *other));
        match other {
            Some(other) => {
                let text = format!("`{other}` and `{word}` exclude each other: {what}");
                Err(syn::Error::new(last.span(), text))
            }
            None => Ok(()),
        }
    }
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

//! What the tests of this crate ask of Rust sources.

use syn::punctuated::Punctuated;
use syn::{Attribute, Item, Meta, Token};

/// Whether something is compiled for tests only: `#[test]`, or a `cfg` that cannot hold without `test`.
pub fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<Meta>()
                    .is_ok_and(|predicate| needs_test(&predicate)))
    })
}

fn needs_test(predicate: &Meta) -> bool {
    let inner = |list: &syn::MetaList| {
        list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .map(|all| all.into_iter().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    match predicate {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => inner(list).iter().any(needs_test),
        Meta::List(list) if list.path.is_ident("any") => {
            let all = inner(list);
            !all.is_empty() && all.iter().all(needs_test)
        }
        _ => false,
    }
}

/// An item's attributes.
pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::ExternCrate(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::ForeignMod(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Macro(i) => &i.attrs,
        Item::Mod(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Trait(i) => &i.attrs,
        Item::TraitAlias(i) => &i.attrs,
        Item::Type(i) => &i.attrs,
        Item::Union(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_tests_only() {
        let tests = |text: &str| is_test(attributes(&syn::parse_str(text).expect("an item")));
        for yes in [
            "#[cfg(test)] mod a {}",
            "#[cfg(all(test, unix))] use a::b;",
            "#[cfg(any(test, all(test, unix)))] fn a() {}",
            "#[test] fn a() {}",
        ] {
            assert!(tests(yes), "{yes}");
        }
        for no in [
            "mod a {}",
            "#[cfg(any(test, feature = \"testing\"))] mod a {}",
            "#[cfg(not(test))] mod a {}",
            "#[cfg(unix)] mod a {}",
        ] {
            assert!(!tests(no), "{no}");
        }
    }
}

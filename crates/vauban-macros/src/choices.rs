//! `#[derive(Choices)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, LitStr, Path, Result};

use crate::ident::{Once, unraw};
use crate::model::snake;

/// Writes a field type for an enum without values, stored as text.
pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "`Choices` is for enums"));
    };
    let mut orm = quote!(::vauban::__private::orm);
    for attribute in input.attrs.iter().filter(|a| a.path().is_ident("choices")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("`#[choices(…)]` knows `crate = path`"));
            }
            let path: Path = meta.value()?.parse()?;
            orm = quote!(::#path);
            Ok(())
        })?;
    }
    // What is wrong with one variant is told there, and not at each place where the type stands.
    let (mut wrong, mut unfit) = (Vec::new(), Vec::new());
    // A crate below `vauban` has no forms.
    let forms = !input.attrs.iter().any(|a| a.path().is_ident("choices"));
    let name = &input.ident;
    let (mut variants, mut texts, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            wrong.push(Error::new(variant.span(), "a choice has no fields"));
            unfit.push(&variant.ident);
            continue;
        }
        let plain = unraw(&variant.ident);
        let (mut text, mut label) = (snake(&plain), snake(&plain).replace('_', " "));
        if let Some(first) = label.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        let mut once = Once::default();
        for attribute in variant.attrs.iter().filter(|a| a.path().is_ident("choice")) {
            let told = attribute.parse_nested_meta(|meta| {
                once.read(&meta.path)?;
                let value: LitStr = meta.value()?.parse()?;
                if meta.path.is_ident("stored") {
                    text = value.value();
                } else if meta.path.is_ident("label") {
                    label = value.value();
                } else {
                    return Err(meta.error("`#[choice(…)]` knows `stored = \"…\"` and `label = \"…\"`"));
                }
                Ok(())
            });
            wrong.extend(told.err());
        }
        if texts.contains(&text) {
            let told = format!("`{text}` is stored for another choice as well");
            wrong.push(Error::new(variant.span(), told));
            text.push_str(&plain);
        }
        variants.push(&variant.ident);
        texts.push(text);
        labels.push(label);
    }
    let longest = texts.iter().map(String::len).max().unwrap_or(0);
    let numbers = texts
        .iter()
        .map(|text| vauban_template::compiler::number_of(text));
    let form_field = forms.then(|| {
        quote! {
            // `{% if task.state == "opne" %}` does not compile: no choice is stored like that.
            impl ::vauban::__private::template::Chosen for #name {}
            #(#[diagnostic::do_not_recommend] impl<const L: u32, const K: u32, F> ::vauban::__private::template::HasChoice<#numbers, L, K, F> for #name {})*
            impl ::vauban::forms::Entry for #name {}
            impl ::vauban::forms::ChosenFromValues for #name {
                type Value = Self;
            }
            impl ::vauban::forms::FieldValue for #name {
                const WIDGET: ::vauban::forms::Widget = ::vauban::forms::Widget::Select;
                const HAS_CHOICES: bool = true;
                fn read(
                    text: &str,
                    _: &::vauban::forms::FieldSpec,
                ) -> ::core::result::Result<Self, ::vauban::forms::Problem> {
                    text.parse().map_err(|_| ::vauban::forms::NOT_A_CHOICE)
                }
                fn shown(&self) -> ::std::string::String {
                    ::std::string::String::from(self.as_str())
                }
                fn fixed_choices() -> ::std::vec::Vec<::vauban::forms::Choice> {
                    Self::ALL.iter().map(|one| ::vauban::forms::Choice::new(one.as_str(), one.label())).collect()
                }
            }
        }
    });
    let wrong = wrong.iter().map(Error::to_compile_error);
    Ok(quote! {
        #(#wrong)*
        impl #name {
            /// All choices, in order.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];
            /// The text that is stored.
            pub const fn as_str(&self) -> &'static str { match self { #(Self::#variants => #texts,)* #(Self::#unfit { .. } => "",)* } }
            /// The text that is shown.
            pub const fn label(&self) -> &'static str { match self { #(Self::#variants => #labels,)* #(Self::#unfit { .. } => "",)* } }
        }
        impl ::core::fmt::Display for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { f.write_str(self.as_str()) }
        }
        impl ::core::str::FromStr for #name {
            type Err = #orm::InvalidChoice;
            fn from_str(text: &str) -> ::core::result::Result<Self, #orm::InvalidChoice> {
                match text {
                    #(#texts => ::core::result::Result::Ok(Self::#variants),)*
                    _ => ::core::result::Result::Err(#orm::InvalidChoice),
                }
            }
        }
        impl #orm::Choices for #name {
            fn all() -> &'static [Self] { Self::ALL }
            fn stored(&self) -> &'static str { self.as_str() }
            fn label(&self) -> &'static str { Self::label(self) }
        }
        impl #orm::Field for #name {
            const KIND: #orm::field::Kind = #orm::field::Kind::Text;
            const MAX_BYTES: ::core::option::Option<usize> = ::core::option::Option::Some(#longest);
            const CHOICES: &'static [&'static str] = &[#(#texts),*];
            const CHOICE_LABELS: &'static [&'static str] = &[#(#labels),*];
            fn to_value(&self) -> #orm::field::Value {
                #orm::field::Value::Text(::std::string::String::from(self.as_str()))
            }
            fn from_value(
                value: #orm::field::ValueRef<'_>,
            ) -> ::core::result::Result<Self, #orm::field::Mismatch> {
                match value {
                    #orm::field::ValueRef::Text(text) => text.parse().map_err(|_| #orm::field::Mismatch),
                    _ => ::core::result::Result::Err(#orm::field::Mismatch),
                }
            }
        }
        // One encoding everywhere: in the database, in forms, in JSON and in queries it is the same text.
        impl #orm::__private::serde::Serialize for #name {
            fn serialize<S: #orm::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> #orm::__private::serde::Deserialize<'de> for #name {
            fn deserialize<D: #orm::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                #orm::__private::read_choice(deserializer)
            }
        }
        #form_field
    })
}

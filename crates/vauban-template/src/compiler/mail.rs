//! `#[derive(Mail)]`: a struct gives the variables of a mail's subject, its text and its HTML.
//!
//! A mail is read where no site is: an address in it is whole, and of what a page may do it does nothing. What would is an
//! error here.

use super::derive::{Compiled, Source, compile, untold};
use super::generate::{Known, Options, PAGE_NAMES};
use super::resolve::Folder;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use std::path::PathBuf;
use syn::parse::{Parse, ParseStream};
use syn::{Data, DeriveInput, Ident, LitStr, Token};

const SHAPE: &str = "write #[mail(subject = \"…\", template = \"mail/invite\")]: templates/mail/invite.txt and .html are its \
                     text and its HTML; bulk = \"digest\" makes it a kind that one can leave; `replaceable` lets a site put a mail of its own in \
                     this one's place";

/// The name by which the templates of a bulk kind know the address at which one leaves it.
const UNSUBSCRIBE: &str = "unsubscribe";

struct Attribute {
    subject: LitStr,
    template: LitStr,
    bulk: Option<LitStr>,
    /// A site may put a mail of its own in this one's place.
    replaceable: bool,
    root: Ident,
}

impl Parse for Attribute {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let start = input.span();
        let (mut subject, mut template, mut bulk, mut root) = (None, None, None, None);
        let mut replaceable = false;
        while !input.is_empty() {
            if input.peek(Token![crate]) {
                input.parse::<Token![crate]>()?;
                input.parse::<Token![=]>()?;
                root = Some(framework(input)?);
            } else {
                let name: Ident = input.parse().map_err(|e| syn::Error::new(e.span(), SHAPE))?;
                let place = match name.to_string().as_str() {
                    "subject" => Some(&mut subject),
                    "template" => Some(&mut template),
                    "bulk" => Some(&mut bulk),
                    "replaceable" => None,
                    _ => return Err(syn::Error::new(name.span(), SHAPE)),
                };
                match place {
                    Some(place) => {
                        input.parse::<Token![=]>()?;
                        *place = Some(input.parse::<LitStr>()?);
                    }
                    None => replaceable = true,
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let (Some(subject), Some(template)) = (subject, template) else {
            return Err(syn::Error::new(start, SHAPE));
        };
        if let Some(bulk) = &bulk {
            kind(bulk)?;
        }
        Ok(Self {
            subject,
            template,
            bulk,
            replaceable,
            root: root.unwrap_or_else(|| Ident::new("vauban", Span::call_site())),
        })
    }
}

/// What stands behind `crate =`, for Vauban's own crates.
fn framework(input: ParseStream<'_>) -> syn::Result<Ident> {
    let path = input.call(syn::Path::parse_mod_style)?;
    match path.get_ident() {
        Some(name) if name == "vauban_mail" => Ok(name.clone()),
        _ => Err(syn::Error::new_spanned(
            path,
            "mails are written by Vauban's own functions: leave `crate = …` out, or write `crate = vauban_mail`",
        )),
    }
}

/// The name of a bulk kind stands in rows and in addresses.
fn kind(name: &LitStr) -> syn::Result<()> {
    let text = name.value();
    let is_plain = (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if is_plain {
        return Ok(());
    }
    let told = "a bulk kind is named by 1 to 40 lower-case letters, digits and hyphens, and keeps its name: people's choices \
                are stored by it";
    Err(syn::Error::new(name.span(), told))
}

/// Expands the derive.
pub fn derive(input: TokenStream) -> TokenStream {
    syn::parse2(input)
        .and_then(|input| expand(&input))
        .unwrap_or_else(|error| error.to_compile_error())
}

fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Some(attribute) = input.attrs.iter().find(|a| a.path().is_ident("mail")) else {
        return Err(syn::Error::new(input.ident.span(), SHAPE));
    };
    let given: Attribute = attribute.parse_args()?;
    let fields = fields(input, given.bulk.is_some())?;
    let manifest = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mail = match given.root.to_string().as_str() {
        "vauban" => quote! { ::vauban::mail },
        _ => quote! { ::vauban_mail },
    };
    let root = quote! { #mail::__private::template };
    let compile_one = |name: &str, text: Option<String>, span: Span| {
        let loader = Source {
            name: name.to_owned(),
            text,
            folder: Folder(manifest.join("templates")),
            packages: Vec::new(),
        };
        let options = Options {
            root: root.clone(),
            fields: fields.clone(),
            dynamic: false,
            local: false,
            unasked: true,
            given: if given.bulk.is_some() { &[UNSUBSCRIBE] } else { &[] },
            any: false,
            own: Known::default(),
            span,
        };
        compile(&loader, name, &options, false, None).map_err(|problems| {
            let text = untold(&problems, &format!("{name} of {}", input.ident));
            syn::Error::new(span, text.join("\n\n"))
        })
    };
    let subject = format!("(subject of {}).txt", input.ident);
    let (span, template) = (given.template.span(), given.template.value());
    let made = [
        compile_one(&subject, Some(given.subject.value()), given.subject.span()),
        compile_one(&format!("{template}.txt"), None, span),
        compile_one(&format!("{template}.html"), None, span),
    ];
    let mut errors = TokenStream::new();
    let compiled = made.map(|one| {
        one.unwrap_or_else(|error| {
            errors.extend(error.to_compile_error());
            Compiled::default()
        })
    });
    if errors.is_empty() && given.bulk.is_some() {
        for (one, ending) in compiled[1..].iter().zip(["txt", "html"]) {
            if !one.names.has(UNSUBSCRIBE) {
                let told = format!(
                    "{template}.{ending} of a bulk kind does not say how to leave it: write {{{{ unsubscribe }}}}, the address \
                     of the page where whoever reads it leaves this kind"
                );
                errors.extend(syn::Error::new(span, told).to_compile_error());
            }
        }
    }
    Ok(implement(input, &given, &mail, &compiled, &errors))
}

fn fields(input: &DeriveInput, is_bulk: bool) -> syn::Result<Vec<(String, Span)>> {
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new(
            input.ident.span(),
            "a mail's variables are the fields of a struct",
        ));
    };
    if data.fields.iter().any(|f| f.ident.is_none()) {
        return Err(syn::Error::new(
            input.ident.span(),
            "a mail's struct has named fields: they are the variables of its templates",
        ));
    }
    let all = data.fields.iter().filter_map(|f| f.ident.as_ref());
    let fields: Vec<(String, Span)> = all
        .map(|i| (i.to_string().trim_start_matches("r#").to_owned(), i.span()))
        .collect();
    let taken = |name: &str| PAGE_NAMES.contains(&name) || is_bulk && name == UNSUBSCRIBE;
    match fields.iter().find(|(name, _)| taken(name)) {
        Some((name, span)) => Err(syn::Error::new(
            *span,
            format!("in templates `{name}` is the framework's: call the field by another name"),
        )),
        None => Ok(fields),
    }
}

fn implement(
    input: &DeriveInput,
    given: &Attribute,
    mail: &TokenStream,
    compiled: &[Compiled; 3],
    errors: &TokenStream,
) -> TokenStream {
    let root = quote! { #mail::__private::template };
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let files = compiled.iter().flat_map(|one| &one.files);
    let files: std::collections::BTreeSet<&String> = files.filter(|file| !file.starts_with('(')).collect();
    let files = files.iter().map(|file| {
        let path = format!("/templates/{file}");
        quote! { const _: &[::core::primitive::u8] = ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path)); }
    });
    let bulk = match &given.bulk {
        Some(kind) => quote! { ::core::option::Option::Some(#kind) },
        None => quote! { ::core::option::Option::None },
    };
    let replaced = given.replaceable.then(|| {
        quote! {
            fn __replaced(self, by: &#mail::__private::Replacements, unsubscribe: &::core::primitive::str) -> #mail::__private::Replaced<Self> {
                by.write(self, unsubscribe)
            }
        }
    });
    let replaceable = given.replaceable.then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics #mail::Replaceable for #ident #type_generics #where_clause {}
        }
    });
    let name = &given.template;
    let parts = ["__subject_into", "__text_into", "__html_into"]
        .iter()
        .zip(compiled)
        .map(|(name, one)| {
            let function = Ident::new(name, Span::call_site());
            let (markers, body) = (&one.markers, &one.body);
            quote! {
                #[allow(unused, clippy::all, clippy::pedantic)]
                fn #function(&self, __unsubscribe: &::core::primitive::str, __cx: &dyn #root::RenderContext, __out: &mut ::std::string::String) {
                    #markers
                    #body
                }
            }
        });
    quote! {
        #errors
        const _: () = {
            #(#files)*
            #[automatically_derived]
            impl #impl_generics #mail::Mail for #ident #type_generics #where_clause {
                #[allow(deprecated)]
                const __DERIVED: #root::Ours<Self, #root::Derived> = #root::Ours::__made();
                const NAME: &'static ::core::primitive::str = #name;
                const BULK: ::core::option::Option<&'static ::core::primitive::str> = #bulk;
                #(#parts)*
                #replaced
            }
            #replaceable
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn told(html: &str) -> Vec<String> {
        let loader = HashMap::from([("mail/a.html".to_owned(), html.to_owned())]);
        let options = Options {
            root: quote! { root },
            fields: vec![("link".to_owned(), Span::call_site())],
            dynamic: false,
            local: false,
            unasked: true,
            given: &[UNSUBSCRIBE],
            any: false,
            own: Known::default(),
            span: Span::call_site(),
        };
        match compile(&loader, "mail/a.html", &options, false, None) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.into_iter().map(|p| p.found).collect(),
        }
    }

    #[test]
    fn a_mail_has_whole_addresses_and_does_nothing() {
        assert_eq!(
            told(
                "<p style=\"color: red\"><a href=\"{{ link }}\">Open</a> <a href=\"mailto:a@example.com\">x</a></p>"
            ),
            Vec::<String>::new()
        );
        for (html, found) in [
            ("<script>1</script>", "`<script` in a mail"),
            ("<a href=\"/x/\">x</a>", "an address that is not whole, in a mail"),
            (
                "<a href=\"{% url note %}\">x</a>",
                "{% url %} in a mail: it writes a path",
            ),
            (
                "<img alt=\"\" src=\"{% static \"a.png\" %}\">",
                "{% static %} in a mail: it writes a path",
            ),
            (
                "<p>{{ user.name }}</p>",
                "no request asks for this text, so that there is no `user`",
            ),
            ("<form action=\"{{ link }}\"></form>", "`<form` in a mail"),
            (
                "<b onclick=\"x()\">b</b>",
                "`onclick=`: the default content security policy runs no code in attributes",
            ),
            ("<p>{{ name }}</p>", "there is no variable `name` here"),
        ] {
            let all = told(html);
            assert!(all.iter().any(|one| one == found), "{html}: {all:?}");
        }
    }

    /// What is wrong with a mail's struct or its attribute is said where it stands.
    #[test]
    fn a_mail_that_lacks_something_does_not_compile() {
        let told = |attribute: TokenStream, fields: TokenStream| {
            derive(quote! { #[mail(#attribute)] struct Note { #fields } }).to_string()
        };
        let fine = told(
            quote! { subject = "x", template = "mail_test/plain" },
            quote! { name: String },
        );
        assert!(!fine.contains("compile_error"), "{fine}");
        for (attribute, fields, wanted) in [
            (quote! { subject = "x" }, quote! {}, "write #[mail(subject"),
            (
                quote! { subject = "{{ nam }}", template = "mail_test/plain" },
                quote! { name: String },
                "did you mean `name`?",
            ),
            (
                quote! { subject = "x", template = "mail_test/none" },
                quote! {},
                "mail_test/none.txt",
            ),
            (
                quote! { subject = "x", template = "mail_test/plain", bulk = "news" },
                quote! {},
                "does not say how to leave it",
            ),
            (
                quote! { subject = "x", template = "mail_test/plain", bulk = "The News" },
                quote! {},
                "1 to 40 lower-case letters",
            ),
            (
                quote! { subject = "{% url home %}", template = "mail_test/plain" },
                quote! {},
                "give the struct a whole address",
            ),
            (
                quote! { subject = "x", template = "mail_test/plain" },
                quote! { user: String },
                "call the field by another name",
            ),
        ] {
            let all = told(attribute, fields);
            assert!(
                all.contains("compile_error") && all.contains(wanted),
                "{wanted}: {all}"
            );
        }
    }
}

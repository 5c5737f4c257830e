//! `#[derive(Form)]`: the fields a request may set, each written out.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    Data, DeriveInput, Error, Expr, ExprPath, Field, Fields, Ident, LitBool, LitInt, LitStr, Result, Type,
};

use crate::ident::{unknown, unraw};

/// Writes the struct of bound fields and the implementation of `FormFields`.
pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let fields = named_fields(&input)?;
    let options = FormOptions::parse(&input)?;
    let fields = fields.iter().map(FormField::parse).collect::<Result<Vec<_>>>()?;
    if fields.len() > 100 {
        return Err(Error::new(input.ident.span(), "a form has at most 100 fields"));
    }

    let form = &input.ident;
    let vis = &input.vis;
    let set = format_ident!("{}Fields", form);
    let set_doc = format!("The bound fields of [`{form}`].");
    let names: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let types: Vec<_> = fields.iter().map(|field| &field.ty).collect();
    let specs = fields.iter().map(FormField::spec);
    let bounds = fields.iter().map(FormField::says_enough);
    let indices = 0..fields.len();
    let loads = fields.iter().filter_map(|field| {
        let (ident, ty, query) = (&field.ident, &field.ty, field.choices.as_ref()?);
        Some(quote_spanned! {query.span()=>
            fields.#ident.offer(::vauban::forms::choices::<#ty>(#query, db).await?);
        })
    });
    let without_rows = fields.iter().all(|field| field.choices.is_none()).then(|| {
        quote! { impl ::vauban::forms::WithoutRows for #form {} }
    });
    let check = options.clean.map(|function| {
        quote_spanned! {function.span()=>
            fn check(&self, errors: &mut ::vauban::forms::FormErrors<'_, Self>) {
                #function(self, errors);
            }
        }
    });

    Ok(quote! {
        #[doc = #set_doc]
        #[allow(missing_docs, unreachable_pub)]
        #[derive(Debug, Clone)]
        #vis struct #set {
            #(pub #names: ::vauban::forms::BoundField,)*
        }

        const _: () = {
            const SPECS: &[::vauban::forms::FieldSpec] = &[#(#specs),*];
            #(#bounds)*

            impl ::vauban::forms::FieldSet for #set {
                fn empty() -> Self {
                    Self { #(#names: ::vauban::forms::BoundField::new::<#types>(&SPECS[#indices])),* }
                }
                fn each(&self) -> ::std::vec::Vec<&::vauban::forms::BoundField> {
                    ::std::vec![#(&self.#names),*]
                }
                fn each_mut(&mut self) -> ::std::vec::Vec<&mut ::vauban::forms::BoundField> {
                    ::std::vec![#(&mut self.#names),*]
                }
            }

            impl ::vauban::forms::FormFields for #form {
                type Fields = #set;

                fn show(&self, fields: &mut #set) {
                    #(fields.#names.start_with(&self.#names);)*
                }

                #[allow(unused_variables)]
                async fn load(fields: &mut #set, db: &::vauban::Db) -> ::std::result::Result<(), ::vauban::Error> {
                    #(#loads)*
                    ::std::result::Result::Ok(())
                }

                fn collect(fields: &mut #set) -> ::std::option::Option<Self> {
                    // Every field is cleaned before the first is asked for, so that all errors show at once.
                    #(let #names = fields.#names.clean::<#types>();)*
                    ::std::option::Option::Some(Self { #(#names: #names?),* })
                }

                #check
            }

            // CWE-915: a model never binds to a request. This conflicts with an implementation for every model.
            impl ::vauban::forms::AFormIsNotAModel for #form {}
            #without_rows
        };
    })
}

fn named_fields(input: &DeriveInput) -> Result<&syn::punctuated::Punctuated<Field, syn::Token![,]>> {
    let wanted = "a form is a struct with named fields and without parameters";
    if !input.generics.params.is_empty() {
        return Err(Error::new(input.generics.span(), wanted));
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(&fields.named),
            Fields::Unnamed(_) | Fields::Unit => Err(Error::new(input.ident.span(), wanted)),
        },
        Data::Enum(_) | Data::Union(_) => Err(Error::new(input.ident.span(), wanted)),
    }
}

/// `#[form(clean = function)]`.
#[derive(Default)]
struct FormOptions {
    clean: Option<ExprPath>,
}

impl FormOptions {
    fn parse(input: &DeriveInput) -> Result<Self> {
        let mut options = Self::default();
        for attribute in input.attrs.iter().filter(|a| a.path().is_ident("form")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("clean") {
                    options.clean = Some(meta.value()?.parse()?);
                    Ok(())
                } else {
                    Err(meta.error("a form knows `clean = function`"))
                }
            })?;
        }
        Ok(options)
    }
}

/// One field with its attributes.
struct FormField {
    ident: Ident,
    ty: Type,
    label: String,
    help: String,
    widget: Option<Ident>,
    required: Option<bool>,
    min_length: Option<LitInt>,
    max_length: Option<LitInt>,
    min: Option<Expr>,
    max: Option<Expr>,
    strip: bool,
    autocomplete: String,
    choices: Option<Expr>,
    /// What is wrong with its attribute. The form is written all the same, so that nothing else is said of it.
    wrong: Option<Error>,
}

const KNOWN: &str = "a field knows `label`, `help`, `min_length`, `max_length`, `min`, `max`, `required`, `strip`, \
                     `widget`, `autocomplete` and `choices`";
const KEYS: &[&str] = &[
    "label",
    "help",
    "min_length",
    "max_length",
    "min",
    "max",
    "required",
    "strip",
    "widget",
    "autocomplete",
    "choices",
];
const WIDGETS: &[(&str, &str)] = &[
    ("text", "Text"),
    ("textarea", "Textarea"),
    ("password", "Password"),
    ("email", "Email"),
    ("url", "Url"),
    ("number", "Number"),
    ("decimal", "Decimal"),
    ("select", "Select"),
    ("checkbox", "Checkbox"),
    ("hidden", "Hidden"),
];

impl FormField {
    fn parse(field: &Field) -> Result<Self> {
        let Some(ident) = field.ident.clone() else {
            return Err(Error::new(field.span(), KNOWN));
        };
        let name = unraw(&ident);
        if name == "csrfmiddlewaretoken" {
            return Err(Error::new(
                ident.span(),
                "this name is the token's: choose another",
            ));
        }
        let mut this = Self {
            label: label_of(&name),
            help: String::new(),
            ty: field.ty.clone(),
            ident,
            widget: None,
            required: None,
            min_length: None,
            max_length: None,
            min: None,
            max: None,
            strip: true,
            autocomplete: String::new(),
            choices: None,
            wrong: None,
        };
        for attribute in field.attrs.iter().filter(|a| a.path().is_ident("field")) {
            let told = attribute.parse_nested_meta(|meta| {
                let Some(key) = meta.path.get_ident().map(ToString::to_string) else {
                    return Err(meta.error(KNOWN));
                };
                match key.as_str() {
                    "label" => this.label = meta.value()?.parse::<LitStr>()?.value(),
                    "help" => this.help = meta.value()?.parse::<LitStr>()?.value(),
                    "autocomplete" => this.autocomplete = meta.value()?.parse::<LitStr>()?.value(),
                    "min_length" => this.min_length = Some(meta.value()?.parse()?),
                    "max_length" => this.max_length = Some(meta.value()?.parse()?),
                    "min" => this.min = Some(meta.value()?.parse()?),
                    "max" => this.max = Some(meta.value()?.parse()?),
                    "required" => this.required = Some(meta.value()?.parse::<LitBool>()?.value),
                    "strip" => this.strip = meta.value()?.parse::<LitBool>()?.value,
                    "choices" => this.choices = Some(meta.value()?.parse()?),
                    "widget" => {
                        let widget: Ident = meta.value()?.parse()?;
                        let Some((_, variant)) = WIDGETS.iter().find(|(name, _)| widget == name) else {
                            let known: Vec<_> = WIDGETS.iter().map(|(name, _)| *name).collect();
                            let known = known.join(", ");
                            return Err(Error::new(widget.span(), format!("the widgets are: {known}")));
                        };
                        this.widget = Some(Ident::new(variant, widget.span()));
                    }
                    _ => return Err(unknown(&meta.path, KEYS, KNOWN)),
                }
                Ok(())
            });
            this.wrong = this.wrong.take().or(told.err());
        }
        if this.choices.is_some() && this.widget.as_ref().is_some_and(|widget| widget != "Select") {
            return Err(Error::new(
                this.ident.span(),
                "`choices` are shown as a `select`: drop `widget`",
            ));
        }
        Ok(this)
    }

    fn spec(&self) -> TokenStream {
        let (ty, label, help, autocomplete) = (&self.ty, &self.label, &self.help, &self.autocomplete);
        let (name, strip) = (unraw(&self.ident), self.strip);
        let value = quote_spanned!(ty.span()=> <#ty as ::vauban::forms::FieldValue>);
        let widget = match (&self.widget, &self.choices) {
            (Some(widget), _) => quote!(::vauban::forms::Widget::#widget),
            (None, Some(_)) => quote!(::vauban::forms::Widget::Select),
            (None, None) => quote!(#value::WIDGET),
        };
        let required = self
            .required
            .map_or_else(|| quote!(#value::REQUIRED), |yes| quote!(#yes));
        let min_length = self.min_length.as_ref().map_or_else(|| quote!(0), |n| quote!(#n));
        let max_length = self
            .max_length
            .as_ref()
            .map_or_else(|| quote!(#value::MAX_LENGTH), |n| quote!(#n));
        let [min, max] = [&self.min, &self.max].map(|bound| match bound {
            Some(number) => quote!(::std::option::Option::Some(#number)),
            None => quote!(::std::option::Option::None),
        });
        quote! {
            ::vauban::forms::FieldSpec {
                name: #name,
                label: #label,
                help: #help,
                widget: #widget,
                required: #required,
                min_length: #min_length,
                max_length: #max_length,
                min: #min,
                max: #max,
                strip: #strip,
                autocomplete: #autocomplete,
            }
        }
    }

    /// Free text without `max_length` (ASVS 2.2.1) and ids without `choices` (CWE-639) do not compile.
    fn says_enough(&self) -> TokenStream {
        let ty = &self.ty;
        let name = unraw(&self.ident);
        let value = quote_spanned!(ty.span()=> <#ty as ::vauban::forms::FieldValue>);
        let mut asserts = TokenStream::new();
        if let Some(wrong) = &self.wrong {
            return wrong.to_compile_error();
        }
        if self.max_length.is_none() {
            let message = format!("the text field `{name}` has no bound: write `#[field(max_length = …)]`");
            asserts.extend(quote_spanned! {ty.span()=>
                const _: () = ::std::assert!(!#value::NEEDS_MAX_LENGTH, #message);
            });
        }
        if self.choices.is_none() && self.widget.as_ref().is_none_or(|widget| widget != "Hidden") {
            let message =
                format!("`{name}` is a row: write which ones, `#[field(choices = Model::objects())]`");
            asserts.extend(quote_spanned! {ty.span()=>
                const _: () = ::std::assert!(!#value::NEEDS_CHOICES, #message);
            });
        }
        asserts
    }
}

/// `due_date` is labelled "Due date".
fn label_of(name: &str) -> String {
    let words = name.trim_matches('_').replace('_', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(source: &str) -> String {
        expand(source.parse().unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn labels_come_from_names() {
        assert_eq!(label_of("due_date"), "Due date");
        assert_eq!(label_of("title"), "Title");
    }

    #[test]
    fn mistakes_are_named() {
        assert!(error("enum F { A }").contains("named fields"));
        assert!(error("struct F(String);").contains("named fields"));
        assert!(error("struct F<T> { a: T }").contains("without parameters"));
        let told = |source: &str| expand(source.parse().unwrap()).unwrap().to_string();
        let written = told("struct F { #[field(max_lenght = 3)] a: String }");
        assert!(written.contains("did you mean `max_length`? a field knows"));
        // The form is there, and is not asked for a bound as well: one error.
        assert_eq!(written.matches("compile_error").count(), 1);
        assert!(written.contains("FormFields for F") && !written.contains("has no bound"));
        assert!(told("struct F { #[field(widget = radio)] a: String }").contains("the widgets are: text"));
        assert!(error("struct F { csrfmiddlewaretoken: String }").contains("token"));
        assert!(error("#[form(model = X)] struct F { a: bool }").contains("clean"));
        assert!(error("struct F { #[field(choices = x, widget = text)] a: u8 }").contains("select"));
    }
}

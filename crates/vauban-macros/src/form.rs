//! `#[derive(Form)]`: the fields a request may set, each written out.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    Data, DeriveInput, Error, Expr, ExprPath, Field, Fields, Ident, LitBool, LitInt, LitStr, Result, Type,
};

use crate::form_rows::{ColumnPath, Given, RowField, creates, edits};
use crate::ident::{Once, unknown, unraw};

/// Writes the struct of bound fields and the implementation of `FormFields`.
pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let fields = named_fields(&input)?;
    let mut options = FormOptions::parse(&input);
    let mut fields = fields.iter().map(FormField::parse).collect::<Result<Vec<_>>>()?;
    if fields.len() > 100 {
        return Err(Error::new(input.ident.span(), "a form has at most 100 fields"));
    }

    for field in &mut fields {
        field.agrees_with(&options);
    }
    let mut wrong = options.wrong.take();
    let mut told = |error: Error| match &mut wrong {
        // What went wrong first may be the cause of the rest.
        Some(_) => (),
        none => *none = Some(error),
    };
    let context = options.context.as_ref();

    let form = &input.ident;
    let vis = &input.vis;
    let set = format_ident!("{}Fields", form);
    let set_doc = format!("The bound fields of [`{form}`].");
    let names: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let types: Vec<_> = fields.iter().map(FormField::value).collect();
    let specs = fields.iter().map(|field| field.spec(options.get));
    let bounds = fields.iter().map(FormField::says_enough);
    let shows = fields.iter().map(FormField::show);
    let cleans = fields.iter().map(FormField::clean);
    let loads = fields.iter().map(FormField::load);
    let rows = fields.iter().any(|field| field.choices.is_some());
    let without_rows = (!rows && context.is_none()).then(|| {
        quote! { impl ::vauban::forms::WithoutRows for #form {} }
    });
    let without_context = context.is_none().then(|| {
        quote! { impl ::vauban::forms::WithoutContext for #form {} }
    });
    let context = context.map_or_else(|| quote!(()), |context| quote!(#context));
    let check = options.clean.as_ref().map(|function| {
        let given = options.context.as_ref().map(|_| quote!(context,));
        quote_spanned! {function.span()=>
            #[allow(unused_variables)]
            fn check(&self, context: &#context, errors: &mut ::vauban::forms::FormErrors<'_, Self>) {
                #function(self, #given errors);
            }
        }
    });
    let columns: Vec<_> = fields
        .iter()
        .map(|field| RowField {
            ident: field.ident.clone(),
            column: field
                .column
                .clone()
                .unwrap_or_else(|| ColumnPath::of(&field.ident)),
            optional: field.when.is_some(),
        })
        .collect();
    let edits = options
        .edits
        .as_ref()
        .map(|model| edits(form, &set, model, &columns))
        .and_then(|written| written.map_err(&mut told).ok());
    let creates = options
        .creates
        .as_ref()
        .map(|model| {
            let given = options.given.as_ref();
            creates(&input, model, options.edits.is_some(), given, &columns)
        })
        .and_then(|written| written.map_err(&mut told).ok());
    if let (None, Some(given)) = (&options.creates, options.given.as_ref()) {
        told(Error::new(
            given.span,
            "what is given is for a new row: say of which model, `creates = Model`",
        ));
    }
    let wrong = wrong.map(|error| error.to_compile_error());
    let (given, creates) = creates.unzip();
    // The version of the row that is edited: hidden, and not part of the typed data.
    let (mut all, mut all_types) = (
        names.iter().map(|name| (*name).clone()).collect::<Vec<_>>(),
        types.clone(),
    );
    let mut specs: Vec<_> = specs.collect();
    if edits.is_some() {
        all.push(format_ident!("version"));
        all_types.push(quote!(::std::option::Option<::vauban::Version>));
        specs.push(quote! {
            ::vauban::forms::FieldSpec {
                required: false,
                ..::vauban::forms::FieldSpec::new("version", "Version", ::vauban::forms::Widget::Hidden)
            }
        });
    }
    let indices = 0..all.len();
    let (strict, get) = (options.strict, options.get);
    let get_form = get.then(|| {
        let message = SECRET_IN_AN_ADDRESS;
        quote! {
            impl ::vauban::forms::GetForm for #form {}
            #(const _: () = ::std::assert!(!<#types as ::vauban::forms::FieldValue>::WIDGET.is_secret(), #message);)*
            const _: () = {
                let mut nth = 0;
                while nth < SPECS.len() {
                    ::std::assert!(!SPECS[nth].widget.is_secret(), #message);
                    nth += 1;
                }
            };
        }
    });

    // The form is written all the same, so that nothing else is said of it.
    Ok(quote! {
        #wrong
        #[doc = #set_doc]
        #[allow(missing_docs, unreachable_pub)]
        #[derive(Debug, Clone)]
        #vis struct #set {
            #(pub #all: ::vauban::forms::BoundField,)*
        }
        #given

        const _: () = {
            const SPECS: &[::vauban::forms::FieldSpec] = &[#(#specs),*];
            #(#bounds)*

            impl ::vauban::forms::FieldSet for #set {
                fn empty() -> Self {
                    Self { #(#all: ::vauban::forms::BoundField::new::<#all_types>(&SPECS[#indices])),* }
                }
                fn each(&self) -> ::std::vec::Vec<&::vauban::forms::BoundField> {
                    ::std::vec![#(&self.#all),*]
                }
                fn each_mut(&mut self) -> ::std::vec::Vec<&mut ::vauban::forms::BoundField> {
                    ::std::vec![#(&mut self.#all),*]
                }
            }

            impl ::vauban::forms::FormFields for #form {
                type Fields = #set;
                type Context = #context;
                const STRICT: bool = #strict;
                const GET: bool = #get;

                fn show(&self, fields: &mut #set) {
                    #(#shows)*
                }

                #[allow(unused_variables)]
                async fn load(
                    fields: &mut #set,
                    db: &::vauban::Db,
                    context: &#context,
                ) -> ::std::result::Result<(), ::vauban::Error> {
                    #(#loads)*
                    ::std::result::Result::Ok(())
                }

                fn collect(fields: &mut #set) -> ::std::option::Option<Self> {
                    // Every field is cleaned before the first is asked for, so that all errors show at once.
                    #(#cleans)*
                    ::std::option::Option::Some(Self { #(#names: #names?),* })
                }

                #check
            }

            // CWE-915: a model never binds to a request. This conflicts with an implementation for every model.
            impl ::vauban::forms::AFormIsNotAModel for #form {}
            #without_rows
            #without_context
            #get_form
            #edits
            #creates
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

/// `#[form(edits = Model, creates = Model, given(column: Type), clean = function, context = Type, strict, get)]`.
#[derive(Default)]
struct FormOptions {
    clean: Option<ExprPath>,
    context: Option<Type>,
    edits: Option<syn::Path>,
    creates: Option<syn::Path>,
    given: Option<Given>,
    strict: bool,
    get: bool,
    /// What is wrong with them.
    wrong: Option<Error>,
}

const SECRET_IN_AN_ADDRESS: &str = "a form that is sent in an address has no secrets, because addresses stand in logs and histories (CWE-598): drop \
     `get`, and take the form in a `post` view";
const FORM_KNOWS: &str = "a form knows `edits = Model`, `creates = Model`, `given(column: Type)`, `clean = function`, \
                          `context = Type`, `strict` and `get`";

impl FormOptions {
    fn parse(input: &DeriveInput) -> Self {
        let (mut options, mut once) = (Self::default(), Once::default());
        for attribute in input.attrs.iter().filter(|a| a.path().is_ident("form")) {
            let told = attribute.parse_nested_meta(|meta| {
                once.read(&meta.path)?;
                if meta.path.is_ident("clean") {
                    options.clean = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("context") {
                    options.context = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("edits") {
                    options.edits = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("creates") {
                    options.creates = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("given") {
                    options.given = Some(Given::parse(&meta)?);
                } else if meta.path.is_ident("strict") {
                    options.strict = true;
                } else if meta.path.is_ident("get") {
                    options.get = true;
                } else {
                    return Err(meta.error(FORM_KNOWS));
                }
                Ok(())
            });
            options.wrong = options.wrong.take().or(told.err());
        }
        options
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
    when: Option<Expr>,
    /// The column that it is, if that stands in a group of fields.
    column: Option<ColumnPath>,
    min_items: Option<LitInt>,
    max_items: Option<LitInt>,
    /// What is wrong with its attribute. The form is written all the same, so that nothing else is said of it.
    wrong: Option<Error>,
}

const KNOWN: &str = "a field knows `label`, `help`, `min_length`, `max_length`, `min`, `max`, `required`, `strip`, \
                     `widget`, `autocomplete`, `choices`, `when`, `column`, `min_items` and `max_items`";
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
    "when",
    "column",
    "min_items",
    "max_items",
];
const WIDGETS: &[(&str, &str)] = &[
    ("text", "Text"),
    ("textarea", "Textarea"),
    ("password", "Password"),
    ("email", "Email"),
    ("url", "Url"),
    ("number", "Number"),
    ("decimal", "Decimal"),
    ("date", "Date"),
    ("time", "Time"),
    ("datetime", "DateTime"),
    ("select", "Select"),
    ("radio", "Radio"),
    ("checkbox", "Checkbox"),
    ("checkboxes", "Checkboxes"),
    ("multiselect", "MultiSelect"),
    ("hidden", "Hidden"),
];

impl FormField {
    fn parse(field: &Field) -> Result<Self> {
        let Some(ident) = field.ident.clone() else {
            return Err(Error::new(field.span(), KNOWN));
        };
        let name = unraw(&ident);
        let taken = (name == "csrfmiddlewaretoken")
            .then(|| Error::new(ident.span(), "this name is the token's: choose another"));
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
            when: None,
            column: None,
            min_items: None,
            max_items: None,
            wrong: taken,
        };
        let mut once = Once::default();
        for attribute in field.attrs.iter().filter(|a| a.path().is_ident("field")) {
            let told = attribute.parse_nested_meta(|meta| {
                once.read(&meta.path)?;
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
                    "when" => this.when = Some(meta.value()?.parse()?),
                    "column" => this.column = Some(meta.value()?.parse()?),
                    "min_items" => this.min_items = Some(meta.value()?.parse()?),
                    "max_items" => this.max_items = Some(meta.value()?.parse()?),
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
        let lists = ["Select", "Radio", "Checkboxes", "MultiSelect"];
        let is_list = |widget: &Ident| lists.iter().any(|list| widget == list);
        if this.choices.is_some() && !this.widget.as_ref().is_none_or(is_list) {
            this.widget = None;
            this.wrong.get_or_insert(Error::new(
                this.ident.span(),
                "`choices` are shown as a `select` or as `radio` buttons, and those of a `Vec` as `checkboxes` or a `multiselect`: drop `widget`",
            ));
        }
        Ok(this)
    }

    /// Whether what it says fits what the form says; what does not is left out, and told.
    fn agrees_with(&mut self, options: &FormOptions) {
        let mut told = None;
        if let Err(error) = self.asks_for_a_context(options.context.is_some()) {
            told = Some(error);
            let closure = |says: &Expr| matches!(says, Expr::Closure(_));
            self.choices.take_if(|choices| closure(choices));
            self.when = None;
        }
        if let Err(error) = self.is_option_if_left_out() {
            told = Some(error);
            self.when = None;
        }
        if options.get {
            told = told.or(self.may_stand_in_an_address().err());
        }
        if let (Some(column), None, None) = (&self.column, &options.edits, &options.creates) {
            let text =
                "a column is a model's: say of which, `#[form(edits = Model)]` or `#[form(creates = Model)]`";
            told = told.or(Some(Error::new_spanned(column, text)));
        }
        if let Some(column) = &self.column {
            told = told.or(column.is_named_by(&self.ident).err());
        }
        self.wrong = self.wrong.take().or(told);
    }

    /// Closures are given the context.
    fn asks_for_a_context(&self, there_is_one: bool) -> Result<()> {
        let closure = |says: &&Expr| matches!(says, Expr::Closure(_));
        let asks = self.choices.iter().filter(closure).chain(&self.when).next();
        match asks {
            Some(asks) if !there_is_one => Err(Error::new(
                asks.span(),
                "this depends on the request: say on what, `#[form(context = Type)]` on the form, and give it with \
                 `.clean_for(&db, &context)` and `Form::empty_for(&db, &context)`",
            )),
            _ => Ok(()),
        }
    }

    /// Where a field is left out, the typed data says `None`.
    fn is_option_if_left_out(&self) -> Result<()> {
        let option = match &self.ty {
            Type::Path(path) => path
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == "Option"),
            _ => false,
        };
        if self.when.is_none() || option {
            return Ok(());
        }
        let ty = self.ty.to_token_stream();
        Err(Error::new(
            self.ty.span(),
            format!("a field with `when` is an `Option`, `None` where it is left out: write `Option<{ty}>`"),
        ))
    }

    /// CWE-598: addresses stand in logs, histories and referrers.
    fn may_stand_in_an_address(&self) -> Result<()> {
        let asked = self.autocomplete.to_ascii_lowercase();
        let secret = ["password", "one-time-code", "cc-"]
            .iter()
            .any(|kind| asked.contains(kind));
        if secret {
            return Err(Error::new(self.ident.span(), SECRET_IN_AN_ADDRESS));
        }
        Ok(())
    }

    /// The type of what is read: of a field that may be left out without its `Option`.
    fn value(&self) -> TokenStream {
        let ty = &self.ty;
        match self.when {
            Some(_) => quote_spanned!(ty.span()=> <#ty as ::vauban::forms::LeftOut>::Field),
            None => quote!(#ty),
        }
    }

    fn show(&self) -> TokenStream {
        let ident = &self.ident;
        match self.when {
            Some(_) => quote! {
                if let ::std::option::Option::Some(value) = &self.#ident {
                    fields.#ident.start_with(value);
                }
            },
            None => quote!(fields.#ident.start_with(&self.#ident);),
        }
    }

    fn clean(&self) -> TokenStream {
        let (ident, ty) = (&self.ident, self.value());
        match self.when {
            // CWE-915: what is left out says nothing, whatever was sent for it.
            Some(_) => quote! {
                let #ident = if fields.#ident.is_left_out() {
                    ::std::option::Option::Some(::std::option::Option::None)
                } else {
                    fields.#ident.clean::<#ty>().map(::std::option::Option::Some)
                };
            },
            None => quote!(let #ident = fields.#ident.clean::<#ty>();),
        }
    }

    fn load(&self) -> TokenStream {
        let (ident, ty) = (&self.ident, self.value());
        let when = self.when.as_ref().map(|when| {
            quote_spanned! {when.span()=>
                let there: bool = ::vauban::forms::given(context, #when);
                if !there {
                    fields.#ident.leave_out();
                }
            }
        });
        let choices = self.choices.as_ref().map(|choices| {
            let offer = match choices {
                Expr::Closure(_) => {
                    quote_spanned!(choices.span()=> ::vauban::forms::given(context, #choices))
                }
                _ => quote!(#choices),
            };
            quote_spanned! {choices.span()=>
                if !fields.#ident.is_left_out() {
                    let offered = ::vauban::forms::offered::<#ty>(#offer, db, fields.#ident.values()).await?;
                    fields.#ident.offer(offered);
                }
            }
        });
        quote!(#when #choices)
    }

    fn spec(&self, searches: bool) -> TokenStream {
        let (ty, label, help, autocomplete) = (self.value(), &self.label, &self.help, &self.autocomplete);
        let (name, strip, conditional) = (unraw(&self.ident), self.strip, self.when.is_some());
        let value = quote_spanned!(self.ty.span()=> <#ty as ::vauban::forms::FieldValue>);
        let widget = match (&self.widget, &self.choices) {
            (Some(widget), _) => quote!(::vauban::forms::Widget::#widget),
            (None, Some(_)) => quote! {
                if #value::MANY { #value::WIDGET } else { ::vauban::forms::Widget::Select }
            },
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
        let items = |says: &Option<LitInt>, otherwise: TokenStream| match says {
            Some(number) => quote!(#number),
            None => otherwise,
        };
        let min_items = items(&self.min_items, quote!(0));
        let max_items = items(&self.max_items, quote!(::vauban::forms::FieldSpec::ITEMS));
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
                min_items: #min_items,
                max_items: #max_items,
                conditional: #conditional,
                strip: #strip,
                searches: #searches,
                autocomplete: #autocomplete,
            }
        }
    }

    /// Free text without `max_length` (ASVS 2.2.1) and ids without `choices` (CWE-639) do not compile.
    fn says_enough(&self) -> TokenStream {
        let (span, ty) = (self.ty.span(), self.value());
        let name = unraw(&self.ident);
        let value = quote_spanned!(span=> <#ty as ::vauban::forms::FieldValue>);
        let mut asserts = TokenStream::new();
        if let Some(wrong) = &self.wrong {
            return wrong.to_compile_error();
        }
        if let Some(widget) = &self.widget {
            let message = format!(
                "`{name}`: `checkboxes` and `multiselect` are for a `Vec`, and a `Vec` is shown by nothing else"
            );
            asserts.extend(quote_spanned! {widget.span()=>
                const _: () = ::std::assert!(::vauban::forms::Widget::#widget.takes_many() == #value::MANY, #message);
            });
            if self.choices.is_none() {
                let message = format!(
                    "`{name}` has nothing to choose from: write `choices = …`, or make it an enum with `#[derive(Choices)]`"
                );
                asserts.extend(quote_spanned! {widget.span()=>
                    const _: () = ::std::assert!(
                        !::vauban::forms::Widget::#widget.is_list() || #value::HAS_CHOICES || #value::NEEDS_CHOICES,
                        #message
                    );
                });
            }
        }
        if let Some(range) = self.min.as_ref().or(self.max.as_ref()) {
            let message = format!(
                "`{name}` is no number, as `min` and `max` are for: a text has `min_length` and `max_length`; check anything else in `#[form(clean = …)]`"
            );
            asserts.extend(quote_spanned! {range.span()=>
                const _: () = ::std::assert!(#value::HAS_RANGE, #message);
            });
        }
        if let Some(items) = self.min_items.as_ref().or(self.max_items.as_ref()) {
            let message = format!("`{name}` has one value: `min_items` and `max_items` are for a `Vec`");
            asserts.extend(quote_spanned! {items.span()=>
                const _: () = ::std::assert!(#value::MANY, #message);
            });
        }
        if self.max_length.is_none() {
            let message = format!("the text field `{name}` has no bound: write `#[field(max_length = …)]`");
            asserts.extend(quote_spanned! {span=>
                const _: () = ::std::assert!(!#value::NEEDS_MAX_LENGTH, #message);
            });
        }
        if self.choices.is_none() && self.widget.as_ref().is_none_or(|widget| widget != "Hidden") {
            let message =
                format!("`{name}` is a row: write which ones, `#[field(choices = Model::objects())]`");
            asserts.extend(quote_spanned! {span=>
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
        assert!(told("struct F { #[field(widget = radios)] a: String }").contains("the widgets are: text"));
        // Each is said once, and a form it is all the same: nobody is told that it is none.
        for (source, says) in [
            // CWE-1188: the last of two does not win.
            (
                "struct F { #[field(required = true, max_length = 3, required = false)] a: String }",
                "`required` stands here twice",
            ),
            (
                "#[form(get)] #[form(get)] struct F { a: bool }",
                "`get` stands here twice",
            ),
            ("struct F { csrfmiddlewaretoken: String }", "token"),
            ("#[form(model = X)] struct F { a: bool }", "clean"),
            ("#[form(given(a: u8))] struct F { a: bool }", "creates = Model"),
            (
                "struct F { #[field(column = g.a)] a: u8 }",
                "a column is a model's",
            ),
            (
                "#[form(edits = M)] struct F { #[field(column = a)] a: u8 }",
                "written behind the group",
            ),
            // What the model refuses is told at a field of the column's name.
            (
                "#[form(edits = M)] struct F { #[field(column = g.place)] town: u8 }",
                "called as its column is, `place`",
            ),
            (
                "#[form(creates = M)] struct F { #[field(column = g.place)] g_name: u8 }",
                "called as its column is, `place`",
            ),
            (
                "#[form(edits = M)] struct F { #[field(column = g.a)] g_a: u8, #[field(column = g.a)] a: u8 }",
                "the field `g_a` already",
            ),
            (
                "struct F { #[field(choices = |c| x(c))] a: u8 }",
                "context = Type",
            ),
            (
                "struct F { #[field(when = |c| c.yes)] a: Option<u8> }",
                "context = Type",
            ),
            (
                "#[form(context = C)] struct F { #[field(when = |c| c.yes)] a: bool }",
                "Option",
            ),
            (
                "struct F { #[field(choices = x, widget = text)] a: u8 }",
                "select",
            ),
            (
                "#[form(get)] struct F { #[field(autocomplete = \"cc-number\", max_length = 9)] a: String }",
                "CWE-598",
            ),
        ] {
            let written = told(source);
            assert!(written.contains(says), "{source}: {written}");
            assert_eq!(written.matches("compile_error").count(), 1, "{source}: {written}");
            assert!(written.contains("FormFields for F"), "{source}: {written}");
        }
    }
    #[test]
    fn what_is_given_is_a_column_of_its_name_once() {
        let told = |given: &str| {
            let form = "struct F { #[field(column = g.place)] place: String }";
            let written = expand(
                format!("#[form(creates = M, given({given}))] {form}")
                    .parse()
                    .unwrap(),
            );
            written.unwrap().to_string()
        };
        assert!(!told("by_name: u8 = by.name").contains("compile_error"));
        for (given, says) in [
            // CWE-915: the view's value stands, whatever the field is called.
            ("g_place: u8 = g.place", "`place` is a field of this form"),
            ("town: u8 = by.place", "called as its column is, `place`"),
            (
                "by_name: u8 = by.name, name: u8 = by.name",
                "`name` is given twice",
            ),
        ] {
            let written = told(given);
            assert!(written.contains(says), "{given}: {written}");
            assert_eq!(written.matches("compile_error").count(), 1, "{given}: {written}");
        }
    }
}

//! Forms whose fields are columns of a model: `#[form(edits = Model)]`, `#[form(creates = Model, given(column: Type))]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Ident, Result, Type};

use crate::ident::unraw;

/// A field of the form, as far as it is a column.
pub(crate) struct RowField {
    pub(crate) ident: Ident,
    pub(crate) column: ColumnPath,
    /// Whether some requests do not have it: `when = …`.
    pub(crate) optional: bool,
}

/// Where the column stands: the field of the model, or of a group of fields in it: `times.created`.
#[derive(Clone, PartialEq)]
pub(crate) struct ColumnPath(Vec<Ident>);

impl ColumnPath {
    pub(crate) fn of(name: &Ident) -> Self {
        Self(vec![name.clone()])
    }

    /// That the field is called as its column is, behind whatever prefix the model gives the group: by that name what the model
    /// refuses finds its field, and what a new row needs is found among the form's.
    pub(crate) fn is_named_by(&self, name: &Ident) -> Result<()> {
        let own = self.0.last().map(unraw).unwrap_or_default();
        if unraw(name).ends_with(&own) {
            return Ok(());
        }
        let text = format!(
            "the field is called as its column is, `{own}`, with the group's prefix if it has one: what the model refuses is told at \
             the field of that name"
        );
        Err(Error::new(name.span(), text))
    }
}

impl Parse for ColumnPath {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let group: Ident = input.parse()?;
        let dot = input.parse::<syn::Token![.]>().map_err(|error| {
            let text = "a column of a group of fields is written behind the group: `column = times.created`; any other is the form's field of its name";
            Error::new(error.span(), text)
        });
        dot?;
        Ok(Self(vec![group, input.parse()?]))
    }
}

impl ToTokens for ColumnPath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let path = &self.0;
        tokens.extend(quote!(#(#path).*));
    }
}

/// `#[form(edits = Model)]`: each field is the column of its name.
pub(crate) fn edits(
    form: &Ident,
    set: &Ident,
    model: &syn::Path,
    fields: &[RowField],
) -> Result<TokenStream> {
    each_once(fields)?;
    if let Some(taken) = fields.iter().find(|field| field.ident == "version") {
        return Err(Error::new(
            taken.ident.span(),
            "a form with `edits` has its row's version already: leave this field out",
        ));
    }
    let starts = fields.iter().map(|field| {
        let (ident, column, span) = (&field.ident, &field.column, field.ident.span());
        let start = quote_spanned!(span=> ::vauban::forms::StartsFrom::start(&row.#column));
        match field.optional {
            true => quote!(#ident: ::std::option::Option::Some(#start)),
            false => quote!(#ident: #start),
        }
    });
    let changes = fields.iter().map(RowField::takes);
    Ok(quote! {
        impl ::vauban::forms::Edits for #form {
            type Row = #model;

            fn of(row: &#model) -> Self {
                Self { #(#starts),* }
            }

            fn changes(
                &self,
                columns: &::vauban::orm::Columns<#model>,
            ) -> ::std::vec::Vec<::vauban::orm::Assignment<#model>> {
                let mut changes = ::std::vec::Vec::new();
                #(#changes)*
                changes
            }

            fn version(fields: &mut #set) -> &mut ::vauban::forms::BoundField {
                &mut fields.version
            }
        }
    })
}

/// `#[form(creates = Model, given(author: Id<User>))]`: each field is the column of its name, and so is what is given. The struct
/// of what is given, and the implementation.
pub(crate) fn creates(
    input: &DeriveInput,
    model: &syn::Path,
    edits: bool,
    given: Option<&Given>,
    fields: &[RowField],
) -> Result<(TokenStream, TokenStream)> {
    let (form, vis) = (&input.ident, &input.vis);
    let given = given.map_or(&[][..], |given| &given.columns);
    each_once(fields)?;
    for (nth, GivenColumn { name, column, .. }) in given.iter().enumerate() {
        column.is_named_by(name)?;
        let mut fields = fields.iter();
        if let Some(field) = fields.find(|field| field.ident == *name || field.column == *column) {
            // CWE-915: either a request says it or the view does.
            let text = format!(
                "`{}` is a field of this form: what a request says is not given as well",
                field.ident
            );
            return Err(Error::new(name.span(), text));
        }
        let mut others = given[..nth].iter();
        if others.any(|other| other.name == *name || other.column == *column) {
            return Err(Error::new(name.span(), format!("`{name}` is given twice")));
        }
    }
    let (names, types): (Vec<_>, Vec<_>) = given.iter().map(|given| (&given.name, &given.ty)).unzip();
    let model_name = model
        .segments
        .last()
        .map(|last| unraw(&last.ident))
        .unwrap_or_default();
    let (wanted, set) = if given.is_empty() {
        (TokenStream::new(), quote!(()))
    } else {
        let set = format_ident!("{}Given", form);
        let doc = format!("What a new `{model_name}` has beside the fields of [`{form}`].");
        let docs = names.iter().map(|name| format!("`{}`", unraw(name)));
        let written = quote! {
            #[doc = #doc]
            #[allow(unreachable_pub)]
            #vis struct #set { #(#[doc = #docs] pub #names: #types,)* }
        };
        (written, quote!(#set))
    };
    let takes = fields.iter().map(RowField::takes);
    let own = match edits {
        // Written there already.
        true => quote!(let mut changes = <Self as ::vauban::forms::Edits>::changes(self, columns);),
        false => quote!(let mut changes = ::std::vec::Vec::new(); #(#takes)*),
    };
    let more = given.iter().map(|GivenColumn { name, column, .. }| {
        quote_spanned! {name.span()=>
            changes.push(::vauban::orm::columns::Takes::take(&columns.#column, given.#name));
        }
    });
    let name_of = |field: &RowField| unraw(&field.ident);
    let shown = fields.iter().filter(|field| !field.optional).map(name_of);
    let shown = shown.chain(names.iter().map(|name| unraw(name)));
    let optional = fields.iter().filter(|field| field.optional).map(name_of);
    let whole = quote_spanned! {model.span()=>
        const _: () = {
            const NEEDS: ::vauban::forms::Ungiven = ::vauban::forms::ungiven(
                #model_name,
                <#model as ::vauban::Model>::__GIVEN,
                &[#(#shown),*],
                &[#(#optional),*],
            );
            if !NEEDS.text().is_empty() {
                ::std::panic!("{}", NEEDS.text());
            }
        };
    };
    let written = quote! {
        impl ::vauban::forms::Creates for #form {
            type New = #model;
            type Given = #set;

            #[allow(unused_variables)]
            fn values(
                &self,
                given: #set,
                columns: &::vauban::orm::Columns<#model>,
            ) -> ::std::vec::Vec<::vauban::orm::Assignment<#model>> {
                #own
                #(#more)*
                changes
            }
        }
        #whole
    };
    Ok((wanted, written))
}

/// CWE-1188: of two fields that are one column the last would win without a word.
fn each_once(fields: &[RowField]) -> Result<()> {
    for (nth, field) in fields.iter().enumerate() {
        if let Some(other) = fields[..nth].iter().find(|other| other.column == field.column) {
            let text = format!("this column is the field `{}` already", other.ident);
            return Err(Error::new(field.ident.span(), text));
        }
    }
    Ok(())
}

/// `given(author: Id<User>, slug: Slug)`, of a group of fields `given(author: Id<User> = byline.author)`.
pub(crate) struct Given {
    pub(crate) span: proc_macro2::Span,
    columns: Vec<GivenColumn>,
}

struct GivenColumn {
    name: Ident,
    ty: Type,
    column: ColumnPath,
}

impl Given {
    pub(crate) fn parse(meta: &syn::meta::ParseNestedMeta<'_>) -> Result<Self> {
        let inside;
        syn::parenthesized!(inside in meta.input);
        let column = |input: syn::parse::ParseStream<'_>| {
            let name: Ident = input.parse()?;
            if !input.peek(syn::Token![:]) {
                let text = format!("say what `{name}` is: `given({name}: Id<User>)`");
                return Err(Error::new(name.span(), text));
            }
            input.parse::<syn::Token![:]>()?;
            let ty = input.parse()?;
            let column = match input.parse::<Option<syn::Token![=]>>()? {
                Some(_) => input.parse()?,
                None => ColumnPath::of(&name),
            };
            Ok(GivenColumn { name, ty, column })
        };
        let columns = inside.parse_terminated(column, syn::Token![,])?;
        Ok(Self {
            span: meta.path.span(),
            columns: columns.into_iter().collect(),
        })
    }
}

impl RowField {
    /// The column takes what the form holds.
    fn takes(&self) -> TokenStream {
        let (ident, column, span) = (&self.ident, &self.column, self.ident.span());
        match self.optional {
            // CWE-915: what the request does not have stays as it is.
            true => quote_spanned! {span=>
                if let ::std::option::Option::Some(value) = &self.#ident {
                    changes.push(::vauban::orm::columns::Takes::take(&columns.#column, ::std::clone::Clone::clone(value)));
                }
            },
            false => quote_spanned! {span=>
                changes.push(::vauban::orm::columns::Takes::take(
                    &columns.#column,
                    ::std::clone::Clone::clone(&self.#ident),
                ));
            },
        }
    }
}

//! `#[derive(Model)]`.

mod args;
mod column;
mod linking;
mod types;

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Field, Ident, Result, parse_quote};

use self::args::{Check, ModelArgs};
use self::column::{Column, fields};
use self::linking::Linking;
use self::types::named;
pub(crate) use self::types::snake;
use crate::ident::unraw;

/// Writes a model's columns, metadata, and the struct that a new row is made from.
pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let (model, misread) = ModelArgs::of(&input);
    // What a struct without a key is given, so that what is told is told once, and not at each place where the model stands.
    let key: Field = {
        let (orm, model) = (&model.orm, &input.ident);
        parse_quote!(id: #orm::Id<#model>)
    };
    let read = fields(&input, &key)?;
    if !input.generics.params.is_empty() {
        return Err(Error::new(
            input.generics.span(),
            "a model has no generic parameters",
        ));
    }
    let written = Writer {
        input: &input,
        model: &model,
        fields: &read.columns,
        unfit: &read.unfit,
        has_key: read.has_key,
    }
    .write();
    let wrong = misread.iter().chain(&read.wrong).map(Error::to_compile_error);
    let links = model.links.iter().filter(|link| link.own);
    let (path, module) = (&model.path, model.module.then(|| quote!(module,)));
    // What becomes of the links of a row that asks is told as well.
    let changes = model.changes.then(|| quote!(changes,));
    let path = path.as_ref().map(|path| quote!(crate = #path,));
    let args = quote!(#path #module #changes);
    let links = links.map(|link| {
        let (written, derived) = (
            link.written(&input, &model.orm),
            expand(link.described(&input, &model.orm, &args))?,
        );
        Ok(quote!(#written #derived))
    });
    let links: Vec<_> = links.collect::<Result<_>>()?;
    Ok(quote!(#(#wrong)* #written #(#links)*))
}

struct Writer<'a> {
    input: &'a DeriveInput,
    model: &'a ModelArgs,
    fields: &'a [Column<'a>],
    /// Fields that an error was told of, and that stand nowhere else: no row is ever made.
    unfit: &'a [&'a Ident],
    /// Whether the first of the columns is a field of the struct's.
    has_key: bool,
}

impl Writer<'_> {
    fn write(&self) -> TokenStream {
        let parts = [
            self.columns(),
            self.new_struct(),
            self.model_impl(),
            self.inherent(),
        ];
        quote!(#(#parts)*)
    }

    fn columns_name(&self) -> Ident {
        format_ident!("{}Columns", self.input.ident)
    }

    fn new_name(&self) -> Ident {
        format_ident!("New{}", self.input.ident)
    }

    /// `struct ArticleColumns<P>`.
    fn columns(&self) -> TokenStream {
        let (orm, vis, model) = (&self.model.orm, &self.input.vis, &self.input.ident);
        let name = self.columns_name();
        let doc = format!("The columns of [`{model}`], at the place `P`.");
        let fields = self.fields.iter().map(|f| {
            let (field, ty) = (f.name, self.as_field(named(f.ty.to_token_stream(), model)));
            let doc = format!("`{field}`");
            quote! { #[doc = #doc] pub #field: #ty::Column<P>, }
        });
        let related = self.model.related.iter().map(|(name, child, _)| {
            let doc = format!("`{name}`");
            quote! { #[doc = #doc] pub #name: #orm::Many<P, #child>, }
        });
        let linked = self.model.links.iter().map(|link| {
            let Linking {
                name, target, link, ..
            } = link;
            let doc = format!("`{name}`");
            quote! { #[doc = #doc] pub #name: #orm::Linked<P, #link, #target>, }
        });
        quote! {
            #[doc = #doc]
            #[allow(dead_code)]
            #vis struct #name<P: #orm::Place> { #(#fields)* #(#related)* #(#linked)* }
        }
    }

    /// `struct NewArticle`.
    fn new_struct(&self) -> TokenStream {
        let (vis, model, name) = (&self.input.vis, &self.input.ident, self.new_name());
        let doc =
            format!("What a new [`{model}`] must be given. Fields with a default are set by `.set(…)`.");
        let fields = self.fields.iter().filter(|f| f.is_given()).map(|f| {
            let (field, ty) = (f.name, self.as_field(named(f.ty.to_token_stream(), model)));
            let doc = format!("`{field}`");
            quote! { #[doc = #doc] pub #field: #ty::Input, }
        });
        quote! {
            #[doc = #doc]
            #vis struct #name { #(#fields)* }
        }
    }

    fn meta(&self) -> TokenStream {
        let (orm, model, table) = (&self.model.orm, &self.input.ident, &self.model.table);
        let derived = self.derived();
        let name = model.to_string();
        let columns = self.fields.iter().map(|f| self.column_meta(f));
        let find = |field: &Ident| {
            self.fields
                .iter()
                .find(|f| f.name == field)
                .map(|f| f.column.clone())
                .unwrap_or_default()
        };
        let stated = |condition: &syn::ExprClosure| {
            quote_spanned! {condition.span()=>
                ::core::option::Option::Some(|| #orm::__private::stated::<#model, _>(#condition))
            }
        };
        let none = quote!(::core::option::Option::None);
        let indexes = self.model.indexes.iter().map(|index| {
            let (columns, lower, unique) = (
                index.columns.iter().map(find),
                index.lower.iter().map(find),
                index.unique,
            );
            let only = index.only.as_ref().map_or_else(|| none.clone(), stated);
            quote!(#orm::meta::IndexMeta {
                columns: &[#(#columns),*],
                unique: #unique,
                ignores_case: &[#(#lower),*],
                only: #only,
            })
        });
        let constraints = self.model.constraints.iter().map(|(name, check)| {
            let name = name.to_string();
            let (sql, typed) = match check {
                Check::Sql(sql) => (quote!(#sql), none.clone()),
                Check::Typed(condition) => (quote!(""), stated(condition)),
            };
            quote!(#orm::meta::ConstraintMeta { name: #name, sql: #sql, typed: #typed })
        });
        let changes = self.model.changes;
        let oracle = match &self.model.unique_oracle {
            Some(signed) => quote!(::core::option::Option::Some(#orm::__private::__place!(#signed))),
            None => quote!(::core::option::Option::None),
        };
        // CWE-1059: a literal; `::core` is whatever the crate calls so.
        let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
        quote! {
            static META: #orm::ModelMeta = #orm::ModelMeta {
                name: #name,
                table: #orm::identifier::checked(#table),
                package: #package,
                columns: &[#(#columns),*],
                indexes: &[#(#indexes),*],
                constraints: &[#(#constraints),*],
                changes: #changes,
                unique_oracle: #oracle,
                rules: || {
                    static RULES: ::std::sync::OnceLock<#orm::__private::CompiledRules> = ::std::sync::OnceLock::new();
                    RULES.get_or_init(|| #orm::__private::CompiledRules::of::<#model>())
                },
                type_id: ::core::any::TypeId::of::<#model>,
                type_name: ::core::any::type_name::<#model>,
                __derived: #derived,
            };
            &META
        }
    }

    /// Says that the derive wrote it. A block of its own: nothing that the site wrote stands where the lint is off.
    fn derived(&self) -> TokenStream {
        let orm = &self.model.orm;
        quote! {{
            #[allow(deprecated)]
            let derived = #orm::meta::Derived::__by_the_derive();
            derived
        }}
    }

    fn column_meta(&self, f: &Column<'_>) -> TokenStream {
        let orm = &self.model.orm;
        let derived = self.derived();
        let ty = self.as_field(named(f.ty.to_token_stream(), &self.input.ident));
        let (field, column) = (unraw(f.name), &f.column);
        let (unique, index) = (f.unique, f.index);
        let versioned = f.versioned;
        // CWE-200: what the struct keeps to its module is asked by nobody who knows only its name.
        let public = matches!(f.field.vis, syn::Visibility::Public(_));
        let (auto, privilege, on_delete) = (
            format_ident!("{}", f.auto),
            format_ident!("{}", f.privilege),
            format_ident!("{}", f.on_delete),
        );
        let length = option(f.max_length.map(|max| quote!(#max)));
        let [min, max] = [&f.min, &f.max].map(|bound| option(bound.as_ref().map(|bound| quote!(#bound))));
        let default = option(
            f.default
                .as_ref()
                .map(|default| quote!(|| #ty::input_value(&::core::convert::Into::into(#default)))),
        );
        quote! {
            #orm::ColumnMeta {
                field: #field,
                column: #orm::identifier::checked(#column),
                kind: #ty::KIND,
                nullable: #ty::NULLABLE,
                unique: #unique,
                index: #index,
                limits: #orm::field::FieldLimits {
                    max_length: #length,
                    min: #min,
                    max: #max,
                    ..#orm::field::FieldLimits::NONE
                }.within(#ty::RANGE, #ty::PLACES),
                default: #default,
                auto: #orm::meta::Auto::#auto,
                privilege: #orm::meta::Privilege::#privilege,
                versioned: #versioned,
                target: #ty::TARGET,
                on_delete: #orm::meta::OnDelete::#on_delete,
                public: #public,
                untyped: #ty::UNTYPED,
                __derived: #derived,
            }.checked(#ty::NEEDS_LENGTH)
        }
    }

    /// The type as a field: underlined alike, what is wrong with it is told once.
    fn as_field(&self, ty: impl ToTokens) -> TokenStream {
        let (ty, orm) = (ty.to_token_stream(), &self.model.orm);
        quote_spanned! {ty.span()=> <#ty as #orm::ModelField> }
    }

    fn model_impl(&self) -> TokenStream {
        let (orm, model) = (&self.model.orm, &self.input.ident);
        let (columns_name, new_name) = (self.columns_name(), self.new_name());
        let meta = self.meta();
        let derived = self.derived();
        let names: Vec<_> = self.fields.iter().map(|f| f.name).collect();
        let fields: Vec<_> = self.fields.iter().map(|f| self.as_field(f.ty)).collect();
        let given = self.fields.iter().filter(|f| f.is_given()).map(|f| unraw(f.name));
        let unfit = self.unfit;
        // Without a key there is nothing to say of a row, and the error is told.
        let of_a_row = |body: TokenStream| {
            if self.has_key {
                body
            } else {
                quote!(::core::unreachable!())
            }
        };
        let none = quote!(return ::core::result::Result::Err(#orm::__private::Mismatch));
        let indexes: Vec<usize> = (0..self.fields.len()).collect();
        let many = self.model.related.iter().map(|(name, child, key)| {
            quote! {
                #name: #orm::Many::new(path, || {
                    static KEY: ::std::sync::OnceLock<#orm::__private::KeyOf<#child>> = ::std::sync::OnceLock::new();
                    *KEY.get_or_init(|| #orm::__private::KeyOf::<#child>::to::<#model>(|child| &child.#key))
                }),
            }
        });
        let linked = self.model.links.iter().map(|link| {
            let Linking { name, target, link, near, far, .. } = link;
            quote! {
                #name: #orm::Linked::new(path, || {
                    type Of = #orm::__private::KeyOf<#link>;
                    static KEYS: ::std::sync::OnceLock<(Of, Of)> = ::std::sync::OnceLock::new();
                    *KEYS.get_or_init(|| (Of::to::<#model>(|link| &link.#near), Of::to::<#target>(|link| &link.#far)))
                }),
            }
        });
        let values = self.fields.iter().enumerate().map(|(i, f)| {
            let (name, field) = (f.name, self.as_field(f.ty));
            if f.is_given() {
                quote! {
                    if let ::core::result::Result::Err(problem) =
                        #field::check_input(&new.#name, &meta.columns[#i].limits)
                    {
                        out.problems.push((meta.columns[#i].field, problem));
                    }
                    out.values.push(::core::option::Option::Some(#field::input_value(&new.#name)));
                }
            } else {
                quote!(out.values.push(::core::option::Option::None);)
            }
        });
        let user = self
            .model
            .user
            .then(|| quote!(impl #orm::UserModel for #model {}));
        let id = of_a_row(quote!(self.id));
        let from_row = of_a_row(quote! {
            ::core::result::Result::Ok(Self {
                #(#names: #fields::read(row)?,)*
                #(#unfit: #none,)*
            })
        });
        let from_values = of_a_row(quote! {
            ::core::result::Result::Ok(Self {
                #(#names: #fields::from_value(values[#indexes].as_ref())?,)*
                #(#unfit: #none,)*
            })
        });
        let attach = of_a_row(quote! {
            match column {
                #(#indexes => #fields::attach(&mut self.#names, row),)*
                _ => ::core::result::Result::Err(#orm::__private::Mismatch),
            }
        });
        quote! {
            impl #orm::Model for #model {
                type Columns<P: #orm::Place> = #columns_name<P>;
                type New = #new_name;
                const __DERIVED: #orm::meta::Derived = {
                    // CWE-915, CWE-200: of a row that is serialised nobody has said what is shown.
                    let () = <Self as #orm::__private::IsNotSerialised<_>>::SO;
                    #derived
                };
                const __GIVEN: &'static [&'static str] = &[#(#given),*];

                fn meta() -> &'static #orm::ModelMeta { #meta }
                fn id(&self) -> #orm::Id<Self> { #id }
                #[allow(deprecated)]
                fn columns<P: #orm::Place>(path: &#orm::__private::Path) -> #columns_name<P> {
                    let meta = <Self as #orm::Model>::meta();
                    #columns_name {
                        #(#names: #fields::column(path, &meta.columns[#indexes]),)*
                        #(#many)*
                        #(#linked)*
                    }
                }
                #[allow(unreachable_code, unused_variables)]
                fn from_row(
                    row: &mut #orm::__private::RowReader<'_>,
                ) -> ::core::result::Result<Self, #orm::__private::Mismatch> { #from_row }
                #[allow(unreachable_code, unused_variables)]
                fn from_values(
                    values: &[#orm::__private::Value],
                ) -> ::core::result::Result<Self, #orm::__private::Mismatch> { #from_values }
                #[allow(unused_variables)]
                fn attach(
                    &mut self,
                    column: usize,
                    row: &mut #orm::__private::RowReader<'_>,
                ) -> ::core::result::Result<(), #orm::__private::Mismatch> { #attach }
                #[allow(unused_variables)]
                fn new_values(new: #new_name) -> #orm::__private::NewValues {
                    let meta = <Self as #orm::Model>::meta();
                    let mut out = #orm::__private::NewValues::default();
                    #(#values)*
                    out
                }
            }
            #user
        }
    }

    fn inherent(&self) -> TokenStream {
        let (orm, vis, model, new) = (
            &self.model.orm,
            &self.input.vis,
            &self.input.ident,
            self.new_name(),
        );
        quote! {
            #[allow(dead_code)]
            impl #model {
                /// A query on the rows that whoever asks may see.
                #vis fn objects() -> #orm::QuerySet<Self> { #orm::QuerySet::new() }
                /// A new row, to be saved.
                #vis fn create(new: #new) -> #orm::Create<Self> { #orm::Create::new(new) }
                /// New rows, to be saved together.
                #vis fn create_all(
                    new: impl ::core::iter::IntoIterator<Item = #new>,
                ) -> #orm::CreateAll<Self> {
                    #orm::CreateAll::new(new)
                }
            }
        }
    }
}

fn option(tokens: Option<TokenStream>) -> TokenStream {
    match tokens {
        Some(tokens) => quote!(::core::option::Option::Some(#tokens)),
        None => quote!(::core::option::Option::None),
    }
}

//! `#[derive(Model)]`.

mod args;
mod column;
mod fields;
mod group;
mod linking;
mod membership;
mod slots;
mod taken;
mod types;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Field, Ident, Result, parse_quote};

use self::args::{Check, FieldName, ModelArgs};
use self::fields::{Fields, derived};
pub(crate) use self::group::expand as expand_group;
use self::linking::Linking;
use self::slots::{Slot, fields};
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
        fields: Fields {
            orm: &model.orm,
            owner: &input.ident,
            slots: &read.slots,
            meta: quote!(meta.columns),
        },
        unfit: &read.unfit,
        has_key: read.has_key,
    }
    .write();
    let (membership, misshapen) = match membership::written(&input, &model, &read.slots) {
        Ok(membership) => (membership, None),
        Err(error) => (None, Some(error)),
    };
    let wrong = misread
        .iter()
        .chain(&read.wrong)
        .chain(&misshapen)
        .map(Error::to_compile_error);
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
    Ok(quote!(#(#wrong)* #written #membership #(#links)*))
}

struct Writer<'a> {
    input: &'a DeriveInput,
    model: &'a ModelArgs,
    fields: Fields<'a>,
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
        let fields = self.fields.of_columns();
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
        let fields = self.fields.of_new();
        quote! {
            #[doc = #doc]
            #vis struct #name { #(#fields)* }
        }
    }

    /// The columns with those of the groups, in statics that the model's own parts see.
    fn flat(&self) -> TokenStream {
        let orm = &self.model.orm;
        let (mut parts, mut names, mut asserts) = (Vec::new(), Vec::new(), TokenStream::new());
        let mut own = Vec::new();
        let slots = self.fields.slots;
        for (nth, described) in self.fields.described().enumerate() {
            match (&slots[nth], described) {
                (Slot::Group(group), _) => {
                    let own = std::mem::take(&mut own);
                    parts.push(quote!(#orm::__private::flat::Part { columns: &[#(#own),*], names: &[], public: true }));
                    let (part, name) = group.part(orm);
                    parts.push(part);
                    names.extend(name);
                    asserts.extend(group.asserts(orm, &self.input.ident, &self.fields.at(nth)));
                }
                (Slot::Column(_), described) => own.extend(described),
            }
        }
        own.extend(self.fields.indexes());
        parts.push(quote!(#orm::__private::flat::Part { columns: &[#(#own),*], names: &[], public: true }));
        asserts.extend(self.names_in_groups());
        let (count, derived) = (self.fields.at(slots.len()), derived(orm));
        let indexes = self.fields.indexes().count();
        quote! {
            #(#names)*
            static COLUMNS: [#orm::ColumnMeta; #count + #indexes] =
                #orm::__private::flat::columns(&#derived, &[#(#parts),*]);
            #asserts
        }
    }

    /// Asks the groups' columns for the fields that indexes name: rustc tells of those that are not there.
    fn names_in_groups(&self) -> TokenStream {
        let (orm, model) = (&self.model.orm, &self.input.ident);
        let named = self.model.indexes.iter().flat_map(|index| &index.columns);
        let asked = named.filter_map(|field| {
            let inner = field.of_group.as_ref()?;
            let slot = self.fields.slots.iter().find(|slot| *slot.name() == field.name);
            let Some(Slot::Group(group)) = slot else {
                return None;
            };
            let ty = group.of(orm);
            Some(quote_spanned! {inner.span()=>
                const _: fn(&#ty::Columns<#orm::Own<#model>>) = |columns| {
                    let _ = &columns.#inner;
                };
            })
        });
        quote!(#(#asked)*)
    }

    /// The name in the database of the column of a field, or of a group's.
    fn column_of(&self, field: &FieldName) -> TokenStream {
        let orm = &self.model.orm;
        let slot = self
            .fields
            .slots
            .iter()
            .position(|slot| *slot.name() == field.name);
        match (slot.map(|nth| (nth, &self.fields.slots[nth])), &field.of_group) {
            (Some((_, Slot::Column(column))), None) if column.sealed.is_some() => {
                let text = "an encrypted field is unique by itself, `#[field(encrypted = …, index = blind, unique)]`, and in no index with others";
                Error::new(field.name.span(), text).to_compile_error()
            }
            (Some((_, Slot::Column(column))), None) => {
                let column = &column.column;
                quote!(#column)
            }
            (Some((nth, Slot::Group(group))), Some(inner)) => {
                let (group, at, name) = (group.of(orm), self.fields.at(nth), unraw(inner));
                quote_spanned! {inner.span()=>
                    #orm::__private::flat::column_of(&COLUMNS, #at, #group::__COLUMNS, #name)
                }
            }
            // Told already.
            _ if self.unfit.contains(&&field.name) => quote!(""),
            _ => {
                let text = format!(
                    "`{}` has no such column: a field stands here by its name, and one of a group behind the group's, `times.created`",
                    self.input.ident
                );
                Error::new(field.name.span(), text).to_compile_error()
            }
        }
    }

    fn meta(&self) -> TokenStream {
        let (orm, model, table) = (&self.model.orm, &self.input.ident, &self.model.table);
        let derived = derived(orm);
        let name = model.to_string();
        let columns = if self.fields.has_groups() {
            quote!(&COLUMNS)
        } else {
            let described = self.fields.described().flatten().chain(self.fields.indexes());
            quote!(&[#(#described),*])
        };
        let find = |field: &FieldName| self.column_of(field);
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
        // CWE-269: what becomes of users is told, whatever their model says, so that the last superuser stays.
        // Nor is the last owner of a tenant taken away, whatever statement does it.
        let changes = self.model.changes || self.model.user || self.model.membership;
        let membership = self.model.membership;
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
                columns: #columns,
                indexes: &[#(#indexes),*],
                constraints: &[#(#constraints),*],
                changes: #changes,
                membership: #membership,
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

    fn model_impl(&self) -> TokenStream {
        let (orm, model) = (&self.model.orm, &self.input.ident);
        let (columns_name, new_name) = (self.columns_name(), self.new_name());
        let meta = self.meta();
        let (derived, flat) = (derived(orm), self.fields.has_groups().then(|| self.flat()));
        let given = self.given();
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
        let many = self.model.related.iter().map(|(name, child, key)| {
            quote! {
                #name: #orm::Many::new(path, || {
                    static KEY: ::std::sync::OnceLock<#orm::__private::KeyOf<#child>> = ::std::sync::OnceLock::new();
                    *KEY.get_or_init(|| #orm::__private::KeyOf::<#child>::to::<#model>(|child| &child #(.#key)*))
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
        let (values, made) = (self.fields.new_values(), self.fields.columns_made());
        let user = self
            .model
            .user
            .then(|| quote!(impl #orm::UserModel for #model {}));
        let id = of_a_row(quote!(self.id));
        let (read, listed) = (self.fields.read(), self.fields.listed());
        let indexes = self.fields.indexes().count();
        let is_sealed = |slot: &Slot<'_>| matches!(slot, Slot::Column(column) if column.sealed.is_some());
        let described = (self.fields.slots.iter().any(is_sealed))
            .then(|| quote!(let meta = <Self as #orm::Model>::meta();));
        let passed = (indexes > 0).then(|| quote!(#orm::__private::passed(row, #indexes);));
        let from_row = of_a_row(quote! {
            #described
            let read = Self { #(#read)* #(#unfit: #none,)* };
            #passed
            ::core::result::Result::Ok(read)
        });
        let from_values = of_a_row(quote! {
            ::core::result::Result::Ok(Self { #(#listed)* #(#unfit: #none,)* })
        });
        let attach = of_a_row(self.fields.attach());
        let unindexed = (indexes > 0).then(
            || quote!(out.values.extend(::core::iter::repeat_n(::core::option::Option::None, #indexes));),
        );
        let written = quote! {
            impl #orm::Model for #model {
                type Columns<P: #orm::Place> = #columns_name<P>;
                type New = #new_name;
                const __DERIVED: #orm::meta::Derived = {
                    // CWE-915, CWE-200: of a row that is serialised nobody has said what is shown.
                    let () = <Self as #orm::__private::IsNotSerialised<_>>::SO;
                    #derived
                };
                const __GIVEN: &'static [&'static str] = #given;

                fn meta() -> &'static #orm::ModelMeta { #meta }
                fn id(&self) -> #orm::Id<Self> { #id }
                #[allow(deprecated)]
                fn columns<P: #orm::Place>(path: &#orm::__private::Path) -> #columns_name<P> {
                    let meta = <Self as #orm::Model>::meta();
                    #columns_name {
                        #(#made)*
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
                    #unindexed
                    out
                }
            }
            #user
        };
        match flat {
            // A block of its own: the statics are seen by nothing else.
            Some(flat) => quote!(const _: () = { #flat #written };),
            None => written,
        }
    }

    /// The fields that a new row must be given, in a group under the names of their columns.
    fn given(&self) -> TokenStream {
        let orm = &self.model.orm;
        if self.fields.has_groups() {
            return quote!({
                const GIVEN: [&str; #orm::__private::flat::count_given(&COLUMNS)] =
                    #orm::__private::flat::given(&COLUMNS);
                &GIVEN
            });
        }
        let given = self.fields.slots.iter().filter_map(|slot| match slot {
            Slot::Column(column) if column.is_given() => Some(unraw(column.name)),
            _ => None,
        });
        quote!(&[#(#given),*])
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

//! `#[derive(Model)]`.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Data, DeriveInput, Error, Expr, Field, Fields, Ident, LitInt, LitStr, Path, Result, Token, Type,
    parenthesized, parse_quote,
};

use crate::ident::{Once, unknown, unraw};

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
    Ok(quote!(#(#wrong)* #written))
}

/// What stands in `#[model(…)]`.
struct ModelArgs {
    orm: TokenStream,
    table: String,
    user: bool,
    indexes: Vec<(Vec<Ident>, bool)>,
    constraints: Vec<(Ident, LitStr)>,
    related: Vec<(Ident, Path, Ident)>,
    unique_oracle: Option<TokenStream>,
}

impl ModelArgs {
    /// As far as they can be read, and what cannot.
    fn of(input: &DeriveInput) -> (Self, Vec<Error>) {
        let mut args = Self {
            orm: quote!(::vauban::__private::orm),
            table: snake(&unraw(&input.ident)),
            user: false,
            indexes: Vec::new(),
            constraints: Vec::new(),
            related: Vec::new(),
            unique_oracle: None,
        };
        let (mut module, mut named, mut wrong) = (false, false, Vec::new());
        let mut once = Once::default();
        for attribute in input.attrs.iter().filter(|a| a.path().is_ident("model")) {
            let told = attribute.parse_nested_meta(|meta| {
                let path = &meta.path;
                if !["unique", "index", "check", "related"]
                    .iter()
                    .any(|word| path.is_ident(word))
                {
                    once.read(path)?;
                }
                if path.is_ident("crate") {
                    let orm: Path = meta.value()?.parse()?;
                    args.orm = quote!(::#orm);
                } else if path.is_ident("table") {
                    let table: LitStr = meta.value()?.parse()?;
                    args.table = identifier(&table)?;
                    named = true;
                    if args.table.starts_with(RESERVED) && !is_framework() {
                        return Err(Error::new(
                            table.span(),
                            "tables that begin with `vauban_` are the framework's: choose another name",
                        ));
                    }
                } else if path.is_ident("module") {
                    module = true;
                } else if path.is_ident("user") {
                    args.user = true;
                } else if path.is_ident("unique") || path.is_ident("index") {
                    let inside;
                    parenthesized!(inside in meta.input);
                    let columns = Punctuated::<Ident, Token![,]>::parse_terminated(&inside)?;
                    args.indexes
                        .push((columns.into_iter().collect(), path.is_ident("unique")));
                } else if path.is_ident("check") {
                    let inside;
                    parenthesized!(inside in meta.input);
                    let name: Ident = inside.parse()?;
                    inside.parse::<Token![=]>()?;
                    args.constraints.push((name, inside.parse()?));
                } else if path.is_ident("related") {
                    let inside;
                    parenthesized!(inside in meta.input);
                    let all = Punctuated::<Relation, Token![,]>::parse_terminated(&inside)?;
                    args.related
                        .extend(all.into_iter().map(|r| (r.name, r.child, r.key)));
                } else if path.is_ident("unique_oracle") {
                    args.unique_oracle = Some(signed(&meta.value()?.parse()?)?);
                } else {
                    return Err(unknown(
                        path,
                        MODEL_KEYS,
                        "`#[model(…)]` knows `table = \"name\"`, `module`, `unique(a, b)`, `index(a, b)`, \
                         `check(name = \"SQL\")`, `related(name: Child.field)`, \
                         `unique_oracle = waiver!(UniqueOracle, \"…\")`, `user` and `crate = path`",
                    ));
                }
                Ok(())
            });
            wrong.extend(told.err());
        }
        if module && !named {
            // A package that others depend on: its tables carry the name that they know it by.
            let package = std::env::var("CARGO_CRATE_NAME")
                .unwrap_or_default()
                .to_lowercase();
            args.table = format!("{package}_{}", args.table);
        }
        (args, wrong)
    }
}

const MODEL_KEYS: &[&str] = &[
    "table",
    "module",
    "unique",
    "index",
    "check",
    "related",
    "unique_oracle",
    "user",
    "crate",
];

/// What the framework's tables begin with.
const RESERVED: &str = "vauban_";

/// Whether the framework's own package is compiled. For a message in the editor: what is checked at start is the
/// type's path, which no package chooses for itself.
fn is_framework() -> bool {
    const OURS: &[&str] = &[
        "vauban",
        "vauban-core",
        "vauban-orm",
        "vauban-accounts",
        "vauban-tasks",
        "vauban-mail",
        "vauban-files",
        "vauban-client",
        "vauban-audit",
        "vauban-admin",
        "vauban-api",
    ];
    std::env::var("CARGO_PKG_NAME").is_ok_and(|name| OURS.contains(&name.as_str()))
}

/// `name: Child.field`
struct Relation {
    name: Ident,
    child: Path,
    key: Ident,
}

impl Parse for Relation {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let child = input.call(Path::parse_mod_style)?;
        input.parse::<Token![.]>()?;
        Ok(Self {
            name,
            child,
            key: input.parse()?,
        })
    }
}

/// A field with what stands in its `#[field(…)]`.
struct Column<'a> {
    field: &'a Field,
    name: &'a Ident,
    ty: &'a Type,
    column: String,
    max_length: Option<u32>,
    unique: bool,
    index: bool,
    default: Option<Expr>,
    auto: &'static str,
    privilege: &'static str,
    versioned: bool,
    on_delete: &'static str,
}

impl Column<'_> {
    /// Whether a new row must be given a value.
    fn is_given(&self) -> bool {
        self.auto == "No" && self.default.is_none() && self.privilege != "Privileged"
    }
}

/// What a model's fields are.
struct Read<'a> {
    columns: Vec<Column<'a>>,
    wrong: Vec<Error>,
    /// Those that are no columns.
    unfit: Vec<&'a Ident>,
    /// Whether the first of the columns is the struct's own.
    has_key: bool,
}

/// `key` stands for the primary key, if there is none.
fn fields<'a>(input: &'a DeriveInput, key: &'a Field) -> Result<Read<'a>> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(
            input.ident.span(),
            "a model is a struct with named fields",
        ));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new(
            input.ident.span(),
            "a model is a struct with named fields",
        ));
    };
    let is_key = |field: &Field| {
        field.ident.as_ref().is_some_and(|name| name == "id") && last_segment(&field.ty) == "Id"
    };
    let (mut columns, mut wrong, mut unfit) = (Vec::new(), Vec::new(), Vec::new());
    let has_key = named.named.first().is_some_and(is_key);
    if !has_key {
        let place = named.named.first().map_or(input.ident.span(), Spanned::span);
        let text = format!(
            "a model's first field is its primary key: `pub id: Id<{}>`",
            input.ident
        );
        wrong.push(Error::new(place, text));
        columns.push(column(key, true)?.0);
    }
    for (i, field) in named.named.iter().enumerate() {
        if let (Some(instead), Some(name)) = (instead_of(unwrap_option(&field.ty)), &field.ident) {
            wrong.push(Error::new(field.ty.span(), instead));
            unfit.push(name);
            continue;
        }
        // A key that stands elsewhere, or is of another type.
        if !has_key && let Some(name) = field.ident.as_ref().filter(|name| *name == "id") {
            unfit.push(name);
            continue;
        }
        let (column, contradiction) = column(field, has_key && i == 0)?;
        wrong.extend(contradiction);
        columns.push(column);
    }
    Ok(Read {
        columns,
        wrong,
        unfit,
        has_key,
    })
}

/// What to write instead of a type that no column has. Those that rustc would tell of, it tells of once per use.
fn instead_of(ty: &Type) -> Option<String> {
    let name = match ty {
        Type::Reference(_) => return Some("a column owns its value: write `String` for text".to_owned()),
        Type::Tuple(_) | Type::Array(_) => {
            return Some("a column has one value: write a field for each".to_owned());
        }
        _ => last_segment(ty),
    };
    let other = match name.as_str() {
        "u8" | "i8" | "u16" | "i16" => "i32",
        "u32" | "u64" | "usize" | "isize" | "u128" | "i128" => "i64",
        "f32" => "f64",
        "char" | "str" => "String",
        "SystemTime" => "DateTime",
        "Vec" if !quote!(#ty).to_string().replace(' ', "").ends_with("Vec<u8>") => {
            return Some("a column has one value: many of them are rows of a model of their own, with a `ForeignKey` to this one".to_owned());
        }
        "HashMap" | "HashSet" | "BTreeMap" | "BTreeSet" | "VecDeque" => {
            return Some(format!(
                "no column is a `{name}`: many values are rows of a model of their own, with a `ForeignKey` to this one"
            ));
        }
        _ => return None,
    };
    Some(format!("no column is a `{name}`: write `{other}`"))
}

const FIELD_KEYS: &[&str] = &[
    "max_length",
    "text",
    "unique",
    "index",
    "default",
    "auto_now_add",
    "auto_now",
    "owner",
    "tenant",
    "privileged",
    "on_delete",
    "random",
];

/// Words of which a field has one, and what to write.
const ONE_OF: &[(&[&str], &str)] = &[
    // CWE-915: by one a new row is given a value that by the other nobody may give it.
    (
        &["owner", "tenant", "privileged"],
        "`owner` and `tenant` say whose a new row is and are given with it; `privileged` is given to no new row",
    ),
    (
        &["auto_now", "auto_now_add"],
        "`auto_now` is set at each change, `auto_now_add` once",
    ),
    (&["text", "max_length"], "`text` is `max_length = 1_000_000`"),
];

fn column(field: &Field, first: bool) -> Result<(Column<'_>, Option<Error>)> {
    let Some(name) = &field.ident else {
        return Err(Error::new(field.span(), "a model's fields have names"));
    };
    let foreign = last_segment(unwrap_option(&field.ty)) == "ForeignKey";
    let plain = unraw(name);
    let mut column = Column {
        field,
        name,
        ty: &field.ty,
        column: if foreign {
            format!("{plain}_id")
        } else {
            plain.clone()
        },
        max_length: None,
        unique: first,
        index: false,
        default: None,
        auto: if first { "Id" } else { "No" },
        privilege: "Open",
        versioned: true,
        on_delete: "Restrict",
    };
    let (mut wrong, mut once) = (None, Once::default());
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("field")) {
        let told = attribute.parse_nested_meta(|meta| {
            let path = &meta.path;
            once.read(path)?;
            for (words, what) in ONE_OF {
                once.is_one_of(words, path, what)?;
            }
            if path.is_ident("max_length") {
                column.max_length = Some(meta.value()?.parse::<LitInt>()?.base10_parse()?);
            } else if path.is_ident("text") {
                column.max_length = Some(1_000_000);
            } else if path.is_ident("unique") {
                column.unique = true;
            } else if path.is_ident("index") {
                column.index = true;
            } else if path.is_ident("default") {
                column.default = Some(meta.value()?.parse()?);
            } else if path.is_ident("auto_now_add") {
                column.auto = "NowAdd";
            } else if path.is_ident("auto_now") {
                column.auto = "Now";
            } else if path.is_ident("random") && first {
                column.auto = "RandomId";
            } else if path.is_ident("versioned") {
                column.versioned = meta.value()?.parse::<syn::LitBool>()?.value();
            } else if path.is_ident("privileged") {
                column.privilege = "Privileged";
            } else if path.is_ident("owner") {
                column.privilege = "Owner";
            } else if path.is_ident("tenant") {
                column.privilege = "Tenant";
            } else if path.is_ident("on_delete") {
                let what: Ident = meta.value()?.parse()?;
                column.on_delete = match what.to_string().as_str() {
                    "restrict" => "Restrict",
                    "cascade" => "Cascade",
                    "cascade_owned" => "CascadeOwned",
                    "set_null" => "SetNull",
                    _ => {
                        let text = "`on_delete` is `restrict`, `cascade`, `cascade_owned` or `set_null`";
                        return Err(Error::new(what.span(), text));
                    }
                };
            } else {
                return Err(unknown(
                    path,
                    FIELD_KEYS,
                    "`#[field(…)]` on a model knows `max_length = 200`, `text`, `unique`, `index`, `default = …`, \
                     `auto_now_add`, `auto_now`, `owner`, `tenant`, `privileged`, `versioned = false`, `on_delete = …`, \
                     and on the id `random`",
                ));
            }
            Ok(())
        });
        wrong = wrong.or(told.err());
    }
    // A contradiction is told, and the rest is written as if it were not there: one error, not ten.
    let wrong = wrong.or_else(|| check(&column, &plain, foreign).err());
    if wrong.is_some() {
        column.auto = if first { column.auto } else { "No" };
        column.on_delete = "Restrict";
        column.max_length = column.max_length.or(Some(1));
    }
    Ok((column, wrong))
}

/// Contradictions, with what to write instead.
fn check(column: &Column<'_>, plain: &str, foreign: bool) -> Result<()> {
    let span = column.field.span();
    let inner = unwrap_option(column.ty);
    let optional = !std::ptr::eq(inner, column.ty);
    let text = last_segment(inner);
    if text == "String" && column.max_length.is_none() {
        return Err(Error::new(
            span,
            "a text says how long it may be: `#[field(max_length = 200)]`, or `#[field(text)]` for up to 1,000,000 characters",
        ));
    }
    if column.privilege == "Privileged" && column.default.is_none() && !optional {
        return Err(Error::new(
            span,
            "a `privileged` column starts with a default, for a new row cannot be given one: add `default = …`",
        ));
    }
    if matches!(column.auto, "Now" | "NowAdd") && text != "DateTime" {
        return Err(Error::new(
            span,
            "`auto_now` and `auto_now_add` are for `DateTime`",
        ));
    }
    if column.on_delete != "Restrict" && !foreign {
        return Err(Error::new(span, "`on_delete` is for foreign keys"));
    }
    if column.on_delete == "SetNull" && !optional {
        return Err(Error::new(
            span,
            "`on_delete = set_null` needs `Option<ForeignKey<…>>`",
        ));
    }
    if plain == "row_version" || !valid_identifier(&column.column) {
        return Err(Error::new(
            span,
            "a column's name is lower-case ASCII letters, digits and `_`, at most 63, and not `row_version`",
        ));
    }
    Ok(())
}

/// A type with the model's name for `Self`, which means another struct in the ones that are written here.
fn named(ty: TokenStream, model: &Ident) -> TokenStream {
    ty.into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                TokenTree::Ident(Ident::new(&model.to_string(), ident.span()))
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), named(group.stream(), model));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        })
        .collect()
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
        quote! {
            #[doc = #doc]
            #[allow(dead_code)]
            #vis struct #name<P: #orm::Place> { #(#fields)* #(#related)* }
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
        let indexes = self.model.indexes.iter().map(|(fields, unique)| {
            let columns = fields.iter().map(find);
            quote!(#orm::meta::IndexMeta { columns: &[#(#columns),*], unique: #unique })
        });
        let constraints = self.model.constraints.iter().map(|(name, sql)| {
            let name = name.to_string();
            quote!(#orm::meta::ConstraintMeta { name: #name, sql: #sql })
        });
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
        let max = option(f.max_length.map(|max| quote!(#max)));
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
                limits: #orm::field::FieldLimits { max_length: #max },
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

fn last_segment(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|s| s.ident.to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// `T` of `Option<T>`, else the type itself.
fn unwrap_option(ty: &Type) -> &Type {
    if last_segment(ty) == "Option"
        && let Type::Path(path) = ty
        && let Some(segment) = path.path.segments.last()
        && let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments
        && let Some(syn::GenericArgument::Type(inner)) = arguments.args.first()
    {
        return inner;
    }
    ty
}

pub(crate) fn snake(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn valid_identifier(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty()
        && name.len() <= 63
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(good)
}

fn identifier(literal: &LitStr) -> Result<String> {
    let name = literal.value();
    if valid_identifier(&name) {
        return Ok(name);
    }
    Err(Error::new(
        literal.span(),
        "a table's name is lower-case ASCII letters, digits and `_`, at most 63",
    ))
}

/// What stands in `waiver!(UniqueOracle, "why")`. The macro is not called: a model's signature is data.
fn signed(waiver: &syn::Macro) -> syn::Result<TokenStream> {
    let tokens: Vec<_> = waiver.tokens.clone().into_iter().collect();
    let fits = waiver
        .path
        .segments
        .last()
        .is_some_and(|name| name.ident == "waiver")
        && matches!(tokens.first(), Some(proc_macro2::TokenTree::Ident(wall)) if wall == "UniqueOracle");
    if fits {
        Ok(waiver.tokens.clone())
    } else {
        Err(syn::Error::new_spanned(
            waiver,
            "unique columns that tell of hidden rows are signed: `unique_oracle = waiver!(UniqueOracle, \"why it may\")`",
        ))
    }
}

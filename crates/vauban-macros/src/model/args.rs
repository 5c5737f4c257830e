//! What stands in `#[model(…)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{DeriveInput, Error, ExprClosure, Ident, LitStr, Path, Result, Token, parenthesized, token};

use super::linking::Linking;
use super::types::{snake, valid_identifier};
use crate::ident::{Once, unknown, unraw};

/// What stands in `#[model(…)]`.
pub(super) struct ModelArgs {
    pub(super) orm: TokenStream,
    /// Where the crate is, if it is said.
    pub(super) path: Option<Path>,
    /// Whether its tables carry the package's name.
    pub(super) module: bool,
    pub(super) table: String,
    pub(super) user: bool,
    /// Whether its rows say who belongs to which tenant.
    pub(super) membership: bool,
    /// Whether its changes are told.
    pub(super) changes: bool,
    pub(super) indexes: Vec<Index>,
    pub(super) constraints: Vec<(Ident, Check)>,
    pub(super) related: Vec<(Ident, Path, Vec<Ident>)>,
    pub(super) links: Vec<Linking>,
    pub(super) unique_oracle: Option<TokenStream>,
}

impl ModelArgs {
    /// As far as they can be read, and what cannot.
    pub(super) fn of(input: &DeriveInput) -> (Self, Vec<Error>) {
        let mut args = Self {
            orm: quote!(::vauban::__private::orm),
            path: None,
            module: false,
            table: snake(&unraw(&input.ident)),
            user: false,
            membership: false,
            changes: false,
            indexes: Vec::new(),
            constraints: Vec::new(),
            related: Vec::new(),
            links: Vec::new(),
            unique_oracle: None,
        };
        let (mut module, mut named, mut wrong) = (false, false, Vec::new());
        let mut once = Once::default();
        for attribute in input.attrs.iter().filter(|a| a.path().is_ident("model")) {
            let told = attribute.parse_nested_meta(|meta| {
                let path = &meta.path;
                if !["unique", "index", "check", "related", "many"]
                    .iter()
                    .any(|word| path.is_ident(word))
                {
                    once.read(path)?;
                }
                if path.is_ident("crate") {
                    let orm: Path = meta.value()?.parse()?;
                    args.orm = quote!(::#orm);
                    args.path = Some(orm);
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
                } else if path.is_ident("membership") {
                    args.membership = true;
                } else if path.is_ident("changes") {
                    args.changes = true;
                } else if path.is_ident("unique") || path.is_ident("index") {
                    let inside;
                    parenthesized!(inside in meta.input);
                    args.indexes.push(Index::read(&inside, path.is_ident("unique"))?);
                } else if path.is_ident("check") {
                    let inside;
                    parenthesized!(inside in meta.input);
                    let name: Ident = inside.parse()?;
                    inside.parse::<Token![=]>()?;
                    let check = if inside.peek(LitStr) {
                        Check::Sql(inside.parse()?)
                    } else {
                        Check::Typed(inside.parse()?)
                    };
                    args.constraints.push((name, check));
                } else if path.is_ident("related") {
                    let inside;
                    parenthesized!(inside in meta.input);
                    let all = Punctuated::<Relation, Token![,]>::parse_terminated(&inside)?;
                    args.related
                        .extend(all.into_iter().map(|r| (r.name, r.child, r.key)));
                } else if path.is_ident("many") {
                    let inside;
                    parenthesized!(inside in meta.input);
                    let all = Punctuated::<Linking, Token![,]>::parse_terminated(&inside)?;
                    args.links.extend(all);
                } else if path.is_ident("unique_oracle") {
                    args.unique_oracle = Some(signed(&meta.value()?.parse()?)?);
                } else {
                    return Err(unknown(
                        path,
                        MODEL_KEYS,
                        "`#[model(…)]` knows `table = \"name\"`, `module`, `unique(a, b)`, `unique(a, where = |m| …)`, \
                         `unique(lower(a))`, `index(a, b)`, `check(name = |m| …)`, `check(name = \"SQL\")`, `related(name: Child.field)`, \
                         `many(name: Other through Link(here, there))`, \
                         `unique_oracle = waiver!(UniqueOracle, \"…\")`, `changes`, `user`, `membership` and `crate = path`",
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
        args.module = module;
        (args, wrong)
    }
}

/// `unique(a, lower(b), where = |m| …)`, `index(…)`
pub(super) struct Index {
    pub(super) columns: Vec<FieldName>,
    /// Those of them that are compared without case.
    pub(super) lower: Vec<FieldName>,
    /// The rows that it is of.
    pub(super) only: Option<ExprClosure>,
    pub(super) unique: bool,
}

impl Index {
    fn read(inside: ParseStream<'_>, unique: bool) -> Result<Self> {
        let mut index = Self {
            columns: Vec::new(),
            lower: Vec::new(),
            only: None,
            unique,
        };
        while !inside.is_empty() {
            if inside.peek(Token![where]) {
                inside.parse::<Token![where]>()?;
                inside.parse::<Token![=]>()?;
                index.only = Some(inside.parse()?);
            } else {
                let name: FieldName = inside.parse()?;
                if name.name == "lower" && inside.peek(token::Paren) {
                    let of;
                    parenthesized!(of in inside);
                    let column: FieldName = of.parse()?;
                    index.lower.push(column.clone());
                    index.columns.push(column);
                } else {
                    index.columns.push(name);
                }
            }
            if !inside.is_empty() {
                inside.parse::<Token![,]>()?;
            }
        }
        Ok(index)
    }
}

/// `created`, or one of a group: `times.created`.
#[derive(Clone)]
pub(super) struct FieldName {
    pub(super) name: Ident,
    pub(super) of_group: Option<Ident>,
}

impl Parse for FieldName {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        let of_group = match input.parse::<Option<Token![.]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { name, of_group })
    }
}

/// What the database holds every row to.
pub(super) enum Check {
    Sql(LitStr),
    Typed(ExprClosure),
}

const MODEL_KEYS: &[&str] = &[
    "table",
    "module",
    "unique",
    "index",
    "check",
    "related",
    "many",
    "unique_oracle",
    "changes",
    "user",
    "membership",
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
        "vauban-mail",
        "vauban-files",
        "vauban-client",
        "vauban-audit",
        "vauban-admin",
        "vauban-api",
    ];
    std::env::var("CARGO_PKG_NAME").is_ok_and(|name| OURS.contains(&name.as_str()))
}

/// `name: Child.field`, or of a group `name: Child.group.field`
struct Relation {
    name: Ident,
    child: Path,
    key: Vec<Ident>,
}

impl Parse for Relation {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let child = input.call(Path::parse_mod_style)?;
        input.parse::<Token![.]>()?;
        let key: FieldName = input.parse()?;
        Ok(Self {
            name,
            child,
            key: [key.name].into_iter().chain(key.of_group).collect(),
        })
    }
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

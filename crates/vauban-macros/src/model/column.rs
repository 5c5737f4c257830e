//! A field that is a column, with what stands in its `#[field(…)]`.

use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, Expr, Field, Ident, LitInt, Result, Type};

use super::types::{last_segment, unwrap_option, valid_identifier};
use crate::ident::{Once, unknown, unraw};

/// A field with what stands in its `#[field(…)]`.
pub(super) struct Column<'a> {
    pub(super) field: &'a Field,
    pub(super) name: &'a Ident,
    pub(super) ty: &'a Type,
    pub(super) column: String,
    pub(super) max_length: Option<u32>,
    /// The bounds of a number, whole.
    pub(super) min: Option<Expr>,
    pub(super) max: Option<Expr>,
    pub(super) unique: bool,
    pub(super) index: bool,
    pub(super) default: Option<Expr>,
    pub(super) auto: &'static str,
    pub(super) privilege: &'static str,
    pub(super) versioned: bool,
    pub(super) on_delete: &'static str,
}

impl Column<'_> {
    /// Whether a new row must be given a value.
    pub(super) fn is_given(&self) -> bool {
        self.auto == "No" && self.default.is_none() && self.privilege != "Privileged"
    }
}

/// What to write instead of a type that no column has. Those that rustc would tell of, it tells of once per use.
pub(super) fn instead_of(ty: &Type) -> Option<String> {
    let name = match ty {
        Type::Reference(_) => return Some("a column owns its value: write `String` for text".to_owned()),
        Type::Tuple(_) | Type::Array(_) => {
            return Some("a column has one value: write a field for each".to_owned());
        }
        _ => last_segment(ty),
    };
    let other = match name.as_str() {
        "u8" | "i8" => "i16",
        "u64" | "usize" | "isize" | "u128" | "i128" => "i64",
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
    "min",
    "max",
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
    "group",
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

pub(super) fn column(field: &Field, first: bool) -> Result<(Column<'_>, Option<Error>)> {
    let Some(name) = &field.ident else {
        return Err(Error::new(field.span(), "a model's fields have names"));
    };
    let kind = last_segment(unwrap_option(&field.ty));
    let one_to_one = kind == "OneToOne";
    let foreign = one_to_one || kind == "ForeignKey";
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
        min: None,
        max: None,
        unique: first || one_to_one,
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
            } else if path.is_ident("min") {
                column.min = Some(meta.value()?.parse()?);
            } else if path.is_ident("max") {
                column.max = Some(meta.value()?.parse()?);
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
                    "`#[field(…)]` on a model knows `max_length = 200`, `text`, `min = 0`, `max = 100`, `unique`, `index`, `default = …`, \
                     `auto_now_add`, `auto_now`, `owner`, `tenant`, `privileged`, `versioned = false`, `on_delete = …`, \
                     on the id `random`, and on a group of fields `group`",
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

//! A field that is a column, with what stands in its `#[field(…)]`.

use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, Expr, Field, Ident, LitInt, LitStr, Result, Type};

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
    pub(super) states_on_delete: bool,
    pub(super) holds_user: bool,
    pub(super) personal: bool,
    /// Whether it is a membership's role.
    pub(super) role: bool,
    pub(super) sealed: Option<Sealed>,
}

/// `encrypted = "person.tax_id", index = blind`.
pub(super) struct Sealed {
    pub(super) label: LitStr,
    /// The column by which rows are found that equal a value.
    pub(super) index: Option<String>,
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
    "fixed",
    "privileged",
    "on_delete",
    "personal",
    "role",
    "random",
    "group",
    "encrypted",
];

/// Words of which a field has one, and what to write.
const ONE_OF: &[(&[&str], &str)] = &[
    // CWE-915: by one a new row is given a value that by the other nobody may give it.
    (
        &["owner", "tenant", "fixed", "privileged"],
        "`owner` and `tenant` say whose a new row is and are given with it, as what is `fixed` is; `privileged` is given to no new row",
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
        states_on_delete: false,
        holds_user: kind == "UserId",
        personal: false,
        role: false,
        sealed: None,
    };
    let mut blind = None;
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
            } else if path.is_ident("index") && meta.input.peek(syn::Token![=]) {
                blind = Some(how_indexed(meta.value()?.parse()?)?);
            } else if path.is_ident("index") {
                column.index = true;
            } else if path.is_ident("encrypted") {
                let index = None;
                let label = label(meta.value()?.parse()?)?;
                column.sealed = Some(Sealed { label, index });
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
            } else if path.is_ident("personal") {
                column.personal = true;
            } else if path.is_ident("role") {
                column.role = true;
            } else if path.is_ident("fixed") {
                column.privilege = "Fixed";
            } else if path.is_ident("on_delete") {
                let what: Ident = meta.value()?.parse()?;
                column.states_on_delete = true;
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
                     `auto_now_add`, `auto_now`, `owner`, `tenant`, `fixed`, `privileged`, `personal`, `role`, `versioned = false`, `on_delete = …`, \
                     `encrypted = \"person.tax_id\"`, `index = blind`, on the id `random`, and on a group of fields `group`",
                ));
            }
            Ok(())
        });
        wrong = wrong.or(told.err());
    }
    if let (Some(sealed), Some(_)) = (&mut column.sealed, &blind) {
        sealed.index = Some(format!("{plain}_index"));
    }
    let wrong = wrong.or_else(|| check_sealed(&column, blind.as_ref()).err());
    // A contradiction is told, and the rest is written as if it were not there: one error, not ten.
    let wrong = wrong.or_else(|| check(&column, &plain, foreign).err());
    if wrong.is_some() {
        column.auto = if first { column.auto } else { "No" };
        column.on_delete = "Restrict";
        column.states_on_delete = false;
        column.max_length = column.max_length.or(Some(1));
        if column.sealed.is_none() && is_encrypted(column.ty) {
            let label = LitStr::new("none", name.span());
            column.sealed = Some(Sealed { label, index: None });
        }
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
    if column.states_on_delete && !foreign && !column.holds_user {
        return Err(Error::new(
            span,
            "`on_delete` is for foreign keys, and for a `UserId`",
        ));
    }
    if column.on_delete == "SetNull" && !optional {
        return Err(Error::new(
            span,
            "`on_delete = set_null` needs `Option<ForeignKey<…>>`, or `Option<UserId>`",
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

/// `index = blind`.
fn how_indexed(how: Ident) -> Result<Ident> {
    if how == "blind" {
        return Ok(how);
    }
    let text = "`index` stands alone, or on an encrypted field as `index = blind`";
    Err(Error::new(how.span(), text))
}

/// What keys are derived for, and what is told of them.
fn label(label: LitStr) -> Result<LitStr> {
    let text = label.value();
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
    if text.is_empty() || text.len() > 60 || !text.chars().all(good) {
        return Err(Error::new(
            label.span(),
            "a label is how the field's keys are called, for as long as there are rows: `\"person.tax_id\"`, at most 60 lower-case ASCII letters, digits, \
             `_` and `.`",
        ));
    }
    Ok(label)
}

fn is_encrypted(ty: &Type) -> bool {
    last_segment(unwrap_option(ty)) == "Encrypted"
}

/// Contradictions of what is said of an encrypted field, with what to write instead.
fn check_sealed(column: &Column<'_>, blind: Option<&Ident>) -> Result<()> {
    let Some(sealed) = &column.sealed else {
        return match blind {
            _ if is_encrypted(column.ty) => Err(Error::new(
                column.ty.span(),
                format!(
                    "an encrypted field says under which label its keys are kept: `#[field(encrypted = \"model.{}\")]`; the label stays when the field \
                     is renamed",
                    column.column
                ),
            )),
            Some(blind) => Err(Error::new(
                blind.span(),
                "a blind index is an encrypted field's: write `index` alone",
            )),
            None => Ok(()),
        };
    };
    let refused = |text: &str| Err(Error::new(sealed.label.span(), text));
    if column.index {
        return refused(
            "ciphertexts are not looked up: write `index = blind`, which finds the rows that equal a value",
        );
    }
    if column.unique && sealed.index.is_none() {
        return refused(
            "two ciphertexts of one value differ: `unique` needs `index = blind`, by which equal values are found",
        );
    }
    if column.default.is_some() || column.privilege == "Privileged" {
        return refused(
            "an encrypted field starts with no default, which would stand in migration files: make it an `Option`, or give it with each new row",
        );
    }
    if sealed
        .index
        .as_ref()
        .is_some_and(|index| !valid_identifier(index))
    {
        return refused("the column of its index has a name that is too long: rename the field");
    }
    Ok(())
}

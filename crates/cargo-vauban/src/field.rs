//! `name:string`: what a field of a model can be, and what each kind of it is in Rust, in a form and in a test.
//!
//! A kind is here if the ORM keeps it and a form asks for it. A new one is a line of `KINDS`.

use crate::names;

/// A kind of field.
#[derive(Debug)]
pub(crate) struct Kind {
    /// As it is called on the command line.
    pub(crate) name: &'static str,
    /// Its type, in the model and in the form.
    pub(crate) rust: &'static str,
    /// What stands in `#[field(…)]`, in the model and in the form.
    pub(crate) attributes: [&'static str; 2],
    /// What is typed into the form, and another value; an empty text is not sent.
    pub(crate) typed: [&'static str; 2],
}

const fn kind(name: &'static str, rust: &'static str) -> Kind {
    Kind {
        name,
        rust,
        attributes: ["", ""],
        typed: ["", ""],
    }
}

/// What there is.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        attributes: ["max_length = 200", "max_length = 200"],
        typed: ["Walls", "Gates"],
        ..kind("string", "String")
    },
    Kind {
        attributes: ["max_length = 10_000", "max_length = 10_000, widget = textarea"],
        typed: ["They stand.", "They open."],
        ..kind("text", "String")
    },
    Kind {
        typed: ["7", "8"],
        ..kind("integer", "i64")
    },
    Kind {
        typed: ["7", "8"],
        ..kind("positive", "u32")
    },
    Kind {
        typed: ["1.5", "2.5"],
        ..kind("float", "f64")
    },
    Kind {
        typed: ["19.90", "24.50"],
        ..kind("decimal", "Decimal")
    },
    Kind {
        typed: ["2026-11-29", "2027-02-28"],
        ..kind("date", "Date")
    },
    Kind {
        typed: ["14:30", "08:15"],
        ..kind("time", "Time")
    },
    Kind {
        typed: ["2026-11-29T14:30", "2027-02-28T08:15"],
        ..kind("datetime", "DateTime")
    },
    Kind {
        typed: ["1:30:00", "0:45:00"],
        ..kind("duration", "Duration")
    },
    Kind {
        typed: ["192.0.2.1", "2001:db8::1"],
        ..kind("ip", "IpAddress")
    },
    Kind {
        typed: ["on", ""],
        ..kind("boolean", "bool")
    },
    Kind {
        typed: ["walls", "gates"],
        ..kind("slug", "Slug")
    },
    Kind {
        typed: ["ann@example.com", "ben@example.com"],
        ..kind("email", "Email")
    },
    Kind {
        typed: ["https://example.com/walls", "https://example.com/gates"],
        ..kind("url", "vauban::forms::HttpUrl")
    },
    Kind {
        typed: [
            "7d444840-9dc0-41d1-b245-5ffdce74fad2",
            "9f1e3a52-3a0b-4c2e-8f64-0d5d1a7b6c11",
        ],
        ..kind("uuid", "vauban::Uuid")
    },
];

/// What people ask for and there is not yet, with what to write instead.
const NOT_YET: &[(&[&str], &str)] = &[
    (
        &["file", "image", "upload"],
        "there are no uploads yet. Keep an address, `{name}:url`",
    ),
    (
        &["json"],
        "it is `Json<T>` with a type of yours, which derives serde's `Serialize` and `Deserialize`: write the field by hand, \
         or what is in it as fields",
    ),
];

/// Other names that people know a kind by.
const SAME: &[(&str, &str)] = &[
    ("str", "string"),
    ("char", "string"),
    ("varchar", "string"),
    ("int", "integer"),
    ("bigint", "integer"),
    ("i64", "integer"),
    ("bool", "boolean"),
    ("money", "decimal"),
    ("numeric", "decimal"),
    ("currency", "decimal"),
    ("smallint", "integer"),
    ("unsigned", "positive"),
    ("u32", "positive"),
    ("positiveinteger", "positive"),
    ("timedelta", "duration"),
    ("interval", "duration"),
    ("ipaddress", "ip"),
    ("inet", "ip"),
    ("day", "date"),
    ("timestamp", "datetime"),
    ("moment", "datetime"),
    ("double", "float"),
    ("f64", "float"),
    ("textarea", "text"),
    ("foreignkey", "reference:Model"),
    ("references", "reference:Model"),
    ("belongs_to", "reference:Model"),
    ("reference", "reference:Model"),
];

/// What a field holds.
#[derive(Debug)]
pub(crate) enum Holds {
    /// A value.
    Value(&'static Kind),
    /// A row of this model, or none.
    Reference(String),
}

/// A field as it was asked for.
#[derive(Debug)]
pub(crate) struct Field {
    /// Its name in Rust, in forms and templates.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) holds: Holds,
}

/// Names that a model, a form or a view of ours gives to something else.
const TAKEN: &[&str] = &[
    "id",
    "created",
    "owner",
    "organisation",
    "version",
    "row_version",
    "csrfmiddlewaretoken",
];

/// Reads `name:type` or `name:reference:Model`.
///
/// # Errors
/// Why it is none, and what to write.
pub(crate) fn parse(text: &str) -> Result<Field, String> {
    let (name, kind) = text
        .split_once(':')
        .ok_or_else(|| format!("`{text}` has no type: write `{text}:string`. {}", all()))?;
    let fits = names::snake(name).as_deref() == Some(name);
    if !fits {
        let near = names::snake(name).unwrap_or_else(|| "name".to_owned());
        return Err(format!(
            "`{name}` is no field's name: small letters, digits and `_`, beginning with a letter. Write `{near}:{kind}`."
        ));
    }
    if names::is_keyword(name) {
        return Err(format!(
            "`{name}` is a word of Rust's own: write another, such as `{name}_is:{kind}`."
        ));
    }
    if TAKEN.contains(&name) {
        return Err(format!(
            "`{name}` is written by itself, or means something else in a form: write another, such as `the_{name}:{kind}`."
        ));
    }
    Ok(Field {
        name: name.to_owned(),
        holds: holds(name, kind)?,
    })
}

fn holds(name: &str, kind: &str) -> Result<Holds, String> {
    if let Some(model) = kind.strip_prefix("reference:") {
        let camel = names::snake(model).map(|snake| names::camel(&snake));
        return match camel {
            Some(camel) if camel == model => Ok(Holds::Reference(camel)),
            Some(camel) => Err(format!(
                "`{model}` is no model's name: write `{name}:reference:{camel}`."
            )),
            None => Err(format!(
                "`{model}` is no model's name: write `{name}:reference:Maker`, for the model `Maker`."
            )),
        };
    }
    if let Some(kind) = KINDS.iter().find(|known| known.name == kind) {
        return Ok(Holds::Value(kind));
    }
    let lower = kind.to_ascii_lowercase();
    if let Some((_, told)) = NOT_YET.iter().find(|(names, _)| names.contains(&lower.as_str())) {
        let told = told.replace("{name}", name);
        return Err(format!("`{name}:{kind}`: {told}. {}", all()));
    }
    let near = SAME
        .iter()
        .find(|(other, _)| *other == lower)
        .map(|(_, near)| *near);
    let near = near.or_else(|| KINDS.iter().map(|kind| kind.name).find(|name| *name == lower));
    let near = near.map_or_else(String::new, |near| format!(" Write `{name}:{near}`."));
    Err(format!("`{kind}` is no type.{near} {}", all()))
}

/// The list of what there is.
pub(crate) fn all() -> String {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    format!("The types are {} and reference:Model.", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_field_is_told_with_one() {
        for (wrong, told) in [
            ("name", "`name:string`"),
            ("Name:string", "`name:string`"),
            ("first name:string", "`name:string`"),
            ("type:string", "`type_is:string`"),
            ("owner:string", "`the_owner:string`"),
            ("id:integer", "`the_id:integer`"),
            ("name:String", "`name:string`"),
            ("count:int", "`count:integer`"),
            ("price:money", "`price:decimal`"),
            ("begins:timestamp", "`begins:datetime`"),
            ("photo:image", "`photo:url`"),
            ("maker:reference", "`maker:reference:Model`"),
            ("maker:reference:maker", "`maker:reference:Maker`"),
            ("maker:reference:", "`maker:reference:Maker`"),
            ("name:", "is no type"),
            ("name:quantum", "The types are string, text,"),
            (":string", "`name:string`"),
        ] {
            let error = parse(wrong).map(|_| ()).unwrap_err();
            assert!(error.contains(told), "{wrong}: {error}");
        }
        assert!(parse("maker:reference:OrderLine").is_ok());
    }
}

//! What a column of another program's is called in Rust.

/// The type of a field, and what stands in its `#[field(…)]`; nothing, where no type of a model is meant beyond doubt.
pub(super) fn field(sql_type: &str) -> Option<(String, Option<String>)> {
    let lower = sql_type.trim().to_ascii_lowercase();
    let (base, arguments) = match lower.split_once('(') {
        Some((base, rest)) => {
            let (inside, behind) = rest.split_once(')')?;
            // `timestamp(6) with time zone`
            (format!("{}{}", base.trim_end(), behind), Some(inside.to_owned()))
        }
        None => (lower, None),
    };
    let numbers: Vec<u32> = match &arguments {
        Some(inside) => inside
            .split(',')
            .map(|n| n.trim().parse().ok())
            .collect::<Option<_>>()?,
        None => Vec::new(),
    };
    let plain = |name: &str| Some((name.to_owned(), None));
    let of_length = |name: &str, most: u32| Some((name.to_owned(), Some(format!("max_length = {most}"))));
    match (base.as_str(), numbers.as_slice()) {
        ("bool" | "boolean", []) => plain("bool"),
        ("smallint" | "int2" | "smallserial" | "tinyint" | "mediumint", _) | ("int4" | "serial", []) => {
            plain("i32")
        }
        // SQLite's has 64 bits; PostgreSQL's reader says `int4` of its own.
        (
            "integer" | "int" | "bigint" | "int8" | "bigserial" | "smallint unsigned" | "integer unsigned"
            | "int unsigned",
            _,
        ) => plain("i64"),
        ("real" | "double" | "double precision" | "float" | "float4" | "float8", _) => plain("f64"),
        ("numeric" | "decimal", &[digits]) if digits <= 18 => plain(&format!("Decimal<0, {digits}>")),
        ("numeric" | "decimal", &[digits, places]) if digits <= 18 && places <= digits => {
            plain(&format!("Decimal<{places}, {digits}>"))
        }
        (
            "varchar" | "character varying" | "char" | "character" | "bpchar" | "nvarchar" | "nchar",
            &[most],
        ) if most > 0 => of_length("String", most),
        ("text" | "clob" | "varchar" | "character varying" | "citext" | "name", []) => {
            Some(("String".to_owned(), Some("text".to_owned())))
        }
        ("date", []) => plain("Date"),
        ("time" | "time without time zone", _) => plain("Time"),
        (
            "datetime"
            | "timestamp"
            | "timestamptz"
            | "timestamp with time zone"
            | "timestamp without time zone",
            _,
        ) => plain("DateTime"),
        ("uuid", []) => plain("Uuid"),
        ("blob" | "bytea", []) => plain("Vec<u8>"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_guessed() {
        for (sql, rust, attribute) in [
            ("varchar(150)", "String", Some("max_length = 150")),
            ("CHARACTER VARYING ( 10 )", "String", Some("max_length = 10")),
            ("text", "String", Some("text")),
            ("numeric(10,2)", "Decimal<2, 10>", None),
            ("timestamp(6) with time zone", "DateTime", None),
            ("integer", "i64", None),
            ("int4", "i32", None),
        ] {
            assert_eq!(
                field(sql),
                Some((rust.to_owned(), attribute.map(str::to_owned))),
                "{sql}"
            );
        }
        for none in [
            "decimal",
            "numeric(30,2)",
            "numeric(2,4)",
            "jsonb",
            "inet",
            "interval",
            "integer[]",
            "varchar(x)",
            "char(",
            "",
            "varchar(0)",
            "money",
        ] {
            assert_eq!(field(none), None, "{none}");
        }
    }
}

//! A line of a file of password hashes: `ann@example.com,pbkdf2_sha256$…`, `{"email": …, "password": …}`, or what Django's
//! `manage.py dumpdata auth.user` writes as JSON lines.

use serde::Deserialize;

use crate::passwords::Peppers;
use crate::{Email, Hash};

/// The longest line, in bytes: an address, a hash, and whatever else Django knows of a user.
pub(super) const MAX_LINE: usize = 16 * 1024;

/// Whose password it is, and its hash; `None`: the account has none.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) email: Email,
    pub(super) hash: Option<Hash>,
}

/// An object of JSON, or the object `fields` in it.
#[derive(Deserialize)]
struct Said {
    email: Option<String>,
    password: Option<String>,
    is_active: Option<bool>,
    fields: Option<Box<Said>>,
}

/// Reads a line; `None` if it says nothing: it is empty, or names the columns.
///
/// # Errors
/// What is wrong with it, without any of its hash (CWE-532).
pub(super) fn read(line: &[u8], peppers: &Peppers) -> Result<Option<Entry>, String> {
    let Some(cells) = cells(line)? else {
        return Ok(None);
    };
    let password = cells.password?;
    // What is no address is not repeated: it may be the hash.
    let email = Email::parse(&cells.email).map_err(|error| format!("the address: {error}"))?;
    // CWE-285: an import gives nobody back what was taken from them.
    if !cells.is_active {
        return Err("the account is not active there; it is not brought over".into());
    }
    let hash = Hash::from_stored(&password);
    if hash.is_unusable() {
        return Ok(Some(Entry { email, hash: None }));
    }
    hash.check_import(peppers).map_err(|error| error.to_string())?;
    let hash = Some(hash);
    Ok(Some(Entry { email, hash }))
}

/// Whose line it is, also where it is not taken.
pub(super) fn address(line: &[u8]) -> Option<Email> {
    Email::parse(&cells(line).ok()??.email).ok()
}

/// What a line says, before anything of it is believed.
struct Cells {
    email: String,
    password: Result<String, String>,
    is_active: bool,
}

fn cells(line: &[u8]) -> Result<Option<Cells>, String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with('{') {
        return json(text).map(Some);
    }
    let (email, rest) = cell(text)?;
    if email.eq_ignore_ascii_case("email") {
        return Ok(None);
    }
    Ok(Some(Cells {
        email,
        password: second(rest),
        is_active: true,
    }))
}

/// What stands behind the first cell.
fn second(rest: &str) -> Result<String, String> {
    let rest = rest.strip_prefix(',').ok_or(OF_FORM)?;
    // In a hash of Argon2 there are commas: without quotes, all that is left is the hash.
    if !rest.starts_with('"') {
        return Ok(rest.to_owned());
    }
    match cell(rest)? {
        (password, "") => Ok(password),
        _ => Err("there is something behind the hash".into()),
    }
}

const OF_FORM: &str = "it is neither `address,hash` nor a JSON object with `email` and `password`";

fn json(text: &str) -> Result<Cells, String> {
    // What serde says may repeat a value.
    let said: Said = serde_json::from_str(text).map_err(|error| {
        format!(
            "it is no JSON object with `email` and `password` (column {})",
            error.column()
        )
    })?;
    let said = match said.fields {
        Some(fields) => *fields,
        None => said,
    };
    Ok(Cells {
        email: said.email.ok_or(OF_FORM)?,
        password: said.password.ok_or_else(|| OF_FORM.into()),
        is_active: said.is_active != Some(false),
    })
}

/// The first cell of a line of CSV (RFC 4180), and what stands behind it.
fn cell(text: &str) -> Result<(String, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        return Ok((text[..end].to_owned(), &text[end..]));
    };
    let (mut cell, mut rest) = (String::new(), quoted);
    loop {
        let (part, behind) = rest.split_once('"').ok_or("a quote is not closed")?;
        cell.push_str(part);
        match behind.strip_prefix('"') {
            Some(behind) => {
                cell.push('"');
                rest = behind;
            }
            None => return Ok((cell, behind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str =
        "pbkdf2_sha256$10000$vaubanSalt0123456789AB$+27hoMcH/4iY6YhFzy8PDjWTeqv8Yo+KI1hymwZsujU=";
    const ARGON2: &str = "argon2$argon2id$v=19$m=1024,t=2,p=1$dmF1YmFuU2FsdDAxMjM0NQ$NZLNdwNs0LoJnp0+JIPIXTN8Mrn+hAnoygD5EJZ4tmw";

    fn told(line: &str) -> String {
        match read(line.as_bytes(), &Peppers::default()) {
            Ok(Some(entry)) => format!(
                "{} {}",
                entry.email,
                entry.hash.as_ref().map_or("none", Hash::as_str)
            ),
            Ok(None) => "nothing".into(),
            Err(why) => why,
        }
    }

    #[test]
    fn csv_json_and_djangos_dump_are_read() {
        let is = |hash: &str| format!("ann@example.com {hash}");
        for line in [
            format!("ann@example.com,{HASH}"),
            format!("\u{feff}Ann@Example.com,\"{HASH}\"  "),
            format!("{{\"email\": \"ann@example.com\", \"password\": \"{HASH}\"}}"),
            format!(
                "{{\"model\": \"auth.user\", \"pk\": 1, \"fields\": {{\"password\": \"{HASH}\", \"is_superuser\": true, \
                 \"email\": \"ann@example.com\", \"is_active\": true, \"groups\": [1]}}}}"
            ),
        ] {
            assert_eq!(told(&line), is(HASH), "{line}");
        }
        for line in [
            format!("ann@example.com,{ARGON2}"),
            format!("\"ann@example.com\",\"{ARGON2}\""),
        ] {
            assert_eq!(told(&line), is(ARGON2), "{line}");
        }
        assert_eq!(told("ann@example.com,!DoBhJOzHLxQsztyuHOQ"), is("none"));
        for nothing in ["", "  ", "\u{feff}email,password", "Email,Hash"] {
            assert_eq!(told(nothing), "nothing");
        }
    }

    /// CWE-328, CWE-532: a bad line is told by what is wrong with it, and never by its hash.
    #[test]
    fn cwe_532_a_bad_line_says_why_and_nothing_of_its_hash() {
        let secret = "27hoMcH/4iY6YhFzy8PDjWTeqv8Yo";
        let cut = &HASH[..HASH.len() - 1];
        for (line, why) in [
            (format!("ann@example.com,{cut}"), "cut off"),
            (format!("ann@example.com,md5$salt${secret}"), "guessed at once"),
            (format!("ann@example.com,{secret}"), "of no kind"),
            (format!("ann@example.com,wordpress$P${secret}"), "of no kind"),
            (
                format!("ann@example.com,pbkdf2_sha256$5000001$salt${secret}"),
                "5,000,000 iterations",
            ),
            (
                format!("ann@example.com,{}", HASH.replace("$10000$", "$9999$")),
                "guessed cheaply",
            ),
            (
                format!("ann@example.com,{}", HASH.replace("vaubanSalt", "vauban\u{0}alt")),
                "no letter, digit or sign",
            ),
            (
                format!(
                    "ann@example.com,{}",
                    ARGON2.replace(",p=1$", ",p=1,keyid=c29tZXBlcA$")
                ),
                "a pepper",
            ),
            (format!("{HASH},ann@example.com"), "the address"),
            (HASH.to_owned(), "neither `address,hash`"),
            (format!("ann@example.com,\"{HASH}"), "not closed"),
            (format!("ann@example.com,\"{HASH}\",x"), "behind the hash"),
            (format!("{{\"email\": 1, \"password\": \"{HASH}\"}}"), "column"),
            (format!("{{\"email\": \"{HASH}"), "column"),
            (format!("{{\"password\": \"{HASH}\"}}"), "neither"),
            (
                format!("{{\"email\": \"ann@example.com\", \"password\": \"{HASH}\", \"is_active\": false}}"),
                "not active",
            ),
        ] {
            let told = told(&line);
            assert!(told.contains(why), "{line}: {told}");
            assert!(!told.contains("27hoMcH"), "{told}");
        }
        // CWE-287: also of a line that is not taken it is known whose it is.
        for line in [
            format!("Ann@example.com,{cut}"),
            format!("Ann@example.com,\"{HASH}\",x"),
            "ann@example.com".to_owned(),
            "{\"email\": \"ann@Example.com\", \"is_active\": false}".to_owned(),
        ] {
            assert!(read(line.as_bytes(), &Peppers::default()).is_err());
            assert_eq!(address(line.as_bytes()).unwrap().as_str(), "ann@example.com");
        }
        let no_text = read(b"ann@example.com,\xff", &Peppers::default());
        assert!(no_text.err().unwrap().contains("UTF-8"));
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 50_000, "values"))]

            #[test]
            fn any_line_has_an_answer(line: Vec<u8>, text in "[{}\",:$!a-z@. 0-9]{0,60}") {
                for line in [&line[..], text.as_bytes()] {
                    let read = read(line, &Peppers::default());
                    // CWE-287: whoever's line is taken is one whose other lines would be seen.
                    if let Ok(Some(entry)) = read {
                        proptest::prop_assert_eq!(address(line), Some(entry.email));
                    }
                }
            }
        }
    }
}

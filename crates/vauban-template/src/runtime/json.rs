//! Values in JavaScript and JSON: JSON in which nothing can end the script.

use super::context::RenderContext;
use serde::Serialize;
use serde_json::ser::Formatter;
use std::io;

/// Why a value is not written.
const TOO_DEEP: &str = "nests too deep for a page: bound how deep rows may nest where they are written";

/// Appends a value, or what stands for none; the page is told of one that nests too deep.
pub(in crate::runtime) fn or_null<T: Serialize + ?Sized>(
    written: fn(&T, &mut String) -> Result<(), serde_json::Error>,
    value: &T,
    null: &str,
    cx: &dyn RenderContext,
    out: &mut String,
) {
    let start = out.len();
    if let Err(error) = written(value, out) {
        out.truncate(start);
        out.push_str(null);
        if error.is_io() && error.to_string().contains(TOO_DEEP) {
            cx.__unfinished(format!(
                "a `{}` in a script {TOO_DEEP}",
                std::any::type_name::<T>()
            ));
        }
    }
}

/// Appends a JSON value for `<script type="application/json">`.
///
/// # Errors
/// What serde reports: a map whose keys are no strings.
pub fn json<T: Serialize + ?Sized>(value: &T, out: &mut String) -> Result<(), serde_json::Error> {
    write(
        value,
        Style {
            javascript: false,
            spaced: false,
            upper: false,
            key: None,
            depth: 0,
        },
        out,
    )
}

/// A JSON answer's text, as serde writes it, which nests no deeper than serde_json reads (CWE-674: a tree of rows is as deep
/// as people make it).
///
/// # Errors
/// What serde reports; a value that nests too deep.
pub fn plain_json<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut out = Vec::with_capacity(128);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Bounded(0)))?;
    Ok(out)
}

/// Compact JSON with a bound of depth.
struct Bounded(usize);

impl Formatter for Bounded {
    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        deeper(&mut self.0)?;
        out.write_all(b"[")
    }
    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0 = self.0.saturating_sub(1);
        out.write_all(b"]")
    }
    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        deeper(&mut self.0)?;
        out.write_all(b"{")
    }
    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0 = self.0.saturating_sub(1);
        out.write_all(b"}")
    }
}

/// Appends the JSON that Django's `json_script` writes: spaces after `,` and `:`, upper-case escapes.
///
/// # Errors
/// What serde reports.
pub fn django_json<T: Serialize + ?Sized>(value: &T, out: &mut String) -> Result<(), serde_json::Error> {
    write(
        value,
        Style {
            javascript: false,
            spaced: true,
            upper: true,
            key: None,
            depth: 0,
        },
        out,
    )
}

/// Appends a JavaScript value: numbers and words get spaces round them, so that `1-{{ x }}` with `-1` is not
/// `1--1`; a key `__proto__` is written as a computed one, so that it does not set the prototype (CWE-1321).
///
/// # Errors
/// What serde reports.
pub fn javascript<T: Serialize + ?Sized>(value: &T, out: &mut String) -> Result<(), serde_json::Error> {
    let start = out.len();
    write(
        value,
        Style {
            javascript: true,
            spaced: false,
            upper: false,
            key: None,
            depth: 0,
        },
        out,
    )?;
    let first = out.as_bytes().get(start).copied().unwrap_or(b'"');
    if !matches!(first, b'"' | b'[' | b'{') {
        out.insert(start, ' ');
        out.push(' ');
    }
    Ok(())
}

fn write<T: Serialize + ?Sized>(value: &T, style: Style, out: &mut String) -> Result<(), serde_json::Error> {
    let mut bytes = Vec::with_capacity(64);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, style))?;
    out.push_str(&String::from_utf8_lossy(&bytes));
    Ok(())
}

struct Style {
    javascript: bool,
    spaced: bool,
    upper: bool,
    key: Option<String>,
    /// How many arrays and objects are open.
    depth: usize,
}

/// How deep values nest in JSON: as deep as serde_json reads it.
const MAX_DEPTH: usize = 128;

/// CWE-674: a tree is as deep as its rows, and each level takes of the stack.
fn deeper(depth: &mut usize) -> io::Result<()> {
    *depth += 1;
    if *depth > MAX_DEPTH {
        return Err(io::Error::other(TOO_DEEP));
    }
    Ok(())
}

impl Style {
    /// A number or word: into the key that is being read, or out.
    fn digits<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        match &mut self.key {
            Some(key) => {
                key.push_str(text);
                Ok(())
            }
            None => out.write_all(text.as_bytes()),
        }
    }

    fn fragment(&self, text: &str, out: &mut dyn io::Write) -> io::Result<()> {
        let mut from = 0;
        for (i, c) in text.char_indices() {
            let code = match c {
                '<' => "\\u003c",
                '>' => "\\u003e",
                '&' => "\\u0026",
                '\u{2028}' => "\\u2028",
                '\u{2029}' => "\\u2029",
                // Python writes ASCII only.
                _ if self.upper && c > '\u{7f}' => "",
                _ => continue,
            };
            out.write_all(&text.as_bytes()[from..i])?;
            from = i + c.len_utf8();
            if code.is_empty() {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}")?;
                }
            } else if self.upper {
                write!(out, "\\u{}", code[2..].to_ascii_uppercase())?;
            } else {
                out.write_all(code.as_bytes())?;
            }
        }
        out.write_all(&text.as_bytes()[from..])
    }
}

macro_rules! whole_numbers {
    ($($name:ident $type:ty),+) => {$(
        fn $name<W: ?Sized + io::Write>(&mut self, out: &mut W, value: $type) -> io::Result<()> {
            self.digits(out, itoa::Buffer::new().format(value))
        }
    )+};
}

impl Formatter for Style {
    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        deeper(&mut self.depth)?;
        out.write_all(b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        out.write_all(b"]")
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        deeper(&mut self.depth)?;
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(if self.spaced { b", " } else { b"," })?;
        }
        self.key = Some(String::new());
        Ok(())
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        let key = self.key.take().unwrap_or_default();
        if self.javascript && key == "\"__proto__\"" {
            return out.write_all(b"[\"__proto__\"]");
        }
        out.write_all(key.as_bytes())
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(if self.spaced { b": " } else { b":" })
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first {
            return Ok(());
        }
        out.write_all(if self.spaced { b", " } else { b"," })
    }

    whole_numbers! { write_i8 i8, write_i16 i16, write_i32 i32, write_i64 i64, write_i128 i128, write_u8 u8, write_u16 u16, write_u32 u32, write_u64 u64, write_u128 u128 }

    /// CWE-79: with serde_json's feature `arbitrary_precision` a number is whatever text a type gives for one.
    fn write_number_str<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        if !text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "this is no number"));
        }
        self.digits(out, text)
    }

    fn write_bool<W: ?Sized + io::Write>(&mut self, out: &mut W, value: bool) -> io::Result<()> {
        self.digits(out, if value { "true" } else { "false" })
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        // Python's and JavaScript's spelling: `1e+21`.
        let text = crate::runtime::value::Plain::text(&value).into_owned();
        self.digits(out, &text)
    }

    fn begin_string<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        match &mut self.key {
            Some(key) => {
                key.push('"');
                Ok(())
            }
            None => out.write_all(b"\""),
        }
    }

    fn end_string<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin_string(out)
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(text.len());
        self.fragment(text, &mut bytes)?;
        match &mut self.key {
            Some(key) => {
                key.push_str(&String::from_utf8_lossy(&bytes));
                Ok(())
            }
            None => out.write_all(&bytes),
        }
    }

    /// CWE-79: what was written elsewhere (`RawValue`) may hold `</script>`. CWE-1321: or a key `__proto__`, spelled in
    /// any way; so a script's is read and written anew.
    fn write_raw_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        if self.javascript {
            let value: serde_json::Value = serde_json::from_str(text)?;
            let mut anew = String::with_capacity(text.len());
            javascript(&value, &mut anew)?;
            return out.write_all(anew.as_bytes());
        }
        // Outside its strings JSON has none of the characters that are escaped.
        let mut bytes = Vec::with_capacity(text.len());
        self.fragment(text, &mut bytes)?;
        out.write_all(&bytes)
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        escape: serde_json::ser::CharEscape,
    ) -> io::Result<()> {
        use serde_json::ser::CharEscape as C;
        let text = match escape {
            C::Quote => "\\\"".to_owned(),
            C::ReverseSolidus => "\\\\".to_owned(),
            C::Solidus => "\\/".to_owned(),
            C::Backspace => "\\b".to_owned(),
            C::FormFeed => "\\f".to_owned(),
            C::LineFeed => "\\n".to_owned(),
            C::CarriageReturn => "\\r".to_owned(),
            C::Tab => "\\t".to_owned(),
            C::AsciiControl(byte) => format!("\\u{byte:04x}"),
        };
        match &mut self.key {
            Some(key) => {
                key.push_str(&text);
                Ok(())
            }
            None => out.write_all(text.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn js(value: &serde_json::Value) -> String {
        let mut out = String::new();
        javascript(value, &mut out).unwrap();
        out
    }

    /// CWE-674. Attack: rows that answer rows that answer rows.
    #[test]
    fn cwe_674_an_answer_nests_no_deeper_than_it_is_read() {
        #[derive(Serialize)]
        struct Row {
            below: Vec<Row>,
        }
        let nested = |levels: usize| {
            let mut row = Row { below: Vec::new() };
            for _ in 1..levels {
                row = Row { below: vec![row] };
            }
            row
        };
        let text = plain_json(&nested(60)).unwrap();
        assert_eq!(text, serde_json::to_vec(&nested(60)).unwrap());
        assert!(serde_json::from_slice::<serde_json::Value>(&text).is_ok());
        for deep in [70, 1000] {
            assert!(plain_json(&nested(deep)).is_err());
        }
        let mixed = serde_json::json!({"a": [1, -2.5, null, true, "x\"<\u{2028}"], "b": {}});
        assert_eq!(plain_json(&mixed).unwrap(), serde_json::to_vec(&mixed).unwrap());
    }

    #[test]
    fn nothing_ends_the_script() {
        assert_eq!(
            js(&json!("</script><!--\u{2028}")),
            r#""\u003c/script\u003e\u003c!--\u2028""#
        );
        assert_eq!(js(&json!({"</script>": 1})), r#"{"\u003c/script\u003e":1}"#);
        assert_eq!(js(&json!(-1)), " -1 ");
        assert_eq!(js(&json!(null)), " null ");
        let mut keys = String::new();
        json(&std::collections::BTreeMap::from([(1u8, 2), (3, 4)]), &mut keys).unwrap();
        assert_eq!(keys, r#"{"1":2,"3":4}"#);
        assert_eq!(js(&json!({"__proto__": 1})), r#"{["__proto__"]:1}"#);
        let mut out = String::new();
        django_json(&json!({"a": ["</é>", 1]}), &mut out).unwrap();
        assert_eq!(out, r#"{"a": ["\u003C/\u00e9\u003E", 1]}"#);
    }

    /// The attack: a type calls its text a number.
    #[test]
    fn a_number_does_not_end_the_script() {
        let mut style = Style {
            javascript: true,
            spaced: false,
            upper: false,
            key: None,
            depth: 0,
        };
        let mut out = Vec::new();
        assert!(
            style
                .write_number_str(&mut out, "1</script><script>alert(1)//")
                .is_err()
        );
        style.write_number_str(&mut out, "-1.5e+400").unwrap();
        assert_eq!(out, b"-1.5e+400");
    }

    /// The attack: JSON that another program wrote, sent on as it is, ends the script or sets a prototype.
    #[test]
    fn raw_json_does_not_end_the_script() {
        let raw = |text: &str| serde_json::value::RawValue::from_string(text.to_owned()).unwrap();
        let attack = raw("{\"a\": \"</script><!--&\u{2028}é\", \"\\u005f_proto__\": {\"__proto__\": 1}}");
        let mut out = String::new();
        json(&[&attack], &mut out).unwrap();
        assert_eq!(
            out,
            r#"[{"a": "\u003c/script\u003e\u003c!--\u0026\u2028é", "\u005f_proto__": {"__proto__": 1}}]"#
        );
        out.clear();
        django_json(&attack, &mut out).unwrap();
        assert_eq!(
            out,
            r#"{"a": "\u003C/script\u003E\u003C!--\u0026\u2028\u00e9", "\u005f_proto__": {"__proto__": 1}}"#
        );
        out.clear();
        javascript(&attack, &mut out).unwrap();
        assert_eq!(
            out,
            r#"{["__proto__"]:{["__proto__"]:1},"a":"\u003c/script\u003e\u003c!--\u0026\u2028é"}"#
        );
        out.clear();
        javascript(&raw("-1"), &mut out).unwrap();
        assert_eq!(out.trim(), "-1");
    }
}

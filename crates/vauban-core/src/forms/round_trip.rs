//! What a form shows, it reads: each type's value through the control's HTML, a browser's encoding and back.

use proptest::prelude::*;

use super::bound::BoundField;
use super::render;
use super::spec::{FieldSpec, Widget};
use super::value::FieldValue;
use crate::Email;
use crate::http::multipart;
use crate::http::{FormData, FormLimits};
use crate::{Choices, PathText};
use vauban_orm::{Decimal, Slug};

#[derive(vauban_macros::Choices, Debug, Clone, Copy, PartialEq)]
#[allow(non_camel_case_types, reason = "a choice may be called like a keyword")]
enum Odd {
    Plain,
    #[choice(stored = "a \"b\" & <c>", label = "<i>")]
    Marked,
    #[choice(stored = "é ü%2F+")]
    Letters,
    r#type,
}

const TEXT: FieldSpec = spec(Widget::Text);
const BODY: FieldSpec = spec(Widget::Textarea);
const EXACT: FieldSpec = FieldSpec {
    strip: false,
    ..spec(Widget::Textarea)
};
const NUMBER: FieldSpec = spec(Widget::Number);
const DECIMAL: FieldSpec = spec(Widget::Decimal);
const TIME: FieldSpec = spec(Widget::Time);
const SELECT: FieldSpec = spec(Widget::Select);
const TICK: FieldSpec = optional(Widget::Checkbox);
const ANY_NUMBER: FieldSpec = optional(Widget::Number);
const ANY_ENTRY: FieldSpec = optional(Widget::Select);

const fn spec(widget: Widget) -> FieldSpec {
    FieldSpec {
        max_length: 500,
        ..FieldSpec::new("field", "Field", widget)
    }
}

const fn optional(widget: Widget) -> FieldSpec {
    FieldSpec {
        required: false,
        ..spec(widget)
    }
}

/// What the value is after it was shown, sent in both encodings, and cleaned.
fn there_and_back<T: FieldValue + PartialEq + std::fmt::Debug>(value: &T, spec: &'static FieldSpec) -> T {
    let mut shown = BoundField::new::<T>(spec);
    shown.start_with(value);
    let mut html = String::new();
    render::control(&shown, &mut html);
    let sent = sent(&html, spec.widget);
    let mut back = Vec::new();
    for data in [urlencoded(sent.as_deref()), parts(sent.as_deref())] {
        let mut bound = BoundField::new::<T>(spec);
        bound.take(&data).unwrap();
        let cleaned = bound.clean::<T>();
        back.push(cleaned.unwrap_or_else(|| panic!("{:?} for {value:?} in {html}", bound.errors())));
    }
    assert_eq!(back[0], back[1]);
    back.remove(0)
}

/// The control's value as a browser sends it (WHATWG HTML, "constructing the entry list").
fn sent(html: &str, widget: Widget) -> Option<String> {
    let between = |from: &str, to: &str| {
        let start = html.find(from)? + from.len();
        Some(&html[start..start + html[start..].find(to)?])
    };
    let text = match widget {
        // The parser drops one line end behind the tag; every line end is sent as CRLF.
        Widget::Textarea => {
            let start = html.find('>').unwrap() + 1;
            let text = html[start..].strip_suffix("</textarea>").unwrap();
            plain(text.strip_prefix('\n').unwrap_or(text)).replace('\n', "\r\n")
        }
        Widget::Checkbox => return html.contains(" checked").then(|| "on".to_owned()),
        Widget::Select => {
            let selected = html.find("\" selected>")?;
            let start = html[..selected].rfind("value=\"").unwrap() + 7;
            plain(&html[start..selected])
        }
        _ => plain(between(" value=\"", "\"").unwrap()),
    };
    Some(text)
}

fn plain(html: &str) -> String {
    assert!(!html.contains(['<', '>', '"']), "{html}");
    let mut out = html.to_owned();
    for (reference, sign) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        out = out.replace(reference, sign);
    }
    out
}

fn urlencoded(value: Option<&str>) -> FormData {
    let body = value.map_or_else(String::new, |value| {
        let bytes = value.bytes().map(|b| {
            if b == b' ' {
                "+".to_owned()
            } else {
                format!("%{b:02X}")
            }
        });
        format!("field={}", bytes.collect::<String>())
    });
    FormData::urlencoded(body.as_bytes(), &FormLimits::DEFAULT).unwrap()
}

fn parts(value: Option<&str>) -> FormData {
    let part = value.map_or_else(String::new, |value| {
        format!("--b0undary\r\nContent-Disposition: form-data; name=\"field\"\r\n\r\n{value}\r\n")
    });
    let body = format!("{part}--b0undary--\r\n");
    multipart::parse("b0undary", body.as_bytes(), &FormLimits::DEFAULT).unwrap();
    FormData::parse(
        Some("multipart/form-data; boundary=b0undary"),
        body.as_bytes(),
        &FormLimits::DEFAULT,
    )
    .unwrap()
}

/// What somebody typed, cleaned: a value that a form can have.
fn typed<T: FieldValue>(text: &str, spec: &FieldSpec) -> Option<T> {
    super::value::clean(Some(text), spec).ok()
}

mod properties {
    use super::*;

    proptest::proptest! {
        #![proptest_config(long::cases(256, 5_000, "values"))]

        #[test]
        fn what_is_shown_is_read(text: String, lines in "[ a<&\"'\t\n\r]{0,20}", line in "\\PC{1,30}", n: i64, m: u64, x: f64) {
            for text in [&text, &lines, &line] {
                if let Some(value) = typed::<String>(text, &TEXT) {
                    prop_assert_eq!(there_and_back(&value, &TEXT), value);
                }
                if let Some(value) = typed::<String>(text, &BODY) {
                    prop_assert_eq!(there_and_back(&value, &BODY), value);
                }
                if let Some(value) = typed::<String>(text, &EXACT) {
                    prop_assert_eq!(there_and_back(&value, &EXACT), value);
                }
                if let Some(value) = typed::<PathText>(text, &TEXT) {
                    prop_assert_eq!(there_and_back(&value, &TEXT), value);
                }
            }
            if let Some(slug) = Slug::from_title(&line) {
                prop_assert_eq!(there_and_back(&slug, &TEXT), slug);
            }
            let amount = Decimal::<3, 18>::from_units(n % 1_000_000_000_000_000_000).unwrap();
            prop_assert_eq!(there_and_back(&amount, &DECIMAL), amount);
            // A control takes milliseconds, no more.
            let time = vauban_orm::Time::from_micros(n.rem_euclid(86_400_000) * 1000).unwrap();
            prop_assert_eq!(there_and_back(&time, &TIME), time);
            prop_assert_eq!(there_and_back(&n, &NUMBER), n);
            prop_assert_eq!(there_and_back(&m, &NUMBER), m);
            prop_assert_eq!(there_and_back(&Some(n), &NUMBER), Some(n));
            if x.is_finite() {
                prop_assert_eq!(there_and_back(&x, &DECIMAL), x);
            }
        }
    }
}

#[test]
fn the_other_types_too() {
    for tick in [true, false] {
        assert_eq!(there_and_back(&tick, &TICK), tick);
    }
    let id = uuid::Uuid::from_u128(7);
    assert_eq!(there_and_back(&id, &TEXT), id);
    assert_eq!(there_and_back(&None::<i64>, &ANY_NUMBER), None);
    assert_eq!(there_and_back(&None::<Odd>, &ANY_ENTRY), None);
    for email in ["ann@example.com", "o'brien+x@bücher.example"] {
        let email = Email::parse(email).unwrap();
        assert_eq!(there_and_back(&email, &TEXT), email);
    }
    for edge in [f64::MAX, f64::MIN_POSITIVE, f64::EPSILON, -0.0, 0.1 + 0.2] {
        assert_eq!(there_and_back(&edge, &DECIMAL).to_bits(), edge.to_bits());
    }
}

/// Choices: stored text, column, HTML and JSON-free text are one.
#[test]
fn every_choice_is_read_as_it_is_written() {
    use vauban_orm::field::{Field, Value, ValueRef};
    for odd in Odd::all() {
        assert_eq!(odd.as_str().parse(), Ok(*odd));
        assert_eq!(there_and_back(odd, &SELECT), *odd);
        let Value::Text(stored) = odd.to_value() else {
            panic!("not stored as text")
        };
        assert_eq!(Odd::from_value(ValueRef::Text(&stored)), Ok(*odd));
        let json = serde_json::to_string(odd).unwrap();
        assert_eq!(json, serde_json::to_string(&stored).unwrap());
        assert_eq!(serde_json::from_str::<Odd>(&json).unwrap(), *odd);
        assert_eq!(serde_json::from_str::<Option<Odd>>(&json).unwrap(), Some(*odd));
    }
    // CWE-20: not by the name that it has in Rust.
    for bad in ["\"Plain\"", "\"PLAIN\"", "0", "null", "{\"plain\":null}"] {
        assert!(serde_json::from_str::<Odd>(bad).is_err(), "{bad}");
    }
    assert_eq!((Odd::r#type.as_str(), Odd::r#type.label()), ("type", "Type"));
}

/// A form's field and a query's may be called like a keyword.
#[test]
fn a_keyword_is_a_name() {
    #[derive(vauban_macros::Form)]
    struct Typed {
        #[field(max_length = 10)]
        r#type: String,
    }
    let data = FormData::urlencoded(b"type=a", &FormLimits::DEFAULT).unwrap();
    let form = super::Form::<Typed>::bound(&data, false).unwrap();
    assert_eq!(
        (form.r#type.name(), form.r#type.label(), form.r#type.value()),
        ("type", "Type", "a")
    );
}

/// bug-cases 27: two forms of one kind on one page.
#[test]
fn two_forms_on_one_page_have_names_of_their_own() {
    #[derive(vauban_macros::Form)]
    struct Place {
        #[field(max_length = 10, help = "Where.")]
        title: String,
    }
    let shown = |prefix: &str| {
        let mut html = String::new();
        render::form(&super::Form::<Place>::empty().prefix(prefix), &mut html);
        html
    };
    let page = shown("a") + &shown("b");
    let ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!((ids.len(), once.len()), (4, 4), "{page}");
    assert!(
        page.contains("id=\"id_a-title\" name=\"a-title\"") && page.contains("<label for=\"id_b-title\">"),
        "{page}"
    );

    let data = FormData::urlencoded(b"a-title=x&b-title=y&b-title=z&title=no", &FormLimits::DEFAULT).unwrap();
    let bound = |prefix: &str| super::Form::<Place>::bound(&data, false).unwrap().prefix(prefix);
    assert_eq!(bound("a").title.value(), "x");
    // CWE-235
    assert_eq!(bound("b").title.errors().len(), 1);
    assert_eq!(bound("c").title.value(), "");
}

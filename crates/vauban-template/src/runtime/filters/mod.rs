//! Django's filters with Django's results. Each is a plain function over text, numbers, lists or dates.

pub mod date;
pub mod date_parts;
pub mod email;
pub mod entities;
pub mod html;
pub mod input;
pub mod list;
pub mod logic;
pub mod number;
pub mod text;
pub(super) mod tokens;
pub mod truncate;
pub mod url;
pub mod urlize;

#[cfg(test)]
mod tests {
    use super::input::Markup;
    use super::number::{self, Addend, Number};
    use super::{date, list, text, truncate, urlize};
    use crate::runtime::value::View;
    use std::borrow::Cow;

    /// Numbers at the ends of every type that a filter reads text into, one less and one more.
    fn extremes() -> Vec<String> {
        let mut out = vec![
            String::new(),
            "-".into(),
            "1_0".into(),
            "9".repeat(199),
            "9".repeat(201),
        ];
        let ends = [
            0,
            200,
            1000,
            i128::from(i32::MAX),
            i128::from(u32::MAX),
            i128::from(i64::MAX),
            i128::from(u64::MAX),
            i128::MAX - 1,
        ];
        for end in ends {
            for near in [
                end.saturating_sub(2),
                end - 1,
                end,
                end + 1,
                end.saturating_add(2),
            ] {
                out.extend([near.to_string(), (-near).to_string()]);
            }
        }
        out.push(i128::MIN.to_string());
        out
    }

    /// CWE-190, CWE-400. Attack: `?price=1e9223372036854775807` in a page that says `{{ price|floatformat:2 }}`. The number of
    /// its digits wrapped, passed its bound, and zeros were written until there was no memory.
    #[test]
    fn cwe_190_no_number_in_a_text_is_too_large_for_a_filter() {
        let numbers = extremes();
        // A bound on digits, on places or on a width, whichever is the largest.
        let bounded =
            |out: &str, from: &str| assert!(out.len() <= from.len() + 10_100, "{from}: {}", out.len());
        for exponent in &numbers {
            for mantissa in ["0", "1", "-9.99", "0.05", "0e", &"5".repeat(199), ".", "00.100"] {
                let typed = format!("{mantissa}e{exponent}");
                for argument in [
                    None,
                    Some("2"),
                    Some("-2"),
                    Some("0g"),
                    Some("1000"),
                    Some(exponent),
                ] {
                    let number = Number::Text(Cow::Borrowed(&typed));
                    bounded(&number::floatformat(number, argument), &typed);
                }
            }
        }
        for typed in &numbers {
            let number = || Number::Text(Cow::Borrowed(typed));
            let whole = || number().int().map_or(Number::Float(f64::MAX), Number::Int);
            for one in [
                number(),
                whole(),
                Number::Float(-f64::MAX),
                Number::Float(f64::NAN),
            ] {
                bounded(&number::floatformat(one.clone(), Some(typed)), typed);
                bounded(&number::filesizeformat(one.clone()), typed);
                bounded(&number::width_ratio(one.clone(), number(), whole()), typed);
                number::divisibleby(one.clone(), number());
                number::divisibleby(Number::Int(i128::MIN), one.clone());
                bounded(&number::get_digit(one.clone(), number()).text(), &one.text());
                number::add(Addend::Plain(one.clone()), Addend::Plain(whole()));
                for padded in [
                    text::center("a b", one.clone()),
                    text::ljust("a b", one.clone()),
                    text::rjust("a b", one.clone()),
                    text::wordwrap("a b", one.clone()),
                    text::truncatechars("a b", one.clone()),
                    text::truncatewords("a b", one.clone()),
                ] {
                    bounded(&padded, typed);
                }
                let markup = || Markup::Text(Cow::Borrowed("a www.b.example"));
                truncate::truncatechars_html(markup(), one.clone());
                truncate::truncatewords_html(markup(), one.clone());
                urlize::urlizetrunc(markup(), one.clone());
            }
            for kind in ["d", "s", "f", "e", "g", "x", "c", "+.5f"] {
                for format in [
                    kind.to_owned(),
                    format!("{typed}{kind}"),
                    format!(".{typed}{kind}"),
                ] {
                    for value in [
                        View::Int(i128::MIN),
                        View::Float(f64::MAX),
                        View::Text(typed.into()),
                    ] {
                        bounded(&text::stringformat(&value, &format), typed);
                    }
                }
            }
            for other in &numbers {
                for range in [format!("{typed}:{other}"), format!("{typed}:{other}:{typed}")] {
                    let places = list::slice_places(&range, 3).unwrap_or_default();
                    assert!(
                        places.len() <= 3 && places.iter().all(|place| *place < 3),
                        "{range}"
                    );
                }
            }
            for format in ["c", "U", "r", "o W z"] {
                for moment in [format!("{typed}-01-01"), format!("{typed}-12-31T23:59:59Z")] {
                    date::date(date::Instant::text(&moment), Some(format));
                    date::timesince(date::Instant::text(&moment));
                    date::timeuntil(date::Instant::text(&moment));
                }
            }
        }
        for moment in [
            "-009999-01-01",
            "9999-12-31",
            "-009999-01-02T01:59:59Z",
            "9999-12-30T22:00:00Z",
        ] {
            date::timesince(date::Instant::text(moment));
            date::timeuntil(date::Instant::text(moment));
        }
    }
}

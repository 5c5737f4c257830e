//! How a yes or no and a number with a point are read from text: in forms and in query strings alike.

/// Yes or no, as browsers, programs and our own templates write it; case does not count.
///
/// `on`, `true`, `yes` and `1` are yes; `off`, `false`, `no`, `0` and nothing at all are no; `None` is neither.
pub(crate) fn read_bool(text: &str) -> Option<bool> {
    let one_of = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if one_of(["on", "true", "yes", "1"]) {
        Some(true)
    } else if text.is_empty() || one_of(["off", "false", "no", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// A finite number in ASCII: digits with an optional sign, one point and an exponent, as `<input type=number>` sends it.
///
/// CWE-1286, CWE-682: `NaN` is equal to nothing and within no bound that is written `x < min`; `inf` and what
/// overflows to it (`1e400`) are no amounts. A field that wants them has a type of its own that says so.
pub(crate) fn read_float(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !digits.bytes().all(number) {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_is_read_as_it_is_written() {
        for yes in ["on", "ON", "true", "True", "yes", "1", &true.to_string()] {
            assert_eq!(read_bool(yes), Some(true), "{yes}");
        }
        for no in ["", "off", "false", "False", "no", "0", &false.to_string()] {
            assert_eq!(read_bool(no), Some(false), "{no}");
        }
        for neither in ["2", "ja", " on", "on ", "truely", "\u{ff4f}\u{ff4e}", "-1"] {
            assert_eq!(read_bool(neither), None, "{neither}");
        }
    }

    /// CWE-1286
    #[test]
    fn no_number_is_infinite_or_none() {
        for (text, number) in [
            ("1", 1.0),
            ("-1.5", -1.5),
            (".5", 0.5),
            ("1e3", 1e3),
            ("-0", 0.0),
            ("5.", 5.0),
        ] {
            assert_eq!(read_float(text), Some(number), "{text}");
        }
        for bad in [
            "NaN", "nan", "-nan", "inf", "-inf", "Infinity", "1e400", "-1e400", "", "-", ".", "e3", "+1",
            " 1", "1,5", "0x1p3", "1_000", "٣",
        ] {
            assert_eq!(read_float(bad), None, "{bad}");
        }
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 100_000, "values"))]

            #[test]
            fn what_is_written_is_read(number: f64) {
                let read = read_float(&number.to_string());
                proptest::prop_assert_eq!(read, number.is_finite().then_some(number));
            }
        }
    }
}

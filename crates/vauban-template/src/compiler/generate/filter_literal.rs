//! Arguments of filters that are written in the template: Django ignores a wrong one, or shows nothing.

use crate::compiler::error::{Pos, Result, fail};
use crate::runtime::filters::date_parts::{Part, asks};
use crate::runtime::filters::list::slice_places;
use crate::runtime::filters::number::{Number, is_floatformat};
use crate::runtime::filters::text::is_stringformat;
use std::borrow::Cow;

/// The filters whose argument is a number.
pub(super) fn number(filter: &str, text: &str, pos: Pos) -> Result<()> {
    if Number::Text(Cow::Borrowed(text)).int().is_some() {
        return Ok(());
    }
    fail(
        pos,
        "filter-argument",
        format!("`{filter}` takes a number, not \"{text}\""),
        format!("write |{filter}:10"),
    )
}

/// The filters whose argument has a form of its own.
pub(super) fn form(filter: &str, text: &str, pos: Pos) -> Result<()> {
    let words = text.split(',').count();
    let (fits, takes, fix) = match filter {
        "floatformat" => (
            is_floatformat(text),
            "how many places, and g for groups",
            "|floatformat:2, |floatformat:\"-2\" or |floatformat:\"2g\"",
        ),
        "pluralize" => (
            words <= 2,
            "one ending, or one for one and one for many",
            "|pluralize:\"es\" or |pluralize:\"y,ies\"",
        ),
        "slice" => (
            slice_places(text, 0).is_some(),
            "places like Python's",
            "|slice:\":5\", |slice:\"2:\" or |slice:\"1:9:2\"",
        ),
        "stringformat" => (
            is_stringformat(text),
            "a format like Python's, without the %",
            "|stringformat:\"03d\", |stringformat:\".2f\" or |stringformat:\"s\"",
        ),
        "time" => (
            !asks(text, Part::Calendar),
            "letters of a time of day",
            "|time:\"H:i\"; days, months and years are for |date",
        ),
        "yesno" => (
            words == 2 || words == 3,
            "a word for yes, one for no and maybe one for None",
            "|yesno:\"yes,no\" or |yesno:\"yes,no,unknown\"",
        ),
        _ => return Ok(()),
    };
    if fits {
        return Ok(());
    }
    fail(
        pos,
        "filter-argument",
        format!("`{filter}` takes {takes}, not \"{text}\""),
        format!("write {fix}"),
    )
}

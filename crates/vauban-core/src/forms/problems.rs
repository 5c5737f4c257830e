//! What forms say of a value, each with its code. The table in the guide's chapter about forms lists them all.

use vauban_orm::{Argument, Problem};

/// A required field that is empty.
pub(super) const REQUIRED: Problem = Problem::new("required", "This field is required.");
/// What a choice says that is not on the list, whether it is absent or may not be seen (CWE-203).
pub const NOT_A_CHOICE: Problem = Problem::new("choice", "Choose one of the entries of the list.");
/// What an address field says of anything else.
pub(super) const NOT_AN_ADDRESS: Problem =
    Problem::new("email", "Enter an e-mail address, like name@example.com.");
/// A character that ends a text for some reader behind us.
pub(super) const CONTROL: Problem = Problem::new("control_characters", "Remove the control characters.");
/// A checkbox that is neither ticked nor empty.
pub(super) const NOT_A_TICK: Problem = Problem::new("boolean", "Tick the box or leave it empty.");
/// Not a whole number.
pub(super) const NOT_WHOLE: Problem = Problem::new("integer", "Enter a whole number.");
/// Not a finite number.
pub(super) const NOT_A_NUMBER: Problem = Problem::new("decimal", "Enter a number, like 3.14.");
/// Not a day of the calendar.
pub(super) const NOT_A_DATE: Problem = Problem::new("date", "Enter a date, like 2026-11-29.");
/// Not a time of day.
pub(super) const NOT_A_TIME: Problem = Problem::new("time", "Enter a time, like 14:30.");
/// Not a day with a time.
pub(super) const NOT_A_MOMENT: Problem =
    Problem::new("datetime", "Enter a date and a time, like 2026-11-29T14:30.");
/// Not a UUID.
pub(super) const NOT_A_UUID: Problem = Problem::new("uuid", "Enter a UUID.");
/// Not an absolute address of the web.
pub(super) const NOT_A_URL: Problem =
    Problem::new("url", "Enter a web address, like https://example.com/page.");
/// Not an IP address.
pub(super) const NOT_AN_IP: Problem = Problem::new(
    "ip_address",
    "Enter an IP address, like 192.0.2.1 or 2001:db8::1.",
);
/// Not an IPv4 address.
pub(super) const NOT_AN_IPV4: Problem =
    Problem::new("ipv4_address", "Enter an IPv4 address, like 192.0.2.1.");
/// Not an IPv6 address.
pub(super) const NOT_AN_IPV6: Problem =
    Problem::new("ipv6_address", "Enter an IPv6 address, like 2001:db8::1.");
/// Not JSON, or JSON of another shape.
pub(super) fn not_this_json(line: usize, column: usize) -> Problem {
    Problem::new(
        "json_at",
        "This is not JSON, or lacks a field, or has one of another kind: look at line {line}, column {column}.",
    )
    .with("line", line)
    .with("column", column)
}
/// Not a slug.
pub(super) const NOT_A_SLUG: Problem = Problem::new(
    "slug",
    "Use letters (a to z), digits, hyphens and underscores only.",
);
/// The hidden version of a row that is no version.
pub(super) const NOT_A_VERSION: Problem =
    Problem::new("version", "This page is not complete: open it again.");
/// A field that was sent twice (CWE-235).
pub(super) const TWICE: Problem = Problem::new("twice", "This was sent twice: send it again.");
/// What the whole form says when its token has expired.
pub(super) const STALE: Problem = Problem::new(
    "stale",
    "This page was open for so long that it expired. What you typed is still here: please send it again.",
);
/// What the whole form says when somebody else changed what it was filled with.
pub(super) const CHANGED_MEANWHILE: Problem = Problem::new(
    "changed_meanwhile",
    "Somebody else changed this since you opened it. What you typed is still here, and where it differs, what is stored now stands beside it: look at both, and send the form again to replace what is stored.",
);
/// What a value says that has to be the only one of its kind.
pub(super) const NOT_UNIQUE: Problem =
    Problem::new("unique", "There is one like this already: choose another.");

pub(super) fn too_long(max: usize) -> Problem {
    Problem::new("too_long", "Enter at most {max} characters.").with("max", max)
}

pub(super) fn too_short(min: usize) -> Problem {
    Problem::new("too_short", "Enter at least {min} characters.").with("min", min)
}

pub(super) fn too_many(max: usize) -> Problem {
    Problem::new("too_many", "Choose at most {max} of the entries.").with("max", max)
}

pub(super) fn too_few(min: usize) -> Problem {
    Problem::new("too_few", "Choose at least {min} of the entries.").with("min", min)
}

/// A number that is not within its bounds, of which at least one is there.
pub(super) fn out_of_range(min: Option<i128>, max: Option<i128>) -> Problem {
    match (min, max) {
        (Some(min), Some(max)) => Problem::new("range", "Enter a number from {min} to {max}.")
            .with("min", number(min))
            .with("max", number(max)),
        (Some(min), None) => {
            Problem::new("min", "Enter a number of at least {min}.").with("min", number(min))
        }
        (None, max) => Problem::new("max", "Enter a number of at most {max}.")
            .with("max", number(max.unwrap_or(i128::MAX))),
    }
}

fn number(number: i128) -> Argument {
    i64::try_from(number).map_or_else(|_| number.to_string().into(), Argument::Number)
}

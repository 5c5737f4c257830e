//! Comparisons in templates with the types that models have: what can be true is compared as it is meant. What never can
//! does not compile: `tests/ui/compared_*.rs`.

#![allow(missing_docs, clippy::unwrap_used)]

use vauban::__private::template::NoContext;
use vauban::prelude::*;

#[derive(Choices, Debug, Clone, Copy, PartialEq)]
pub enum State {
    InProgress,
    #[choice(stored = "shut", label = "Closed")]
    Closed,
}

#[derive(Template)]
#[template(source = "\
{% if price == 3 %}a{% endif %}{% if price == 3.0 %}b{% endif %}{% if 3 == price %}c{% endif %}\
{% if price != 3 %}!{% endif %}{% if price > 2 %}d{% endif %}{% if 2.5 < price %}e{% endif %}\
{% if 3 <= price %}f{% endif %}{% if price < 3 %}!{% endif %}{% if price >= rate %}g{% endif %}\
{% if price == rate %}h{% endif %}{% if price == count %}i{% endif %}{% if maybe == 3 %}j{% endif %}\
{% if nothing == 3 %}!{% endif %}{% if price == maybe %}k{% endif %}{% if price == 3.001 %}!{% endif %}\
{% if 10 > price %}l{% endif %}")]
pub struct Amounts {
    price: Decimal,
    rate: Decimal<4, 10>,
    count: i32,
    maybe: Option<Decimal>,
    nothing: Option<Decimal>,
}

/// CWE-697: `3.00` is 3, on either side, whatever the number's type; and nothing is silently false.
#[test]
fn an_amount_is_compared_as_a_number() {
    let page = Amounts {
        price: "3".parse().unwrap(),
        rate: "3".parse().unwrap(),
        count: 3,
        maybe: Some("3".parse().unwrap()),
        nothing: None,
    };
    assert_eq!(page.render(&NoContext), "abcdefghijkl");
}

#[derive(Template)]
#[template(source = "\
{% if at == \"14:30\" %}a{% endif %}{% if \"14:30:00\" == at %}b{% endif %}{% if day == \"2026-11-29\" %}c{% endif %}\
{% if day != \"2026-11-30\" %}d{% endif %}{% if state == \"shut\" %}e{% endif %}{% if state != \"in_progress\" %}f{% endif %}\
{% if maybe == \"in_progress\" %}g{% endif %}{% if slug == name %}h{% endif %}{% if slug == \"about\" %}i{% endif %}\
{% if day == other %}j{% endif %}{% for one in states %}{% if one == \"shut\" %}k{% endif %}{% endfor %}\
{% if moment == \"2026-11-29T14:30:00Z\" %}l{% endif %}{% if state == maybe %}!{% endif %}")]
pub struct Texts {
    at: Time,
    day: Date,
    other: Option<Date>,
    moment: DateTime,
    state: State,
    states: Vec<State>,
    maybe: Option<State>,
    slug: Slug,
    name: String,
}

#[test]
fn a_text_is_compared_by_what_it_means() {
    let page = Texts {
        at: "14:30".parse().unwrap(),
        day: "2026-11-29".parse().unwrap(),
        other: Some("2026-11-29".parse().unwrap()),
        moment: "2026-11-29T14:30:00Z".parse().unwrap(),
        state: State::Closed,
        states: vec![State::InProgress, State::Closed],
        maybe: Some(State::InProgress),
        slug: Slug::parse("about").unwrap(),
        name: "about".to_owned(),
    };
    assert_eq!(page.render(&NoContext), "abcdefghijkl");
}

#[derive(Debug)]
pub struct Row {
    price: Decimal,
}

#[derive(Template)]
#[template(source = "{% for row in rows|dictsort:\"price\" %}{{ row.price }} {% endfor %}")]
pub struct Sorted {
    rows: Vec<Row>,
}

/// By its digits, 10.00 would stand before 9.50.
#[test]
fn amounts_are_sorted_as_numbers() {
    let row = |price: &str| Row {
        price: price.parse().unwrap(),
    };
    let rows = vec![row("10"), row("9.50"), row("-1"), row("100.01")];
    assert_eq!(Sorted { rows }.render(&NoContext), "-1.00 9.50 10.00 100.01 ");
}

#[derive(Template)]
#[template(
    source = "{{ at|time:\"H:i\" }} {{ at|time }} {{ day|date:\"j F Y\" }} {% if maybe %}{{ maybe|time:\"G:i\" }}{% endif %}"
)]
pub struct Written {
    at: Time,
    day: Date,
    maybe: Option<Time>,
}

/// A time of day of a model was written as nothing.
#[test]
fn days_and_times_are_written_as_the_filter_says() {
    let page = Written {
        at: "14:30".parse().unwrap(),
        day: "2026-11-29".parse().unwrap(),
        maybe: Some("07:05:30.25".parse().unwrap()),
    };
    assert_eq!(page.render(&NoContext), "14:30 2:30 p.m. 29 November 2026 7:05");
}

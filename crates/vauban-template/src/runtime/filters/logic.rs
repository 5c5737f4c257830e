//! Filters on truth and counts.

/// True, false, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tristate {
    /// True.
    Yes,
    /// False.
    No,
    /// Nothing.
    Maybe,
}

/// A word for true, false and nothing: `"yes,no,maybe"`.
pub fn yesno(value: Tristate, words: Option<&str>) -> String {
    let words: Vec<&str> = words.unwrap_or("yes,no,maybe").split(',').collect();
    let pick = |i: usize| (*words.get(i).unwrap_or(&"")).to_owned();
    match value {
        Tristate::Yes => pick(0),
        Tristate::No => pick(1),
        // With fewer or more than three words the second one stands for nothing, too.
        Tristate::Maybe => pick(if words.len() == 3 { 2 } else { 1 }),
    }
}

/// The ending for one or many: `"s"`, `"es"`, `"y,ies"`. `None`: the value has no number.
pub fn pluralize(one: Option<bool>, endings: &str) -> String {
    let bits: Vec<&str> = if endings.contains(',') {
        endings.split(',').collect()
    } else {
        vec!["", endings]
    };
    match (one, bits.as_slice()) {
        (Some(true), [singular, _]) => (*singular).to_owned(),
        (Some(false), [_, plural]) => (*plural).to_owned(),
        _ => String::new(),
    }
}

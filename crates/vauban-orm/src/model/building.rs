//! Whether rules are being built, which is once: what answers otherwise each time is asked for nothing then (CWE-367).

use std::cell::Cell;

thread_local! {
    static BUILDING: Cell<bool> = const { Cell::new(false) };
    static ASKED: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// What was built, and which of the functions that answer otherwise each time was asked meanwhile.
pub(crate) fn building<T>(build: impl FnOnce() -> T) -> (T, Option<&'static str>) {
    let outside = (BUILDING.replace(true), ASKED.take());
    let built = build();
    let asked = ASKED.replace(outside.1);
    BUILDING.set(outside.0);
    (built, asked)
}

/// Says that one of them is asked.
pub(crate) fn asked(function: &'static str) {
    if BUILDING.get() {
        ASKED.set(Some(function));
    }
}

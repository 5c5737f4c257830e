use vauban_waiver::{Waiver, waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

macro_rules! named {
    ($name:ident, $reason:literal) => {
        unscoped(vauban_waiver::$name!(Unscoped, $reason))
    };
}

fn main() {
    let _ = waiver!(Unscoped, "the nightly digest counts all tasks");
    named!(waiver, "the morning digest counts all tasks");
}

use vauban_waiver::{Waiver, waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

macro_rules! handed {
    ($signed:expr) => {
        unscoped($signed)
    };
}

fn main() {
    let _ = waiver!(Unscoped, "the nightly digest counts all tasks");
    handed!(waiver!(Unscoped, "the morning digest counts all tasks"));
}

use vauban_waiver::{Waiver, waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

macro_rules! digest {
    () => {
        unscoped(waiver!(Unscoped, "the nightly digest counts all tasks"))
    };
}

fn main() {
    digest!();
    digest!();
}

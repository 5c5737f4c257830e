use vauban_waiver::{Waiver, waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

fn main() {
    unscoped(waiver!(Unscoped, "the nightly digest counts all tasks"));
}

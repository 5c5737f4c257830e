use vauban_waiver::{Waiver, waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

fn digest(signed: Waiver<'_, walls::Unscoped>) {
    unscoped(signed);
}

fn main() {
    digest(waiver!(Unscoped, "the nightly digest counts all tasks"));
}

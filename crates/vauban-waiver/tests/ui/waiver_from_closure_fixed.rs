use vauban_waiver::{Waiver, waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

fn main() {
    let digest = |signed: Waiver<'_, walls::Unscoped>| unscoped(signed);
    digest(waiver!(Unscoped, "the nightly digest counts all tasks"));
    digest(waiver!(Unscoped, "the morning digest counts all tasks"));
}

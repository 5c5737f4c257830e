use vauban_waiver::{Waiver, waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

fn main() {
    let signed = waiver!(Unscoped, "the nightly digest counts all tasks");
    unscoped(signed);
}

use vauban_waiver::{Waiver, waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

fn digests(signed: Waiver<'_, walls::Unscoped>) {
    unscoped(signed.clone());
    unscoped(signed);
}

fn main() {
    digests(waiver!(Unscoped, "the nightly digest counts all tasks"));
}

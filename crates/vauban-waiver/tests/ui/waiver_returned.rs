use vauban_waiver::{Waiver, waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

fn sign() -> Waiver<'static, walls::Unscoped> {
    waiver!(Unscoped, "the nightly digest counts all tasks")
}

fn main() {
    unscoped(sign());
}

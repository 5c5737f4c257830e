use vauban_waiver::{Waiver, waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

fn main() {
    let reason = std::env::args().collect::<String>();
    unscoped(waiver!(Unscoped, "the nightly digest counts all tenants' tasks"));
    drop(reason);
}

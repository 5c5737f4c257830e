use vauban_waiver::{Waiver, waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

struct Keeper {
    signed: Option<Waiver<'static, walls::Unscoped>>,
}

fn main() {
    let mut keeper = Keeper { signed: None };
    keeper.signed = Some(waiver!(Unscoped, "the nightly digest counts all tasks"));
    keeper.signed.map(unscoped);
}

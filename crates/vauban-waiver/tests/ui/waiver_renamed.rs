use vauban_waiver::waiver as sign;
use vauban_waiver::{Waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

fn main() {
    unscoped(sign!(Unscoped, "the nightly digest counts all tasks"));
}

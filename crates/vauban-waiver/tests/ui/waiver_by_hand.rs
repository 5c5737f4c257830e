#![deny(deprecated)]
use vauban_waiver::{Waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

fn main() {
    unscoped(Waiver::__sign(&mut vauban_waiver::Slot::__new(), "because", "nowhere", 1));
}

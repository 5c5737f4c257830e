use vauban_waiver::{Waiver, waiver, walls};

fn unscoped(_signed: Waiver<'_, walls::Unscoped>) {}

fn digests(morning: Waiver<'_, walls::Unscoped>, night: Waiver<'_, walls::Unscoped>) {
    unscoped(morning);
    unscoped(night);
}

fn main() {
    digests(
        waiver!(Unscoped, "the morning digest counts all tasks"),
        waiver!(Unscoped, "the nightly digest counts all tasks"),
    );
}

use vauban_macros::Template;

struct Raw<'a, T: ?Sized>(&'a T);

trait Sneak {
    fn sneak(&self) -> Raw<'_, Self>;
}
impl<T> Sneak for T {
    fn sneak(&self) -> Raw<'_, Self> {
        Raw(self)
    }
}

#[derive(Template)]
#[template(source = "<p>{{ text }}</p>", crate = vauban_template)]
struct Page {
    text: String,
}

fn main() {}

use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{% slot footer %}{% endslot %}{{ size }}</p>"##, crate = vauban_template)]
pub struct Card {
    pub size: u8,
}

#[derive(Template)]
#[template(
    source = r##"{% component Card size=2 %}{% fill foter %}x{% endfill %}{% endcomponent %}"##,
    crate = vauban_template
)]
struct Page {}

fn main() {}

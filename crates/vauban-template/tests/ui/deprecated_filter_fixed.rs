#![deny(deprecated)]
use vauban_macros::Template;

pub mod kept {
    pub struct Secret(pub String);
    impl Secret {
        #[doc(alias = "shown")]
        pub fn open(&self) -> &str {
            &self.0
        }
    }
    #[doc(alias = "shown")]
    pub fn opened(secret: &Secret) -> &str {
        &secret.0
    }
}

#[derive(Template)]
#[template(
    source = r##"{{ one|self::kept::opened }}{{ one.open() }}{% for x in all %}{{ x.open() }}{% endfor %}"##,
    crate = vauban_template
)]
struct Page {
    one: kept::Secret,
    all: Vec<kept::Secret>,
}

fn main() {}

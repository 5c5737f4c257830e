use vauban::prelude::*;

#[derive(Template)]
#[template(source = "<p>{{ text }}</p>", replaceable)]
pub struct Theirs {
    pub text: String,
}

#[derive(Template)]
#[template(source = "<h1>{{ text }}</h1>")]
pub struct Ours {
    text: String,
}

impl From<Theirs> for Ours {
    fn from(page: Theirs) -> Self {
        Self { text: page.text }
    }
}

pub fn app(app: App) -> App {
    app.page::<Theirs, Ours>()
}

fn main() {}

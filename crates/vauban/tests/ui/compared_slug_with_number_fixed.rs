// CWE-697: no number is a slug.
use vauban::prelude::*;

#[derive(Template)]
#[template(source = "<p>{% if slug == \"3\" %}x{% endif %}</p>")]
struct Page {
    slug: Slug,
}

fn main() {}

use vauban_macros::Template;
use vauban_template::page::User;

#[derive(Template)]
#[template(source = "<p>{% if user.is_staff %}admin{% endif %}</p>", crate = vauban_template)]
struct Profile {
    user: User,
}

fn main() {}

use vauban_macros::Template;
use vauban_template::page::User;

#[derive(Template)]
#[template(source = "<p>{{ person.name }}{% if user.is_staff %}admin{% endif %}</p>", crate = vauban_template)]
struct Profile {
    person: User,
}

fn main() {}

//! Every address of the site. A name becomes a typed function, `urls::home()`, and `{% url home %}` in templates.

use vauban::routes;

use crate::organisations;
use crate::pages;
use crate::people;

routes! {
    home => pages::home,
    healthz => pages::healthz,

    profile => people::profile,
    profile_save => people::save_profile,

    organisations => organisations::views::list,
    organisation_new => organisations::views::new,
    organisation_create => organisations::views::create,
    organisation => organisations::views::show,
    organisation_edit => organisations::views::edit,
    organisation_save => organisations::views::save,
    member_new => organisations::views::new_member,
    member_create => organisations::views::add_member,
    member_edit => organisations::views::edit_member,
    member_save => organisations::views::save_member,
    member_delete => organisations::leaving::confirm,
    member_remove => organisations::leaving::remove,

    include accounts at "/accounts/" = vauban::accounts::urls,
}

//! Every address of the site. A name becomes a typed function, `urls::home()`, and `{% url home %}` in templates.

use vauban::routes;

use crate::pages;
use crate::people;

routes! {
    home => pages::home,
    healthz => pages::healthz,

    profile => people::profile,
    profile_save => people::save_profile,

    include accounts at "/accounts/" = vauban::accounts::urls,
}

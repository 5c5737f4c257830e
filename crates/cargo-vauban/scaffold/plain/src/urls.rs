//! Every address of the site. A name becomes a typed function, `urls::home()`, and `{% url home %}` in templates.

use vauban::routes;

use crate::pages;

routes! {
    home => pages::home,
    healthz => pages::healthz,
}

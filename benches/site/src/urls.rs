//! Every address of the site.

use vauban::routes;

use crate::views;

routes! {
    plaintext => views::plaintext,
    json => views::json,
    fortunes => views::fortunes,
    list => views::list,
    auth => views::auth,
    auth_post => views::take_note,
    include accounts at "/accounts/" = vauban::accounts::urls,
}

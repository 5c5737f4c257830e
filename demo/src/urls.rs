//! Every address of the site. Each name becomes a typed function, `urls::article(&slug)`, and `{% url article slug %}`.

use vauban::routes;

use crate::{articles, data, events, organisations, profiles, site, tasks, users};

routes! {
    home => site::home,
    healthz => site::healthz,
    support => site::support,
    theme => site::switch_theme,
    profile => users::profile,
    profile_save => users::save_profile,

    articles => articles::views::list,
    article_new => articles::views::new,
    article_create => articles::views::create,
    article_import => articles::views::import,
    article_import_save => articles::views::save_import,
    article => articles::views::show,
    article_edit => articles::views::edit,
    article_save => articles::views::save,
    article_delete => articles::views::confirm_delete,
    article_remove => articles::views::delete,
    tag => articles::views::tagged,
    article_tags => articles::tags::edit,
    article_tags_save => articles::tags::save,
    comment_new => articles::comments::new,
    comment_create => articles::comments::create,
    comment_reply => articles::comments::reply,
    comment_reply_save => articles::comments::save_reply,
    comment_hide => articles::comments::hide,

    organisations => organisations::views::list,
    organisation_new => organisations::views::new,
    organisation_create => organisations::views::create,
    organisation_find => organisations::views::find,
    organisation => organisations::views::show,
    organisation_edit => organisations::views::edit,
    organisation_save => organisations::views::save,
    organisation_profile => profiles::views::edit,
    organisation_profile_save => profiles::views::save,
    organisation_delete => organisations::views::confirm_delete,
    organisation_remove => organisations::views::delete,

    tasks => tasks::views::list,
    task_new => tasks::views::new,
    task_create => tasks::views::create,
    task => tasks::views::show,
    task_edit => tasks::views::edit,
    task_save => tasks::views::save,
    task_toggle => tasks::views::toggle,
    task_delete => tasks::views::confirm_delete,
    task_remove => tasks::views::delete,

    events => events::views::list,
    event_new => events::views::new,
    event_create => events::views::create,
    event => events::views::show,
    event_edit => events::views::edit,
    event_save => events::views::save,
    event_delete => events::views::confirm_delete,
    event_remove => events::views::delete,

    data => data::list,
    data_table => data::table,
    data_row => data::row::row,

    include guestbook at "/guestbook/" = ::guestbook::urls,
    include members at "/organisations/members/" = vauban::accounts::members,
    include accounts at "/accounts/" = vauban::accounts::urls,
    include mail at "/accounts/" = vauban::mail::urls,
}

/// The table, with the pages of passkeys where the program has them.
pub fn all() -> vauban::routing::Routes {
    let table = routes();
    #[cfg(feature = "passkeys")]
    let table = table.include("passkeys", "/accounts/", vauban::accounts::passkeys::routes());
    table
}

//! Every address of the site. A name becomes a typed function, `urls::note(&id)`, and `{% url note note.id %}`.

use vauban::routes;

use crate::notes;

routes! {
    notes => notes::list,
    note_new => notes::new,
    note_create => notes::create,
    note => notes::show,
    note_edit => notes::edit,
    note_save => notes::save,

    include accounts at "/accounts/" = vauban::accounts::urls,
}

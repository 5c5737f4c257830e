//! The addresses: `include guestbook at "/guestbook/" = guestbook::urls`.

use crate::views;

vauban::routes! {
    book => views::book,
    sign => views::sign,
    entry_delete => views::confirm_delete,
    entry_remove => views::delete,
}

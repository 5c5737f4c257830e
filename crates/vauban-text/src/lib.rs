//! What Vauban knows about text in every script, said once for forms, models and templates.
//!
//! * [`slugify`] makes the part of an address from a title, the same everywhere.
//! * [`letters`] are what people call letters: a character with its marks, an emoji with its joiners.
//! * [`without_invisible`] takes out what nobody sees and what turns the reading order round.

mod invisible;
mod letters;
mod slug;

pub use invisible::{Lines, is_blank, is_invisible, without_invisible};
pub use letters::{count, first_letters, is_boundary, is_foreign_punctuation, letters};
pub use slug::{slugify, slugify_unicode};

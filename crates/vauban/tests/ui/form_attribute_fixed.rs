//! A typo in a form's attribute: one error, though a view takes the form.
#![allow(dead_code, unused_variables)]

mod site;
use vauban::prelude::*;

#[derive(Form)]
pub struct NoteForm {
    #[field(max_length = 100)]
    title: String,
    #[field(max_length = 100, widget = textarea)]
    text: String,
}

#[view(post, "/notes/")]
async fn add(_: SignedIn, form: Form<NoteForm>) -> Text {
    Text::new(if form.has_errors() { "wrong" } else { "right" })
}

fn main() {}

// CWE-915: two structs.
use vauban::prelude::*;

#[derive(Model)]
struct Note {
    id: Id<Self>,
    #[field(max_length = 100)]
    title: String,
    pinned_by_staff: bool,
}

impl Policy for Note {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.title)
    }
}

#[derive(Form)]
struct NoteForm {
    #[field(widget = hidden)]
    id: Id<Note>,
    #[field(max_length = 100)]
    title: String,
    pinned_by_staff: bool,
}

fn main() {}

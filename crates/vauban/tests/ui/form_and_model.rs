// CWE-915: one struct that is a model and a form.
use vauban::prelude::*;

#[derive(Model, Form)]
struct Note {
    id: Id<Note>,
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


fn main() {}

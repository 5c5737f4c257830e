// CWE-639: rows by a query, under the actor's policies.
use vauban::prelude::*;

#[derive(Model)]
struct Note {
    id: Id<Self>,
    #[field(max_length = 100)]
    title: String,
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
#[form(context = Vec<Id<Note>>)]
struct PickForm {
    #[field(choices = |ids| Note::objects().filter(|n| n.id.is_in(ids.clone())))]
    note: Id<Note>,
}

fn main() {}

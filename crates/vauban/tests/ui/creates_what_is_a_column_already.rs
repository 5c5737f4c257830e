// CWE-915: a request says it, or the view: not both, whatever the two are called.
use vauban::prelude::*;

#[derive(FieldGroup)]
struct Byline {
    #[field(max_length = 50)]
    place: String,
}

#[derive(Model)]
struct Letter {
    id: Id<Self>,
    #[field(group, given, prefix = "by_")]
    by: Byline,
}

impl Policy for Letter {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

#[derive(Form)]
#[form(creates = Letter, given(by_place: String = by.place))]
struct LetterForm {
    #[field(max_length = 50, column = by.place)]
    place: String,
}

fn main() {}

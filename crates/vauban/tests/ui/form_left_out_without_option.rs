// CWE-915: a field that is left out needs a value that says so.
use vauban::prelude::*;

#[derive(Form)]
#[form(context = Desk)]
struct TicketForm {
    #[field(max_length = 100)]
    title: String,
    #[field(when = |desk| desk.leads)]
    urgent: bool,
}

struct Desk {
    leads: bool,
}

fn main() {}

// CWE-915: a field that is left out is `None`.
use vauban::prelude::*;

#[derive(Form)]
#[form(context = Desk)]
struct TicketForm {
    #[field(max_length = 100)]
    title: String,
    #[field(when = |desk| desk.leads)]
    urgent: Option<bool>,
}

struct Desk {
    leads: bool,
}

fn main() {}

// CWE-915, CWE-639: which fields and entries there are depends on the request, and nobody said on what.
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

async fn take(db: Db<Write>, form: Form<TicketForm>) -> Result<String> {
    let clean = form.clean(&db).await?;
    Ok(clean.into_result().map(|clean| clean.into_data().title).unwrap_or_default())
}

fn main() {}

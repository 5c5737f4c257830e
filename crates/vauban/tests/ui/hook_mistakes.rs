//! What a hook is not.
use vauban::accounts::hooks::SignedUp;
use vauban::prelude::*;

#[derive(Model)]
pub struct Note {
    pub id: Id<Self>,
    #[field(max_length = 20)]
    pub text: String,
}
impl Policy for Note {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

service! {
    /// Writes a note for whoever comes.
    pub Welcome: Add<Note>;
    waiver!(ServiceRights, "whoever comes has written no note yet")
}

/// Nobody fires it.
pub struct Rained {
    pub email: Email,
}

#[hook]
async fn on_no_event(_: AsService<Welcome>, db: Db<Write>, e: &Rained) -> Result<()> {
    let text = format!("Hello, {}", e.email);
    Note::create(NewNote { text }).save(&db).await?;
    Ok(())
}

#[hook]
async fn without_an_event(_: AsService<Welcome>, db: Db<Write>) -> Result<()> {
    let _ = db;
    Ok(())
}

#[hook]
async fn asks_for_who_asks(_: AsService<Welcome>, who: Option<UserId>, e: &SignedUp) -> Result<()> {
    let _ = (who, e);
    Ok(())
}

#[hook]
async fn refuses_what_has_happened(_: AsService<Welcome>, e: &SignedUp) -> Result<(), vauban::Problem> {
    let _ = e;
    Err(vauban::Problem::new("late", "Too late."))
}

fn main() {}

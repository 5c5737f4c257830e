//! What a hook is.
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

/// It is fired by whoever declares it.
pub struct Rained {
    pub email: Email,
}
impl vauban::hooks::Event for Rained {
    type Failure = Error;
}

#[hook]
async fn on_no_event(_: AsService<Welcome>, db: Db<Write>, e: &Rained) -> Result<()> {
    let text = format!("Hello, {}", e.email);
    Note::create(NewNote { text }).save(&db).await?;
    Ok(())
}

#[hook]
async fn without_an_event(_: AsService<Welcome>, db: Db<Write>, e: &SignedUp) -> Result<()> {
    let _ = (db, e);
    Ok(())
}

#[hook]
async fn asks_for_who_asks(_: AsService<Welcome>, e: &SignedUp) -> Result<()> {
    let _ = (e.user, e);
    Ok(())
}

#[hook]
async fn refuses_what_has_happened(
    _: AsService<Welcome>,
    e: &vauban::accounts::hooks::SigningUp,
) -> Result<(), vauban::hooks::Refused> {
    let _ = e;
    Err(vauban::Problem::new("late", "Too late.").into())
}

fn main() {}

//! CWE-441: a hook states as whom it acts, as its first parameter.
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

#[hook]
async fn welcome(_: AsService<Welcome>, db: Db<Write>, e: &SignedUp) -> Result<()> {
    let text = format!("Hello, {}", e.email);
    Note::create(NewNote { text }).save(&db).await?;
    Ok(())
}

fn main() {}

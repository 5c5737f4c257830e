//! CWE-441: a task states as whom it runs, as its first parameter.
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
    /// Writes notes at night.
    pub Nightly: Add<Note>;
    waiver!(ServiceRights, "notes of the night are nobody's own")
}

#[task(name = "night")]
async fn night(_: AsService<Nightly>, db: Db<Write>, text: String) -> Result<()> {
    Note::create(NewNote { text }).save(&db).await?;
    Ok(())
}

fn main() {}

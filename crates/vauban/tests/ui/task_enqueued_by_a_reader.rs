//! CWE-352: a view that only reads queues no task.
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
async fn night(_: AsService<Nightly>) -> Result<()> {
    Ok(())
}

#[view(get, "/night/")]
async fn ask(_: SignedIn, db: Db) -> Result<Text> {
    night::enqueue(&db, ()).await?;
    Ok(Text::new("queued"))
}

fn main() {}

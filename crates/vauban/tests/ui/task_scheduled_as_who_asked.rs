//! CWE-441: nobody asks for what comes by itself.
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

use vauban::tasks::Schedule;

#[task(name = "night")]
async fn night(_: AsAsker) -> Result<()> {
    Ok(())
}

pub fn module() -> Module {
    Module::new("night").task::<night>().schedule(Schedule::daily("02:30", "Europe/Berlin"), night)
}

fn main() {}

//! What a task says of itself, with a word wrong.
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

#[task(name = "alone")]
async fn alone(_: AsAsker) -> Result<()> {
    Ok(())
}

#[task(name = "unnamed", queue = "mail")]
async fn unnamed(_: AsService<Nightly>) -> Result<()> {
    Ok(())
}

#[task(name = "night-shift")]
async fn misnamed(_: AsService<Nightly>) -> Result<()> {
    Ok(())
}

#[task(name = "two")]
async fn told_twice(_: AsService<Nightly>, both: (String, String)) -> Result<()> {
    let _ = both;
    Ok(())
}

#[task(name = "often", tries = 3)]
async fn often(_: AsService<Nightly>) -> Result<()> {
    Ok(())
}

#[task(name = "silent")]
async fn silent(_: AsService<Nightly>) -> Result<()> {
    Ok(())
}

fn main() {}

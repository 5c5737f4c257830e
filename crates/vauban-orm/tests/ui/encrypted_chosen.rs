use vauban_macros::Model;
use vauban_orm::*;

#[derive(Model)]
#[model(crate = vauban_orm)]
pub struct Person {
    pub id: Id<Person>,
    #[field(max_length = 50)]
    pub name: String,
    #[field(encrypted = "person.tax_id", index = blind, max_length = 20)]
    pub tax_id: Encrypted<String>,
}

impl Policy for Person {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

async fn all(db: &Db) -> Result<usize> {
    let chosen = Person::objects().values(|p| (&p.name, &p.tax_id));
    Ok(chosen.all(db).await?.len())
}

fn main() {}

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

fn printed(person: &Person) -> String {
    format!("{} {:?}", person.tax_id.expose(), person.id)
}

fn main() {}

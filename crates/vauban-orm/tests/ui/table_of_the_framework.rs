use vauban_orm::{Columns, Id, Policy, Rules, Who};

#[derive(vauban_macros::Model)]
#[model(crate = vauban_orm, table = "vauban_credential")]
pub struct Hashes {
    pub id: Id<Hashes>,
    #[field(max_length = 200)]
    pub hash: String,
}

impl Policy for Hashes {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

fn main() {}

use vauban_macros::Model;
use vauban_orm::{Columns, Id, Policy, Rules, Who};

#[derive(serde::Serialize, serde::Deserialize, Model)]
#[model(crate = vauban_orm)]
pub struct Tool {
    pub id: Id<Tool>,
    pub bought_for: i64,
}

impl Policy for Tool {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

fn main() {}

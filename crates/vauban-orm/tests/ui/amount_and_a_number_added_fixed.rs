use vauban_macros::Model;
use vauban_orm::*;

#[derive(Model)]
#[model(crate = vauban_orm)]
pub struct Line {
    pub id: Id<Line>,
    pub price: Decimal,
    pub pieces: i64,
}

impl Policy for Line {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

pub async fn raised(db: &Db<Write>) -> Result<u64> {
    Line::objects().change_all(db, |l| [l.price.set_to(&l.price * 2)]).await
}

fn main() {}

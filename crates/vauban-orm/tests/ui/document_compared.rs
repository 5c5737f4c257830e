use vauban_macros::Model;
use vauban_orm::*;

#[derive(Model)]
#[model(crate = vauban_orm)]
pub struct Film {
    pub id: Id<Film>,
    pub look: Json<Vec<String>>,
}

impl Policy for Film {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

fn dark() -> QuerySet<Film> {
    Film::objects().filter(|f| f.look.eq(Json(vec!["dark".to_owned()])))
}

fn main() {}

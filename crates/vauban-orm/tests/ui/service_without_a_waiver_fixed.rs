mod site;
use site::*;
use vauban_orm::{Db, Result, Write, service};

service! {
    /// Makes accounts for people who have none yet.
    pub SignUp: Add<User>, View<User>;
    waiver!(ServiceRights, "people sign up before they are anybody")
}

pub async fn sign_up(db: Db<Write>, email: String) -> Result<User> {
    User::create(NewUser { email }).save(&db.acting::<SignUp>()).await
}

fn main() {}

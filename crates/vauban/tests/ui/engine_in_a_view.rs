//! CWE-269, CWE-639: a view opens the site's database a second time, as a superuser of its own making. Nothing of it can
//! be had without a constructor that rustc reports; the lints of a new site make that an error.
#![deny(deprecated)]

use std::sync::Arc;
use vauban::__private::orm::engine::{Database, Options};
use vauban::__private::orm::{Binder, UserFacts};
use vauban::{Request, Public, Text, view};

#[view(get, "/all/")]
async fn all(_: Public, cx: Arc<Request>) -> Text {
    let url = cx.site().settings().database_url.expose();
    let root = UserFacts { id: uuid::Uuid::nil(), is_staff: true, is_superuser: true };
    let database = Database::open(url, Options::default()).unwrap();
    let unit = database.bind(Binder::__for_the_sites_identity().user(root));
    Text::new(format!("{:?}", unit.db()))
}

fn main() {}

//! __Many__, to be read.

use vauban::prelude::*;

use super::__Model__;
use crate::paging::Paging;

#[derive(Template)]
#[template("__models__/list.html")]
pub struct ListPage {
    __models__: Page<__Model__>,
}

#[derive(Template)]
#[template("__models__/show.html")]
pub struct ShowPage {
    __model__: __Model__,
}

/// The newest first.
#[view(get, "/__models__/")]
pub async fn list(_: Public, db: Db, page: Query<Paging>) -> Result<ListPage> {
    let __models__ = __Model__::objects()
        .order_by(|r| r.created.desc())
        .per_page(20)
        .page(&db, page.number())
        .await?;
    Ok(ListPage { __models__ })
}

/// One of them.
#[view(get, "/__models__/{id}/")]
pub async fn show(_: Public, db: Db, id: Path<Id<__Model__>>) -> Result<ShowPage> {
    let __model__ = __Model__::objects()
__related__
        .get(&db, |r| r.id.eq(*id))
        .await?;
    Ok(ShowPage { __model__ })
}

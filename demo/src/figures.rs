//! What the home page says of the site: how much there is to read. It is counted by a task, at night and whenever an article is
//! published, so that no visitor waits for it.

use std::time::Duration;

use vauban::orm;
use vauban::prelude::*;
use vauban::tasks::Schedule;

use crate::articles::Article;
use crate::articles::comments::Comment;
use crate::users::User;

/// The figures, in one row.
#[derive(Model)]
pub struct Figures {
    pub id: Id<Self>,
    pub articles: i64,
    pub comments: i64,
    pub people: i64,
    #[field(auto_now)]
    pub counted: DateTime,
}

/// Everybody reads them; the task alone writes them.
impl Policy for Figures {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: Filter::always(),
            ..Rules::none()
        }
    }
}

vauban::service! {
    /// Counts what there is to read.
    pub CountFigures: View<Article>, View<Comment>, View<User>, View<Figures>, Add<Figures>, Change<Figures>;
    waiver!(ServiceRights, "the home page says how much there is")
}

/// Counts as a service, whoever published something; hence only what is published.
#[task(name = "figures.count", priority = low)]
async fn count(_: AsService<CountFigures>, db: Db<Write>) -> Result<()> {
    let published = Article::objects().filter(|a| a.published.eq(true));
    let counted = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
    let articles = counted(published.count(&db).await?);
    let comments = counted(
        Comment::objects()
            .filter(|c| c.article.published.eq(true))
            .count(&db)
            .await?,
    );
    let people = counted(User::objects().count(&db).await?);
    let new = Figures::create(NewFigures {
        articles,
        comments,
        people,
    });
    Figures::objects()
        .create_or_change(
            &db,
            |f| f.articles.ge(0),
            new,
            |f| {
                [
                    f.articles.set(articles),
                    f.comments.set(comments),
                    f.people.set(people),
                ]
            },
        )
        .await?;
    Ok(())
}

/// Has them counted, soon: of many who ask within a second one is heard.
pub async fn count_soon(db: &Db<Write>) -> orm::Result<()> {
    count::enqueue(db, ())
        .key("site")
        .after(Duration::from_secs(1))
        .await?;
    Ok(())
}

/// The last ones.
pub async fn last(db: &Db) -> orm::Result<Option<Figures>> {
    Figures::objects().first(db).await
}

/// The row, the task, and when it comes by itself.
pub fn module() -> Module {
    Module::new("figures")
        .model::<Figures>()
        .service::<CountFigures>()
        .task::<count>()
        .schedule(Schedule::daily("02:30", "Europe/Berlin"), count)
}

//! What was published yesterday, by mail: each night, to everybody who has not left it.
//!
//! The way of every such mail: the clock queues one task, that one queues a batch of people at a time, and each person's mail is a task of
//! its own, so that one that fails is tried again by itself. A batch is one unit: nobody is queued twice.

use serde::{Deserialize, Serialize};
use vauban::AbsoluteUrl;
use vauban::mail::BulkKind;
use vauban::orm::QuerySet;
use vauban::prelude::*;
use vauban::tasks::Schedule;

use crate::articles::Article;
use crate::urls;
use crate::users::User;

/// How many articles a mail names; behind its link are all.
const MOST: u32 = 20;
/// How many people one task queues mails for: a unit is short.
const AT_ONCE: u32 = 200;

const DAY: i64 = 86_400;

#[derive(Mail)]
#[mail(
    subject = "New yesterday: {{ first }}",
    template = "mail/digest",
    bulk = "digest"
)]
struct Digest {
    first: String,
    articles: Vec<OneArticle>,
    all: AbsoluteUrl,
}

struct OneArticle {
    title: String,
    byline: String,
    link: AbsoluteUrl,
}

service! {
    /// Reads who gets the digest and what is new.
    pub SendDigests: View<User>, View<Article>;
    waiver!(ServiceRights, "digests are sent at night, when nobody asks")
}

/// A day in UTC, which is as long in spring and autumn: what one digest leaves out stands in the next.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Day {
    begins: DateTime,
}

impl Day {
    fn before(due: DateTime) -> Option<Self> {
        let day = DAY * 1_000_000;
        let begins = DateTime::from_micros((due.micros().div_euclid(day) - 1) * day)?;
        Some(Self { begins })
    }

    /// What everybody may read of it. The service sees drafts, and no digest tells of one.
    fn articles(self) -> QuerySet<Article> {
        let (begins, ends) = (self.begins, self.begins.plus_seconds(DAY));
        Article::objects()
            .filter(|a| a.published.eq(true) & a.created.ge(begins) & a.created.lt(ends))
            .order_by(|a| a.created.desc())
    }
}

/// People of one batch.
#[derive(Serialize, Deserialize)]
struct Batch {
    day: Day,
    /// Behind this one; `None`: from the first.
    after: Option<Id<User>>,
}

/// One person's digest.
#[derive(Serialize, Deserialize)]
struct One {
    day: Day,
    person: Id<User>,
}

/// At night: is there anything to tell?
#[task(name = "digest.night")]
async fn night(_: AsService<SendDigests>, db: Db<Write>, due: DateTime) -> Result<()> {
    if let Some(day) = Day::before(due)
        && day.articles().exists(&db).await?
    {
        batch::enqueue(&db, Batch { day, after: None }).await?;
    }
    Ok(())
}

/// Queues the mails of so many people, and the next batch.
#[task(name = "digest.batch")]
async fn batch(_: AsService<SendDigests>, db: Db<Write>, people: Batch) -> Result<()> {
    let Batch { day, after } = people;
    let mut all = User::objects()
        .filter(|u| u.is_active.eq(true))
        .order_by(|u| u.id.asc());
    if let Some(after) = after {
        all = all.filter(|u| u.id.gt(after));
    }
    let people = all.limit(AT_ONCE).values(|u| &u.id).all(&db).await?;
    for person in &people {
        one::enqueue(&db, One { day, person: *person }).await?;
    }
    if let Some(last) = people.last() {
        let after = Some(*last);
        batch::enqueue(&db, Batch { day, after }).await?;
    }
    Ok(())
}

/// Writes one person's mail: of what others published. Whoever has left the kind gets none, which `send` sees to.
#[task(name = "digest.one")]
async fn one(_: AsService<SendDigests>, db: Db<Write>, about: One) -> Result<()> {
    let person = User::objects().filter(|u| u.id.eq(about.person) & u.is_active.eq(true));
    let Some(person) = person.first(&db).await? else {
        return Ok(());
    };
    let others = about
        .day
        .articles()
        .filter(|a| a.author.ne(person.id))
        .limit(MOST);
    let mut articles = Vec::new();
    for article in others.all(&db).await? {
        articles.push(OneArticle {
            link: urls::article(&article.slug).absolute(&db)?,
            title: article.title,
            byline: article.byline,
        });
    }
    let Some(first) = articles.first() else {
        return Ok(());
    };
    let first = first.title.clone();
    let all = urls::articles().absolute(&db)?;
    Digest { first, articles, all }.to(&person).send(&db).await?;
    Ok(())
}

/// The tasks, when they come by themselves, and what people call the mail where they choose.
pub fn module() -> Module {
    Module::new("digest")
        .service::<SendDigests>()
        .task::<night>()
        .task::<batch>()
        .task::<one>()
        .contribute(BulkKind::of::<Digest>("What was published yesterday"))
        .schedule(Schedule::daily("06:00", "Europe/Berlin"), night)
}

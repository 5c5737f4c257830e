//! `sampledata`: people, articles, organisations, tasks and events to look at.
//!
//! Nobody here has a password: in development one looks at the site as any of them, with the switch at the top.

mod texts;

use std::sync::Arc;

use vauban::accounts::{Accounts, Group, LookAs};
use vauban::commands::{Command, Failure, Run};
use vauban::prelude::*;

use crate::articles::comments::{Comment, HideComments, NewComment};
use crate::articles::tags::{NewTag, Tag};
use crate::articles::{Article, ArticleTag, NewArticle, NewArticleTag};
use crate::events::{Event, NewEvent};
use crate::organisations::{Membership, NewMembership, NewOrganisation, Organisation, Role};
use crate::tasks::{NewTask, Task};
use crate::users::{NewUser, User};

vauban::service! {
    /// Fills an empty site with something to look at.
    pub SampleData:
        View<User>, Add<User>, Grant<User>, Add<Article>, Grant<Article>, View<Article>, Add<Tag>, View<Tag>,
        Add<ArticleTag>, Add<Comment>, View<Comment>, View<Organisation>, Add<Organisation>,
        Add<Membership>, Grant<Membership>, Add<Task>, Grant<Task>, Add<Event>,
        Grant<Event>;
    waiver!(ServiceRights, "the command fills an empty database before anybody is there")
}

/// Who there is: a name, an address, staff or not.
const PEOPLE: [(&str, &str, bool); 4] = [
    ("Ann Author", "ann@example.com", false),
    ("Ben Builder", "ben@example.com", false),
    ("Cleo Curator", "cleo@example.com", true),
    ("Dan Draughtsman", "dan@example.com", false),
];

/// Members of an organisation, by their place in `PEOPLE`.
type Members = &'static [(usize, Role)];

/// Who belongs where: an organisation, its tax ID, and its members.
const ORGANISATIONS: [(&str, &str, Members); 3] = [
    (
        "Lighthouse Collective",
        "DE111222333",
        &[(0, Role::Admin), (3, Role::Member)],
    ),
    (
        "Bridge Works",
        "FR44555666777",
        &[(1, Role::Admin), (3, Role::Editor)],
    ),
    (
        "Garden Society",
        "IT88899900011",
        &[(0, Role::Editor), (2, Role::Admin)],
    ),
];

/// The command.
pub fn module() -> Module {
    let about = "Adds sample people, articles, organisations, tasks and events";
    Module::new("sample_data")
        .service::<SampleData>()
        .command(Command::new("sampledata", about, run).on_first_run())
        .contribute(LookAs::new(
            "ann@example.com",
            "writes articles, runs the Lighthouse Collective",
        ))
        .contribute(LookAs::new("ben@example.com", "belongs to another organisation"))
        .contribute(LookAs::new("cleo@example.com", "works for the site (staff)"))
        .contribute(LookAs::new(
            "dan@example.com",
            "a moderator of comments, a member without rights in one organisation, an editor in another",
        ))
}

/// Makes everything in one unit: all of it or nothing.
async fn run(run: Run) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    let all =
        PEOPLE.len() + ORGANISATIONS.len() + texts::ARTICLES.len() + texts::TASKS.len() + texts::EVENTS.len();
    let out = &run.out;
    let made = run.unit(async |unit| {
        let db = unit.acting::<SampleData>();
        if User::objects().exists(&db).await? {
            return Ok(false);
        }
        let mut done = 0;
        let mut step = || {
            done += 1;
            out.progress("Sample data", done, all);
        };
        let mut people = Vec::new();
        for (name, email, is_staff) in PEOPLE {
            let new = NewUser {
                email: Email::parse(email)?,
                name: name.to_owned(),
            };
            people.push(
                User::create(new)
                    .set(|u| [u.is_staff.set(is_staff)])
                    .save(&db)
                    .await?
                    .id,
            );
            step();
        }
        // Dan looks after what people say.
        let moderators = Group::new("moderators")
            .may::<HideComments>()
            .with(people[3].uuid());
        let made = accounts.create_group(&run, &unit, moderators);
        made.await.map_err(Failure::of)?;
        let mut organisations = Vec::new();
        for (name, tax_id, members) in ORGANISATIONS {
            let organisation = Organisation::create(NewOrganisation {
                name: name.to_owned(),
                tax_id: Some(tax_id.into()),
            })
            .save(&db)
            .await?
            .id;
            for &(person, role) in members {
                Membership::create(NewMembership {
                    organisation,
                    user: people[person],
                    role,
                })
                .save(&db)
                .await?;
            }
            organisations.push(organisation);
            step();
        }
        let mut tags = Vec::new();
        for (name, organisation) in texts::TAGS {
            let new = NewTag {
                name: name.to_owned(),
                organisation: organisation.map(|at| organisations[at]),
            };
            let readers = organisation.map(|at| ORGANISATIONS[at].2);
            tags.push((Tag::create(new).save(&db).await?.id, readers));
        }
        for (at, text) in texts::ARTICLES.iter().enumerate() {
            let new = NewArticle {
                title: text.title.to_owned(),
                slug: Slug::from_title(text.title).ok_or_else(|| Failure::new("a title without letters"))?,
                body: text.body.to_owned(),
                byline: PEOPLE[text.author].0.to_owned(),
                author: people[text.author],
                published: text.published,
            };
            let article = Article::create(new).save(&db).await?.id;
            // An organisation's tags are given by its members.
            let (tag, readers) = tags[at % tags.len()];
            if readers.is_none_or(|all| all.iter().any(|(person, _)| *person == text.author)) {
                let new = NewArticleTag { article, tag };
                ArticleTag::create(new).save(&db).await?;
            }
            let mut reply_to = None;
            for (author, body) in texts::COMMENTS.iter().filter(|_| at % 3 == 0) {
                let new = NewComment {
                    article,
                    reply_to,
                    author: people[*author],
                    byline: PEOPLE[*author].0.to_owned(),
                    body: (*body).to_owned(),
                };
                reply_to = Some(Comment::create(new).save(&db).await?.id);
            }
            step();
        }
        for &(organisation, is_done, title, notes) in texts::TASKS {
            let new = NewTask {
                organisation: organisations[organisation],
                title: title.to_owned(),
                notes: notes.to_owned(),
                done: is_done,
            };
            Task::create(new).save(&db).await?;
            step();
        }
        let today = Date::today_in_utc();
        for event in texts::EVENTS {
            let day = today.plus_days(event.in_days).unwrap_or(today);
            let new = NewEvent {
                organisation: organisations[event.organisation],
                title: event.title.to_owned(),
                kind: event.kind,
                day,
                begins: Time::new(event.hour, 0, 0),
                price: Decimal::from_units(event.cents).unwrap_or(Decimal::ZERO),
                host: Some(people[event.host]),
                book_until: None,
                about: event.about.to_owned(),
            };
            Event::create(new).save(&db).await?;
            step();
        }
        Ok(true)
    });
    if made.await? {
        run.out.line(format_args!(
            "{all} people, organisations, articles, tasks and events were made."
        ));
    } else {
        run.out
            .line(format_args!("There are people already: nothing was made."));
    }
    Ok(())
}

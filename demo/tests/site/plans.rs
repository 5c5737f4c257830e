//! How the site's pages find their rows when there are many: none reads a large table as a whole, for a member of two
//! organisations and for one of 200.
//!
//! `VAUBAN_UPDATE_PLANS=1` writes the snapshot anew, SQLite's or PostgreSQL's, whichever the test runs on.

use std::collections::BTreeSet;

use demo::articles::comments::{Comment, NewComment};
use demo::articles::tags::{NewTag, Tag};
use demo::articles::{Article, ArticleTag, NewArticle, NewArticleTag};
use demo::events::{Event, Kind, NewEvent};
use demo::organisations::{Membership, NewMembership, NewOrganisation, Organisation, Role};
use demo::tasks::{NewTask, Task};
use demo::users::{NewUser, User};
use vauban::prelude::*;
use vauban::testing::TestApp;

use crate::world::{database_asked_for, start};

/// The tables that grow.
const LARGE: [&str; 6] = ["article", "task", "comment", "event", "article_tag", "membership"];

/// Plans as they are on the database that the test runs on.
fn snapshot() -> String {
    let database = database_asked_for().unwrap_or_else(|| "sqlite".to_owned());
    format!("{}/tests/site/plans.{database}.txt", env!("CARGO_MANIFEST_DIR"))
}

/// What pages' plans are the same by: on PostgreSQL by which indexes each statement finds its rows. In which order it joins them, and
/// whether by a bitmap, it decides by a sample of the rows, another one each time. What is asked for at once is answered in any order.
fn steps(plans: &str) -> String {
    if database_asked_for().is_none() {
        return plans.to_owned();
    }
    let mut out = String::new();
    let mut page: Vec<(&str, BTreeSet<String>)> = Vec::new();
    for line in plans.lines() {
        if let Some(step) = line.strip_prefix("    ") {
            if let Some((_, found)) = page.last_mut() {
                found.extend(found_by(step));
            }
        } else if line.is_empty() || line.starts_with("== ") {
            write(&mut page, &mut out);
            out.push_str(&format!("{line}\n"));
        } else {
            page.push((line, BTreeSet::new()));
        }
    }
    write(&mut page, &mut out);
    out
}

fn write(page: &mut Vec<(&str, BTreeSet<String>)>, out: &mut String) {
    page.sort();
    for (statement, found) in page.drain(..) {
        out.push_str(&format!("{statement}\n"));
        for index in found {
            out.push_str(&format!("    {index}\n"));
        }
    }
}

/// The index of a step of PostgreSQL's plan, or the table that it reads as a whole.
fn found_by(step: &str) -> Option<String> {
    let (scan, of) = step.split_once(" Scan ")?;
    let of = of.trim_start_matches("Backward ");
    let name = of.split(' ').nth(1)?;
    match scan.trim_start_matches([' ', '-', '>']) {
        "Index" | "Index Only" | "Bitmap Index" => Some(name.to_owned()),
        "Seq" => Some(format!("all of {name}")),
        _ => None,
    }
}

/// Of which PostgreSQL the plans are: another version may choose others.
fn version() -> String {
    #[cfg(feature = "postgres")]
    if database_asked_for().is_some() {
        let says = cluster::database().run("SELECT split_part(current_setting('server_version'), '.', 1)");
        return format!("PostgreSQL {}\n", says[0][0].as_deref().unwrap_or_default());
    }
    String::new()
}

/// Many rows, and who looks at them.
struct Many {
    app: TestApp,
    /// Of two organisations.
    few: User,
    /// Of 200.
    many: User,
    staff: User,
    organisation: Organisation,
    tag: Tag,
    article: Article,
}

/// A thousand at a time.
macro_rules! all {
    ($app:expr, $model:ident, $new:expr) => {{
        let mut new: Vec<_> = $new.collect();
        let mut made = Vec::with_capacity(new.len());
        while !new.is_empty() {
            let rest = new.split_off(new.len().min(1_000));
            let part = std::mem::replace(&mut new, rest);
            made.extend(
                $app.rows(async |db| $model::create_all(part).save(&db).await)
                    .await,
            );
        }
        made
    }};
}

async fn many(rows: usize) -> Many {
    let app = start(demo::app);
    let person = |name: &str| NewUser {
        email: Email::parse(&format!("{name}@example.com")).unwrap(),
        name: name.to_owned(),
    };
    let names = (0..200).map(|number| person(&format!("person{number}")));
    let people = all!(app, User, names);
    let staff = app
        .rows(async |db| {
            User::create(person("staff"))
                .set(|u| [u.is_staff.set(true)])
                .save(&db)
                .await
        })
        .await;
    let named = (0..220).map(|number| NewOrganisation {
        name: format!("Organisation {}", number * 7 % 220),
        tax_id: None,
    });
    let organisations = all!(app, Organisation, named);
    let member = |organisation: usize, user: usize| NewMembership {
        organisation: organisations[organisation].id,
        user: people[user].id,
        role: Role::Editor,
    };
    let places = (0..200)
        .map(|place| member(place, 1))
        .chain((0..2).map(|place| member(place, 0)));
    let places = places.chain((2..200).flat_map(|user| [member(user, user), member(user + 1, user)]));
    all!(app, Membership, places);
    let written = (0..rows).map(|number| NewArticle {
        title: format!("Article {}", number * 7_919 % rows),
        slug: Slug::from_title(&format!("article {number}")).unwrap(),
        body: "What it says. ".repeat(20),
        byline: "Somebody".to_owned(),
        author: people[number % 200].id,
        published: number % 10 > 0,
    });
    let articles = all!(app, Article, written);
    let words = (0..40).map(|number| NewTag {
        name: format!("word {number}"),
        organisation: (number % 4 == 3).then(|| organisations[number].id),
    });
    let tags = all!(app, Tag, words);
    let links = (0..rows).map(|number| NewArticleTag {
        article: articles[number].id,
        tag: tags[number % 40].id,
    });
    all!(app, ArticleTag, links);
    let said = (0..rows).map(|number| NewComment {
        article: articles[number / 3].id,
        reply_to: None,
        author: people[number % 200].id,
        byline: "Somebody".to_owned(),
        body: "So it is.".to_owned(),
    });
    all!(app, Comment, said);
    let to_do = (0..rows).map(|number| NewTask {
        organisation: organisations[number % 220].id,
        title: format!("Task {number}"),
        notes: "What there is to know. ".repeat(10),
        done: number % 3 == 0,
    });
    all!(app, Task, to_do);
    let held = (0..rows / 10).map(|number| NewEvent {
        organisation: organisations[number % 220].id,
        title: format!("Event {number}"),
        kind: Kind::Talk,
        day: Date::today_in_utc()
            .plus_days(i32::try_from(number % 300).unwrap())
            .unwrap(),
        begins: None,
        price: "3".parse().unwrap(),
        host: None,
        book_until: None,
        about: String::new(),
    });
    all!(app, Event, held);
    app.analyze().await;
    let (few, many) = (people[0].clone(), people[1].clone());
    Many {
        app,
        few,
        many,
        staff,
        organisation: organisations.into_iter().next().unwrap(),
        tag: tags.into_iter().next().unwrap(),
        article: articles.into_iter().nth(1).unwrap(),
    }
}

impl Many {
    /// The plans of all pages, each under its address and who asks.
    async fn look(&self, these_rows: bool) -> String {
        let (tag, organisation, slug) = (self.tag.id, self.organisation.id, &self.article.slug);
        let lists: Vec<(&str, String)> = [
            ("the list", "/articles/".to_owned()),
            ("read on", "/articles/".to_owned()),
            ("searched", "/articles/?q=article+77&sort=oldest".to_owned()),
            ("sorted by title", "/articles/?sort=title&page=3".to_owned()),
            ("with a tag", format!("/tags/{tag}/")),
            ("an article with its threads", format!("/articles/{slug}/")),
            ("events", "/events/".to_owned()),
        ]
        .to_vec();
        let own: Vec<(&str, String)> = [
            ("tasks", "/tasks/".to_owned()),
            ("organisations", "/organisations/".to_owned()),
            (
                "an organisation with its statistics",
                format!("/organisations/{organisation}/"),
            ),
        ]
        .to_vec();
        let data: Vec<(&str, String)> = [
            ("the table of articles", "/data/article/".to_owned()),
            ("by its date", "/data/article/?sort=-created".to_owned()),
            (
                "an article and what belongs to it",
                format!("/data/article/{}/", self.article.id),
            ),
            ("what was done", "/data/history_entry/".to_owned()),
            (
                "tasks of an organisation",
                format!("/data/task/?field=organisation&text={organisation}"),
            ),
        ]
        .to_vec();
        let (mut out, mut scans) = (String::new(), Vec::new());
        for (who, user, pages) in [
            ("nobody", None, lists.clone()),
            (
                "a member of 2",
                Some(&self.few),
                [lists.clone(), own.clone()].concat(),
            ),
            ("a member of 200", Some(&self.many), [lists, own].concat()),
            ("staff", Some(&self.staff), data),
        ] {
            let mut client = self.app.client();
            if let Some(user) = user {
                client.sign_in_as(user).await;
            }
            for (what, page) in pages {
                // Where a list goes on by key, that page too.
                let page = match what {
                    "read on" => format!("{page}{}", link(&client.get(&page).await.text(), "after=")),
                    _ => page,
                };
                let ask = async || {
                    client.get(&page).await.assert_status(200);
                };
                let plans = match these_rows {
                    true => self.app.plans_of_these_rows(ask).await,
                    false => self.app.plans(ask).await,
                };
                let told = |scan| format!("{who}, {what}: {scan}");
                scans.extend(plans.scans_of(&LARGE).into_iter().map(told));
                out.push_str(&format!("== {who}: {what}\n{plans}\n"));
            }
        }
        assert!(scans.is_empty(), "{}", scans.join("\n\n"));
        out
    }
}

/// The address of the first link that holds this.
fn link(page: &str, holds: &str) -> String {
    let links = page
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let found = links.into_iter().find(|link| link.contains(holds));
    found
        .unwrap_or_else(|| panic!("no link with {holds}"))
        .replace("&amp;", "&")
}

/// CWE-400. Attack: a site grows, and a page that anybody may ask for reads all rows of a table each time.
#[tokio::test]
#[allow(
    clippy::disallowed_methods,
    reason = "the tests' own switch, which no program reads"
)]
async fn no_page_reads_a_large_table_as_a_whole() {
    let rows = long::amount(2_000, 100_000);
    let many = many(rows).await;
    let plans = many.look(long::amount(false, true)).await;
    long::figure(plans.matches("== ").count(), "pages without a full scan");
    long::figure(rows, "rows of each large table");
    if long::amount(false, true) {
        return;
    }
    let (file, version) = (snapshot(), version());
    let plans = format!("{version}{}", steps(&plans));
    if std::env::var_os("VAUBAN_UPDATE_PLANS").is_some() {
        std::fs::write(&file, &plans).unwrap();
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(!known.is_empty(), "{file}: write it with VAUBAN_UPDATE_PLANS=1");
    if !known.starts_with(&version) {
        eprintln!("{file} is of another PostgreSQL than {version}");
        return;
    }
    for (number, (line, known)) in plans.lines().zip(known.lines()).enumerate() {
        assert_eq!(line, known, "line {} of {file}", number + 1);
    }
    assert_eq!(plans.lines().count(), known.lines().count(), "{file}");
}

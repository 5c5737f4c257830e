//! CWE-79: every page of the site keeps its shape, whatever people have written. Two sites hold rows of the same
//! shape, one with harmless and one with hostile values; html5ever's tree builder judges their pages.

use std::path::Path;

use demo::articles::{Article, NewArticle};
use demo::events::{Event, Kind, NewEvent};
use demo::organisations::{Organisation, Role};
use demo::profiles::{NewProfile, Profile};
use demo::tasks::{NewTask, Task};
use demo::urls;
use demo::users::{NewUser, User};
use guestbook::entries::{Entry, NewEntry};
use vauban::prelude::*;
use vauban::testing::{Answer, Client};

use crate::tree::tree;
use crate::world::World;

/// Ways out of text, attributes of each kind, addresses, titles, text areas and scripts.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><img src=x onerror=alert(1)>",
    "\" autofocus onfocus=\"alert(1)",
    "' onmouseover='alert(1)",
    "\"><svg onload=alert(1)>",
    "javascript:alert(1)",
    "//evil.example/\"><base href=//evil.example>",
    "--><!-- <b>",
    "]]></p></div></main></body><p>",
    "&lt;script&gt;alert(1)&#x3c;/script>",
    "{{ user.email }}{% include 'x' %}<form action=//evil.example>",
    "two lines</pre><plaintext>",
];

/// The name of the person who looks: up to 100 characters.
const NAME: &str = "</summary></details></title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>-->";

/// What an address may have before its `@`, and would be fatal unescaped.
const EMAIL: &str = "o'onload='x&lt`{1}`=/@example.com";

/// One site's data: for each hostile value its counterpart.
struct Values {
    all: Vec<String>,
    name: String,
    email: &'static str,
}

impl Values {
    /// Numbers keep titles, and so addresses, apart.
    fn hostile() -> Self {
        Self {
            all: HOSTILE
                .iter()
                .enumerate()
                .map(|(n, value)| format!("{value} {n}"))
                .collect(),
            name: NAME.to_owned(),
            email: EMAIL,
        }
    }

    fn harmless() -> Self {
        Self {
            all: (0..HOSTILE.len()).map(|n| format!("harmless {n}")).collect(),
            // In lists of people it stands where the hostile one stands.
            name: "A harmless one".to_owned(),
            email: "harmless@example.com",
        }
    }
}

#[tokio::test]
async fn hostile_data_leave_the_dom_of_every_page_as_it_is() {
    let harmless = pages(Values::harmless()).await;
    let hostile = pages(Values::hostile()).await;
    assert_eq!(harmless.len(), hostile.len());
    for (good, bad) in harmless.iter().zip(&hostile) {
        assert_eq!((&good.name, good.status), (&bad.name, bad.status));
        assert_eq!(tree(&good.html), tree(&bad.html), "{}\n{}", bad.name, bad.html);
    }
    // Every template of the site was among them.
    // A plain text has no markup to keep.
    let mut files = templates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"));
    files.retain(|file| !file.ends_with(".txt"));
    files.sort();
    let mut named: Vec<_> = TEMPLATES.iter().map(|(file, ..)| (*file).to_owned()).collect();
    named.sort();
    assert_eq!(files, named, "a template that no page here is known to show");
    for (file, name, mark) in TEMPLATES {
        let shown = hostile
            .iter()
            .any(|page| page.name == *name && page.html.contains(mark));
        assert!(shown, "{file}: {name} does not show {mark:?}");
    }
    // The judge notices one value that is not escaped, wherever it stands.
    let mut broken = 0;
    for page in &hostile {
        let raw = page.html.replace("&lt;", "<").replace("&gt;", ">");
        broken += usize::from(tree(&raw) != tree(&page.html));
    }
    assert!(broken > hostile.len() / 2, "{broken} of {}", hostile.len());
}

/// Each of `demo/templates`, a page that shows it, and something on that page that comes from this template.
const TEMPLATES: &[(&str, &str, &str)] = &[
    ("account.html", "no e-mail address", "account-page"),
    ("accounts/login.html", "elsewhere", "Welcome back"),
    ("articles/comment.html", "article", "<p>A word</p>"),
    ("articles/delete.html", "article, deleted", "Keep it"),
    ("articles/import.html", "no such lines", "Import articles"),
    ("articles/form.html", "a long title", "Write an article"),
    ("articles/list.html", "articles", "class=\"entries\""),
    ("articles/show.html", "article", "<article class="),
    ("articles/tags.html", "tags", "Tags of the article"),
    ("base.html", "home", "<!doctype html>"),
    ("data/list.html", "data", "Every table of this site"),
    ("data/row.html", "row", "What was done to it"),
    ("data/table.html", "rows", "aria-sort"),
    ("error.html", "no such path", "404"),
    ("events/delete.html", "event, deleted", "Keep it"),
    ("events/facts.html", "event", "<span>free</span>"),
    ("profiles/form.html", "profile, edited", "How people reach you"),
    ("events/form.html", "no event", "<h1>Edit the event</h1>"),
    ("events/list.html", "no such search", "class=\"filter\""),
    ("events/show.html", "event", "Ask "),
    ("form.html", "a long title", "class=\"fields\""),
    (
        "guests/book.html",
        "the guest book",
        "class=\"guestbook-entries\"",
    ),
    (
        "guests/delete.html",
        "an entry, taken out",
        "Take this entry out?",
    ),
    ("home.html", "home", "id=\"try\""),
    ("support.html", "support", "id=\"amount\""),
    ("includes/dev_bar.html", "article", "class=\"dev-bar\""),
    (
        "includes/pagination.html",
        "articles, second page",
        "class=\"pagination\"",
    ),
    ("mail/digest.html", "a digest", "Published yesterday"),
    ("mail/new_password.html", "a mail", "Choose it now"),
    ("mail/new_task.html", "a mail", "Look at it"),
    (
        "organisations/form.html",
        "a long organisation",
        "Found an organisation",
    ),
    ("organisations/find.html", "not found", "Find an organisation"),
    ("organisations/list.html", "organisations", "class=\"cards\""),
    ("organisations/show.html", "organisation", "id=\"members\""),
    ("profile.html", "a long name", "<h1>Your name</h1>"),
    ("organisations/delete.html", "organisation, deleted", "Keep it"),
    ("tasks/delete.html", "task, deleted", "Keep it"),
    ("tasks/edit.html", "no task", "<h1>Edit the task</h1>"),
    ("tasks/list.html", "tasks", "<h1>Tasks</h1>"),
    ("tasks/new.html", "no such choice", "<h1>Add a task</h1>"),
    ("tasks/rows.html", "tasks", "class=\"rows\""),
    ("tasks/show.html", "task", "Mark as done"),
];

/// The files in this folder and below, as templates are named.
// The folder is the package's own.
#[allow(clippy::disallowed_methods)]
fn templates(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            files.extend(templates(&path).iter().map(|file| format!("{name}/{file}")));
        } else {
            files.push(name);
        }
    }
    files
}

struct Shown {
    name: String,
    status: u16,
    html: String,
}

/// A visitor who keeps what was shown.
struct Tour {
    client: Client,
    pages: Vec<Shown>,
}

impl Tour {
    fn keep(&mut self, name: &str, answer: &Answer) {
        self.pages.push(Shown {
            name: name.to_owned(),
            status: answer.status(),
            html: answer.text(),
        });
    }

    async fn get(&mut self, name: &str, url: impl vauban::testing::Address) {
        let answer = self.client.get(url).await;
        self.keep(name, &answer);
    }

    /// A form, sent: shown again, or where it leads.
    async fn post(&mut self, name: &str, url: impl vauban::testing::Address, fields: &[(&str, &str)]) {
        let answer = self.client.post_fields(url, fields).await;
        self.keep(name, &answer);
        if answer.status() == 303 {
            let next = self.client.follow(&answer).await;
            self.keep(name, &next);
        }
    }
}

async fn pages(values: Values) -> Vec<Shown> {
    let w = World::new().await;
    let new = NewUser {
        email: Email::parse(values.email).unwrap(),
        name: values.name.clone(),
    };
    let eve = w.app.rows(async |db| User::create(new).save(&db).await).await;
    let mut tour = Tour {
        client: w.as_(&eve).await,
        pages: Vec::new(),
    };
    let mut taken = None;
    for value in &values.all {
        let article = article(&w, &eve, value).await;
        let people = [
            (&eve, Role::Admin),
            (&w.dan, Role::Member),
            (&w.ben, Role::Member),
        ];
        let organisation = w.organisation(value, &people).await;
        let members = urls::members::members(&organisation.id.uuid());
        tour.get("members", members.clone()).await;
        let invitation = [("email", value.as_str()), ("role", value.as_str())];
        tour.post("no such role", members, &invitation).await;
        let task = task(&w, &organisation, value).await;
        let tag = crate::comments::tag(&w, &value.chars().take(40).collect::<String>(), None).await;
        // Nothing is ticked yet: where a tag stands in the list goes by its name.
        tour.get("tags", urls::article_tags(&article.slug)).await;
        crate::comments::link(&w, &article, &tag).await;
        let comment = crate::comments::comment(&w, &article, None, &eve, value).await;
        crate::comments::comment(&w, &article, Some(&comment), &eve, "A word").await;
        tour.get("article", urls::article(&article.slug)).await;
        tour.get("tagged", urls::tag(&tag.id)).await;
        tour.get("article, edited", urls::article_edit(&article.slug))
            .await;
        tour.get("article, deleted", urls::article_delete(&article.slug))
            .await;
        profile(&w, &organisation, value).await;
        let wrong = [
            "website",
            "contact",
            "answers_within",
            "network",
            "desks",
            "hours",
        ]
        .map(|name| (name, value.as_str()));
        let address = urls::organisation_profile(&organisation.id);
        tour.get("profile, edited", address.clone()).await;
        tour.post("no profile", address, &wrong).await;
        tour.get("organisation", urls::organisation(&organisation.id))
            .await;
        tour.get("organisation, edited", urls::organisation_edit(&organisation.id))
            .await;
        tour.get(
            "organisation, deleted",
            urls::organisation_delete(&organisation.id),
        )
        .await;
        let too_much = format!("{value} and more than a tax ID has");
        tour.post("not found", urls::organisation_find(), &[("tax_id", &too_much)])
            .await;
        tour.get("task", urls::task(&task.id)).await;
        tour.get("task, edited", urls::task_edit(&task.id)).await;
        tour.get("task, deleted", urls::task_delete(&task.id)).await;
        let event = event(&w, &organisation, &eve, value).await;
        tour.get("event", urls::event(&event.id)).await;
        tour.get("event, edited", urls::event_edit(&event.id)).await;
        tour.get("event, deleted", urls::event_delete(&event.id)).await;
        no_event(&mut tour, value, &event).await;
        let words = [("name", value.as_str()), ("text", value.as_str())];
        tour.post("the guest book, signed", urls::guestbook::sign(), &words)
            .await;
        let entry = guest(&w, &eve, value).await;
        tour.get("an entry, taken out", urls::guestbook::entry_delete(&entry))
            .await;
        let organisation_id = organisation.id.to_string();
        let new = [
            ("organisation", organisation_id.as_str()),
            ("title", value.as_str()),
            ("notes", value.as_str()),
        ];
        tour.post("a new task", urls::task_create(), &new).await;
        again(&mut tour, value, &organisation, &task, &article.slug).await;
        addresses(&mut tour, value).await;
        taken = Some(article.title);
    }
    let forgotten = [("email", values.email)];
    tour.post("a mail sent", "/accounts/reset/", &forgotten).await;
    w.app.run_tasks().await;
    let mails = w.app.mails();
    assert!(mails.len() > values.all.len());
    tour.pages.extend(mails.iter().map(|mail| Shown {
        name: "a mail".to_owned(),
        status: 200,
        html: mail.html().to_owned(),
    }));
    // The night's, as one of those gets it who wrote none of it.
    for _ in 0..3 {
        w.app.advance(std::time::Duration::from_secs(86_400));
        w.app.run_tasks().await;
    }
    let mails = w.app.mails();
    let digest = mails
        .iter()
        .find(|mail| mail.kind() == Some("digest") && mail.to() == ["ben@example.com"]);
    let digest = digest.unwrap();
    tour.pages.push(Shown {
        name: "a digest".to_owned(),
        status: 200,
        html: digest.html().to_owned(),
    });
    let taken = taken.unwrap();
    let fields = [("title", taken.as_str()), ("body", taken.as_str())];
    tour.post("a taken title", urls::article_create(), &fields).await;
    for (name, url) in [
        ("home", urls::home()),
        ("support", urls::support()),
        ("articles", urls::articles()),
        ("articles, second page", urls::articles().query("page", 2)),
        ("organisations", urls::organisations()),
        ("tasks", urls::tasks()),
        ("the guest book", urls::guestbook::book()),
        ("profile", urls::profile()),
        ("write", urls::article_new()),
        ("found", urls::organisation_new()),
        ("add", urls::task_new()),
        ("events", urls::events()),
        ("not hers", urls::article_edit(&w.article.slug)),
    ] {
        tour.get(name, url).await;
    }
    tour.get("password", "/accounts/password/").await;
    tour.get("security", "/accounts/security/").await;
    tour.get("sessions", "/accounts/sessions/").await;
    // Others see her name; a visitor sees her articles.
    let mut dan = Tour {
        client: w.as_(&w.dan).await,
        pages: tour.pages,
    };
    dan.get("organisations, Dan's", urls::organisations()).await;
    // Staff see rows by metadata, and what somebody looks for is shown again.
    let mut cleo = Tour {
        client: w.as_(&w.cleo).await,
        pages: dan.pages,
    };
    cleo.get("data", urls::data()).await;
    for table in ["article", "user", "guestbook_entry"] {
        let table = PathText::parse(table).unwrap();
        cleo.get("rows", urls::data_table(&table)).await;
        for value in &values.all {
            let looked = urls::data_table(&table).query("field", "id").query("text", value);
            cleo.get("rows, looked for", looked).await;
        }
    }
    let articles = PathText::parse("article").unwrap();
    for by in ["title", "byline", "author"] {
        let counted = urls::data_table(&articles).query("by", by);
        cleo.get("rows, counted", counted).await;
    }
    for (table, id) in [
        ("article", w.article.id.to_string()),
        ("user", w.ann.id.to_string()),
    ] {
        let (table, id) = (PathText::parse(table).unwrap(), PathText::parse(&id).unwrap());
        cleo.get("row", urls::data_row(&table, &id)).await;
    }
    let mut visitor = Tour {
        client: w.app.client(),
        pages: cleo.pages,
    };
    visitor.get("articles, a visitor's", urls::articles()).await;
    visitor
        .get("the guest book, a visitor's", urls::guestbook::book())
        .await;
    visitor.get("sign up", "/accounts/signup/").await;
    visitor.pages
}

/// How an organisation is reached.
async fn profile(w: &World, organisation: &Organisation, value: &str) {
    let new = NewProfile {
        organisation: organisation.id,
        website: None,
        contact: Some("ann@example.com".parse().unwrap()),
        answers_within: None,
        network: None,
        desks: 1,
        hours: Json([(value.to_owned(), value.to_owned())].into()),
    };
    w.app.rows(async |db| Profile::create(new).save(&db).await).await;
}

/// An event of an organisation, whose host is she.
async fn event(w: &World, organisation: &Organisation, host: &User, value: &str) -> Event {
    let new = NewEvent {
        organisation: organisation.id,
        title: value.to_owned(),
        kind: Kind::Talk,
        day: Date::new(2030, 5, 1).unwrap(),
        begins: None,
        price: Decimal::ZERO,
        host: Some(host.id),
        book_until: None,
        about: value.to_owned(),
    };
    w.app.rows(async |db| Event::create(new).save(&db).await).await
}

/// An event and a search whose every field is wrong.
async fn no_event(tour: &mut Tour, value: &str, event: &Event) {
    let names = [
        "kind",
        "day",
        "begins",
        "price",
        "host",
        "book_until",
        "about",
        "version",
    ];
    let fields: Vec<(&str, &str)> = names.iter().map(|name| (*name, value)).collect();
    tour.post("no event", urls::event_save(&event.id), &fields).await;
    let search = ["title", "from", "price", "kinds"]
        .iter()
        .fold(urls::events(), |url, name| url.query(name, value));
    tour.get("no such search", search.clone()).await;
    tour.get("a search", urls::events().query("title", value)).await;
}

/// An entry of the guest book.
async fn guest(w: &World, user: &User, value: &str) -> Id<Entry> {
    let new = NewEntry {
        name: value.to_owned(),
        text: value.to_owned(),
        author: user.id.into(),
    };
    w.app.rows(async |db| Entry::create(new).save(&db).await).await.id
}

/// Forms that are shown again with what was typed.
async fn again(tour: &mut Tour, value: &str, organisation: &Organisation, task: &Task, slug: &Slug) {
    let long = value.repeat(40);
    let form = |first| [("title", first), ("body", value)];
    tour.post("a long title", urls::article_create(), &form(&long))
        .await;
    tour.post("no title", urls::article_save(slug), &form("")).await;
    let lines = [("lines", format!("{value}; {value}\nno text"))];
    let lines = lines.each_ref().map(|(name, lines)| (*name, lines.as_str()));
    tour.post("no such lines", urls::article_import_save(), &lines)
        .await;
    let name = [("name", long.as_str())];
    tour.post("a long name", urls::profile_save(), &name).await;
    tour.post("a long organisation", urls::organisation_create(), &name)
        .await;
    tour.post(
        "a long new name",
        urls::organisation_save(&organisation.id),
        &name,
    )
    .await;
    let fields = [("organisation", value), ("title", value), ("notes", value)];
    tour.post("no such choice", urls::task_create(), &fields).await;
    let fields = [("title", ""), ("notes", value)];
    tour.post("no task", urls::task_save(&task.id), &fields).await;
    let fields = [("email", value)];
    tour.post("no e-mail address", "/accounts/signup/", &fields).await;
}

/// Data of the request itself.
async fn addresses(tour: &mut Tour, value: &str) {
    let coded: String = value.bytes().map(|b| format!("%{b:02X}")).collect();
    tour.get("no such path", format!("/{coded}")).await;
    tour.get("no such article", format!("/articles/{coded}/")).await;
    tour.get("no such page", format!("/articles/?page={coded}")).await;
    tour.get("elsewhere", format!("/accounts/login/?next={coded}"))
        .await;
    let mut cookie: String = value.chars().filter(|c| !matches!(c, ';' | '\n')).collect();
    cookie.truncate(40);
    tour.client.set_cookie("demo-theme", &cookie);
    tour.get("a theme", urls::home()).await;
}

async fn article(w: &World, author: &User, value: &str) -> Article {
    let new = NewArticle {
        title: value.to_owned(),
        slug: Slug::from_title(value).unwrap(),
        // Markdown's code: text in both sites. What else Markdown may become, the policy's own tests say.
        body: format!("    {value}"),
        byline: author.name.clone(),
        author: author.id,
        published: true,
    };
    w.app.rows(async |db| Article::create(new).save(&db).await).await
}

async fn task(w: &World, organisation: &Organisation, value: &str) -> Task {
    let new = NewTask {
        organisation: organisation.id,
        title: value.to_owned(),
        notes: format!("{value}\n\n{value}"),
        done: false,
    };
    w.app.rows(async |db| Task::create(new).save(&db).await).await
}

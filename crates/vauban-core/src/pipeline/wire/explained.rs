//! A refusal explains itself to the developer, and to nobody else (CWE-489, CWE-204, CWE-200).

use vauban_macros::Model;
use vauban_orm::engine::Options;
use vauban_orm::{Columns, Db, Id, Model, Policy, Rules, Who, Write};

use super::*;
use crate::http::Error;
use crate::routing::{Path, Query, Staff};

#[derive(Model)]
#[model(table = "wire_paper")]
pub(super) struct Paper {
    id: Id<Paper>,
    number: i64,
    published: bool,
}

impl Policy for Paper {
    fn rules(_: Who<Self>, paper: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: paper.published.eq(true),
            ..Rules::none()
        }
    }
}

#[derive(serde::Deserialize)]
struct Search {
    page: u32,
}

#[view(get, "/papers/{number}/")]
pub(super) async fn paper(_: Public, db: Db, number: Path<u32>) -> Result<Text> {
    let number = i64::from(*number);
    let paper = Paper::objects().get(&db, |paper| paper.number.eq(number)).await?;
    Ok(Text::new(paper.id.to_string()))
}

#[view(get, "/first/{number}/")]
pub(super) async fn first(_: Public, db: Db, number: Path<u32>) -> Result<Text> {
    let number = i64::from(*number);
    let paper = Paper::objects()
        .filter(|paper| paper.number.eq(number))
        .first(&db)
        .await?;
    Ok(Text::new(paper.ok_or_else(Error::not_found)?.id.to_string()))
}

#[view(get, "/change/{number}/")]
pub(super) async fn change(_: Public, db: Db, number: Path<u32>) -> Result<Text> {
    let number = i64::from(*number);
    let paper = Paper::objects()
        .get_to_change(&db, |paper| paper.number.eq(number))
        .await?;
    Ok(Text::new(paper.id.to_string()))
}

#[view(post, "/add/")]
pub(super) async fn add(_: Public, db: Db<Write>) -> Result<Text> {
    let new = NewPaper {
        number: 9,
        published: true,
    };
    Ok(Text::new(Paper::create(new).save(&db).await?.id.to_string()))
}

#[view(get, "/search/")]
pub(super) async fn search(_: Public, search: Query<Search>) -> Result<Text> {
    Ok(Text::new(search.page.to_string()))
}

#[view(get, "/staff/")]
pub(super) async fn staff(_: Staff) -> Result<Text> {
    Ok(Text::new("staff"))
}

/// A site with a paper 1 that everybody sees, and a paper 2 that nobody does.
async fn site(change: impl FnOnce(&mut Settings)) -> Server {
    #[allow(deprecated)]
    let database = Database::open("sqlite::memory:", Options::default()).unwrap();
    database.create_all(&[Paper::meta()]).unwrap();
    #[allow(deprecated)]
    let unit = database.bind(vauban_orm::Actor::nobody());
    for (number, published) in [(1, true), (2, false)] {
        let new = NewPaper { number, published };
        let free = unit.db();
        Paper::create(new)
            .save(
                &free.unscoped_write::<Paper>(vauban_waiver::waiver!(
                    UnscopedWrite,
                    "rows of this test alone"
                )),
            )
            .await
            .unwrap();
    }
    unit.finish(true).await.unwrap();
    let mut parts = parts(&["localhost", "example.com"]);
    parts.routes = Routes::new()
        .view::<paper>("paper")
        .view::<first>("first")
        .view::<change_view>("change")
        .view::<add>("add")
        .view::<search>("search")
        .view::<staff>("staff");
    parts.database = Some(database);
    parts.settings.mode = Mode::Development;
    parts.settings.trusted_proxies.clear();
    change(&mut parts.settings);
    start(parts).await
}
use change as change_view;

/// What a developer asks, and what the page has to say.
const ASKED: &[(&str, u16, &[&str])] = &[
    (
        "GET /papers/3/",
        404,
        &[
            "No `Paper` fits the query: the row is absent.",
            "FROM &quot;wire_paper&quot;",
            "explained.rs:",
        ],
    ),
    (
        "GET /papers/2/",
        404,
        &[
            "A `Paper` fits the query, but `Paper.view` hides it",
            "Paper.view: published = 1",
        ],
    ),
    ("GET /first/3/", 404, &["the row is absent"]),
    ("GET /first/2/", 404, &["but `Paper.view` hides it"]),
    ("GET /change/2/", 404, &["but `Paper.view` hides it"]),
    (
        "GET /change/1/",
        403,
        &[
            "`Paper.change` does not let who asks do this to the `Paper`.",
            "Paper.change: nobody",
        ],
    ),
    ("POST /add/", 403, &["`Paper.add` does not let who asks do this"]),
    (
        "GET /staff/",
        403,
        &[
            "The access rule `Staff` of the view `",
            "explained::staff` (",
            "nobody who is signed in",
        ],
    ),
    (
        "GET /papers/three/",
        404,
        &["The route `paper` (/papers/{number}/) would answer, but its `{number}` is a `u32`"],
    ),
    (
        "GET /search/?page=x",
        400,
        &[
            "`page`: it cannot be `x`",
            "parameter `Query&lt;",
            "could not be taken",
        ],
    ),
    (
        "GET /serch/",
        404,
        &[
            "No route answers this address.",
            "<li><code>GET /search/  search</code>",
            "POST /add/  add",
        ],
    ),
    (
        "DELETE /add/",
        405,
        &[
            "No view answers DELETE at this address; others do.",
            "POST `",
            "explained::add`",
        ],
    ),
];

async fn ask(server: &Server, line: &str, host: &str, more: &[(String, String)]) -> Reply {
    let path = line.split(' ').nth(1).unwrap();
    let token = server.token(&Binding::Session("a-session-of-ann".to_owned()), path);
    let mut headers = vec![
        pair("Host", host),
        pair("Sec-Fetch-Site", "same-origin"),
        pair("Sec-Fetch-Mode", "navigate"),
        pair("Sec-Fetch-Dest", "document"),
        pair("Cookie", "test-session=a-session-of-ann"),
        pair("X-CSRFToken", token),
    ];
    headers.extend_from_slice(more);
    server.send(line, &headers, "").await
}

#[tokio::test]
async fn in_development_a_refusal_says_why() {
    let server = site(|_| ()).await;
    let mut missing = Vec::new();
    for (line, status, says) in ASKED {
        let page = ask(&server, line, "localhost", &[]).await;
        assert_eq!(page.status, *status, "{line}: {}", page.body);
        for say in *says {
            if !page.body.contains(say) {
                missing.push(format!("{line} does not say {say:?}:\n{}", page.body));
            }
        }
        assert_eq!(page.header("cache-control"), Some("no-store"), "{line}");
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    // The nearest routes first.
    let page = ask(&server, "GET /serch/", "localhost", &[]).await.body;
    assert!(page.find("GET /search/") < page.find("POST /add/"), "{page}");
    // CWE-79: an address is anybody's text.
    let page = ask(&server, "GET /search/?page=<b>", "localhost", &[]).await.body;
    assert!(!page.contains("<b>"), "{page}");
    // Text for who asks for text.
    let text = ask(
        &server,
        "GET /papers/2/",
        "localhost",
        &[pair("Accept", "application/json")],
    )
    .await;
    assert!(text.body.contains("but `Paper.view` hides it"), "{}", text.body);
    // Another site's frame and form.
    let foreign = [pair("Host", "localhost"), pair("Sec-Fetch-Site", "cross-site")];
    let framed = [
        &foreign[..],
        &[
            pair("Sec-Fetch-Mode", "navigate"),
            pair("Sec-Fetch-Dest", "iframe"),
        ],
    ]
    .concat();
    let page = server.send("GET /staff/", &framed, "").await.body;
    assert!(
        page.contains("The isolation of cross-site loads refused"),
        "{page}"
    );
    let page = server.send("POST /add/", &foreign, "").await.body;
    assert!(page.contains("The origin wall refused"), "{page}");
}

/// CWE-204, CWE-489: byte for byte, others read what a release says.
#[tokio::test]
async fn nobody_else_is_told_why() {
    let release = site(|settings| settings.mode = Mode::Release).await;
    let shared = site(Settings::share).await;
    let development = site(|_| ()).await;
    let test = site(|settings| {
        let hosts = settings.allowed_hosts.clone();
        *settings = Settings::for_test(Mode::Development, "sqlite::memory:", &[]);
        settings.allowed_hosts = hosts;
    });
    let test = test.await;
    for (line, status, _) in ASKED {
        let plain = ask(&release, line, "localhost", &[]).await;
        assert_eq!(plain.status, *status, "{line}: {}", plain.body);
        assert!(!plain.body.contains("development"), "{line}: {}", plain.body);
        let passed_on = [pair("X-Forwarded-For", "192.0.2.1")];
        for (who, other) in [
            ("--share-dev", ask(&shared, line, "localhost", &[]).await),
            (
                "another host name",
                ask(&development, line, "example.com", &[]).await,
            ),
            (
                "through a tunnel",
                ask(&development, line, "localhost", &passed_on).await,
            ),
            ("a test", ask(&test, line, "localhost", &[]).await),
        ] {
            assert_eq!(other.status, plain.status, "{line} {who}");
            assert_eq!(other.body, plain.body, "{line} {who}");
            assert_eq!(
                other.header("cache-control"),
                plain.header("cache-control"),
                "{line} {who}"
            );
        }
    }
    // What is hidden and what is absent are one answer.
    let absent = ask(&release, "GET /papers/3/", "localhost", &[]).await.body;
    let hidden = ask(&release, "GET /papers/2/", "localhost", &[]).await.body;
    assert_eq!(absent, hidden);
}

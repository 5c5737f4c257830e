//! The test kit on a small program of its own: it must see what is wrong, and nothing else.

use vauban_orm::{Columns, DateTime, Db, ForeignKey, Id, Policy, Rules, Who, Write};

use super::{Expect, Expected, Prober, TestApp};
use crate::accounts::Email;
use crate::accounts::UserAccount;
use crate::forms::Form;
use crate::http::{Json, Redirect, Refusal, Request, Result, Status, Text};
use crate::routing::{AccessRule, ByToken, Path, Proven, Public, SignedIn, Staff, TokenScheme};
use crate::{App, Model, Module, view};

use Expect::{Allowed, Forbidden, NotFound, SignIn};

#[derive(Model, UserAccount, Clone)]
#[model(user, table = "kit_user")]
pub(crate) struct User {
    id: Id<User>,
    #[field(unique, fixed)]
    email: Email,
    #[field(privileged, default = true)]
    is_active: bool,
    #[field(privileged, default = false)]
    is_staff: bool,
    #[field(privileged, default = false)]
    is_superuser: bool,
    #[field(auto_now_add)]
    date_joined: DateTime,
    #[field(privileged)]
    last_login: Option<DateTime>,
    #[field(max_length = 80)]
    name: String,
}

impl Policy for User {
    fn rules(who: Who<Self>, u: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: u.id.is(who),
            ..Rules::none()
        }
    }
}

#[derive(Model, Clone)]
#[model(table = "kit_note")]
struct Note {
    id: Id<Note>,
    #[field(owner)]
    owner: ForeignKey<User>,
    #[field(max_length = 80)]
    text: String,
}

impl Policy for Note {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: n.owner.is(who) | who.is_staff(),
            change: n.owner.is(who),
            ..Rules::none()
        }
    }
}

#[derive(crate::Form)]
struct NoteForm {
    #[field(max_length = 80)]
    text: String,
}

#[view(get, "/")]
async fn home(_: Public) -> Text {
    Text::new("home")
}

#[view(get, "/notes/{note}/")]
async fn show(_: SignedIn, db: Db, note: Path<Id<Note>>) -> Result<Text> {
    Ok(Text::new(
        Note::objects().get(&db, |n| n.id.eq(*note)).await?.text,
    ))
}

#[view(post, "/notes/{note}/")]
async fn edit(_: SignedIn, db: Db<Write>, note: Path<Id<Note>>, form: Form<NoteForm>) -> Result<Redirect> {
    let note = Note::objects().get_to_change(&db, |n| n.id.eq(*note)).await?;
    let Ok(clean) = form.clean(&db).await?.into_result() else {
        return Err(crate::Error::bad_request("text"));
    };
    let text = clean.text.clone();
    note.change(&db, |n| [n.text.set(text)]).await?;
    Ok(Redirect::to(urls::home()))
}

#[view(get, "/staff/")]
async fn staff(_: Staff) -> Text {
    Text::new("staff only")
}

#[view(delete, "/notes/{note}/")]
async fn remove(_: SignedIn, db: Db<Write>, note: Path<Id<Note>>) -> Result<Status> {
    let note = Note::objects().get_to_delete(&db, |n| n.id.eq(*note)).await?;
    note.delete(&db).await?;
    Ok(Status::NO_CONTENT)
}

/// A note's text, as a script sends it.
#[view(patch, "/notes/{note}/")]
async fn correct(_: SignedIn, db: Db<Write>, note: Path<Id<Note>>, text: Json<String>) -> Result<Status> {
    let note = Note::objects().get_to_change(&db, |n| n.id.eq(*note)).await?;
    note.change(&db, |n| [n.text.set(text.0)]).await?;
    Ok(Status::NO_CONTENT)
}

#[view(put, "/notes/{note}/")]
async fn put(_: SignedIn, db: Db<Write>, note: Path<Id<Note>>, form: Form<NoteForm>) -> Result<Status> {
    let note = Note::objects().get_to_change(&db, |n| n.id.eq(*note)).await?;
    let Ok(clean) = form.clean(&db).await?.into_result() else {
        return Err(crate::Error::bad_request("text"));
    };
    let text = clean.text.clone();
    note.change(&db, |n| [n.text.set(text)]).await?;
    Ok(Status::NO_CONTENT)
}

/// A program of the member's, by its token.
#[allow(unreachable_pub)] // a view is as public as its rule
pub struct Program;
#[allow(unreachable_pub)]
pub struct Tokens;
impl TokenScheme for Tokens {
    type Loaded = &'static str;
    async fn find(_: &Request, token: &str) -> Result<Option<Proven<&'static str>>> {
        Ok(match token {
            "of-ann" => Some(Proven::nobody("prints")),
            "of-ben" => Some(Proven::nobody("nothing")),
            _ => None,
        })
    }
}
impl AccessRule for Program {
    type Credential = ByToken<Tokens>;
    fn admit(_: &Request, scope: &&str) -> std::result::Result<Self, Refusal> {
        match *scope {
            "prints" => Ok(Self),
            _ => Err(Refusal::Forbidden),
        }
    }
}

#[view(post, "/api/print/")]
async fn print(_: Program, text: Json<String>) -> Text {
    Text::new(text.0)
}

/// What a page's script and a program call.
fn program_with_api() -> App {
    let routes = crate::Routes::new()
        .view::<remove>("note_delete")
        .view::<correct>("note_correct")
        .view::<put>("note_put")
        .view::<print>("print");
    program().module(Module::new("api").routes(routes))
}

/// CWE-862. The routes of scripts and programs are called as well: one that nobody can probe, nobody probes.
#[tokio::test]
async fn the_prober_calls_what_scripts_and_programs_call() {
    let app = TestApp::new(program_with_api);
    let rows = people(&app).await;
    let note = format!("/notes/{}/", rows.note.id);
    let probed = || {
        let changed = [("text", "changed")];
        prober(&app, &rows)
            .form("note_edit", urls::note_edit(&rows.note.id), &changed)
            .form("note_put", &note, &changed)
            .json("note_correct", &note, "\"changed\"")
            .delete("note_delete", &note)
            .token("member", "of-ann")
            .token("outsider", "of-ben")
            .json("print", "/api/print/", "\"a\"")
            .without_rows()
            .by_token()
            .json("print#session", "/api/print/", "\"a\"")
            .expect(&TABLE)
    };
    let notes = [SignIn, Allowed, NotFound, Forbidden];
    let table = [
        Expected::new("note_put", notes),
        Expected::new("note_correct", notes),
        // The policy lets nobody delete.
        Expected::new("note_delete", [SignIn, Forbidden, NotFound, Forbidden]),
        Expected::new("print", [SignIn, Allowed, Forbidden, SignIn]),
        // CWE-352: a session opens nothing here.
        Expected::new("print#session", [SignIn, SignIn, SignIn, SignIn]),
    ];
    probed().expect(&table).run().await;
    let mut wrong = table;
    wrong[0].callers[1] = Forbidden;
    wrong[3].callers[2] = Allowed;
    let told = probed().expect(&wrong).report().await.to_string();
    assert!(told.contains("2 are not as the table says"), "{told}");
    assert!(told.contains("expected Allowed, got Forbidden (403)"), "{told}");
}

mod urls {
    crate::routes! {
        home => super::home,
        note => super::show,
        note_edit => super::edit,
        staff => super::staff,
    }
}

fn program() -> App {
    let package = crate::Package::for_test("kit", "", None);
    let module = Module::new("notes").routes(urls::routes()).model::<Note>();
    App::new(package)
        .module(crate::accounts::module::<User>())
        .module(module)
}

struct People {
    ann: User,
    ben: User,
    cleo: User,
    note: Note,
}

async fn people(app: &TestApp) -> People {
    app.rows(|db| async move {
        let somebody = |email: &str| NewUser {
            email: Email::parse(email).unwrap(),
            name: email.to_owned(),
        };
        let ann = User::create(somebody("ann@example.com")).save(&db).await?;
        let ben = User::create(somebody("ben@example.com")).save(&db).await?;
        let cleo = User::create(somebody("cleo@example.com"))
            .set(|u| [u.is_staff.set(true)])
            .save(&db)
            .await?;
        let note = NewNote {
            owner: ann.id,
            text: "first".into(),
        };
        Ok(People {
            note: Note::create(note).save(&db).await?,
            ann,
            ben,
            cleo,
        })
    })
    .await
}

#[tokio::test]
async fn a_client_behaves_like_a_browser() {
    for app in [TestApp::new(program), TestApp::behind_proxy(program)] {
        let rows = people(&app).await;
        let mut client = app.client();
        client
            .get(urls::home())
            .await
            .assert_status(200)
            .assert_contains("home");
        client.sign_in_as(&rows.ann).await;
        client
            .get(urls::note(&rows.note.id))
            .await
            .assert_status(200)
            .assert_contains("first");
        let answer = client
            .post_form(urls::note_edit(&rows.note.id), &[("text", "second")])
            .await;
        client
            .follow(answer.assert_status(303))
            .await
            .assert_contains("home");
        client
            .get(urls::note(&rows.note.id))
            .await
            .assert_contains("second");
    }
}

/// CWE-352: there is no way to be let in without a token but to leave it out and be refused.
#[tokio::test]
async fn nothing_is_switched_off() {
    let app = TestApp::new(program);
    let rows = people(&app).await;
    let mut client = app.client();
    client.sign_in_as(&rows.ann).await;
    let mut headers = client.browser(true, "POST");
    headers.insert(
        "content-type",
        "application/x-www-form-urlencoded".parse().unwrap(),
    );
    let url = urls::note_edit(&rows.note.id);
    let answer = client
        .request(http::Method::POST, url, headers.clone(), "text=stolen")
        .await;
    answer.assert_status(403);
    assert_eq!(answer.events(), ["csrf_token_refused"]);
    headers.insert("origin", "https://evil.example".parse().unwrap());
    headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
    let url = urls::note_edit(&rows.note.id);
    let answer = client
        .request(http::Method::POST, url, headers, "text=stolen")
        .await;
    assert_eq!(answer.assert_status(403).events(), ["origin_refused"]);
}

#[tokio::test]
async fn a_fork_goes_its_own_way() {
    let app = TestApp::new(program);
    let rows = people(&app).await;
    let fork = app.fork();
    let mut client = fork.client();
    client.sign_in_as(&rows.ann).await;
    client
        .post_form(urls::note_edit(&rows.note.id), &[("text", "forked")])
        .await
        .assert_status(303);
    let mut client = app.client();
    client.sign_in_as(&rows.ann).await;
    client
        .get(urls::note(&rows.note.id))
        .await
        .assert_contains("first");
}

/// The table of the program above, as somebody would write it who has read what it is for.
const TABLE: [Expected; 4] = [
    Expected::new("home", [Allowed, Allowed, Allowed, Allowed]),
    Expected::new("note", [SignIn, Allowed, NotFound, Allowed]),
    Expected::new("note_edit", [SignIn, Allowed, NotFound, Forbidden]),
    Expected::new("staff", [SignIn, Forbidden, Forbidden, Allowed]),
];

fn prober<'a>(app: &'a TestApp, rows: &People) -> Prober<'a> {
    Prober::new(app)
        .member(&rows.ann)
        .outsider(&rows.ben)
        .staff(&rows.cleo)
        .get("home", urls::home())
        .get("note", urls::note(&rows.note.id))
        .get("staff", urls::staff())
}

#[tokio::test]
async fn the_prober_agrees_with_a_right_table() {
    let app = TestApp::new(program);
    let rows = people(&app).await;
    let probed = prober(&app, &rows).form(
        "note_edit",
        urls::note_edit(&rows.note.id),
        &[("text", "changed")],
    );
    probed.expect(&TABLE).run().await;
}

/// CWE-862: more roles than four have columns of their own, and one that the table forgets is told.
#[tokio::test]
async fn named_callers_have_columns() {
    let app = TestApp::new(program);
    let rows = people(&app).await;
    let table = TABLE.map(|line| {
        let [nobody, member, outsider, staff] = line.callers;
        Expected::new(line.sample, [nobody, member, outsider, staff, outsider])
    });
    let probed = || {
        let changed = [("text", "changed")];
        let probed = prober(&app, &rows).form("note_edit", urls::note_edit(&rows.note.id), &changed);
        probed.caller("manager", &rows.ben)
    };
    probed().expect(&table).run().await;
    let told = probed().expect(&TABLE).report().await.to_string();
    assert!(
        told.contains("what 4 callers get, and there are 5: nobody, member, outsider, staff, manager"),
        "{told}"
    );
    let mut wrong = table;
    wrong[1].callers[4] = Allowed;
    let told = probed().expect(&wrong).report().await.to_string();
    assert!(
        told.contains("manager") && told.contains("expected Allowed, got NotFound"),
        "{told}"
    );
}

/// CWE-644: what leaves the site has its configured origin, whatever host was asked.
#[tokio::test]
async fn absolute_urls_have_the_sites_own_origin() {
    let url = urls::home();
    let of = |app: TestApp| app.site.absolute_url(&url).unwrap();
    assert_eq!(of(TestApp::new(program)), "http://localhost:8000/");
    assert_eq!(of(TestApp::behind_proxy(program)), "https://example.com/");
    let elsewhere = TestApp::with(
        program,
        &[("origins", "https://www.example.org,https://example.org")],
    );
    assert_eq!(of(elsewhere), "https://www.example.org/");
    let none = TestApp::with(program, &[("allowed_hosts", ".example.com")]);
    assert!(
        none.site
            .absolute_url(&url)
            .unwrap_err()
            .to_string()
            .contains("VAUBAN_ORIGINS")
    );
}

/// A page that a site did not place.
mod unplaced {
    use super::{Public, Text, view};

    #[view(get, "/leave/")]
    pub(super) async fn leave(_: Public) -> Text {
        Text::new("Left")
    }

    pub(super) mod urls {
        crate::routes! { leave => super::leave }
    }
}

/// A mail's link to a page that is not there leads nowhere, so it is not written; and what to write is said.
#[tokio::test]
async fn what_is_not_routed_has_no_absolute_url() {
    let site = TestApp::new(program).site;
    let told = site
        .absolute_url(&unplaced::urls::leave())
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("unplaced::leave` has no address") && told.contains("include"),
        "{told}"
    );
}

/// CWE-639: a policy that lets the outsider in, seen from the table's side.
#[tokio::test]
async fn the_prober_tells_what_is_otherwise() {
    let app = TestApp::new(program);
    let rows = people(&app).await;
    let mut table = TABLE;
    table[2] = Expected::new("note_edit", [SignIn, Forbidden, NotFound, Forbidden]);
    let probed = prober(&app, &rows).form(
        "note_edit",
        urls::note_edit(&rows.note.id),
        &[("text", "changed")],
    );
    let report = probed.expect(&table).report().await.to_string();
    assert!(
        report.contains("made 16 calls; 1 are not as the table says"),
        "{report}"
    );
    assert!(
        report.contains("as member\n      expected Forbidden, got Allowed (303)"),
        "{report}"
    );
    assert!(
        report.contains("- kit_note:") && report.contains("text=\"changed\""),
        "{report}"
    );
}

#[tokio::test]
async fn a_route_without_a_sample_and_a_sample_without_a_line_fail() {
    let app = TestApp::new(program);
    let rows = people(&app).await;
    let report = prober(&app, &rows).expect(&TABLE).report().await.to_string();
    assert!(report.contains("the route `note_edit` has no sample"), "{report}");
    let probed = prober(&app, &rows).form(
        "note_edit",
        urls::note_edit(&rows.note.id),
        &[("text", "changed")],
    );
    let report = probed.expect(&TABLE[..3]).report().await.to_string();
    assert!(
        report.contains("the table has 0 lines for the sample `staff`"),
        "{report}"
    );
}

/// A column of the table for the staff proves nothing of whoever is not.
#[tokio::test]
async fn who_is_given_as_staff_is_staff() {
    let app = TestApp::new(program);
    let rows = people(&app).await;
    let probed = prober(&app, &rows).staff(&rows.ben).form(
        "note_edit",
        urls::note_edit(&rows.note.id),
        &[("text", "changed")],
    );
    let report = probed.expect(&TABLE).report().await.to_string();
    assert!(report.contains("`.staff(&user)` is not staff"), "{report}");
}

/// A refusal that the sample has earned would make every route look safe.
#[tokio::test]
async fn a_bad_sample_is_no_denial() {
    let app = TestApp::new(program);
    let rows = people(&app).await;
    let mut table = TABLE;
    table[2] = Expected::new("note_edit", [SignIn, Forbidden, NotFound, Forbidden]);
    // Not the form's field: validation refuses.
    let probed = prober(&app, &rows).form(
        "note_edit",
        urls::note_edit(&rows.note.id),
        &[("txet", "changed")],
    );
    let report = probed.expect(&table).report().await.to_string();
    assert!(
        report.contains("not what an honest client would send"),
        "{report}"
    );
    let probed = prober(&app, &rows).get("note_edit", urls::note_edit(&rows.note.id));
    let report = probed.expect(&TABLE).report().await.to_string();
    assert!(
        report.contains("`note_edit` is a POST: give its sample with `.form`"),
        "{report}"
    );
    // A URL that is another route's.
    let probed = prober(&app, &rows).form("note_edit", urls::home(), &[("text", "changed")]);
    let report = probed.expect(&TABLE).report().await.to_string();
    assert!(
        report.contains("the sample of `note_edit`, leads to None"),
        "{report}"
    );
}

/// What `checks::vectors` calls "by construction": Django's W001–W003, W006, W010–W016, W019, W022 have no setting
/// here, and every answer of a release has the control, a refusal included (CWE-693, CWE-614, CWE-1004).
#[tokio::test]
async fn what_has_no_setting_is_on_every_answer() {
    let app = TestApp::behind_proxy(program);
    let rows = people(&app).await;
    let mut client = app.client();
    let home = client.get("/").await;
    let refused = client.get("/nothing-here/").await;
    let posted = client
        .request(http::Method::POST, "/", http::HeaderMap::new(), "")
        .await;
    assert_eq!(
        (home.status(), refused.status(), posted.status()),
        (200, 404, 403)
    );
    for answer in [&home, &refused, &posted] {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("strict-transport-security", "max-age=3600"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name} of {}", answer.status());
        }
        assert!(
            answer
                .header("content-security-policy")
                .is_some_and(|csp| csp.contains("frame-ancestors 'none'"))
        );
    }
    client.sign_in_as(&rows.ann).await;
    let answer = client
        .post_form(urls::note_edit(&rows.note.id), &[("text", "second")])
        .await;
    answer.assert_status(303);
    assert!(client.cookie("__Host-session").is_some() && client.cookie("session").is_none());
    for cookie in [&home, &refused, &answer]
        .iter()
        .flat_map(|a| a.headers().get_all("set-cookie"))
    {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        for attribute in ["; Secure", "; HttpOnly", "; SameSite="] {
            assert!(cookie.contains(attribute), "{attribute} in {cookie}");
        }
    }
}

/// Two routes of one path.
fn program_with_a_route_twice() -> App {
    let again = crate::Routes::new().view::<home>("home_again");
    program().module(Module::new("again").routes(again))
}

/// CWE-1059. Attack: what a release would refuse to serve is merged, since every test of the site passes.
#[test]
#[should_panic(expected = "error [routes.twice]")]
fn what_check_calls_an_error_fails_the_sites_own_test() {
    super::committed_files_are_true(program_with_a_route_twice);
}

//! What was typed when the session was over: whose it stays, and what is not kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::PASSWORD;
use super::browser::{Browser, Reply, TestSite, token};
use vauban::forms::Form;
use vauban::http::{Error, Result, StatusCode, Text};
use vauban::orm::{Db, Write};
use vauban::routing::{Public, SignedIn};
use vauban::{Secret, view};

use super::User;
use crate::CurrentUser;

#[derive(vauban::Form)]
pub(super) struct NoteForm {
    #[field(max_length = 200)]
    title: String,
    #[field(max_length = 100_000, widget = textarea)]
    text: String,
    #[field(max_length = 100, required = false)]
    pin: Option<Secret<String>>,
    #[field(max_length = 100, required = false, autocomplete = "one-time-code")]
    code: Option<String>,
}

#[view(get, "/note/")]
pub(super) async fn note(_: SignedIn) -> Text {
    Text::new("the form")
}

#[view(post, "/note/")]
pub(super) async fn save(_: SignedIn, db: Db<Write>, form: Form<NoteForm>) -> Result<Text> {
    saved(db, form).await
}

/// The rule lets anybody through, a parameter asks for the sign-in.
#[view(post, "/own/")]
pub(super) async fn own(
    _: Public,
    db: Db<Write>,
    _user: CurrentUser<User>,
    form: Form<NoteForm>,
) -> Result<Text> {
    saved(db, form).await
}

async fn saved(db: Db<Write>, form: Form<NoteForm>) -> Result<Text> {
    match form.clean(&db).await?.into_result() {
        Ok(clean) => Ok(Text::new(format!("saved {}", clean.title))),
        Err(form) => Err(Error::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("shown again: {}", form.title.value()),
        )),
    }
}

/// Takes no form.
#[view(post, "/like/")]
pub(super) async fn like(_: SignedIn) -> Text {
    Text::new("liked")
}

const NOTE: [(&str, &str); 5] = [
    ("title", "A walk <b>"),
    ("text", "by the canal\r\nin the rain"),
    ("pin", "1234-secret"),
    ("code", "987654"),
    ("is_staff", "smuggled"),
];

/// A site where Ann has the form open, and her session is over: the file's thief at hand, and the form's token.
struct Scene {
    site: TestSite,
    ann: Browser,
    token: String,
}

async fn scene(path: &str) -> Scene {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    site.kit.person("ben@example.com").await;
    let mut ann = site.browser();
    assert_eq!(ann.sign_in("ann@example.com", PASSWORD).await.status, 303);
    let token = site.token_for(&ann, path).await;
    end_sessions(&site);
    Scene { site, ann, token }
}

fn end_sessions(site: &TestSite) {
    site.kit.file().execute("DELETE FROM vauban_session", []).unwrap();
}

fn rows(site: &TestSite) -> Vec<Vec<u8>> {
    let file = site.kit.file();
    let mut rows = file.prepare("SELECT sealed FROM vauban_kept_form").unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<std::result::Result<_, _>>().unwrap()
}

const TO_KEPT: &str = "/accounts/login/?next=%2Faccounts%2Fkept%2F";

fn leads_to_kept(reply: &Reply) -> bool {
    reply.status == 303 && reply.header("location") == TO_KEPT
}

/// The page says that nothing is kept and where it is; of what was sent there is nothing on it.
fn is_in_the_browser_only(reply: &Reply) -> bool {
    let says = reply.body.contains("could not be kept") && reply.body.contains("Back button");
    let leads = reply
        .body
        .contains("<a href=\"/accounts/login/\" target=\"_blank\"");
    let nothing = !reply.body.contains("walk") && !reply.body.contains("aaaa");
    reply.status == 403 && says && leads && nothing && reply.header("cache-control") == "no-store"
}

/// The way of a person: the session ends, the form is sent, the sign-in leads to what was typed; the button leads to the
/// form, and only what is sent from there is saved.
#[tokio::test]
async fn what_was_typed_comes_back_after_the_sign_in() {
    for path in ["/note/", "/own/"] {
        let Scene {
            site,
            mut ann,
            token: form,
        } = scene(path).await;
        let reply = ann.post(path, &form, &NOTE).await;
        assert!(leads_to_kept(&reply), "{path} {reply:?}");
        let reply = ann
            .submit(TO_KEPT, &[("email", "ann@example.com"), ("password", PASSWORD)])
            .await;
        assert_eq!((reply.status, reply.header("location")), (303, "/accounts/kept/"));
        let page = ann.get("/accounts/kept/").await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("cache-control"), "no-store");
        // CWE-79: it is text.
        assert!(page.body.contains("A walk &lt;b&gt;"), "{}", page.body);
        assert!(page.body.contains("by the canal\r\nin the rain"), "{}", page.body);
        assert!(page.body.contains(&format!("action=\"{path}\"")), "{}", page.body);
        // CWE-549, CWE-915: neither secrets nor what the form does not declare.
        for absent in ["1234-secret", "987654", "smuggled"] {
            assert!(!page.body.contains(absent), "{absent}");
        }
        // CWE-352: pressing the button saves nothing, whoever pressed it.
        let stale = token(&page.body).unwrap().to_owned();
        let shown = ann.post(path, &stale, &NOTE).await;
        assert_eq!(shown.status, 422, "{}", shown.body);
        assert!(shown.body.contains("shown again: A walk"), "{}", shown.body);
        let fresh = site.token_for(&ann, path).await;
        assert!(ann.post(path, &fresh, &NOTE).await.body.starts_with("saved"));
        // Thrown away by hand, it is gone.
        let discard = site.token_for(&ann, "/accounts/kept/").await;
        assert_eq!(ann.post("/accounts/kept/", &discard, &[]).await.status, 303);
        assert_eq!(ann.get("/accounts/kept/").await.status, 404);
        assert!(rows(&site).is_empty());
    }
}

/// The session was over, and another tab of the browser was told so first.
#[tokio::test]
async fn another_tab_takes_nothing_away() {
    let Scene { site, mut ann, token } = scene("/note/").await;
    assert_eq!(ann.get("/note/").await.status, 303);
    assert!(ann.session().is_none());
    // CWE-613: what is left of it opens nothing.
    let ended = ann.cookies["__Host-ended"].clone();
    let mut replay = ann.clone();
    replay.cookies.insert("__Host-session".to_owned(), ended);
    assert_eq!(replay.who().await, "");
    assert!(leads_to_kept(&ann.post("/note/", &token, &NOTE).await));
    ann.sign_in("ann@example.com", PASSWORD).await;
    assert!(!ann.cookies.contains_key("__Host-ended"));
    assert_eq!(ann.get("/accounts/kept/").await.status, 200);
    assert_eq!(rows(&site).len(), 1);
}

/// CWE-639. Attack: another account signs in in the same browser; the owner signs in in another browser; the row stays for
/// its owner.
#[tokio::test]
async fn only_that_browser_and_that_account_open_it() {
    let Scene { site, mut ann, token } = scene("/note/").await;
    assert!(leads_to_kept(&ann.post("/note/", &token, &NOTE).await));
    let mut ben = ann.clone();
    assert_eq!(ben.sign_in("ben@example.com", PASSWORD).await.status, 303);
    assert_eq!(ben.get("/accounts/kept/").await.status, 404);
    let mut elsewhere = site.browser();
    assert_eq!(elsewhere.sign_in("ann@example.com", PASSWORD).await.status, 303);
    assert_eq!(elsewhere.get("/accounts/kept/").await.status, 404);
    // A cookie that somebody makes up.
    elsewhere.cookies.insert("__Host-kept".to_owned(), "A".repeat(43));
    assert_eq!(elsewhere.get("/accounts/kept/").await.status, 404);
    // Nobody is asked to sign in, and sees nothing.
    let mut nobody = ann.clone();
    assert_eq!(nobody.get("/accounts/kept/").await.status, 303);
    assert_eq!(ann.sign_in("ann@example.com", PASSWORD).await.status, 303);
    assert_eq!(ann.get("/accounts/kept/").await.status, 200);
}

/// CWE-352, CWE-770. Attack: tokens that do not prove that this session's page was filled in by its owner. They keep
/// nothing, and the cookie alone neither.
#[tokio::test]
async fn a_token_that_does_not_prove_itself_keeps_nothing() {
    let Scene { site, ann, token } = scene("/note/").await;
    let mut other = site.browser();
    other.sign_in("ben@example.com", PASSWORD).await;
    let strangers = site.token_for(&other, "/note/").await;
    let anonymous = site.token_for(&site.browser(), "/note/").await;
    let elsewhere = {
        let mut again = site.browser();
        again.sign_in("ann@example.com", PASSWORD).await;
        site.token_for(&again, "/like/").await
    };
    let mut changed = token.clone();
    let last = changed.pop().unwrap();
    changed.push(if last == 'A' { 'E' } else { 'A' });
    for bad in ["", "x", &changed, &strangers, &anonymous, &elsewhere] {
        let mut browser = ann.clone();
        let reply = browser.post("/note/", bad, &NOTE).await;
        assert!(is_in_the_browser_only(&reply), "{bad} {reply:?}");
        assert!(!browser.cookies.contains_key("__Host-kept"), "{bad}");
    }
    // An anonymous caller with a good token: the cookie of the session is not there.
    let mut stranger = ann.clone();
    stranger.cookies.remove("__Host-session");
    assert!(!leads_to_kept(&stranger.post("/note/", &token, &NOTE).await));
    // Another session's cookie.
    let mut stranger = ann.clone();
    stranger
        .cookies
        .insert("__Host-session".to_owned(), "A".repeat(43));
    assert!(!leads_to_kept(&stranger.post("/note/", &token, &NOTE).await));
    // A page of another address, and a view that takes no form.
    let mut browser = ann.clone();
    assert!(!leads_to_kept(&browser.post("/own/", &token, &NOTE).await));
    assert!(rows(&site).is_empty());
    let Scene { site, mut ann, token } = scene("/like/").await;
    assert!(!leads_to_kept(&ann.post("/like/", &token, &NOTE).await));
    assert!(rows(&site).is_empty());
}

/// CWE-400, CWE-770: 64 KiB, and no more is read.
#[tokio::test]
async fn what_is_too_large_is_not_kept() {
    let Scene { site, ann, token } = scene("/note/").await;
    for (size, kept) in [(60_000, true), (66_000, false)] {
        let text = "a".repeat(size);
        let reply = ann.clone().post("/note/", &token, &[("text", &text)]).await;
        assert_eq!(leads_to_kept(&reply), kept, "{size}");
        assert_eq!(is_in_the_browser_only(&reply), !kept, "{size} {reply:?}");
    }
    assert_eq!(rows(&site).len(), 1);
}

/// CWE-311. Attack: somebody reads the file, or puts a row's text into another row.
#[tokio::test]
async fn a_row_tells_nothing_and_fits_no_other() {
    let Scene { site, mut ann, token } = scene("/note/").await;
    assert!(leads_to_kept(&ann.post("/note/", &token, &NOTE).await));
    let first = rows(&site).remove(0);
    for text in ["walk", "canal", "1234-secret", "note", "title"] {
        assert!(memmem(&first, text.as_bytes()).is_none(), "{text}");
    }
    // Nor does the file hold what opens it: the cookie is not in it, in no spelling.
    let cookie = ann.cookies["__Host-kept"].clone();
    let secret = URL_SAFE_NO_PAD.decode(&cookie).unwrap();
    let mut file = std::fs::read(site.kit.database.path()).unwrap();
    let wal = format!("{}-wal", site.kit.database.path().display());
    file.extend(std::fs::read(wal).unwrap());
    assert!(memmem(&file, &first).is_some(), "the row is in what was read");
    assert!(memmem(&file, cookie.as_bytes()).is_none() && memmem(&file, &secret).is_none());
    // Another one of the same browser replaces it.
    site.kit.later(6);
    assert!(leads_to_kept(
        &ann.post("/note/", &token, &[("title", "Later")]).await
    ));
    assert!(
        !ann.cookies.contains_key("__Host-session"),
        "the first answer took it away"
    );
    assert_eq!(rows(&site).len(), 1);
    assert_ne!(rows(&site)[0], first);
    // CWE-354: the first text in the second's row opens nothing.
    ann.sign_in("ann@example.com", PASSWORD).await;
    assert!(ann.get("/accounts/kept/").await.body.contains("Later"));
    site.kit
        .file()
        .execute("UPDATE vauban_kept_form SET sealed = ?1", [&first])
        .unwrap();
    assert_eq!(ann.get("/accounts/kept/").await.status, 404);
}

/// CWE-770. Attack: a browser without the cookie of the row sends the form again and again with the session that is over.
#[tokio::test]
async fn a_session_that_is_over_keeps_one_form() {
    let Scene { site, ann, token } = scene("/note/").await;
    let send = async || leads_to_kept(&ann.clone().post("/note/", &token, &NOTE).await);
    assert!(send().await);
    let first = rows(&site);
    // Nor does it write as often as it is sent.
    assert!(!send().await && !send().await);
    assert_eq!(rows(&site), first);
    site.kit.later(6);
    assert!(send().await);
    assert_eq!(rows(&site).len(), 1);
}

/// CWE-770. Attack: signing in, signing out and sending the form with the cookie of each session that is over. There is
/// a bound on all of them; beyond it nobody's text goes, and the page says that nothing is kept.
#[tokio::test]
async fn cwe_770_forms_are_kept_up_to_a_bound() {
    let site = TestSite::new();
    let ann = site.kit.person("ann@example.com").await;
    let mut sent = Vec::new();
    for _ in 0..8 {
        let mut browser = site.browser();
        let session = site.kit.session(&ann, None).await;
        let cookie = session.to_cookie().to_string();
        browser.cookies.insert("__Host-session".to_owned(), cookie);
        let token = site.token_for(&browser, "/note/").await;
        end_sessions(&site);
        sent.push((
            browser.clone(),
            token.clone(),
            browser.post("/note/", &token, &NOTE).await,
        ));
    }
    let kept = sent.iter().filter(|(.., reply)| leads_to_kept(reply)).count();
    assert_eq!((kept, rows(&site).len()), (super::KEPT, super::KEPT));
    let (.., last) = sent.last().unwrap();
    assert!(is_in_the_browser_only(last), "{last:?}");
    // Whoever has something kept there may send it again,
    site.kit.later(6);
    let (browser, token, _) = &sent[0];
    assert!(leads_to_kept(&browser.clone().post("/note/", token, &NOTE).await));
    // and when their time is over there is room again.
    site.kit.later(15 * 60);
    let (browser, token, _) = &sent[7];
    assert!(leads_to_kept(&browser.clone().post("/note/", token, &NOTE).await));
    assert_eq!(rows(&site).len(), 1);
}

/// CWE-613. A form that was kept while the clock stood a year ahead opens nothing, and is in nobody's way until then.
#[tokio::test]
async fn cwe_613_a_form_from_the_future_is_over() {
    let Scene { site, mut ann, token } = scene("/note/").await;
    assert!(leads_to_kept(&ann.post("/note/", &token, &NOTE).await));
    let year = 365_i64 * 24 * 3600 * 1_000_000;
    let sql = "UPDATE vauban_kept_form SET sent = sent + ?1";
    site.kit.file().execute(sql, [year]).unwrap();
    assert!(leads_to_kept(&ann.post("/note/?copy=2", &token, &NOTE).await));
    site.kit.file().execute(sql, [year]).unwrap();
    ann.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(ann.get("/accounts/kept/").await.status, 404);
    assert!(rows(&site).is_empty());
}

/// CWE-672. Attack, by oneself: two tabs, and the session is over. The first one's text was promised; the second one's does
/// not take its place, and its page says where it is. The same form sent again does.
#[tokio::test]
async fn a_second_tab_does_not_destroy_what_the_first_was_promised() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut ann = site.browser();
    ann.sign_in("ann@example.com", PASSWORD).await;
    let note = site.token_for(&ann, "/note/").await;
    let own = site.token_for(&ann, "/own/").await;
    end_sessions(&site);
    let before = ann.clone();
    assert!(leads_to_kept(&ann.post("/note/", &note, &NOTE).await));
    let other = [("title", "Second")];
    // At once, later, and where the answer to the first had not come yet.
    for (seconds, mut tab) in [(0, ann.clone()), (6, ann.clone()), (6, before.clone())] {
        site.kit.later(seconds);
        let reply = tab.post("/own/", &own, &other).await;
        assert!(is_in_the_browser_only(&reply), "{seconds} {reply:?}");
    }
    // Another query is another address: an article's number may stand in it.
    assert!(is_in_the_browser_only(
        &ann.clone().post("/note/?copy=2", &note, &other).await
    ));
    assert!(leads_to_kept(
        &ann.post("/note/", &note, &[("title", "Again")]).await
    ));
    ann.sign_in("ann@example.com", PASSWORD).await;
    assert!(ann.get("/accounts/kept/").await.body.contains("Again"));
    assert_eq!(rows(&site).len(), 1);
    // Thrown away, or old enough, it is in nobody's way.
    let token = site.token_for(&ann, "/own/").await;
    let discard = site.token_for(&ann, "/accounts/kept/").await;
    assert_eq!(ann.post("/accounts/kept/", &discard, &[]).await.status, 303);
    end_sessions(&site);
    assert!(leads_to_kept(&ann.post("/own/", &token, &other).await));
    site.kit.later(15 * 60 + 1);
    ann.sign_in("ann@example.com", PASSWORD).await;
    let token = site.token_for(&ann, "/note/").await;
    end_sessions(&site);
    assert!(leads_to_kept(&ann.post("/note/", &token, &NOTE).await));
}

/// CWE-362. Two tabs send at the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_tabs_at_once_one_is_kept() {
    for _ in 0..10 {
        let site = TestSite::new();
        site.kit.person("ann@example.com").await;
        let mut ann = site.browser();
        ann.sign_in("ann@example.com", PASSWORD).await;
        let (note, own) = (
            site.token_for(&ann, "/note/").await,
            site.token_for(&ann, "/own/").await,
        );
        end_sessions(&site);
        let (mut one, mut other) = (ann.clone(), ann.clone());
        let (one, other) = tokio::join!(
            tokio::spawn(async move { one.post("/note/", &note, &NOTE).await }),
            tokio::spawn(async move { other.post("/own/", &own, &NOTE).await }),
        );
        let kept = [one.unwrap(), other.unwrap()]
            .iter()
            .filter(|reply| leads_to_kept(reply))
            .count();
        assert_eq!((kept, rows(&site).len()), (1, 1));
    }
}

/// CWE-613: a quarter of an hour; the row goes with `clearsessions`, and with the sign-out.
#[tokio::test]
async fn it_is_kept_for_a_quarter_of_an_hour() {
    let Scene { site, mut ann, token } = scene("/note/").await;
    assert!(leads_to_kept(&ann.post("/note/", &token, &NOTE).await));
    ann.sign_in("ann@example.com", PASSWORD).await;
    site.kit.later(14 * 60);
    assert_eq!(ann.get("/accounts/kept/").await.status, 200);
    site.kit.later(61);
    assert_eq!(ann.get("/accounts/kept/").await.status, 404);
    assert_eq!(rows(&site).len(), 1);
    site.accounts.clear_sessions().await.unwrap();
    assert!(rows(&site).is_empty());

    let Scene { site, mut ann, token } = scene("/note/").await;
    assert!(leads_to_kept(&ann.post("/note/", &token, &NOTE).await));
    ann.sign_in("ann@example.com", PASSWORD).await;
    let logout = site.token_for(&ann, "/accounts/logout/").await;
    assert_eq!(ann.post("/accounts/logout/", &logout, &[]).await.status, 303);
    assert!(rows(&site).is_empty());
    assert!(!ann.cookies.contains_key("__Host-kept"));
}

fn memmem(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

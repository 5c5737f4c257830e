//! The way to the sign-in page from a form that nobody signed in has sent.

use super::*;

mod v {
    use super::*;
    #[view(post, "/gated/")]
    pub(super) async fn gated_post(_: SignedIn) -> Result<Text> {
        Ok(Text::new("posted"))
    }
    #[view(post, "/notes/{name}/")]
    pub(super) async fn note_post(_: SignedIn, name: Path<String>) -> Result<Text> {
        let _ = name;
        Ok(Text::new("posted"))
    }
    #[view(post, "/alone/")]
    pub(super) async fn alone(_: SignedIn) -> Result<Text> {
        Ok(Text::new("posted"))
    }
}

mod u {
    crate::routes! { login => super::super::views::plain }
}

struct WithSignInPage;
impl IdentityBackend for WithSignInPage {
    fn identify<'a>(
        &'a self,
        cx: &'a Request,
        cookie: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Identity>> + Send + 'a>> {
        TestSessions.identify(cx, cookie)
    }
    fn sign_in_page(&self) -> Option<crate::Url> {
        Some(u::login())
    }
    fn begin_for_test(&self, _: uuid::Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async { Ok("a session of a test".to_owned()) })
    }
}

async fn site() -> Server {
    let mut parts = parts(&["example.com"]);
    parts.sessions = Some(Arc::new(WithSignInPage));
    parts.routes = Routes::new()
        .view::<super::views::plain>("login")
        .view::<super::views::gated>("gated")
        .view::<v::gated_post>("gated_post")
        .view::<super::views::new>("new")
        .view::<super::views::note>("note")
        .view::<v::note_post>("note_post")
        .view::<v::alone>("alone");
    parts.before = vec![Arc::new(|cx: &Request| {
        if cx.is_for::<super::views::gated>() {
            Err(Error::not_found())
        } else {
            Ok(None)
        }
    })];
    start(parts).await
}

/// CWE-204. Attack: a form sent by nobody to each address; where it is sent to the sign-in page with or without a way back, or
/// with a cookie more, a page is there that is hidden.
#[tokio::test]
async fn cwe_204_the_way_to_sign_in_tells_of_no_hidden_page() {
    let server = site().await;
    let mut answers = Vec::new();
    for path in ["/gated/", "/alone/", "/notes/new/", "/notes/old/"] {
        let said = told(&server, &format!("POST {path}"), &[("Accept", "text/html")]).await;
        assert!(
            said.contains("location: /plain\r\n") || said.lines().any(|l| l == "location: /plain"),
            "{said}"
        );
        answers.push(said);
    }
    assert!(answers.iter().all(|said| *said == answers[0]), "{answers:#?}");
}

#[tokio::test]
async fn whoever_signs_in_comes_back_to_the_form() {
    let server = site().await;
    let next = async |referer: &str| {
        let headers = [("Accept", "text/html"), ("Referer", referer)];
        let said = told(&server, "POST /alone/", &headers).await;
        let line = said
            .lines()
            .find_map(|line| line.strip_prefix("location: ").map(str::to_owned));
        line.unwrap_or(said)
    };
    assert_eq!(
        next("http://example.com/notes/?page=2").await,
        "/plain?next=%2Fnotes%2F%3Fpage%3D2"
    );
    // CWE-601: not to another site's.
    for foreign in [
        "http://evil.example/notes/",
        "http://example.com.evil.example/",
        "https://example.com/",
        "/notes/",
        "http://example.com",
    ] {
        assert_eq!(next(foreign).await, "/plain", "{foreign}");
    }
}

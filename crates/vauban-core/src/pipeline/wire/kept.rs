//! What is read of whom a rule refuses: a form of a session that has ended, and no stranger's.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::forms::Form;
use crate::http::TypedForm;
use crate::routing::{SignedIn, Url};

/// Every session is over.
#[derive(Default)]
struct Over {
    kept: AtomicUsize,
}

impl IdentityBackend for Over {
    fn identify<'a>(
        &'a self,
        _: &'a Request,
        _: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Identity>> + Send + 'a>> {
        Box::pin(async { Ok(Identity::nobody()) })
    }

    fn binding_before(&self, cx: &Request) -> Option<[u8; 32]> {
        Some(Sha256::digest(cx.own_cookie("session")?).into())
    }

    fn keep<'a>(
        &'a self,
        _: &'a Request,
        _: [u8; 32],
        form: TypedForm,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Url>>> + Send + 'a>> {
        let typed: usize = form.fields.iter().map(|field| field.value.len()).sum();
        self.kept.store(typed, Ordering::Relaxed);
        Box::pin(async { Ok(None) })
    }

    fn begin_for_test(&self, _: uuid::Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async { Ok("over".to_owned()) })
    }
}

#[derive(vauban_macros::Form)]
struct NoteForm {
    #[field(max_length = 100_000, widget = textarea)]
    text: String,
}

#[view(post, "/note/")]
async fn note(_: SignedIn, _form: Form<NoteForm>) -> Result<Text> {
    Ok(Text::new("saved"))
}

const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=x";

/// A body of 40,000 letters in its one field, behind this token.
fn body(kind: &str, token: &str) -> String {
    let text = "a".repeat(40_000);
    if kind == URLENCODED {
        return format!("csrfmiddlewaretoken={token}&text={text}");
    }
    let part = |name: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    part("csrfmiddlewaretoken", token) + &part("text", &text) + "--x--\r\n"
}

/// CWE-400, CWE-770. Attack: somebody without a session makes up a cookie of one, sends the beginning of a form, and lets the
/// site wait for the rest. Whose session has ended is waited for.
#[tokio::test]
async fn cwe_400_a_made_up_cookie_has_nothing_read() {
    let mut parts = parts(&["example.com"]);
    let sessions = Arc::new(Over::default());
    parts.sessions = Some(Arc::clone(&sessions) as Arc<dyn IdentityBackend>);
    parts.routes = parts.routes.view::<note>("note");
    let server = start(parts).await;
    let of = |cookie: &str| {
        let binding = [b"s", &Sha256::digest(cookie)[..]].concat();
        let now = crate::signing::now();
        server.site.csrf.sign(&[7; 40], &[&binding, b"/note/"], now + 60)
    };
    let (own, strangers) = (of("ann"), of("another"));
    for (kind, token, in_header, waits) in [
        (URLENCODED, own.as_str(), "", true),
        (MULTIPART, own.as_str(), "", true),
        (URLENCODED, "", own.as_str(), true),
        (URLENCODED, "", "", false),
        (URLENCODED, strangers.as_str(), "", false),
        (MULTIPART, strangers.as_str(), "", false),
        (MULTIPART, "", "", false),
        (URLENCODED, "", strangers.as_str(), false),
    ] {
        sessions.kept.store(0, Ordering::Relaxed);
        let body = match in_header {
            "" => body(kind, token),
            _ => format!("text={}", "a".repeat(40_000)),
        };
        let head = format!(
            "POST /note/ HTTP/1.1\r\nHost: example.com\r\nCookie: test-session=ann\r\nX-CSRFToken: {in_header}\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body.as_bytes()[..3_000]).await.unwrap();
        let mut answer = Vec::new();
        let soon = tokio::time::timeout(Duration::from_millis(700), stream.read_buf(&mut answer)).await;
        assert_eq!(soon.is_err(), waits, "{kind} {token:.10} {in_header:.10}");
        if waits {
            stream.write_all(&body.as_bytes()[3_000..]).await.unwrap();
            let _ = stream.read_to_end(&mut answer).await;
            assert_eq!(sessions.kept.load(Ordering::Relaxed), 40_000, "{kind}");
        }
        assert!(
            answer.starts_with(b"HTTP/1.1 403"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
}

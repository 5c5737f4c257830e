//! What is asked about a view where another method was asked for, or its path without the slash.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use super::*;
use crate::pipeline::csrf;
use crate::routing::{BySignature, ByToken, SignatureScheme};

/// Whoever reads may, and nobody writes.
pub struct ByMethod;
impl AccessRule for ByMethod {
    type Credential = BySession;
    fn admit(cx: &Request, _: &Identity) -> Result<Self, Refusal> {
        match cx.method().is_safe() {
            true => Ok(Self),
            false => Err(Refusal::NotFound),
        }
    }
}

/// Nobody at two addresses.
pub struct ByPath;
impl AccessRule for ByPath {
    type Credential = BySession;
    fn admit(cx: &Request, _: &Identity) -> Result<Self, Refusal> {
        match cx.path() {
            "/vault/" => Err(Refusal::NotFound),
            _ => Ok(Self),
        }
    }
}

/// Nobody for one view.
pub struct ByView;
impl AccessRule for ByView {
    type Credential = BySession;
    fn admit(cx: &Request, _: &Identity) -> Result<Self, Refusal> {
        match cx.is_for::<v::sweep>() {
            true => Err(Refusal::NotFound),
            false => Ok(Self),
        }
    }
}

static ASKED: AtomicUsize = AtomicUsize::new(0);

pub struct Keys;
impl TokenScheme for Keys {
    type Loaded = ();
    async fn find(_: &Request, _: &str) -> Result<Option<Proven<()>>> {
        ASKED.fetch_add(1, Ordering::Relaxed);
        Ok(Some(Proven::nobody(())))
    }
}
pub struct ByKeys;
impl AccessRule for ByKeys {
    type Credential = ByToken<Keys>;
    fn admit(_: &Request, (): &()) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

pub struct Signatures;
impl SignatureScheme for Signatures {
    type Loaded = ();
    async fn verify(_: &Request, _: &Bytes) -> Result<Option<()>> {
        ASKED.fetch_add(1, Ordering::Relaxed);
        Ok(Some(()))
    }
}
pub struct Signed;
impl AccessRule for Signed {
    type Credential = BySignature<Signatures>;
    fn admit(_: &Request, (): &()) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

mod v {
    use super::*;
    #[view(post, "/purge/")]
    pub(super) async fn purge(_: ByMethod) -> Result<Text> {
        Ok(Text::new("purge"))
    }
    #[view(post, "/sweep/")]
    pub(super) async fn sweep(_: ByView) -> Result<Text> {
        Ok(Text::new("sweep"))
    }
    #[view(get, "/vault/")]
    pub(super) async fn vault(_: ByPath) -> Result<Text> {
        Ok(Text::new("vault"))
    }
    #[view(post, "/keys/")]
    pub(super) async fn keys(_: ByKeys) -> Result<Text> {
        Ok(Text::new("keys"))
    }
    #[view(post, "/hook/")]
    pub(super) async fn hook(_: Signed) -> Result<Text> {
        Ok(Text::new("hook"))
    }
}

fn site(gates: &[Door]) -> Arc<Site> {
    let mut parts = parts(&["example.com"]);
    parts.routes = Routes::new()
        .view::<v::purge>("purge")
        .view::<v::sweep>("sweep")
        .view::<v::vault>("vault")
        .view::<v::keys>("keys")
        .view::<v::hook>("hook")
        .view::<super::views::deep>("deep")
        .view::<super::views::kept>("kept")
        .view::<super::views::other>("other");
    parts.before = gates
        .iter()
        .map(|gate| Arc::new(*gate) as Arc<dyn AnyGate>)
        .collect();
    parts.site()
}

/// CWE-204. Attack: a rule hides its view by the method, the path or the view that is asked for, and is not asked for that: what
/// answers other methods and the address without its slash tells that there is one.
#[tokio::test]
async fn cwe_204_what_a_rule_hides_by_its_address_is_hidden() {
    let site = site(&[]);
    for method in METHODS {
        for slash in ["/", ""] {
            let absent = answered(&site, method, &format!("/absent{slash}"), &[]).await;
            for name in ["purge", "sweep", "vault"] {
                let hidden = answered(&site, method, &format!("/{name}{slash}"), &[]).await;
                assert_eq!(hidden, absent, "{method} /{name}{slash}");
            }
        }
    }
}

/// CWE-204. Attack: a gate writes a page of its own before it lets on, and what that leaves (a cookie, a token, a form that is
/// not sent, half a page) tells of the view that it was asked about.
#[tokio::test]
async fn cwe_204_what_a_gate_wrote_of_a_hidden_view_is_forgotten() {
    fn looking(cx: &Request) -> Result<Option<Response>> {
        let _ = (cx.route(), cx.method());
        Ok(None)
    }
    fn writing(cx: &Request) -> Result<Option<Response>> {
        if cx.route().is_some() {
            let _ = cx.nonce();
            csrf::write(&cx.site, cx, Some("/"), &mut String::new());
            cx.hold_back("https://pay.example");
            cx.mark_unfinished("This page nests too deep.".to_owned());
        }
        Ok(None)
    }
    let (left, none) = (site(&[greeting, writing]), site(&[greeting, looking]));
    for method in ["GET", "HEAD", "PUT", "OPTIONS"] {
        for path in ["/deep/", "/deep", "/kept/"] {
            let absent = answered(&left, method, "/absent/", &[]).await;
            assert_eq!(
                answered(&left, method, path, &[]).await,
                absent,
                "{method} {path}"
            );
        }
        // Nor does it spoil what is answered where there is only a view of another method.
        let told = answered(&left, method, "/pair/x/", &[]).await;
        assert_eq!(told, answered(&none, method, "/pair/x/", &[]).await, "{method}");
        assert!(told.contains("allow: POST, OPTIONS\n"), "{told}");
    }
}

/// CWE-400. Attack: another method than a view by a signature or a token has costs what the view's costs: its body is read, its
/// key looked up, for a refusal.
#[tokio::test]
async fn cwe_400_for_another_method_no_key_is_looked_up() {
    let site = site(&[]);
    let key = [("authorization", "Bearer of-a-program")];
    for path in ["/hook/", "/keys/"] {
        for (method, status) in [
            ("PUT", "405"),
            ("GET", "405"),
            ("OPTIONS", "204"),
            ("POST", "200"),
        ] {
            ASKED.store(0, Ordering::Relaxed);
            let told = answered(&site, method, path, &key).await;
            assert!(told.starts_with(status), "{method} {path}: {told}");
            let asked = ASKED.load(Ordering::Relaxed);
            assert_eq!(asked, usize::from(method == "POST"), "{method} {path}");
        }
    }
}

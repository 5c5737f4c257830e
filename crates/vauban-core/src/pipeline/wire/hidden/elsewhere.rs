//! What is asked about a view where another method was asked for, or its path without the slash.

use super::*;
use crate::pipeline::csrf;

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
}

fn site(gates: &[Door]) -> Arc<Site> {
    let mut parts = parts(&["example.com"]);
    parts.routes = Routes::new()
        .view::<v::purge>("purge")
        .view::<v::sweep>("sweep")
        .view::<v::vault>("vault")
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

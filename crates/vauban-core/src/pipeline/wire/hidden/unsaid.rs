//! Who says nothing of where the request comes from, over HTTPS, as programs do.

use super::*;
use crate::routing::ByToken;

pub struct ByKey;
impl AccessRule for ByKey {
    type Credential = ByToken<Tokens>;
    fn admit(_: &Request, (): &()) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

mod v {
    use super::*;
    #[view(post, "/notes/new/")]
    pub(super) async fn fresh(_: Nobodys) -> Result<Text> {
        Ok(Text::new("fresh"))
    }
    #[view(post, "/notes/{name}/")]
    pub(super) async fn note(_: ByKey, name: Path<String>) -> Result<Text> {
        let _ = name;
        Ok(Text::new("note"))
    }
    #[view(post, "/open/new/")]
    pub(super) async fn signed_in(_: SignedIn) -> Result<Text> {
        Ok(Text::new("signed in"))
    }
    #[view(post, "/open/{name}/")]
    pub(super) async fn open(_: ByKey, name: Path<String>) -> Result<Text> {
        let _ = name;
        Ok(Text::new("open"))
    }
}

const KEY: (&str, &str) = ("authorization", "Bearer good");

fn site(gates: &[Door]) -> Arc<Site> {
    let mut parts = parts(&["example.com"]);
    parts.sessions = Some(Arc::new(Endings));
    parts.routes = Routes::new()
        .view::<v::fresh>("fresh")
        .view::<v::note>("note")
        .view::<v::signed_in>("signed_in")
        .view::<v::open>("open")
        .view::<super::views::kept>("kept")
        .view::<super::views::sent_either>("sent_either");
    parts.before = gates
        .iter()
        .map(|gate| Arc::new(*gate) as Arc<dyn AnyGate>)
        .collect();
    parts.site()
}

async fn sent(site: &Arc<Site>, path: &str, headers: &[(&str, &str)]) -> String {
    let headers = [headers, &[("x-forwarded-proto", "https")]].concat();
    answered(site, "POST", path, &headers).await
}

/// CWE-204. Attack: a program that sends no `Origin` compares who refuses it: the origin's wall, a gate, or the view by a token
/// behind one that is hidden.
#[tokio::test]
async fn cwe_204_who_says_no_origin_is_told_of_no_hidden_view() {
    let sets: [&[(&str, &str)]; 6] = [
        &[],
        &[KEY],
        &[("authorization", "Bearer bad")],
        &[("authorization", "Bearer broken")],
        &[("cookie", "__Host-session=broken")],
        &[KEY, ("cookie", "__Host-session=of-ann-and-nobody-else")],
    ];
    let gates: [&[Door]; 6] = [
        &[],
        &[closed],
        &[failing],
        &[nothing_here],
        &[by_absence],
        &[greeting, leaving],
    ];
    for gates in gates {
        let site = site(gates);
        for headers in sets {
            let absent = sent(&site, "/absent/", headers).await;
            for path in ["/kept/", "/sent-either/"] {
                assert_eq!(sent(&site, path, headers).await, absent, "{path} {headers:?}");
            }
            let old = sent(&site, "/notes/old/", headers).await;
            assert_eq!(sent(&site, "/notes/new/", headers).await, old, "{headers:?}");
        }
    }
    // What is compared is not one refusal: the view behind answers, and so does a gate.
    assert!(sent(&site(&[]), "/notes/new/", &[KEY]).await.ends_with("note"));
    assert!(sent(&site(&[]), "/absent/", &[KEY]).await.starts_with("403"));
    assert!(sent(&site(&[closed]), "/absent/", &[]).await.ends_with("closed"));
    // CWE-352: a view that is there for everybody refuses, whatever is behind it.
    assert!(sent(&site(&[]), "/open/new/", &[KEY]).await.starts_with("403"));
    assert!(sent(&site(&[]), "/open/old/", &[KEY]).await.ends_with("open"));
}

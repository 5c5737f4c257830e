//! A small browser: cookies, forms with their tokens, and the whole pipeline behind it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use ::http::{Method, header};

use super::{CLIENT, Kit};
use crate::Accounts;
use crate::own_fields::OwnFields;
use vauban::http::RequestBody;
use vauban::http::{Json, Request, Result};
use vauban::routing::{Public, Routes, SignedIn, Staff};
use vauban::settings::{Mode, Settings};
use vauban::site::Site;
use vauban::view;
use vauban_mail::testing::SentMail;

#[view(get, "/")]
async fn home(_: Public, cx: Arc<Request>) -> Result<Json<String>> {
    Ok(Json(cx.identity().user().email.clone()))
}

#[view(get, "/members/")]
async fn members(_: SignedIn) -> Result<Json<&'static str>> {
    Ok(Json("members"))
}

#[view(get, "/staff/")]
async fn staff(_: Staff) -> Result<Json<&'static str>> {
    Ok(Json("staff"))
}

#[derive(serde::Deserialize)]
struct ForPath {
    path: String,
}

#[view(get, "/token/")]
async fn form_token(_: Public, cx: Arc<Request>, query: vauban::Query<ForPath>) -> Result<Json<String>> {
    let mut token = String::new();
    vauban::RenderContext::write_csrf_token(&*cx, Some(&query.path), &mut token);
    Ok(Json(token))
}

/// A site with account pages under `/accounts/`.
pub(super) struct TestSite {
    pub(super) site: Arc<Site>,
    pub(super) accounts: Arc<Accounts>,
    pub(super) kit: Kit,
}

impl TestSite {
    pub(super) fn new() -> Self {
        Self::with(|_| ())
    }

    /// Whose sign-up asks for these fields, too.
    pub(super) fn asking(own: Arc<dyn OwnFields>) -> Self {
        let mut kit = Kit::new();
        Arc::get_mut(&mut kit.accounts).unwrap().own_fields = Some(own);
        Self::of(kit, |_| ())
    }

    /// Whose people sign in by passkeys.
    #[cfg(feature = "passkeys")]
    pub(super) fn with_passkeys(said: crate::accounts::Said) -> Self {
        let said = crate::accounts::Said {
            has_passkeys: true,
            ..said
        };
        Self::of(Kit::of(|_| (), said), |_| ())
    }

    pub(super) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::of(Kit::new(), change)
    }

    /// With the hooks of another module.
    pub(super) fn hooked() -> Self {
        Self::made(Kit::new(), |_| (), super::hooks::listed)
    }

    /// Of a site that says more.
    pub(super) fn saying(more: impl FnOnce(vauban::Module) -> vauban::Module) -> Self {
        Self::made(Kit::new(), |_| (), more)
    }

    pub(super) fn of(kit: Kit, change: impl FnOnce(&mut Settings)) -> Self {
        Self::made(kit, change, |module| module)
    }

    fn made(
        kit: Kit,
        change: impl FnOnce(&mut Settings),
        more: impl FnOnce(vauban::Module) -> vauban::Module,
    ) -> Self {
        let accounts = Arc::clone(&kit.accounts);
        let mut settings = Settings::for_test(Mode::Development, "", &[]);
        settings.allowed_hosts = vec!["localhost".parse().unwrap(), "example.com".parse().unwrap()];
        change(&mut settings);
        let package = vauban::Package::for_test("test", "", None);
        let routes = Routes::new()
            .view::<home>("home")
            .view::<members>("members")
            .view::<staff>("staff")
            .view::<form_token>("form_token")
            .view::<super::kept::note>("note")
            .view::<super::kept::save>("save")
            .view::<super::kept::like>("like")
            .view::<super::kept::own>("own")
            .view::<super::proof::pay>("pay")
            .view::<super::proof::pay_out>("pay_out")
            .view::<super::proof::grant>("grant")
            .include("accounts", "/accounts/", crate::urls::routes());
        let routes = match kit.has_payroll {
            true => routes.view::<super::proof::payroll>("payroll"),
            false => routes,
        };
        #[cfg(feature = "passkeys")]
        let routes = routes.include("passkeys", "/accounts/", crate::passkeys::routes());
        let shared = Arc::clone(&accounts);
        let module = vauban::Module::new("accounts");
        #[cfg(feature = "passkeys")]
        let module = module.static_files(crate::factors::passkeys::script());
        let module = module
            .routes(routes)
            .identity(move |_, _| Ok(Arc::clone(&shared)));
        let module = more(crate::module::with_what_comes_later::<super::User>(module));
        let modules = super::modules(module);
        #[allow(deprecated)]
        let site = Site::__assemble(package, &modules, settings, kit.database.clone()).unwrap();
        let site = Arc::new(site);
        Self { site, accounts, kit }
    }

    /// Runs what is due, and gives every mail that has left.
    pub(super) async fn mails(&self) -> Vec<SentMail> {
        let tasks = self.site.part::<Arc<vauban_tasks::Tasks>>().unwrap();
        tasks.run_due_for_test(&self.site).await;
        SentMail::of(&self.site)
    }

    /// The path of the one link that opens something in the mail that left last.
    pub(super) async fn link(&self) -> String {
        let mails = self.mails().await;
        let links: Vec<_> = mails.last().unwrap().links().into_iter().map(path_of).collect();
        let opens = |path: &&String| path.split('/').any(|segment| segment.len() == 43);
        links
            .iter()
            .find(opens)
            .unwrap_or_else(|| panic!("{links:?}"))
            .clone()
    }

    /// Asks for an account, and gives the path of its link.
    pub(super) async fn sign_up_link(&self, email: &str) -> String {
        let reply = self
            .browser()
            .submit("/accounts/signup/", &[("email", email)])
            .await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        self.link().await
    }

    /// A token for a form that posts to `path`, as a page of the application's layout holds it.
    pub(super) async fn token_for(&self, browser: &Browser, path: &str) -> String {
        let mut page = browser.clone();
        let reply = page.get(&format!("/token/?path={path}")).await;
        reply.body.trim_matches('"').to_owned()
    }

    pub(super) fn browser(&self) -> Browser {
        Browser {
            site: Arc::clone(&self.site),
            cookies: BTreeMap::new(),
            host: "localhost",
            client: CLIENT,
            agent: "",
        }
    }
}

/// One browser with its cookies.
#[derive(Clone)]
pub(super) struct Browser {
    site: Arc<Site>,
    pub(super) cookies: BTreeMap<String, String>,
    pub(super) host: &'static str,
    pub(super) client: IpAddr,
    /// What it calls itself.
    pub(super) agent: &'static str,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: ::http::HeaderMap,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Browser {
    pub(super) async fn get(&mut self, path: &str) -> Reply {
        self.send(Method::GET, path, String::new()).await
    }

    /// Opens the page and sends its form back with these fields, as a browser does.
    pub(super) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let page = self.get(path).await;
        let token = token(&page.body).unwrap_or_default().to_owned();
        self.post(path, &token, fields).await
    }

    /// Sends a form with a token.
    pub(super) async fn post(&mut self, path: &str, token: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(Method::POST, path, form_body(token, fields)).await
    }

    async fn send(&mut self, method: Method, path: &str, body: String) -> Reply {
        let mut request = ::http::Request::builder()
            .method(&method)
            .uri(path)
            .header(header::HOST, self.host)
            .header(header::USER_AGENT, self.agent);
        if method == Method::POST {
            request = request
                .header("sec-fetch-site", "same-origin")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::CONTENT_LENGTH, body.len());
        }
        if !self.cookies.is_empty() {
            let all: Vec<_> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(header::COOKIE, all.join("; "));
        }
        let request = request.body(RequestBody::Ready(body.into())).unwrap();
        #[allow(deprecated)]
        let answered = vauban::pipeline::answer(&self.site, self.client, true, request);
        let (head, body) = answered.await.into_parts();
        for cookie in head.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, rest) = cookie.split_once('=').unwrap();
            let (value, attributes) = rest.split_once(';').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = String::from_utf8(body.bytes().to_vec()).unwrap();
        Reply {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        }
    }

    /// Who the site thinks this is.
    pub(super) async fn who(&mut self) -> String {
        self.get("/").await.body.trim_matches('"').to_owned()
    }

    pub(super) async fn sign_in(&mut self, email: &str, password: &str) -> Reply {
        self.submit("/accounts/login/", &[("email", email), ("password", password)])
            .await
    }

    pub(super) fn session(&self) -> Option<&String> {
        self.cookies.get("__Host-session")
    }
}

/// An address of the site without its origin.
pub(super) fn path_of(link: &str) -> String {
    let (_, rest) = link.split_once("://").unwrap();
    rest[rest.find('/').unwrap()..].to_owned()
}

/// The token in a page's form.
pub(super) fn token(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("name=\"csrfmiddlewaretoken\" value=\"")?;
    rest.split_once('"').map(|(token, _)| token)
}

pub(super) fn form_body(token: &str, fields: &[(&str, &str)]) -> String {
    let mut body = format!("csrfmiddlewaretoken={token}");
    for (name, value) in fields {
        body.push_str(&format!("&{name}={}", encode(value)));
    }
    body
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

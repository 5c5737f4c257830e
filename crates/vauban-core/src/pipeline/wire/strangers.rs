//! What strangers put into a request that passes: other programs' cookies, odd targets, line ends of their own, proxies'
//! spellings. None of it breaks ours, and none of it has two readings.

use super::*;
use crate::messages::Messages;

/// The status, and what `cx.cookie` reads, of a raw request.
#[view(get, "/taste/")]
async fn taste(_: Public, cx: Arc<Request>) -> Result<Text> {
    Ok(Text::new(format!(
        "{}|{}",
        cx.cookie("taste").unwrap_or("none"),
        cx.identity().session().is_some()
    )))
}

#[view(get, "/much/")]
async fn much(_: Public, cx: Arc<Request>) -> Result<Text> {
    cx.set_cookie(crate::http::Cookie::new("much", &"x".repeat(5000)));
    Ok(Text::new("much"))
}

#[view(get, "/say/")]
async fn say(_: Public, messages: Messages) -> Result<Text> {
    for number in 0..8 {
        messages.success(format!("{number}{}", "\u{8a9e}".repeat(239)));
    }
    Ok(Text::new("said"))
}

#[view(get, "/shown/")]
async fn shown(_: Public, cx: Arc<Request>) -> Result<Text> {
    let texts: Vec<String> = cx.take_messages().iter().map(|m| m.text.clone()).collect();
    Ok(Text::new(texts.join("\n")))
}

#[view(get, "/client/")]
async fn client(_: Public, cx: Arc<Request>) -> Result<Text> {
    Ok(Text::new(format!("{} {}", cx.client_ip(), cx.host())))
}

/// An application that reaches for Vauban's own cookies: reads each, and gives each a value of its own, twice.
#[view(get, "/usurp/")]
async fn usurp(_: Public, cx: Arc<Request>) -> Result<crate::http::Response> {
    use crate::http::{Cookie, Response};
    let names = ["session", "csrf", "device", "messages", "Session"];
    let read: Vec<_> = names.iter().filter_map(|name| cx.cookie(name)).collect();
    let mut answer = Response::of(Text::new(format!("read: {}", read.join(","))));
    for name in names {
        let on_page = vauban_template::RenderContext::cookie(&*cx, name);
        assert_eq!(on_page, "", "a page reads `{name}`");
        cx.set_cookie(Cookie::new(name, "planted"));
        answer = answer
            .cookie(&Cookie::new(name, "planted"))
            .cookie(&Cookie::removal(name));
    }
    Ok(answer.cookie(&Cookie::new("taste", "sweet")))
}

/// A view that gives cookies in both ways, and is undone or not.
fn gives(cx: &Request, status: u16) -> crate::http::Response {
    use crate::http::{Cookie, Response};
    cx.set_cookie(Cookie::new("by-request", "1"));
    let answer = Response::of(Text::new("x")).cookie(&Cookie::new("by-answer", "1"));
    answer.status_code(::http::StatusCode::from_u16(status).unwrap())
}

#[view(get, "/kept-cookies/")]
async fn kept_cookies(_: Public, cx: Arc<Request>) -> Result<crate::http::Response> {
    Ok(gives(&cx, 201))
}

#[view(get, "/undone-cookies/")]
async fn undone_cookies(_: Public, cx: Arc<Request>) -> Result<crate::http::Response> {
    Ok(gives(&cx, 409))
}

async fn site() -> Server {
    let mut parts = parts(&["example.com", "127.0.0.1", "[::1]"]);
    parts.routes = parts
        .routes
        .view::<taste>("taste")
        .view::<much>("much")
        .view::<usurp>("usurp")
        .view::<kept_cookies>("kept_cookies")
        .view::<undone_cookies>("undone_cookies")
        .view::<say>("say")
        .view::<shown>("shown")
        .view::<client>("client");
    start(parts).await
}

fn get(line: &str, fields: &str) -> Vec<u8> {
    format!("{line} HTTP/1.1\r\nHost: example.com\r\n{fields}Connection: close\r\n\r\n").into_bytes()
}

/// CWE-614, CWE-319. Attack: a view that was tried over plain HTTP sets its cookie, and over HTTPS it goes out to whoever
/// listens to a plain request. Which it is, the request says.
#[tokio::test]
async fn cwe_614_a_cookie_over_https_is_secure_whoever_sets_it() {
    let server = site().await;
    for (proto, prefix, secure) in [
        ("", "test-by-", false),
        ("X-Forwarded-Proto: https\r\n", "__Host-by-", true),
    ] {
        let reply = server.raw(&get("GET /kept-cookies/", proto)).await;
        let set = reply
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let set: Vec<&str> = set.map(|(_, value)| value.as_str()).collect();
        assert_eq!(set.len(), 2, "{reply:?}");
        for line in set {
            assert!(line.starts_with(prefix), "{line}");
            assert_eq!(line.ends_with("; Secure"), secure, "{line}");
        }
    }
}

/// CWE-384, CWE-200. Attack: an application puts a session that the attacker knows into the victim's browser, or writes
/// the victim's own on a page.
#[tokio::test]
async fn cwe_384_an_application_has_no_hand_on_vaubans_cookies() {
    let server = site().await;
    let cookies = "Cookie: test-session=secret; test-csrf=secret; test-device=secret; test-messages=secret; \
                   test-Session=secret\r\n";
    let reply = server.raw(&get("GET /usurp/", cookies)).await;
    assert_eq!(reply.body, "read: ");
    let headers = reply.headers.iter();
    let set: Vec<_> = headers
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .map(|(_, value)| value.split(';').next().unwrap_or_default())
        .collect();
    assert_eq!(set, ["test-taste=sweet"], "neither a value nor a removal");
}

/// CWE-460. Attack: a request that is undone leaves the cookie of what did not happen.
#[tokio::test]
async fn cwe_460_an_undone_request_leaves_no_cookie() {
    let server = site().await;
    for (path, status, kept) in [("kept-cookies", 201, true), ("undone-cookies", 409, false)] {
        let reply = server.raw(&get(&format!("GET /{path}/"), "")).await;
        let head = format!("{:?}", reply.headers);
        assert_eq!(reply.status, status, "{}", reply.body);
        for name in ["test-by-request=", "test-by-answer="] {
            assert_eq!(head.contains(name), kept, "{path} {name}: {head}");
        }
    }
}

/// Another program's cookie, in any bytes, neither signs anybody out nor hides a value.
#[tokio::test]
async fn a_strangers_cookie_breaks_nothing() {
    let server = site().await;
    for strange in [
        "consent=d\u{e9}j\u{e0}; ".as_bytes(),
        b"x=\xff\xfe; ",
        b"session=of-flask; ",
        b"; =;",
    ] {
        let cookies = [
            b"Cookie: ",
            strange,
            b"test-session=a-session-of-ann; test-taste=d%C3%A9j%C3%A0\r\n",
        ]
        .concat();
        let request = [
            b"GET /taste/ HTTP/1.1\r\nHost: example.com\r\n".as_slice(),
            &cookies,
            b"Connection: close\r\n\r\n",
        ]
        .concat();
        let reply = server.raw(&request).await;
        assert_eq!(reply.body, "d\u{e9}j\u{e0}|true", "{strange:?}");
        assert_eq!(reply.header("set-cookie"), None, "a stranger's is not removed");
    }
}

/// CWE-20: targets that are no path of the site are refused before anything looks at them.
#[tokio::test]
async fn odd_targets_are_refused() {
    let server = site().await;
    for line in [
        "GET example.com:80",
        "GET example.com",
        "OPTIONS *",
        "GET *",
        "CONNECT example.com:443",
        "CONNECT /x",
        "GET ftp://example.com/x",
        "GET ?x",
        "GET http://example.com@evil.example/x",
    ] {
        let reply = server.raw(&get(line, "")).await;
        assert_eq!(reply.status, 400, "{line}");
    }
    for line in [
        "GET http://example.com/x",
        "GET HTTP://EXAMPLE.com:80/x",
        "GET /x",
    ] {
        assert_eq!(server.raw(&get(line, "")).await.status, 200, "{line}");
    }
}

/// CWE-444: a proxy that ends no line at a bare LF reads another request than a server that does.
#[tokio::test]
async fn a_bare_lf_is_refused() {
    let server = site().await;
    for request in [
        "GET /x HTTP/1.1\nHost: example.com\r\nConnection: close\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: example.com\nConnection: close\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\n",
        "GET /x HTTP/1.1\r\nHost: example.com\r\nX: a\nY: b\r\nConnection: close\r\n\r\n",
        "\nGET /x HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "POST / HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    ] {
        assert_eq!(server.raw(request.as_bytes()).await.status, 400, "{request:?}");
    }
    // Behind a good request, and behind a body with LF in it: the good ones are answered first.
    let pipelined = "GET /x HTTP/1.1\r\nHost: example.com\r\n\r\nGET /x HTTP/1.1\nHost: example.com\r\n\r\n";
    let reply = server.raw(pipelined.as_bytes()).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.contains("HTTP/1.1 400"), "{}", reply.body);
    let body = "POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 4\r\n\r\na\n\nbGET /x HTTP/1.1\r\nHost: example.com\r\n\
                Connection: close\r\n\r\n";
    let reply = server.raw(body.as_bytes()).await;
    assert_eq!(reply.status, 415);
    assert!(reply.body.contains("HTTP/1.1 200"), "{}", reply.body);
}

/// What proxies write of an address or a scheme is read; what is none is nobody's address.
#[tokio::test]
async fn proxies_may_spell_as_they_like() {
    let server = site().await;
    let ask = async |fields: &str| server.raw(&get("GET /client/", fields)).await.body;
    assert_eq!(
        ask("X-Forwarded-For: 203.0.113.9:51234\r\n").await,
        "203.0.113.9 example.com"
    );
    assert_eq!(ask("X-Forwarded-For: unknown\r\n").await, "127.0.0.1 example.com");
    assert_eq!(
        ask("X-Forwarded-For: \"[2001:db8::1]:1\"\r\nX-Forwarded-Host: [0:0:0:0:0:0:0:1]:80\r\n").await,
        "2001:db8::1 [0:0:0:0:0:0:0:1]:80"
    );
    for host in ["EXAMPLE.com.", "Example.com:443", "[::ffff:7f00:1]"] {
        let fields = format!("X-Forwarded-Proto: HTTPS\r\nX-Forwarded-Host: {host}\r\n");
        assert_eq!(ask(&fields).await, format!("127.0.0.1 {host}"), "as it was asked");
    }
}

/// CWE-778, CWE-614, CWE-319. Attack: requests that are refused for their head alone, over HTTPS. Who sent them, and how, is
/// known: the address is the client's, the promise to stay with HTTPS is repeated, and a cookie is `Secure`.
#[tokio::test]
async fn cwe_778_a_refused_head_has_its_client() {
    fn page(_: crate::http::ErrorFacts, cx: &Request) -> crate::http::Response {
        cx.set_cookie(crate::http::Cookie::new("seen", "1"));
        crate::http::Response::of(Text::new(cx.client_ip().to_string()))
    }
    let mut parts = parts(&["example.com"]);
    parts.error_pages.insert_other(page);
    let server = start(parts).await;
    let long = format!("GET /{}", "x".repeat(10_000));
    for (line, more, status) in [
        (long.as_str(), "", 414),
        ("OPTIONS *", "", 400),
        ("GET /x", "X-Forwarded-Host: a, b\r\n", 400),
        ("GET /x", "Host: other.example\r\n", 400),
    ] {
        let fields = format!(
            "Accept: text/html\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n{more}"
        );
        let reply = server.raw(&get(line, &fields)).await;
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (status, "203.0.113.9"),
            "{line:.20} {more}"
        );
        assert!(
            reply.header("strict-transport-security").is_some(),
            "{line:.20} {more}"
        );
        let cookie = reply.header("set-cookie").unwrap();
        assert!(
            cookie.starts_with("__Host-seen=") && cookie.ends_with("; Secure"),
            "{cookie}"
        );
    }
}

/// CWE-601. Attack: a long query, so that an answer is made before a view is looked for, at a path that is a host as a reference.
#[tokio::test]
async fn cwe_601_a_refused_head_has_no_other_hosts_path() {
    fn page(_: crate::http::ErrorFacts, cx: &Request) -> crate::http::Response {
        crate::http::Response::of(Text::new(cx.path().to_owned()))
    }
    let mut parts = parts(&["example.com"]);
    parts.error_pages.insert_other(page);
    let server = start(parts).await;
    for (query, more, status) in [
        ("a".repeat(10_000), "", 414),
        (String::new(), "X-Forwarded-Host: a, b\r\n", 400),
    ] {
        let fields = format!("Accept: text/html\r\n{more}");
        let reply = server
            .raw(&get(&format!("GET //evil.example/?{query}"), &fields))
            .await;
        assert_eq!((reply.status, reply.body.as_str()), (status, "/%2Fevil.example/"));
    }
}

/// A form is sent behind a proxy that spells the host in its own way.
#[tokio::test]
async fn an_own_origin_is_own_in_every_spelling() {
    let server = site().await;
    for (host, origin, own) in [
        ("example.com:443", "https://example.com", true),
        ("example.com.", "https://example.com", true),
        ("[0:0:0:0:0:0:0:1]", "https://[::1]", true),
        ("[::ffff:127.0.0.1]", "https://127.0.0.1", true),
        ("example.com", "https://example.com:8443", false),
        ("example.com", "http://example.com", false),
        ("127.0.0.1", "https://[::1]", false),
    ] {
        let token = server.token(&Binding::Session("a-session-of-ann".to_owned()), "/");
        let headers = [
            pair("Host", "example.com"),
            pair("X-Forwarded-Host", host),
            pair("X-Forwarded-Proto", "https"),
            pair("Cookie", "__Host-session=a-session-of-ann"),
            pair("Origin", origin),
        ];
        let reply = server
            .send("POST /", &headers, &format!("csrfmiddlewaretoken={token}"))
            .await;
        assert_eq!(reply.status, if own { 200 } else { 403 }, "{host} {origin}");
    }
}

/// Browsers drop what is longer than 4,096 octets, silently: what we send never is, and what did not fit is said.
#[tokio::test]
async fn no_cookie_is_longer_than_browsers_keep() {
    let server = site().await;
    assert_eq!(
        server.raw(&get("GET /much/", "")).await.header("set-cookie"),
        None
    );
    let said = server.raw(&get("GET /say/", "")).await;
    let line = said.header("set-cookie").unwrap();
    assert!(line.len() <= 4096, "{}", line.len());
    let cookie = line.split(';').next().unwrap();
    // Said twice before a page shows them.
    let again = server
        .raw(&get("GET /say/", &format!("Cookie: {cookie}\r\n")))
        .await;
    let cookie = again.header("set-cookie").unwrap().split(';').next().unwrap();
    let shown = server
        .raw(&get("GET /shown/", &format!("Cookie: {cookie}\r\n")))
        .await
        .body;
    let lines: Vec<&str> = shown.lines().collect();
    let (last, first) = lines.split_last().unwrap();
    for (number, text) in first.iter().enumerate() {
        assert_eq!(*text, format!("{number}{}", "\u{8a9e}".repeat(239)));
    }
    assert!(first.len() >= 3, "{}", first.len());
    assert_eq!(*last, format!("There were {} more messages.", 16 - first.len()));
}

/// RFC 3986: what a client wrote raw does not stand raw in `Location`.
#[tokio::test]
async fn a_location_is_ascii() {
    #[view(get, "/{name}/")]
    async fn named(_: Public, name: crate::routing::Path<String>) -> Result<Text> {
        Ok(Text::new(name.into_inner()))
    }
    let mut parts = parts(&["example.com"]);
    parts.routes = Routes::new().view::<named>("named");
    let server = start(parts).await;
    for target in ["/\u{fc}", "/\u{fc}?q=\u{e4}", "/%C3%BC"] {
        let reply = server.raw(&get(&format!("GET {target}"), "")).await;
        if reply.status == 301 {
            let location = reply.header("location").unwrap();
            assert!(
                location.is_ascii() && location.starts_with("/%C3%BC/"),
                "{location}"
            );
        } else {
            assert_eq!(reply.status, 400, "{target}");
        }
    }
}

/// A body that cannot be read is refused with its reason, not as a forgery; nothing is let in by it.
#[tokio::test]
async fn an_unreadable_form_is_told_why() {
    let server = site().await;
    let post = async |kind: &str, body: &[u8]| {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: example.com\r\nOrigin: http://example.com\r\nCookie: test-session=a-session-of-ann\r\n\
             Accept: text/plain\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let reply = server.raw(&[head.as_bytes(), body].concat()).await;
        (reply.status, reply.body)
    };
    const FORM: &str = "application/x-www-form-urlencoded";
    for (kind, body, status, part) in [
        (FORM, &b"a=100%"[..], 400, "percent sign"),
        (FORM, b"a=\xff", 400, "UTF-8"),
        (
            "application/x-www-form-urlencoded; charset=ISO-8859-1",
            b"a=b",
            415,
            "UTF-8",
        ),
        ("text/plain", b"a=b", 415, "not a form"),
        ("multipart/form-data; boundary=x", b"nonsense", 400, "multipart"),
        (FORM, b"a=b", 403, "token"),
        (FORM, b"", 403, "token"),
    ] {
        let (sent, told) = post(kind, body).await;
        assert_eq!(sent, status, "{kind} {body:?}: {told}");
        assert!(told.contains(part), "{told}");
    }
}

//! A server that does everything wrong, and the client that holds against it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Request;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::{Client, Destination, Failure};

const CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/ca.pem");

/// What the server does with a connection.
#[derive(Clone, Copy)]
enum Mode {
    /// Answers with this.
    Says(&'static str),
    /// Leads to this port of this machine.
    LeadsTo(u16),
    /// Answers with a body of so many bytes, in chunks, without saying how many.
    Chunks(usize),
    /// Answers with so many fields.
    Fields(usize),
    /// Takes the connection and says nothing.
    Hangs,
    /// Says a head, and no body.
    HangsAfterHead,
    /// A byte of the body each 20 ms, for ever.
    Drips,
}

struct Fake {
    port: u16,
    heard: Arc<std::sync::Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("../tests/samples/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../tests/samples/server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

impl Fake {
    async fn start(mode: Mode, tls: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heard, connections) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
        let fake = Self {
            port,
            heard: Arc::clone(&heard),
            connections: Arc::clone(&connections),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let heard = Arc::clone(&heard);
                tokio::spawn(async move {
                    if tls {
                        if let Ok(stream) = acceptor().accept(stream).await {
                            talk(stream, mode, &heard).await;
                        }
                    } else {
                        talk(stream, mode, &heard).await;
                    }
                });
            }
        });
        fake
    }

    fn address(&self, tls: bool) -> String {
        let scheme = if tls { "https" } else { "http" };
        format!("{scheme}://localhost:{}", self.port)
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }
}

async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    mode: Mode,
    heard: &std::sync::Mutex<Vec<String>>,
) {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut some = [0; 4096];
        match stream.read(&mut some).await {
            Ok(read) if read > 0 => request.extend_from_slice(&some[..read]),
            _ => return,
        }
    }
    heard.lock().unwrap().push(String::from_utf8(request).unwrap());
    match mode {
        Mode::Says(text) => drop(stream.write_all(text.as_bytes()).await),
        Mode::LeadsTo(port) => {
            let head = format!(
                "HTTP/1.1 302 Found\r\nLocation: http://localhost:{port}/\r\nContent-Length: 0\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes()).await;
        }
        Mode::Chunks(bytes) => {
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                .await;
            for _ in 0..bytes / 1024 {
                let chunk = format!("400\r\n{}\r\n", "x".repeat(1024));
                if stream.write_all(chunk.as_bytes()).await.is_err() {
                    return;
                }
            }
            let _ = stream.write_all(b"0\r\n\r\n").await;
        }
        Mode::Fields(many) => {
            let fields: String = (0..many).map(|n| format!("x-{n}: y\r\n")).collect();
            let head = format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
        }
        Mode::Hangs => tokio::time::sleep(Duration::from_secs(60)).await,
        Mode::HangsAfterHead => {
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
                .await;
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        Mode::Drips => {
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                .await;
            while stream.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    let _ = stream.shutdown().await;
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\n\r\nhello";

async fn ask(fake: &Fake, tls: bool) -> Result<http::Response<Vec<u8>>, Failure> {
    let address = fake.address(tls);
    let client = Client::trusting([Destination::parse(&address).unwrap()], Some(Path::new(CA))).unwrap();
    let client = client.bounded(64 * 1024, Duration::from_millis(600));
    client.send(get(&format!("{address}/a?b=c"))).await
}

fn get(address: &str) -> Request<Vec<u8>> {
    Request::get(address).body(Vec::new()).unwrap()
}

#[tokio::test]
async fn an_answer_comes_back_whole() {
    for tls in [false, true] {
        let fake = Fake::start(Mode::Says(OK), tls).await;
        let answer = ask(&fake, tls).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.body().as_slice()),
            (200, &b"hello"[..])
        );
        let heard = fake.heard();
        assert!(heard.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{heard}");
        assert!(
            heard.contains(&format!("host: localhost:{}\r\n", fake.port)),
            "{heard}"
        );
    }
}

/// CWE-918. Attack: what we ask leads us to another address, of our own network.
#[tokio::test]
async fn cwe_918_a_redirect_is_not_followed() {
    let inside = Fake::start(Mode::Says(OK), false).await;
    let fake = Fake::start(Mode::LeadsTo(inside.port), false).await;
    assert!(matches!(ask(&fake, false).await, Err(Failure::Redirects(_))));
    assert_eq!(inside.connections.load(Ordering::SeqCst), 0);
}

/// CWE-918. Attack: a document that a destination sends names an address of our own network as the next to ask.
#[tokio::test]
async fn cwe_918_what_is_not_configured_is_not_asked() {
    let inside = Fake::start(Mode::Says(OK), false).await;
    let fake = Fake::start(Mode::Says(OK), false).await;
    let client = Client::trusting(
        [Destination::parse(&fake.address(false)).unwrap()],
        Some(Path::new(CA)),
    )
    .unwrap();
    let told = client.send(get(&format!("{}/", inside.address(false)))).await;
    assert!(matches!(told, Err(Failure::NotConfigured(_))), "{told:?}");
    // Another scheme, another name of the same machine and another port are other destinations.
    for other in [
        fake.address(true),
        format!("http://127.0.0.1:{}/", fake.port),
        "http://localhost/".to_owned(),
    ] {
        assert!(
            matches!(client.send(get(&other)).await, Err(Failure::NotConfigured(_))),
            "{other}"
        );
    }
    assert_eq!(
        inside.connections.load(Ordering::SeqCst) + fake.connections.load(Ordering::SeqCst),
        0
    );
}

/// CWE-319. Attack: a secret goes over the network in clear.
#[test]
fn cwe_319_unencrypted_goes_to_this_machine_only() {
    for address in [
        "http://example.com",
        "http://192.0.2.1",
        "http://localhost.example.com",
        "http://0.0.0.0",
        "http://[::]",
    ] {
        assert!(
            matches!(Destination::parse(address), Err(Failure::NoDestination(_))),
            "{address}"
        );
    }
    for address in [
        "http://localhost",
        "http://127.0.0.1:8080",
        "http://[::1]:80",
        "https://example.com",
    ] {
        assert!(Destination::parse(address).is_ok(), "{address}");
    }
    for address in [
        "ftp://localhost",
        "https://user:secret@example.com",
        "https://user@example.com",
        "example.com",
        "",
    ] {
        let told = Destination::parse(address).unwrap_err().to_string();
        assert!(!told.contains("secret"), "{told}");
    }
}

/// CWE-295, CWE-297. Attack: somebody between us answers with a certificate of their own, or of another name.
#[tokio::test]
async fn cwe_295_a_wrong_certificate_gets_nothing() {
    let fake = Fake::start(Mode::Says(OK), true).await;
    // An authority that nobody here knows.
    let client = Client::new([Destination::parse(&fake.address(true)).unwrap()]).unwrap();
    let told = client.send(get(&format!("{}/", fake.address(true)))).await;
    assert!(matches!(told, Err(Failure::Tls(_))), "{told:?}");
    // A known authority, and another name.
    let address = format!("https://127.0.0.1:{}", fake.port);
    let client = Client::trusting([Destination::parse(&address).unwrap()], Some(Path::new(CA))).unwrap();
    let told = client.send(get(&format!("{address}/"))).await;
    assert!(matches!(told, Err(Failure::Tls(_))), "{told:?}");
    assert_eq!(fake.heard(), "");
}

/// CWE-770. Attack: an answer that fills the memory.
#[tokio::test]
async fn cwe_770_an_answer_has_a_bound() {
    let said = "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nxxx";
    for mode in [Mode::Chunks(1024 * 1024), Mode::Fields(5000), Mode::Says(said)] {
        let fake = Fake::start(mode, false).await;
        let told = ask(&fake, false).await.unwrap_err();
        assert!(
            matches!(told, Failure::TooLarge(_) | Failure::Broken(_)),
            "{told}"
        );
    }
    // Just below it is taken.
    let fake = Fake::start(Mode::Chunks(63 * 1024), false).await;
    assert_eq!(ask(&fake, false).await.unwrap().body().len(), 63 * 1024);
}

/// CWE-400. Attack: a destination that hangs keeps whoever asks it, at whatever step.
#[tokio::test]
async fn cwe_400_one_deadline_is_over_everything() {
    for mode in [Mode::Hangs, Mode::HangsAfterHead, Mode::Drips] {
        let fake = Fake::start(mode, false).await;
        assert!(matches!(ask(&fake, false).await, Err(Failure::TooSlow(_))));
    }
    // In TLS: the server speaks none, and waits for more.
    let fake = Fake::start(Mode::Hangs, false).await;
    assert!(matches!(ask(&fake, true).await, Err(Failure::TooSlow(_))));
    // At connecting: a backlog that is full, so that nothing more is taken.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(1).unwrap();
    let at = full.local_addr().unwrap();
    let mut held = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(200), tokio::net::TcpStream::connect(at)).await
    {
        held.push(stream);
    }
    let address = format!("http://127.0.0.1:{}", at.port());
    let client = Client::new([Destination::parse(&address).unwrap()]).unwrap();
    let client = client.bounded(1024, Duration::from_millis(600));
    assert!(matches!(
        client.send(get(&format!("{address}/"))).await,
        Err(Failure::TooSlow(_))
    ));
}

/// CWE-532. Attack: the code in a request's address ends in a log, by what is said when it fails.
#[tokio::test]
async fn cwe_532_a_failure_names_the_destination_and_nothing_of_the_request() {
    let client = Client::new([Destination::parse("http://localhost:1").unwrap()]).unwrap();
    for address in ["http://localhost:1/?code=hunter2", "http://localhost:2/hunter2"] {
        let told = client.send(get(address)).await.unwrap_err();
        let told = format!("{told} {told:?} {client:?}");
        assert!(told.contains("localhost") && !told.contains("hunter2"), "{told}");
    }
}

/// CWE-444. Attack: what is in an address ends the request's line, or names another host.
#[tokio::test]
async fn cwe_444_the_host_is_the_destinations() {
    let fake = Fake::start(Mode::Says(OK), false).await;
    let address = fake.address(false);
    let client = Client::trusting([Destination::parse(&address).unwrap()], Some(Path::new(CA))).unwrap();
    let request = Request::get(format!("{address}/x"))
        .header("host", "evil.example")
        .body(Vec::new())
        .unwrap();
    client.send(request).await.unwrap();
    assert!(!fake.heard().contains("evil"), "{}", fake.heard());
}

//! A mail server that is slow, strict, broken or somebody else's.

use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::{TcpListener, TcpStream};

use super::smtp::send_within;
use super::{Security, Server, Unsent};
use crate::letter::{Letter, Line, Mailbox};

/// What the server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Takes,
    /// Says this to MAIL, RCPT or DATA.
    Says(&'static str, &'static str),
    /// Says this of one recipient.
    SaysOf(&'static str, &'static str),
    /// Says this when it has the whole mail.
    AfterData(&'static str),
    NoGreeting,
    HangsAfterData,
    DiesAfterData,
    HangsInTls,
    NoStartTls,
    RefusesStartTls,
    /// Says more before TLS than it was asked: what stands there is not to be believed afterwards.
    TalksBeforeTls,
}

#[derive(Default)]
struct Heard {
    lines: Vec<String>,
    mails: Vec<String>,
}

struct Fake {
    port: u16,
    heard: Arc<Mutex<Heard>>,
}

impl Fake {
    async fn start(mode: Mode, security: Security) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Heard>>::default();
        let shared = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, mode, security, Arc::clone(&shared)));
            }
        });
        Self { port, heard }
    }

    fn server(&self, security: Security) -> Server {
        Server {
            security,
            host: "localhost".to_owned(),
            port: self.port,
            login: None,
            authorities: None,
        }
    }

    fn lines(&self) -> Vec<String> {
        self.heard.lock().unwrap().lines.clone()
    }

    fn mails(&self) -> Vec<String> {
        self.heard.lock().unwrap().mails.clone()
    }
}

async fn serve(stream: TcpStream, mode: Mode, security: Security, heard: Arc<Mutex<Heard>>) {
    match security {
        Security::Loopback => talk(stream, mode, false, true, &heard).await,
        #[cfg(feature = "tls")]
        Security::Tls => {
            if mode == Mode::HangsInTls {
                return std::future::pending().await;
            }
            if let Ok(stream) = acceptor().accept(stream).await {
                talk(stream, mode, false, true, &heard).await;
            }
        }
        #[cfg(feature = "tls")]
        Security::StartTls => {
            let Some(stream) = until_tls(stream, mode, &heard).await else {
                return;
            };
            if mode == Mode::HangsInTls {
                return std::future::pending().await;
            }
            if let Ok(stream) = acceptor().accept(stream).await {
                talk(stream, mode, true, false, &heard).await;
            }
        }
        #[cfg(not(feature = "tls"))]
        _ => unreachable!(),
    }
}

#[cfg(feature = "tls")]
fn acceptor() -> tokio_rustls::TlsAcceptor {
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::crypto::aws_lc_rs;
    use tokio_rustls::rustls::pki_types::pem::PemObject as _;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let certificate =
        CertificateDer::from_pem_slice(include_bytes!("../../tests/samples/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../tests/samples/server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    tokio_rustls::TlsAcceptor::from(Arc::new(config))
}

/// The part of a server before STARTTLS.
async fn until_tls(stream: TcpStream, mode: Mode, heard: &Mutex<Heard>) -> Option<TcpStream> {
    let mut stream = stream;
    stream.write_all(b"220 fake\r\n").await.ok()?;
    loop {
        let mut line = Vec::new();
        loop {
            let byte = stream.read_u8().await.ok()?;
            line.push(byte);
            if byte == b'\n' {
                break;
            }
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        heard.lock().unwrap().lines.push(format!("clear: {line}"));
        let answer: &[u8] = match (line.split(' ').next().unwrap_or_default(), mode) {
            ("EHLO", Mode::NoStartTls) => b"250-fake\r\n250 AUTH PLAIN\r\n",
            ("EHLO", _) => b"250-fake\r\n250 STARTTLS\r\n",
            ("STARTTLS", Mode::RefusesStartTls) => b"454 not now\r\n",
            ("STARTTLS", Mode::TalksBeforeTls) => {
                b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n"
            }
            ("STARTTLS", _) => b"220 go\r\n",
            _ => b"250 ok\r\n",
        };
        stream.write_all(answer).await.ok()?;
        if answer.starts_with(b"220") {
            return Some(stream);
        }
    }
}

/// The rest of it.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    mode: Mode,
    encrypted: bool,
    greets: bool,
    heard: &Mutex<Heard>,
) {
    let mut stream = BufReader::new(stream);
    if mode == Mode::NoGreeting {
        return std::future::pending().await;
    }
    if greets && stream.write_all(b"220 fake\r\n").await.is_err() {
        return;
    }
    let mut line = String::new();
    loop {
        line.clear();
        match stream.read_line(&mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let said = line.trim_end().to_owned();
        heard.lock().unwrap().lines.push(if encrypted {
            format!("tls: {said}")
        } else {
            said.clone()
        });
        let verb = said.split([' ', ':']).next().unwrap_or_default().to_owned();
        let answer = match mode {
            Mode::Says(to, answer) if to == verb => answer,
            Mode::SaysOf(address, answer) if said.starts_with("RCPT") && said.contains(address) => answer,
            _ => match verb.as_str() {
                "EHLO" => "250-fake\r\n250 AUTH PLAIN LOGIN",
                "AUTH" => "235 ok",
                "DATA" => "354 go",
                "QUIT" => "221 bye",
                _ => "250 ok",
            },
        };
        let _ = stream.write_all(format!("{answer}\r\n").as_bytes()).await;
        let _ = stream.flush().await;
        if verb != "DATA" || !answer.starts_with("354") {
            continue;
        }
        let mut mail = Vec::new();
        while !mail.ends_with(b"\r\n.\r\n") {
            match stream.read_u8().await {
                Ok(byte) => mail.push(byte),
                Err(_) => return,
            }
        }
        heard.lock().unwrap().mails.push(String::from_utf8(mail).unwrap());
        match mode {
            Mode::HangsAfterData => return std::future::pending().await,
            Mode::DiesAfterData => return,
            _ => {}
        }
        let answer = match mode {
            Mode::AfterData(answer) => answer,
            _ => "250 taken",
        };
        let _ = stream.write_all(format!("{answer}\r\n").as_bytes()).await;
        let _ = stream.flush().await;
    }
}

fn letter() -> Letter {
    let ann = Mailbox::parse("Ann <ann@example.com>").unwrap();
    Letter {
        name: "mail/test".to_owned(),
        message_id: "<0123456789abcdef@example.com>".to_owned(),
        date: 1_800_000_000,
        boundary: "0123456789abcdef0123456789abcdef".to_owned(),
        from: Mailbox::parse("Site <site@example.com>").unwrap(),
        to: vec![ann],
        cc: Vec::new(),
        bcc: vec![Mailbox::parse("unseen@example.com").unwrap()],
        reply_to: Vec::new(),
        subject: Line::cleaned("Hello", 100),
        text: "Hello\r\n.\r\nMAIL FROM:<evil@example.com>\rx\ny\n..z\n".to_owned(),
        html: "<p>Hello".to_owned(),
        headers: Vec::new(),
        attachments: Vec::new(),
        kind: None,
        unsubscribe: None,
    }
}

async fn sent(mode: Mode, security: Security) -> (Result<(), Unsent>, Fake) {
    let fake = Fake::start(mode, security).await;
    let wire = letter().wire().unwrap();
    let done = send_within(
        &fake.server(security),
        &wire,
        ready(Ok(())),
        Duration::from_millis(700),
    )
    .await;
    (done, fake)
}

#[tokio::test]
async fn a_mail_is_sent_as_it_was_written() {
    let (done, fake) = sent(Mode::Takes, Security::Loopback).await;
    assert_eq!(done, Ok(()));
    let lines = fake.lines();
    assert_eq!(lines[0], "EHLO example.com");
    assert_eq!(lines[1], "MAIL FROM:<site@example.com>");
    assert_eq!(lines[2], "RCPT TO:<ann@example.com>");
    assert_eq!(lines[3], "RCPT TO:<unseen@example.com>");
    let mail = &fake.mails()[0];
    // CWE-200: whoever is in Bcc stands in no header.
    assert!(!mail.contains("unseen@"), "{mail}");
    assert!(
        mail.contains("Message-ID: <0123456789abcdef@example.com>\r\n"),
        "{mail}"
    );
    assert!(mail.contains("Auto-Submitted: auto-generated\r\n"), "{mail}");
}

/// Pitfall 14 (CloudMeet#42), CWE-93, RFC 5321 §4.5.2. Attack: a text ends the mail with a dot of its own and goes on with
/// commands; a lone CR or LF is a line's end to some servers.
#[tokio::test]
async fn cwe_93_a_body_ends_no_mail() {
    let (done, fake) = sent(Mode::Takes, Security::Loopback).await;
    assert_eq!(done, Ok(()));
    assert_eq!(fake.mails().len(), 1);
    assert!(
        !fake.lines().iter().any(|line| line.contains("evil")),
        "{:?}",
        fake.lines()
    );
    let mail = &fake.mails()[0];
    let without_ends = mail.replace("\r\n", "");
    assert!(!without_ends.contains(['\r', '\n']), "a lone CR or LF: {mail:?}");
    assert!(mail.is_ascii());
    assert!(mail.lines().all(|line| line.len() <= 998), "{mail:?}");
}

/// 4xx is tried again, 5xx never, wherever it is said.
#[tokio::test]
async fn what_a_server_refuses_for_now_and_for_good() {
    for (verb, later, never) in [
        ("MAIL", "451 try later", "550 no such sender"),
        ("RCPT", "450 busy", "550 no such user"),
        ("DATA", "451 later", "554 no"),
    ] {
        let (done, _) = sent(Mode::Says(verb, later), Security::Loopback).await;
        assert!(matches!(done, Err(Unsent::Later(_))), "{verb}: {done:?}");
        let (done, _) = sent(Mode::Says(verb, never), Security::Loopback).await;
        assert!(matches!(done, Err(Unsent::Never(_))), "{verb}: {done:?}");
    }
    let (done, _) = sent(Mode::AfterData("452 full"), Security::Loopback).await;
    assert!(matches!(done, Err(Unsent::Later(_))), "{done:?}");
    let (done, _) = sent(Mode::AfterData("554 spam"), Security::Loopback).await;
    assert!(
        matches!(&done, Err(Unsent::Never(told)) if told.contains("554") && told.contains("spam")),
        "{done:?}"
    );
}

/// RFC 5321 §3.3, CWE-400. Attack: whoever invites a mailbox that does not exist keeps the mail from everybody else.
#[tokio::test]
async fn cwe_400_one_who_is_refused_keeps_the_mail_from_nobody_else() {
    for refused in ["ann@example.com", "unseen@example.com"] {
        let (done, fake) = sent(Mode::SaysOf(refused, "550 no such user"), Security::Loopback).await;
        assert_eq!(done, Ok(()), "{refused}");
        assert_eq!(fake.mails().len(), 1);
    }
    // For now: nobody has it, so that nobody gets it twice.
    let (done, fake) = sent(Mode::SaysOf("unseen@", "450 busy"), Security::Loopback).await;
    assert!(matches!(done, Err(Unsent::Later(_))), "{done:?}");
    assert!(fake.mails().is_empty());
}

/// Pitfall 15 (lettre#1027, #743), CWE-400: a server that says nothing is waited for within our deadline; one that had the whole mail leaves it open whether it
/// was sent.
#[tokio::test]
async fn a_server_that_hangs_or_dies() {
    let (done, _) = sent(Mode::NoGreeting, Security::Loopback).await;
    assert!(matches!(done, Err(Unsent::Later(_))), "{done:?}");
    let (done, fake) = sent(Mode::HangsAfterData, Security::Loopback).await;
    assert!(matches!(done, Err(Unsent::Unsure(_))), "{done:?}");
    assert_eq!(fake.mails().len(), 1);
    let (done, _) = sent(Mode::DiesAfterData, Security::Loopback).await;
    assert!(matches!(done, Err(Unsent::Unsure(_))), "{done:?}");
    // Nobody listens.
    let mut nobody = Fake::start(Mode::Takes, Security::Loopback)
        .await
        .server(Security::Loopback);
    nobody.port = 1;
    let wire = letter().wire().unwrap();
    let done = send_within(&nobody, &wire, ready(Ok(())), Duration::from_secs(5)).await;
    assert!(matches!(done, Err(Unsent::Later(_))), "{done:?}");
}

/// CWE-319. Attack: somebody between us and the server takes its offer of STARTTLS away, or refuses it. Nothing is sent, neither a
/// name nor a password.
#[cfg(feature = "tls")]
#[tokio::test]
async fn cwe_319_without_starttls_nothing_is_sent() {
    for mode in [Mode::NoStartTls, Mode::RefusesStartTls] {
        let fake = Fake::start(mode, Security::StartTls).await;
        let mut server = fake.server(Security::StartTls);
        server.login = Some(("user".to_owned(), "hunter2".to_owned()));
        let wire = letter().wire().unwrap();
        let done = send_within(&server, &wire, ready(Ok(())), Duration::from_secs(5)).await;
        assert!(
            matches!(&done, Err(Unsent::Later(told)) if told.contains("STARTTLS") && told.contains("nothing was sent")),
            "{done:?}"
        );
        assert!(fake.mails().is_empty());
        assert!(
            fake.lines()
                .iter()
                .all(|line| line.starts_with("clear: EHLO") || line == "clear: STARTTLS"),
            "{:?}",
            fake.lines()
        );
    }
}

/// CWE-295. Attack: a server with a certificate that no authority of this machine has signed.
#[cfg(feature = "tls")]
#[tokio::test]
async fn cwe_295_a_certificate_that_nobody_signed_gets_nothing() {
    for security in [Security::Tls, Security::StartTls] {
        let (done, fake) = sent(Mode::Takes, security).await;
        assert!(
            matches!(&done, Err(Unsent::Later(told)) if told.contains("certificate")),
            "{done:?}"
        );
        assert!(fake.mails().is_empty());
        assert!(
            !fake.lines().iter().any(|line| line.contains("MAIL")),
            "{:?}",
            fake.lines()
        );
        let (done, _) = sent(Mode::HangsInTls, security).await;
        assert!(matches!(done, Err(Unsent::Later(_))), "{done:?}");
    }
}

/// A server that the test trusts, by its name.
#[cfg(feature = "tls")]
fn trusted(fake: &Fake, security: Security) -> Server {
    let mut server = fake.server(security);
    server.authorities = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/ca.pem").into());
    server.login = Some(("user".to_owned(), "hunter2".to_owned()));
    server
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_server_that_shows_who_it_is_gets_the_mail() {
    for security in [Security::Tls, Security::StartTls] {
        let fake = Fake::start(Mode::Takes, security).await;
        let wire = letter().wire().unwrap();
        let done = send_within(
            &trusted(&fake, security),
            &wire,
            ready(Ok(())),
            Duration::from_secs(5),
        )
        .await;
        assert_eq!(done, Ok(()), "{security:?}");
        assert_eq!(fake.mails().len(), 1);
        assert!(
            fake.lines().iter().any(|line| line.contains("AUTH PLAIN")),
            "{:?}",
            fake.lines()
        );
        assert!(
            !fake.lines().iter().any(|line| line.starts_with("clear: AUTH")),
            "{:?}",
            fake.lines()
        );
        // CWE-297: its certificate is localhost's.
        let mut other = trusted(&fake, security);
        other.host = "127.0.0.1".to_owned();
        let done = send_within(&other, &wire, ready(Ok(())), Duration::from_secs(5)).await;
        assert!(
            matches!(&done, Err(Unsent::Later(told)) if told.contains("certificate")),
            "{done:?}"
        );
        assert_eq!(fake.mails().len(), 1);
    }
}

/// CWE-924. Attack: whoever is between us and the server puts answers behind the server's own to STARTTLS, in clear, to be taken
/// for the encrypted ones: the mail would be taken for sent.
#[cfg(feature = "tls")]
#[tokio::test]
async fn cwe_924_what_was_said_in_clear_answers_nothing() {
    let fake = Fake::start(Mode::TalksBeforeTls, Security::StartTls).await;
    let wire = letter().wire().unwrap();
    let done = send_within(
        &trusted(&fake, Security::StartTls),
        &wire,
        ready(Ok(())),
        Duration::from_secs(5),
    )
    .await;
    assert!(matches!(done, Err(Unsent::Later(_))), "{done:?}");
    assert!(fake.mails().is_empty());
}

/// CWE-532: neither password nor what was sent with it is in what is told.
#[tokio::test]
async fn cwe_532_a_wrong_password_is_told_without_it() {
    let fake = Fake::start(
        Mode::Says("AUTH", "535 bad AHVzZXIAaHVudGVyMg== hunter2"),
        Security::Loopback,
    )
    .await;
    let mut server = fake.server(Security::Loopback);
    server.login = Some(("user".to_owned(), "hunter2".to_owned()));
    let wire = letter().wire().unwrap();
    let done = send_within(&server, &wire, ready(Ok(())), Duration::from_secs(5)).await;
    let Err(Unsent::Later(told)) = done else {
        panic!("{done:?}");
    };
    assert!(
        told.contains("mail.url") && !told.contains("hunter2") && !told.contains("AHVz"),
        "{told}"
    );
}

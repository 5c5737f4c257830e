//! Slow clients (slowloris and its kin), idle connections, and an orderly end (ASVS 15.2.2, CWE-400).

use std::time::{Duration, Instant};

use super::*;

async fn hurried() -> Server {
    let mut parts = parts(&["example.com"]);
    parts.settings.timeouts.headers = Duration::from_millis(300);
    parts.settings.timeouts.idle = Duration::from_millis(300);
    parts.settings.timeouts.body = Duration::from_millis(300);
    start(parts).await
}

/// Whether the server ends the connection by itself, and how.
async fn ends(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(8), stream.read_to_end(&mut bytes)).await;
    read.ok().map(|_| String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_trickles_is_cut_off() {
    let server = hurried().await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let trickle = async {
        for byte in b"GET /x HTTP/1.1\r\nHost: example.com\r\nX-Slow: "
            .iter()
            .cycle()
            .take(200)
        {
            if stream.write_all(&[*byte]).await.is_err() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    };
    assert!(trickle.await, "the server listened to a trickle for 10 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_says_nothing_is_closed() {
    let server = hurried().await;
    let mut silent = TcpStream::connect(server.addr).await.unwrap();
    assert_eq!(ends(&mut silent).await.as_deref(), Some(""));
    let mut idle = TcpStream::connect(server.addr).await.unwrap();
    idle.write_all(b"GET /x HTTP/1.1\r\nHost: example.com\r\n\r\n")
        .await
        .unwrap();
    assert!(ends(&mut idle).await.unwrap().starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = hurried().await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let head = "POST / HTTP/1.1\r\nHost: example.com\r\nOrigin: http://example.com\r\nContent-Length: 100\r\n\r\nabc";
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(ends(&mut stream).await.unwrap().starts_with("HTTP/1.1 408"));
}

/// The body of a caller whom the rule refuses is not waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_callers_body_is_not_read() {
    #[view(post, "/closed/")]
    async fn closed(_: crate::routing::SignedIn) -> Result<Text> {
        Ok(Text::new("in"))
    }
    let mut parts = parts(&["example.com"]);
    parts.routes = Routes::new().view::<closed>("closed");
    let server = start(parts).await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let head = "POST /closed/ HTTP/1.1\r\nHost: example.com\r\nOrigin: http://example.com\r\nContent-Length: 100\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let start = Instant::now();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 403");
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_run_may_finish_after_the_signal() {
    #[view(get, "/work/")]
    async fn work(_: Public) -> Result<Text> {
        tokio::time::sleep(Duration::from_millis(400)).await;
        Ok(Text::new("done"))
    }
    let mut parts = parts(&["example.com"]);
    parts.routes = Routes::new().view::<work>("work");
    let site = parts.site();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    #[allow(deprecated)]
    let serving = tokio::spawn(crate::server::serve(site, listener, async move {
        let _ = stopped.await;
    }));
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream
        .write_all(b"GET /work/ HTTP/1.1\r\nHost: example.com\r\n\r\n")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.send(()).unwrap();
    let answer = ends(&mut stream).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"),
        "{answer}"
    );
    serving.await.unwrap().unwrap();
    assert!(
        TcpStream::connect(addr).await.is_err(),
        "nobody is accepted afterwards"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_counted() {
    let mut parts = parts(&["example.com"]);
    parts.settings.limits.connections = 2;
    let server = start(parts).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        stream
            .write_all(b"GET /x HTTP/1.1\r\nHost: example.com\r\n\r\n")
            .await
            .unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        held.push(stream);
    }
    // The third waits in the system's queue,
    let host = [pair("Host", "example.com")];
    let third = tokio::time::timeout(Duration::from_millis(400), server.send("GET /x", &host, ""));
    assert!(third.await.is_err());
    // until one goes.
    held.clear();
    assert_eq!(
        server
            .send("GET /x", &[pair("Host", "example.com")], "")
            .await
            .status,
        200
    );
}

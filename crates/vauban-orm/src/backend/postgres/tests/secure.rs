//! Over TCP: who the server is, before the password is sent.

use super::*;
use std::io::{Read, Write};

fn reach(url: &str) -> Result<Arc<Pool>, Failure> {
    Pool::new(url, PoolOptions::default())
}

/// CWE-295, CWE-297. Attack: another server answers, with a certificate of its own, or with a good one for another name.
#[tokio::test]
async fn only_the_server_of_that_name_is_spoken_to() {
    let own = Arc::new(cluster::Cluster::own(cluster::Tcp::Tls("IP:127.0.0.1")));
    let foreign = Arc::new(cluster::Cluster::own(cluster::Tcp::Tls("DNS:db.example")));
    for cluster in [&own, &foreign] {
        cluster
            .session("postgres")
            .unwrap()
            .run("CREATE ROLE app LOGIN PASSWORD 'hunter2'")
            .unwrap();
    }
    let database = own.database();
    let url = |cluster: &cluster::Cluster, password: &str, rest: &str| {
        let port = cluster.tls().unwrap().0;
        let name = if std::ptr::eq(cluster, &*own) {
            database.name()
        } else {
            "postgres"
        };
        format!("postgres://app:{password}@127.0.0.1:{port}/{name}?sslmode=verify-full{rest}")
    };
    let root =
        |cluster: &cluster::Cluster| format!("&sslrootcert={}", cluster.tls().unwrap().1.authority.display());
    let good = reach(&url(&own, "hunter2", &root(&own))).unwrap();
    let connection = good.get(Access::Write).await.unwrap();
    let read = rows(
        &connection,
        "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        &[],
    )
    .await;
    assert_eq!(read.unwrap(), [[Value::Integer(1), text("TLSv1.3")]]);

    for (what, url) in [
        ("an authority that nobody trusts", url(&own, "hunter2", "")),
        ("another authority", url(&own, "hunter2", &root(&foreign))),
        ("another name", url(&foreign, "hunter2", &root(&foreign))),
    ] {
        // Where the system trusts nobody, that is what is said.
        let failed = match reach(&url) {
            Ok(pool) => pool.get(Access::Write).await.unwrap_err(),
            Err(failed) => failed,
        };
        let told = failed.to_string();
        assert!(told.contains("certificate"), "{what}: {told}");
        assert!(!told.contains("hunter2"), "CWE-532: {told}");
    }
    let failed = reach(&url(&own, "wrong", &root(&own)))
        .unwrap()
        .get(Access::Write)
        .await
        .unwrap_err();
    assert!(
        matches!(&failed, Failure::Configuration(told) if told.contains("password")),
        "{failed}"
    );
}

/// CWE-757. Attack: who stands between says that the server has no TLS.
#[tokio::test]
async fn a_server_without_tls_hears_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 8];
        stream.read_exact(&mut request).unwrap();
        stream.write_all(b"N").unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        (request, rest)
    });
    let authority = Arc::new(cluster::Cluster::own(cluster::Tcp::Tls("IP:127.0.0.1")));
    let file = authority.tls().unwrap().1.authority.display();
    let url = format!("postgres://app:hunter2@{address}/shop?sslmode=verify-full&sslrootcert={file}");
    let failed = reach(&url).unwrap().get(Access::Write).await.unwrap_err();
    assert!(matches!(failed, Failure::Lost(_)), "{failed:?}");
    let (request, rest) = heard.join().unwrap();
    assert_eq!(request[4..], [4, 210, 22, 47], "it asked for TLS");
    assert_eq!(rest, [0; 0], "neither user nor password was sent");
}

//! A judge of random connections (CWE-444, CWE-400, RFC 9112). Requests whose end is known are strung together, some
//! with a fault. Each good one has its answer, in order, until an answer says that it is the last; behind a fault nothing
//! is answered and the connection ends; what stands in a body is no request. Bytes of which nothing is known get no 5xx
//! and hold nobody.

use std::time::Duration;

use long::Numbers;

use super::*;

/// How many talk to the server at once.
const AT_ONCE: usize = 16;
/// Longer than any answer takes here, shorter than the server waits for a head.
const HANGS: Duration = Duration::from_secs(9);
/// What an attacker hides in a body or behind a fault: its answer says its host.
const HIDDEN: &str = "GET /host/ HTTP/1.1\r\nHost: smuggled.example.com\r\n\r\n";

/// A request that has one reading.
struct Sent {
    bytes: Vec<u8>,
    /// What it may be answered with.
    statuses: &'static [u16],
    /// The answer has no body.
    is_head: bool,
    /// Its body may be left unread: then the connection may end behind it.
    may_end: bool,
}

fn sent(bytes: impl Into<Vec<u8>>, statuses: &'static [u16]) -> Sent {
    Sent {
        bytes: bytes.into(),
        statuses,
        is_head: false,
        may_end: false,
    }
}

const REFUSED: &[u16] = &[400, 403, 415];

/// A body with everything in it that looks like the end of one.
fn body(numbers: &mut Numbers) -> String {
    let mut body = String::new();
    for _ in 0..numbers.below(6) {
        body.push_str(numbers.one(&[
            HIDDEN,
            "\r\n",
            "\r\n\r\n",
            "0\r\n\r\n",
            "\n",
            "a=1&",
            "\0",
            "--b\r\n",
            "x",
        ]));
    }
    body
}

fn chunked(numbers: &mut Numbers, body: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in body.as_bytes().chunks(1 + numbers.below(40)) {
        let extension = numbers.one(&["", "", ";a=b", ";a=\"0\"", "  "]);
        out.extend(
            match numbers.below(3) {
                0 => format!("{:x}{extension}\r\n", chunk.len()),
                1 => format!("{:X}\r\n", chunk.len()),
                _ => format!("000{:x}\r\n", chunk.len()),
            }
            .bytes(),
        );
        out.extend(chunk);
        out.extend(b"\r\n");
    }
    out.extend(
        numbers
            .one(&[
                "0\r\n\r\n",
                "00\r\n\r\n",
                "0;a\r\n\r\n",
                "0\r\nTrailer: 1\r\n\r\n",
            ])
            .bytes(),
    );
    out
}

/// A request without a fault in its framing.
fn good(numbers: &mut Numbers, token: &str) -> Sent {
    const HOST: &str = "Host: example.com\r\n";
    match numbers.below(15) {
        0 => Sent {
            is_head: true,
            ..sent(format!("HEAD /x HTTP/1.1\r\n{HOST}\r\n"), &[200])
        },
        1 => {
            let mut field = b"X-Odd: ".to_vec();
            for _ in 0..numbers.below(2000) {
                field.push([b'a', b' ', b'\t', b':', 0x80, 0xff, b'"', b','][numbers.below(8)]);
            }
            sent(
                [
                    b"GET /x HTTP/1.1\r\nhOST:\texample.com \r\n".as_slice(),
                    &field,
                    b"\r\nX:\r\n\r\n",
                ]
                .concat(),
                &[200],
            )
        }
        2 => sent(format!("\r\n\r\nGET /x HTTP/1.1\r\n{HOST}\r\n"), &[200]),
        3 => {
            let body = body(numbers);
            let head = format!(
                "GET /x HTTP/1.1\r\n{HOST}Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
            Sent {
                may_end: true,
                ..sent(head, &[200])
            }
        }
        4 => {
            let body = body(numbers);
            let head = format!(
                "POST / HTTP/1.1\r\n{HOST}Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
            Sent {
                may_end: true,
                ..sent(head, REFUSED)
            }
        }
        5 => {
            let body = body(numbers);
            let head = format!("POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n");
            let bytes = [head.as_bytes(), &chunked(numbers, &body)].concat();
            Sent {
                may_end: true,
                ..sent(bytes, REFUSED)
            }
        }
        6 => {
            let fields = format!(
                "{HOST}Origin: http://example.com\r\nCookie: test-csrf=AAAAAAAAAAAAAAAAAAAAAA\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\n"
            );
            let body = format!("csrfmiddlewaretoken={token}&a={}", "x".repeat(numbers.below(300)));
            if numbers.once_in(2) {
                let head = format!("POST / HTTP/1.1\r\n{fields}Transfer-Encoding: chunked\r\n\r\n");
                sent([head.as_bytes(), &chunked(numbers, &body)].concat(), &[200])
            } else {
                sent(
                    format!(
                        "POST / HTTP/1.1\r\n{fields}Content-Length: {}\r\n\r\n{body}",
                        body.len()
                    ),
                    &[200],
                )
            }
        }
        7 => sent(format!("GET /missing HTTP/1.1\r\n{HOST}\r\n"), &[404]),
        8 => sent(format!("GET /host/ HTTP/1.1\r\n{HOST}\r\n"), &[200]),
        9 => sent(
            format!(
                "GET /x HTTP/1.1\r\n{}\r\n",
                numbers.one(&["", "Host: a\r\nHost: b\r\n", "Host: evil\r\n", "Host: a b\r\n"])
            ),
            &[400],
        ),
        10 => sent(format!("GET http://example.com/x HTTP/1.1\r\n{HOST}\r\n"), &[200]),
        11 => sent(
            format!(
                "{} /x HTTP/1.1\r\n{HOST}\r\n",
                numbers.one(&["PROPFIND", "TRACE", "M-SEARCH"])
            ),
            &[405],
        ),
        12 => sent(format!("OPTIONS * HTTP/1.1\r\n{HOST}\r\n"), &[400]),
        13 => {
            let body = body(numbers);
            let head = format!(
                "POST / HTTP/1.1\r\n{HOST}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            Sent {
                may_end: true,
                ..sent(head, REFUSED)
            }
        }
        _ => sent(format!("GET /x HTTP/1.1\r\n{HOST}\r\n"), &[200]),
    }
}

/// A request with two readings, or none: what a proxy before us could read in another way.
fn broken(numbers: &mut Numbers) -> Vec<u8> {
    let mut lines: Vec<String> = [
        "POST / HTTP/1.1",
        "Host: example.com",
        "X: y",
        "Content-Length: 3",
    ]
    .map(str::to_owned)
    .into();
    let mut ends = vec!["\r\n"; 5];
    match numbers.below(12) {
        0 => {
            let at = numbers.below(5);
            ends[at] = "\n";
        }
        1 => lines.push(
            numbers
                .one(&["Content-Length: 3", "content-length: 4", "CONTENT-LENGTH:"])
                .to_owned(),
        ),
        2 => {
            let value = numbers.one(&[
                "+3",
                "3, 3",
                "0x3",
                "-3",
                "3 3",
                "",
                "3;",
                "99999999999999999999",
                "\u{663}",
                "3.0",
            ]);
            lines[3] = format!("Content-Length: {value}");
        }
        3 => lines.push("Transfer-Encoding: chunked".to_owned()),
        4 => {
            let value = numbers.one(&[
                "gzip, chunked",
                "chunked, chunked",
                "identity",
                "xchunked",
                "chunked;a",
                "",
                "chunked, ",
            ]);
            lines[3] = format!("Transfer-Encoding: {value}");
        }
        5 => {
            let at = 1 + numbers.below(3);
            lines[at] = lines[at].replacen(':', numbers.one(&[" :", "\t:", "\u{b}:"]), 1);
        }
        6 => {
            lines[2] = numbers
                .one(&[" folded", "\tfolded: x", "no colon", ": no name"])
                .to_owned();
        }
        7 => {
            let odd = numbers.one(&["\0", "\u{1}", "\u{7f}", "\r", "\u{b}"]);
            let at = numbers.below(4);
            let place = numbers.below(lines[at].len() - 1) + 1;
            lines[at].insert_str(place, odd);
        }
        8 => {
            lines[0] = numbers
                .one(&[
                    "P(ST / HTTP/1.1",
                    "POST /",
                    "POST / x HTTP/1.1",
                    "POST",
                    "POST  HTTP/1.1",
                ])
                .to_owned();
        }
        9 => {
            lines[0] = format!(
                "POST / {}",
                numbers.one(&[
                    "HTTP/1.2",
                    "HTTP/2.0",
                    "HTTP/0.9",
                    "http/1.1",
                    "HTTP/1.1 x",
                    "HTTP/11"
                ])
            );
        }
        _ => {
            lines[3] = "Transfer-Encoding: chunked".to_owned();
            let chunk = numbers.one(&[
                "0x3\r\nabc\r\n",
                "-3\r\nabc\r\n",
                "\r\nabc\r\n",
                "g\r\nabc\r\n",
                "3\nabc\r\n",
                "3\r\nabcd\r\n",
                "fffffffffffffffff\r\nabc\r\n",
                "ffffffffffffffff\r\nabc\r\n",
                "3;\n\r\nabc\r\n",
                "3 3\r\nabc\r\n",
                "+3\r\nabc\r\n",
            ]);
            return format!("{}\r\n\r\n{chunk}0\r\n\r\n", lines.join("\r\n")).into_bytes();
        }
    }
    ends.resize(lines.len() + 1, "\r\n");
    let mut out = String::new();
    for (line, end) in lines.iter().map(String::as_str).chain([""]).zip(ends) {
        out.push_str(line);
        out.push_str(end);
    }
    format!("{out}abc").into_bytes()
}

/// An answer as it came.
#[derive(Debug)]
struct Came {
    status: u16,
    says_last: bool,
    body: String,
}

/// All whole answers; `Err` with what is none. `heads` says which have no body.
fn answers(mut bytes: &[u8], heads: &[bool]) -> Result<Vec<Came>, String> {
    let mut all: Vec<Came> = Vec::new();
    while !bytes.is_empty() {
        let end = memchr::memmem::find(bytes, b"\r\n\r\n").ok_or("an answer without an end of its head")?;
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        bytes = &bytes[end + 4..];
        let status = head.strip_prefix("http/1.1 ").or(head.strip_prefix("http/1.0 "));
        let status: u16 = status
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .ok_or_else(|| format!("no answer: {head}"))?;
        if status < 200 {
            continue;
        }
        let field = |name: &str| {
            head.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        let length = if heads.get(all.len()) == Some(&true) {
            Some(0)
        } else {
            field("content-length").map_or(Some(0), |n| n.parse().ok())
        };
        let body = length
            .and_then(|length: usize| bytes.get(..length))
            .ok_or("an answer shorter than it says")?;
        bytes = &bytes[body.len()..];
        all.push(Came {
            status,
            says_last: field("connection") == Some("close"),
            body: String::from_utf8_lossy(body).into_owned(),
        });
    }
    Ok(all)
}

/// The rule of a connection. `fault`: behind what was sent stands a broken request.
fn hold(sent: &[Sent], fault: bool, came: &[Came]) -> Result<(), String> {
    if came.iter().any(|answer| answer.body.contains("smuggled")) {
        return Err("what was hidden has been answered".to_owned());
    }
    let (mut rest, mut may_end) = (came.iter(), false);
    for (number, sent) in sent.iter().enumerate() {
        let Some(answer) = rest.next() else {
            return if may_end {
                Ok(())
            } else {
                Err(format!("request {number} has no answer"))
            };
        };
        if !sent.statuses.contains(&answer.status) {
            return Err(format!(
                "request {number} is answered with {}, not {:?}",
                answer.status, sent.statuses
            ));
        }
        may_end |= sent.may_end;
        if answer.says_last {
            return if rest.next().is_none() {
                Ok(())
            } else {
                Err(format!("answer {number} said that it is the last"))
            };
        }
    }
    match (fault, rest.next(), rest.next()) {
        (_, None, _) => Ok(()),
        (true, Some(answer), None) if (400..500).contains(&answer.status) => Ok(()),
        (_, Some(answer), _) => Err(format!(
            "there are answers too many, the first with {}",
            answer.status
        )),
    }
}

/// Sends in pieces, as networks do, and reads to the end. `None`: the server has not ended the connection.
async fn talk(server: &Server, bytes: &[u8], numbers: &mut Numbers, hangs_up: bool) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let _ = stream.set_nodelay(true);
    let pieces = if numbers.once_in(2) {
        1
    } else {
        2 + numbers.below(4)
    };
    let step = bytes.len() / pieces + 1;
    let (mut read, mut write) = stream.split();
    let mut came = Vec::new();
    // A server that has heard enough closes: what could not be written then is none of its business.
    let sending = async {
        for piece in bytes.chunks(step) {
            if write.write_all(piece).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
        if hangs_up {
            tokio::time::sleep(Duration::from_millis(30)).await;
            let _ = write.shutdown().await;
        }
    };
    let reading = async {
        let _ = read.read_to_end(&mut came).await;
    };
    let whole = async { tokio::join!(sending, reading) };
    tokio::time::timeout(HANGS, whole).await.ok()?;
    Some(came)
}

/// One connection with known requests. What it was answered with, counted; or what is wrong.
async fn known(server: &Server, token: &str, numbers: &mut Numbers) -> Result<usize, String> {
    let mut all: Vec<Sent> = (0..numbers.below(4)).map(|_| good(numbers, token)).collect();
    let fault = numbers.once_in(2);
    let mut bytes: Vec<u8> = all.iter().flat_map(|sent| sent.bytes.clone()).collect();
    if fault {
        bytes.extend(broken(numbers));
        bytes.extend(HIDDEN.repeat(1 + numbers.below(3)).bytes());
    } else {
        let last = sent(
            "GET /x HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n",
            &[200],
        );
        bytes.extend(&last.bytes);
        all.push(last);
    }
    let heads: Vec<bool> = all.iter().map(|sent| sent.is_head).collect();
    let told = |wrong: String| format!("{wrong}\n{}", bytes.escape_ascii());
    let came = talk(server, &bytes, numbers, false)
        .await
        .ok_or_else(|| told("the connection hangs".to_owned()))?;
    let came = answers(&came, &heads).map_err(told)?;
    hold(&all, fault, &came).map_err(|wrong| told(format!("{wrong}: {came:#?}")))?;
    Ok(came.len())
}

/// One connection with bytes that nobody knows: mutations of requests, and noise.
async fn unknown(server: &Server, token: &str, numbers: &mut Numbers) -> Result<usize, String> {
    let mut bytes: Vec<u8> = Vec::new();
    while bytes.len() < 40 || numbers.once_in(2) {
        let next = if numbers.once_in(2) {
            broken(numbers)
        } else {
            good(numbers, token).bytes
        };
        // An answer to HEAD has a length and no body: the reader of answers has to know.
        if !next.starts_with(b"HEAD") {
            bytes.extend(next);
        }
    }
    for _ in 0..=numbers.below(6) {
        if bytes.len() < 2 {
            break;
        }
        let at = numbers.below(bytes.len());
        match numbers.below(5) {
            0 => drop(bytes.remove(at)),
            1 => bytes[at] = b"\r\n\0 :;,/%0169afGET\x80\xff"[numbers.below(20)],
            2 => bytes.insert(at, u8::try_from(numbers.below(256)).unwrap_or(0)),
            3 => {
                let end = (at + numbers.below(60)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                let to = numbers.below(bytes.len());
                drop(bytes.splice(to..to, again));
            }
            _ => bytes.truncate(at.max(1)),
        }
    }
    let told = |wrong: &str| format!("{wrong}\n{}", bytes.escape_ascii());
    let came = talk(server, &bytes, numbers, true)
        .await
        .ok_or_else(|| told("the connection hangs"))?;
    // Who hangs up may miss an answer's end.
    let came = answers(&came, &[]).unwrap_or_default();
    if let Some(bad) = came.iter().find(|answer| answer.status >= 500) {
        return Err(told(&format!("answered with {}", bad.status)));
    }
    Ok(came.len())
}

/// CWE-444, CWE-400, CWE-248.
#[tokio::test(flavor = "multi_thread")]
async fn random_connections_keep_the_rule() {
    let (seed, connections) = (long::seed(), long::amount(600, 60_000));
    let server = Arc::new(start(parts(&["example.com", ".example.com"])).await);
    let cookie = Binding::Cookie("AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    let mut tasks = tokio::task::JoinSet::new();
    for first in 0..AT_ONCE {
        let (server, cookie) = (Arc::clone(&server), cookie.clone());
        tasks.spawn(async move {
            let mut answered = 0;
            for number in (first..connections).step_by(AT_ONCE) {
                let mut numbers = Numbers::new(seed, number as u64);
                // It lives for a minute.
                let token = server.token(&cookie, "/");
                let judged = if number % 3 == 0 {
                    unknown(&server, &token, &mut numbers).await
                } else {
                    known(&server, &token, &mut numbers).await
                };
                answered +=
                    judged.unwrap_or_else(|wrong| panic!("connection {number} of seed {seed}: {wrong}"));
            }
            answered
        });
    }
    let answered: usize = tasks.join_all().await.into_iter().sum();
    assert!(
        answered > connections,
        "{answered} answers on {connections} connections"
    );
    long::figure(connections, "random connections");
    long::figure(answered, "answers, none of them a 5xx");
    long::figure(0, "hung or answered what was hidden");
}

/// The judge sees what it is there for.
#[test]
fn the_judge_sees_a_broken_rule() {
    let good = || sent("GET /x HTTP/1.1\r\n\r\n", &[200]);
    let came = |status: u16, says_last: bool, body: &str| Came {
        status,
        says_last,
        body: body.to_owned(),
    };
    let cases = [
        (vec![good()], false, vec![came(200, false, "x")], true),
        (vec![good()], false, vec![came(500, false, "x")], false),
        (vec![good(), good()], false, vec![came(200, false, "x")], false),
        (
            vec![good()],
            false,
            vec![came(200, false, "x"), came(200, false, "x")],
            false,
        ),
        (
            vec![good(), good()],
            false,
            vec![came(200, true, "x"), came(200, false, "x")],
            false,
        ),
        (
            vec![good()],
            true,
            vec![came(200, false, "x"), came(400, true, "")],
            true,
        ),
        (
            vec![good()],
            true,
            vec![came(200, false, "x"), came(200, true, "")],
            false,
        ),
        (
            vec![],
            true,
            vec![came(400, true, ""), came(400, true, "")],
            false,
        ),
        (
            vec![good()],
            false,
            vec![came(200, false, "smuggled.example.com")],
            false,
        ),
    ];
    for (sent, fault, came, holds) in cases {
        assert_eq!(hold(&sent, fault, &came).is_ok(), holds, "{came:?}");
    }
    let two =
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxHTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    let two = answers(two, &[]).unwrap();
    assert_eq!(
        (two[0].body.as_str(), two[1].status, two[1].says_last),
        ("x", 400, true)
    );
    assert!(answers(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nx", &[]).is_err());
}

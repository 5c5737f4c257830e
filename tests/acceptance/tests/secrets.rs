//! What the demo keeps, searched for what it must not keep: after a sign-up, a reset, an authenticator app and its codes, the database's
//! files and the log hold no password, token, code or secret, in whatever writing (CWE-312, CWE-532; ASVS 14.2.4, 16.2.5).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs
)]

use std::process::Command;
use std::time::Duration;

use acceptance::{Client, PASSWORD, Site, demo};

const EMAIL: &str = "zoe.secretive@example.com";
const NEXT_PASSWORD: &str = "eleven kettles under the old viaduct";
/// Every writing of a secret, and the bytes behind its own writing: a line of hex for each.
const WRITINGS: &str = "
import base64, sys, urllib.parse
for text in sys.argv[1:]:
    all = {text.encode(), urllib.parse.quote(text).encode(), urllib.parse.quote_plus(text).encode()}
    for open in (lambda t: base64.urlsafe_b64decode(t + '=' * (-len(t) % 4)), lambda t: base64.b32decode(t + '=' * (-len(t) % 8))):
        try: all.add(open(text.replace('-', '') if text.isupper() else text))
        except Exception: pass
    for one in list(all):
        if len(one) < 10: continue
        all |= {one.hex().encode(), one.hex().upper().encode(), base64.b64encode(one).rstrip(b'='),
                base64.urlsafe_b64encode(one).rstrip(b'='), base64.b32encode(one).rstrip(b'=')}
    for one in all:
        if len(one) >= 10: print(one.hex())
";
const CODE: &str = "
import base64, hashlib, hmac, struct, sys, time
digest = hmac.new(base64.b32decode(sys.argv[1]), struct.pack('>Q', int(time.time()) // 30), hashlib.sha1).digest()
at = digest[-1] & 15
print('%06d' % ((struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1000000))
";

fn python(program: &str, arguments: &[&str]) -> String {
    let said = Command::new("python3")
        .arg("-c")
        .arg(program)
        .args(arguments)
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

/// The link to a page of the accounts in a mail, which leaves as a task a moment later.
fn mailed(client: &mut Client, page: &str) -> String {
    for _ in 0..200 {
        let list = client.get("/dev/mail/").unwrap().body;
        let mut rest = list.as_str();
        while let Some((_, after)) = rest.split_once("<a href=\"/dev/mail/") {
            let (path, after) = after.split_once('"').unwrap();
            rest = after;
            let mail = client.get(&format!("/dev/mail/{path}")).unwrap().body;
            // Mails name the page as well: a link goes on with a token.
            let links = mail.match_indices(page).map(|(at, _)| {
                let end = mail[at..].find(|c: char| c.is_whitespace() || c == '"');
                &mail[at..at + end.unwrap_or(0)]
            });
            if let Some(link) = links.into_iter().find(|link| token_of(link).len() == 43) {
                return link.to_owned();
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no mail with {page} came");
}

/// What stands between two texts, each time.
fn all_between<'t>(text: &'t str, before: &str, after: &str) -> Vec<&'t str> {
    let parts = text.split(before).skip(1);
    parts.filter_map(|part| part.split(after).next()).collect()
}

fn token_of(link: &str) -> String {
    link.trim_end_matches('/').rsplit('/').next().unwrap().to_owned()
}

fn cookies(client: &Client) -> Vec<String> {
    let lines = client.cookie_lines();
    let values = lines
        .iter()
        .filter_map(|line| line.split(';').next()?.split_once('='));
    values
        .map(|(_, value)| value.to_owned())
        .filter(|value| value.len() >= 20)
        .collect()
}

#[test]
fn cwe_312_532_no_secret_stands_in_the_database_or_the_log() {
    let mut site = Site::start(demo());
    let mut secrets = vec![PASSWORD.to_owned(), NEXT_PASSWORD.to_owned()];
    let mut zoe = Client::new(site.port());
    let status = |answer: acceptance::Answer| (answer.status, answer.head + &answer.body);

    let answer = zoe
        .submit("/accounts/signup/", None, &[("email", EMAIL)])
        .unwrap();
    assert_eq!(answer.status, 200);
    let link = mailed(&mut zoe, "/accounts/signup/");
    secrets.push(token_of(&link));
    let (is, said) = status(zoe.submit(&link, None, &[("password", PASSWORD)]).unwrap());
    assert_eq!(is, 303, "{said}");
    secrets.extend(cookies(&zoe));

    let page = zoe.get("/accounts/factors/totp/").unwrap().body;
    let shown = all_between(&page, "Secret: <code>", "</code>");
    let secret = shown.first().expect(&page).replace(' ', "");
    let code = python(CODE, &[&secret]);
    let (is, said) = status(
        zoe.submit("/accounts/factors/totp/", None, &[("code", &code)])
            .unwrap(),
    );
    assert_eq!(is, 303, "{said}");
    secrets.push(secret);
    secrets.extend(cookies(&zoe));
    let page = zoe.get("/accounts/factors/recovery/").unwrap().body;
    let codes: Vec<_> = all_between(&page, "<li><code>", "</code>");
    assert_eq!(codes.len(), 10, "{page}");
    for code in &codes {
        secrets.push((*code).to_owned());
        secrets.push(code.replace(['-', ' '], ""));
    }

    // Somebody else's browser, with one code; then the password is forgotten.
    let mut other = Client::new(site.port());
    let login = [("email", EMAIL), ("password", PASSWORD)];
    let (is, said) = status(other.submit("/accounts/login/", None, &login).unwrap());
    assert_eq!(is, 303, "{said}");
    secrets.extend(cookies(&other));
    let (is, said) = status(
        other
            .submit("/accounts/login/recovery/", None, &[("code", codes[0])])
            .unwrap(),
    );
    assert_eq!(is, 303, "{said}");
    secrets.extend(cookies(&other));
    other
        .submit("/accounts/reset/", None, &[("email", EMAIL)])
        .unwrap();
    let link = mailed(&mut other, "/accounts/reset/");
    secrets.push(token_of(&link));
    let (is, said) = status(other.submit(&link, None, &[("password", NEXT_PASSWORD)]).unwrap());
    assert!(is == 303 || is == 200, "{said}");

    site.kill_9();
    let log = site.output();
    assert!(log.contains("/accounts/reset/"), "the log is read: {log}");
    let mut kept = vec![("the log".to_owned(), log.into_bytes())];
    for end in ["", "-wal", "-shm"] {
        let path = format!("{}{end}", site.database().display());
        kept.push((path.clone(), std::fs::read(path).unwrap_or_default()));
    }
    assert!(
        kept[1].1.len() + kept[2].1.len() > 100_000,
        "the database is read"
    );
    let finds = |needle: &[u8], bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(
        kept.iter().any(|(_, bytes)| finds(EMAIL.as_bytes(), bytes)),
        "what is kept is found"
    );
    secrets.sort();
    secrets.dedup();
    assert!(secrets.len() > 25, "{}", secrets.len());
    for secret in secrets {
        for writing in python(WRITINGS, &[&secret]).lines() {
            let bytes = (0..writing.len()).step_by(2);
            let needle: Vec<u8> = bytes
                .map(|at| u8::from_str_radix(&writing[at..at + 2], 16).unwrap())
                .collect();
            for (place, bytes) in &kept {
                assert!(
                    !finds(&needle, bytes),
                    "{place} holds {secret} as {}",
                    String::from_utf8_lossy(&needle)
                );
            }
        }
    }
}

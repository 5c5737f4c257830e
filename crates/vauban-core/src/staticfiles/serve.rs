//! How a static file is served.

use std::path::{Path, PathBuf};

use ::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use bytes::Bytes;

use super::types::content_type;
use super::{Entry, PREFIX, StaticFiles, hash};
use crate::http::{Body, Caching, Response};

/// A year: what caches take for ever (RFC 9111).
const FOR_EVER: u32 = 31_536_000;

impl StaticFiles {
    /// The answer to a request below the prefix; `None` if there is no such file.
    pub(crate) fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        let name = path.strip_prefix(PREFIX)?;
        let Some(entry) = self.by_name.get(name) else {
            return self.newcomer(name);
        };
        if !matches!(*method, Method::GET | Method::HEAD) {
            return Some(
                Response::new(StatusCode::METHOD_NOT_ALLOWED, Body::empty())
                    .set(header::ALLOW, HeaderValue::from_static("GET, HEAD")),
            );
        }
        let fresh = self.on_disk(entry);
        let (etag, immutable) = match &fresh {
            Some(bytes) => (super::etag(&hash(bytes)), false),
            None => (entry.etag.clone(), entry.immutable),
        };
        let caching = Caching::Public {
            seconds: if immutable { FOR_EVER } else { 0 },
            immutable,
        };
        let unchanged = headers
            .get(header::IF_NONE_MATCH)
            .is_some_and(|sent| matches(sent, &etag));
        let response = if unchanged {
            Response::new(StatusCode::NOT_MODIFIED, Body::empty())
        } else {
            let bytes = fresh.map_or(Bytes::from_static(entry.bytes), Bytes::from);
            Response::new(StatusCode::OK, bytes).set(header::CONTENT_TYPE, entry.content_type.clone())
        };
        Some(response.set(header::ETAG, etag).caching(caching))
    }

    /// In development a file that was added since the program was built: found by listing the folder, so that
    /// the request is still a name to compare and not a path (CWE-22).
    fn newcomer(&self, name: &str) -> Option<Response> {
        if !cfg!(debug_assertions) {
            return None;
        }
        let path = self.folders.iter().find_map(|folder| find(folder, name))?;
        let response = Response::new(StatusCode::OK, read(&path)?);
        Some(
            response
                .set(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)))
                .caching(Caching::NoStore),
        )
    }

    /// In development the file as it is now. Only names of the table are read, so nothing climbs (CWE-22).
    fn on_disk(&self, entry: &Entry) -> Option<Vec<u8>> {
        if !cfg!(debug_assertions) {
            return None;
        }
        read(&self.folders.get(entry.folder?)?.join(entry.path))
    }
}

/// The file below `folder` that has this name; hidden files and links are none.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let (first, rest) = name
        .split_once('/')
        .map_or((name, None), |(first, rest)| (first, Some(rest)));
    if first.starts_with('.') {
        return None;
    }
    let entry = folder
        .read_dir()
        .ok()?
        .flatten()
        .find(|entry| entry.file_name().to_str() == Some(first))?;
    let kind = entry.file_type().ok()?;
    match rest {
        Some(rest) if kind.is_dir() => find(&entry.path(), rest),
        None if kind.is_file() => Some(entry.path()),
        _ => None,
    }
}

#[allow(clippy::disallowed_methods)] // the development server reads the package's own files
fn read(path: &Path) -> Option<Vec<u8>> {
    std::fs::read(path).ok()
}

/// `If-None-Match` (RFC 9110 §13.1.2), weak comparison.
fn matches(sent: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(sent), Ok(etag)) = (sent.to_str(), etag.to_str()) else {
        return false;
    };
    sent.split(',')
        .map(str::trim)
        .any(|one| one == "*" || one.trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staticfiles::StaticFile;

    fn table() -> StaticFiles {
        let mut table = StaticFiles::default();
        table.add(&[StaticFile {
            path: "css/site.css",
            bytes: b"body{}",
        }]);
        table
    }

    fn get(path: &str, sent: Option<&str>) -> Option<Response> {
        let mut headers = HeaderMap::new();
        if let Some(sent) = sent {
            headers.insert(header::IF_NONE_MATCH, sent.parse().unwrap());
        }
        table().answer(&Method::GET, path, &headers)
    }

    #[test]
    fn a_hashed_name_is_kept_for_ever_and_a_plain_one_is_asked_again() {
        let mut url = String::new();
        table().write_url("css/site.css", &mut url);
        assert!(
            url.starts_with("/static/css/site.") && url.ends_with(".css") && url.len() > 30,
            "{url}"
        );
        let answer = get(&url, None).unwrap();
        assert_eq!(
            answer.caching,
            Caching::Public {
                seconds: FOR_EVER,
                immutable: true
            }
        );
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");
        let plain = get("/static/css/site.css", None).unwrap();
        assert_eq!(
            plain.caching,
            Caching::Public {
                seconds: 0,
                immutable: false
            }
        );
        let etag = plain.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(
            get("/static/css/site.css", Some(&format!("\"x\", W/{etag}")))
                .unwrap()
                .status(),
            StatusCode::NOT_MODIFIED
        );
        assert_eq!(
            get("/static/css/site.css", Some("\"x\"")).unwrap().status(),
            StatusCode::OK
        );
    }

    fn of(path: &'static str) -> StaticFiles {
        StaticFiles::new(&[StaticFile { path, bytes: b"x" }], "")
    }

    #[test]
    fn a_modules_files_are_below_its_name_and_never_anothers() {
        let mut all = table();
        all.join("guestbook", of("guestbook/book.css")).unwrap();
        assert!(
            all.answer(&Method::GET, "/static/guestbook/book.css", &HeaderMap::new())
                .is_some()
        );
        // CWE-427: whoever comes later does not put a script in the place of another's.
        for (module, path) in [
            ("guestbook", "guestbook/book.css"),
            ("css", "css/site.css"),
            ("guestbook", "css/other.css"),
            ("guest", "guestbook/new.css"),
            ("guestbook", "guestbook"),
        ] {
            let told = all.join(module, of(path)).unwrap_err();
            assert!(told.contains(path) && told.contains(module), "{told}");
        }
    }

    /// Every name that an embedded file has, a page can write and ask for: writer and reader agree.
    #[test]
    fn what_is_written_is_found() {
        let names = ["UP.CSS", "a/b.vtt", "no-ending", ".well", "x.tar.gz", "a.b/c"];
        let mut table = StaticFiles::default();
        for path in names {
            table.add(&[StaticFile { path, bytes: b"x" }]);
        }
        for path in names {
            let mut url = String::new();
            table.write_url(path, &mut url);
            for url in [url, format!("{PREFIX}{path}")] {
                assert!(
                    table.answer(&Method::GET, &url, &HeaderMap::new()).is_some(),
                    "{url}"
                );
            }
        }
    }

    #[test]
    fn a_request_is_a_name_in_the_table_and_never_a_path() {
        // CWE-22, ASVS 5.3.2
        for path in [
            "/static/../Cargo.toml",
            "/static/css/../../x",
            "/static/%2e%2e/x",
            "/static//etc/passwd",
            "/static/",
            "/static/css/site.AAAA.css",
        ] {
            assert!(get(path, None).is_none(), "{path}");
        }
    }
}

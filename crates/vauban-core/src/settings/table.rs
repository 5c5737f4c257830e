//! The one table of settings: names, meaning, form, check. Documentation is generated from it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use super::raw::Raw;
use super::secret::{Hidden, Secret, SecretKey};
use super::values::{HostPattern, LogFormat, Network, boolean, duration, show_duration, show_size, size};
use super::{Mode, Settings, SettingsSection, Source, Synchronous};

/// One setting as the command `settings` shows it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Setting {
    /// The name in `vauban.toml`; a dot is a section.
    pub name: Cow<'static, str>,
    /// The environment variable.
    pub variable: String,
    /// The value in force; hidden if secret.
    pub value: String,
    /// Where it came from.
    pub source: Source,
    /// Whether the value is secret.
    pub secret: bool,
    /// What it is for.
    pub about: &'static str,
    /// What start checks about it.
    pub check: &'static str,
}

/// One row of the table.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) name: Cow<'static, str>,
    pub(super) about: &'static str,
    pub(super) accepts: &'static str,
    pub(super) check: &'static str,
    pub(super) secret: bool,
    pub(super) set: Set,
    pub(super) show: Show,
}

type Setter = dyn Fn(&mut Settings, &Raw) -> Result<(), String> + Send + Sync;

/// How a row's value is read.
#[derive(Clone)]
pub(super) enum Set {
    /// The framework's own.
    Own(fn(&mut Settings, &Raw) -> Result<(), String>),
    /// A module's.
    Module(Arc<Setter>),
}

/// How a row's value is shown.
#[derive(Clone)]
pub(super) enum Show {
    /// The framework's own.
    Own(fn(&Settings) -> String),
    /// A module's.
    Module(Arc<dyn Fn(&Settings) -> String + Send + Sync>),
}

impl Row {
    /// `limits.body` → `VAUBAN_LIMITS_BODY`.
    pub(super) fn variable(&self) -> String {
        format!("VAUBAN_{}", self.name.replace('.', "_").to_ascii_uppercase())
    }

    /// Reads a value.
    pub(super) fn set(&self, settings: &mut Settings, raw: &Raw) -> Result<(), String> {
        match &self.set {
            Set::Own(set) => set(settings, raw),
            Set::Module(set) => set(settings, raw),
        }
    }

    /// The value in force, as it is shown.
    pub(super) fn show(&self, settings: &Settings) -> String {
        match &self.show {
            Show::Own(show) => show(settings),
            Show::Module(show) => show(settings),
        }
    }
}

/// The framework's rows and the modules'.
pub(super) fn rows(sections: &[SettingsSection]) -> impl Iterator<Item = &Row> {
    ROWS.iter()
        .chain(sections.iter().flat_map(|section| section.rows.iter()))
}

/// Every setting of `settings`.
pub(super) fn list(settings: &Settings) -> Vec<Setting> {
    rows(&settings.sections)
        .map(|row| Setting {
            name: row.name.clone(),
            variable: row.variable(),
            value: row.show(settings),
            source: settings.source(&row.name),
            secret: row.secret,
            about: row.about,
            check: row.check,
        })
        .collect()
}

/// The table of settings in Markdown, for the guide. The guide's test compares its copy with this.
pub fn documentation(sections: &[SettingsSection]) -> String {
    let defaults = |mode| {
        let mut settings = Settings::defaults(mode);
        settings.start(sections);
        settings
    };
    let (development, release) = (defaults(Mode::Development), defaults(Mode::Release));
    let mut out = String::from(
        "| setting | environment | what for | accepts | default | checked at start |\n|---|---|---|---|---|---|\n",
    );
    for row in rows(sections) {
        let (one, other) = (row.show(&development), row.show(&release));
        let or_none = |text: String| {
            if text.is_empty() {
                "none".to_owned()
            } else {
                format!("`{text}`")
            }
        };
        let default = if one == other {
            or_none(one)
        } else {
            format!("{} in development, {} in release", or_none(one), or_none(other))
        };
        let file = if row.secret { " or `…_FILE`" } else { "" };
        let _ = writeln!(
            out,
            "| `{}` | `{}`{file} | {} | {} | {default} | {} |",
            row.name,
            row.variable(),
            row.about,
            row.accepts,
            row.check
        );
    }
    out
}

/// Parses every element of a list.
fn all<T: std::str::FromStr<Err = String>>(raw: &Raw) -> Result<Vec<T>, String> {
    raw.items().iter().map(|item| item.parse()).collect()
}

/// Joins a list for showing.
fn joined<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

/// Parses a number within bounds.
fn number(raw: &Raw, least: usize, most: usize) -> Result<usize, String> {
    let text = raw.one()?;
    text.trim()
        .parse()
        .ok()
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| format!("`{text}` is not a whole number from {least} to {most}"))
}

/// A database's URL without its password, and without what its query may carry (CWE-532).
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://").filter(|(scheme, _)| *scheme != "sqlite") else {
        return url.to_owned();
    };
    let rest = rest.split('?').next().unwrap_or_default();
    match rest.rsplit_once('@') {
        Some((who, place)) => {
            let user = who.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{place}")
        }
        None => format!("{scheme}://{rest}"),
    }
}

/// Whether a database's URL has a password in it.
pub(super) fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://").filter(|(scheme, _)| *scheme != "sqlite") else {
        return false;
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let who = place.rsplit_once('@').map_or("", |(who, _)| who);
    who.contains(':') || query.to_ascii_lowercase().contains("password")
}

/// Parses a size that is not zero.
fn bytes(raw: &Raw) -> Result<usize, String> {
    match size(raw.one()?)? {
        0 => Err("0 would refuse everything; write at least 1".into()),
        n => Ok(n),
    }
}

/// Parses a length of time that is not zero.
fn time(raw: &Raw) -> Result<std::time::Duration, String> {
    match duration(raw.one()?)? {
        none if none.is_zero() => Err("0 would refuse everything; write at least `1s`".into()),
        time => Ok(time),
    }
}

macro_rules! row {
    ($name:literal, $about:literal, $accepts:literal, $check:literal, $set:expr, $show:expr) => {
        Row {
            name: Cow::Borrowed($name),
            about: $about,
            accepts: $accepts,
            check: $check,
            secret: false,
            set: Set::Own($set),
            show: Show::Own($show),
        }
    };
    (secret $name:literal, $about:literal, $accepts:literal, $check:literal, $set:expr, $show:expr) => {
        Row {
            name: Cow::Borrowed($name),
            about: $about,
            accepts: $accepts,
            check: $check,
            secret: true,
            set: Set::Own($set),
            show: Show::Own($show),
        }
    };
}

macro_rules! size_row {
    ($name:literal, $about:literal, $section:ident . $field:ident) => {
        row!(
            $name,
            $about,
            "bytes, `64KiB`, `2MiB`",
            "is not 0",
            |s, raw| {
                s.$section.$field = bytes(raw)?;
                Ok(())
            },
            |s| show_size(s.$section.$field)
        )
    };
}

macro_rules! time_row {
    ($name:literal, $about:literal, $section:ident . $field:ident) => {
        row!(
            $name,
            $about,
            "`90s`, `15m`, `12h`, `14d`",
            "is not 0",
            |s, raw| {
                s.$section.$field = time(raw)?;
                Ok(())
            },
            |s| show_duration(s.$section.$field)
        )
    };
}

macro_rules! count_row {
    ($name:literal, $about:literal, $section:ident . $field:ident, $most:literal) => {
        row!(
            $name,
            $about,
            "a whole number",
            "is from 1 to the setting's maximum",
            |s, raw| {
                s.$section.$field = number(raw, 1, $most)?;
                Ok(())
            },
            |s| s.$section.$field.to_string()
        )
    };
}

/// Every setting.
pub(super) static ROWS: &[Row] = &[
    row!(
        "addr",
        "address and port to listen on",
        "`HOST:PORT`",
        "development: a loopback address, unless `--share-dev`",
        |s, raw| {
            let text = raw.one()?;
            s.addr = address(text)?;
            Ok(())
        },
        |s| s.addr.to_string()
    ),
    row!(
        "allowed_hosts",
        "hosts that the site answers for; `.example.com` includes subdomains",
        "a list of hosts",
        "release: not empty, not `*`",
        |s, raw| {
            s.allowed_hosts = all::<HostPattern>(raw)?;
            Ok(())
        },
        |s| joined(&s.allowed_hosts)
    ),
    row!(
        "origins",
        "the site's own origins, if not simply its allowed hosts",
        "a list of origins, `https://example.com`",
        "release: all `https`, each host allowed; needed where `allowed_hosts` has only suffixes",
        |s, raw| {
            s.origins = all(raw)?;
            Ok(())
        },
        |s| joined(&s.origins)
    ),
    row!(
        "trusted_proxies",
        "TLS-terminating proxies whose `X-Forwarded-…` headers are believed",
        "a list of addresses and networks",
        "release: not empty, less than a sixteenth of all addresses",
        |s, raw| {
            s.trusted_proxies = all::<Network>(raw)?;
            Ok(())
        },
        |s| joined(&s.trusted_proxies)
    ),
    row!(secret
        "secret_key",
        "signs cookies and tokens",
        "at least 50 random characters",
        "release: set, long, random, not a known default",
        |s, raw| {
            s.secret_key = SecretKey::new(raw.one()?.trim().to_owned());
            Ok(())
        },
        |s| hidden(!s.secret_key.text().is_empty())
    ),
    row!(secret
        "secret_key_fallbacks",
        "earlier keys: they still verify but no longer sign",
        "a list of keys",
        "release: each as strong as `secret_key`, and not the same",
        |s, raw| {
            s.secret_key_fallbacks = raw.items().into_iter().map(SecretKey::new).collect();
            Ok(())
        },
        |s| match s.secret_key_fallbacks.len() {
            0 => String::new(),
            n => format!("{n} {Hidden}"),
        }
    ),
    row!(secret
        "database_url",
        "where the rows are; a `data_dir` of one's own has `db.sqlite3` in it",
        "`sqlite:relative/path`, `sqlite:///absolute/path`, `postgres://user:password@host/name`",
        "can be opened; no migration of the program is missing",
        |s, raw| {
            let text = raw.one()?.trim();
            let server = text.starts_with("postgres://") || text.starts_with("postgresql://");
            if server && !cfg!(feature = "postgres") {
                return Err("names PostgreSQL, and this program is built without it: write `vauban = { …, features = [\"postgres\"] }` in its Cargo.toml".into());
            }
            if !server && !text.starts_with("sqlite:") {
                return Err("is neither a `sqlite:` nor a `postgres:` URL; write `sqlite:var/db.sqlite3`, `sqlite:///absolute/path` or `postgres://user:password@host/name`".into());
            }
            s.database_url = Secret::new(text.to_owned());
            Ok(())
        },
        |s| without_password(s.database_url.expose())
    ),
    row!(secret
        "database_migration_url",
        "the role that owns the tables: as whom `migrate` makes and changes them, while the site asks as `database_url` says",
        "`postgres://user:password@host/name`, the same database",
        "`migrate` says what either role lacks, and gives the site's what it needs",
        |s, raw| {
            let text = raw.one()?.trim();
            if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
                return Err("is no `postgres:` URL; SQLite has no roles: leave it out there".into());
            }
            s.database_migration_url = Some(Secret::new(text.to_owned()));
            Ok(())
        },
        |s| s.database_migration_url.as_ref().map_or_else(String::new, |url| without_password(url.expose()))
    ),
    row!(
        "database_row_security",
        "whether PostgreSQL holds the models' rules by policies of its own as well, behind the ORM's",
        "`true`, `false`",
        "on: the database has the policies of this program, and its role owns no table and passes by none",
        |s, raw| {
            s.database_row_security = boolean(raw.one()?)?;
            Ok(())
        },
        |s| s.database_row_security.to_string()
    ),
    row!(
        "sqlite_synchronous",
        "`full`: every commit is on the disk before it is acknowledged; `normal`: a power failure may lose the last ones",
        "`full`, `normal`",
        "`normal` is noted",
        |s, raw| {
            s.sqlite_synchronous = match raw.one()?.trim().to_ascii_lowercase().as_str() {
                "full" => Synchronous::Full,
                "normal" => Synchronous::Normal,
                _ => return Err("is neither `full` nor `normal`".into()),
            };
            Ok(())
        },
        |s| match s.sqlite_synchronous {
            Synchronous::Full => "full".into(),
            Synchronous::Normal => "normal".into(),
        }
    ),
    row!(
        "database_readers",
        "threads for reads that are too much for a request's own; all but one of them also take deep reads, such as a late \
         page of a long list",
        "a whole number",
        "is from 2 to 64",
        |s, raw| {
            s.database_readers = number(raw, 2, 64)?;
            Ok(())
        },
        |s| s.database_readers.to_string()
    ),
    row!(
        "database_connections",
        "connections to a database server, at most; SQLite has none",
        "a whole number",
        "is from 2 to 1,000",
        |s, raw| {
            s.database_connections = number(raw, 2, 1_000)?;
            Ok(())
        },
        |s| s.database_connections.to_string()
    ),
    row!(
        "database_plain_text",
        "whether a database server on another machine may be asked without TLS, because its network is trusted and encrypted by \
         other means",
        "`true`, `false`",
        "for a server on this machine it changes nothing",
        |s, raw| {
            s.database_plain_text = boolean(raw.one()?)?;
            Ok(())
        },
        |s| s.database_plain_text.to_string()
    ),
    row!(
        "data_dir",
        "folder of the database, unless `database_url` names another, and of the development key",
        "a path",
        "development: only its owner may read the key",
        |s, raw| {
            s.data_dir = raw.one()?.trim().into();
            Ok(())
        },
        |s| s.data_dir.display().to_string()
    ),
    row!(
        "worker_threads",
        "threads that run requests; `0` is one per core",
        "a whole number",
        "is from 0 to 1024",
        |s, raw| {
            s.worker_threads = number(raw, 0, 1024)?;
            Ok(())
        },
        |s| s.worker_threads.to_string()
    ),
    row!(
        "hsts.max_age",
        "how long browsers insist on HTTPS; raise it step by step: `1h`, `1d`, `30d`, `365d`",
        "`1h`, `1d`, `30d`, `365d`",
        "release: not 0; noted below a year",
        |s, raw| {
            s.hsts.max_age = duration(raw.one()?)?;
            Ok(())
        },
        |s| show_duration(s.hsts.max_age)
    ),
    row!(
        "hsts.include_subdomains",
        "whether every subdomain has HTTPS too",
        "`true`, `false`",
        "release: `false` warns",
        |s, raw| {
            s.hsts.include_subdomains = boolean(raw.one()?)?;
            Ok(())
        },
        |s| s.hsts.include_subdomains.to_string()
    ),
    row!(
        "hsts.preload",
        "whether browsers may build the site into their list",
        "`true`, `false`",
        "release: `false` warns; `true` needs subdomains and a year",
        |s, raw| {
            s.hsts.preload = boolean(raw.one()?)?;
            Ok(())
        },
        |s| s.hsts.preload.to_string()
    ),
    size_row!("limits.body", "bytes of a request's body", limits.body),
    size_row!(
        "limits.bodies",
        "bytes of all requests' bodies that are in memory at once; further ones wait, and get 503 after `timeouts.body`",
        limits.bodies
    ),
    count_row!(
        "limits.fields",
        "fields of a form or a query",
        limits.fields,
        100_000
    ),
    size_row!(
        "limits.header_bytes",
        "bytes of all header lines together",
        limits.header_bytes
    ),
    count_row!("limits.headers", "number of header lines", limits.headers, 1000),
    size_row!("limits.target", "bytes of the request target", limits.target),
    count_row!(
        "limits.connections",
        "connections open at once; fewer where the system gives the process fewer open files, and then the log says so",
        limits.connections,
        1_000_000
    ),
    count_row!(
        "limits.connections_per_client",
        "connections open at once from one address (/32, /64), loopback and trusted proxies excepted",
        limits.connections_per_client,
        1_000_000
    ),
    time_row!(
        "timeouts.headers",
        "until a request's headers are complete",
        timeouts.headers
    ),
    time_row!(
        "timeouts.body",
        "until a request's body is complete",
        timeouts.body
    ),
    time_row!("timeouts.request", "for a whole request", timeouts.request),
    time_row!(
        "timeouts.idle",
        "how long an idle connection is kept",
        timeouts.idle
    ),
    time_row!(
        "timeouts.shutdown",
        "for running requests after a stop signal",
        timeouts.shutdown
    ),
    row!(
        "log.format",
        "lines for a person, or one JSON object per line",
        "`text`, `json`",
        "is one of the two",
        |s, raw| {
            s.log.format = match raw.one()?.trim().to_ascii_lowercase().as_str() {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return Err("is neither `text` nor `json`".into()),
            };
            Ok(())
        },
        |s| match s.log.format {
            LogFormat::Text => "text".into(),
            LogFormat::Json => "json".into(),
        }
    ),
    row!(
        "log.filter",
        "what is logged",
        "`info`, `vauban=debug,info`",
        "is a filter of tracing",
        |s, raw| {
            let text = raw.items().join(",");
            tracing_subscriber::EnvFilter::try_new(&text)
                .map_err(|error| format!("is no log filter: {error}"))?;
            s.log.filter = text;
            Ok(())
        },
        |s| s.log.filter.clone()
    ),
];

/// How a secret's presence is shown.
fn hidden(set: bool) -> String {
    if set { Hidden.to_string() } else { String::new() }
}

/// Reads `HOST:PORT`; `localhost` is loopback without asking any resolver.
fn address(text: &str) -> Result<std::net::SocketAddr, String> {
    let text = text.trim();
    let spelled = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    spelled
        .parse()
        .map_err(|_| format!("`{text}` is not `ADDRESS:PORT`, such as `127.0.0.1:8000` or `[::]:8000`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `settings` shows of a row, the row reads again.
    #[test]
    fn what_is_shown_is_read() {
        let candidates = [
            "true",
            "no",
            "1",
            "7",
            "512",
            "1000",
            "90",
            "90s",
            "15m",
            "36h",
            "3d",
            "1KiB",
            "1536",
            "64KiB",
            "3MiB",
            "info",
            "warn,app=debug",
            "json",
            "text",
            "example.com",
            "a.example,b.example",
            "[::1]",
            "localhost",
            "https://a.example",
            "https://a.example,https://b.example",
            "127.0.0.1:8000",
            "[::1]:80",
            "10.0.0.0/8",
            "10.0.0.1,fd00::/8",
            "/srv/x",
            "sqlite:///srv/db",
            "UTC",
            "Europe/Berlin",
            "en",
            "strict",
        ];
        let mut read = 0;
        for row in ROWS.iter().filter(|row| !row.secret) {
            for mode in [Mode::Development, Mode::Release] {
                let start = row.show(&Settings::defaults(mode));
                for text in candidates.iter().copied().chain([start.as_str()]) {
                    read += usize::from(there_and_back(row, mode, text));
                }
            }
        }
        assert!(read > ROWS.len(), "{read}");
    }

    /// Whether a row takes the text; what it then shows, it reads again.
    fn there_and_back(row: &Row, mode: Mode, text: &str) -> bool {
        let mut settings = Settings::defaults(mode);
        let taken = row.set(&mut settings, &Raw::One(text.to_owned()));
        let shown = row.show(&settings);
        if taken.is_err() || shown.is_empty() {
            return false;
        }
        let mut again = Settings::defaults(mode);
        let result = row.set(&mut again, &Raw::One(shown.clone()));
        assert_eq!(result, Ok(()), "{} shows `{shown}`", row.name);
        assert_eq!(row.show(&again), shown, "{}", row.name);
        true
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 10_000, "texts for every setting"))]

            #[test]
            fn what_is_shown_is_read(
                any in "\\PC{0,20}",
                number in "[0-9]{1,12}(s|m|h|d|KiB|MiB|GiB)?",
                place in "(https?://|sqlite://)?[a-z0-9.*-]{1,12}(:[0-9]{1,5})?(/[0-9]{1,3})?(,[a-z0-9.\\[\\]:/-]{1,12})?",
            ) {
                for row in ROWS.iter().filter(|row| !row.secret) {
                    for text in [&any, &number, &place] {
                        there_and_back(row, Mode::Release, text);
                    }
                }
            }
        }
    }

    #[test]
    fn names_are_unique_and_documented() {
        let mut names: Vec<_> = ROWS.iter().map(Row::variable).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), ROWS.len());
        let table = documentation(&[]);
        for row in ROWS {
            assert!(!row.about.is_empty() && !row.check.is_empty(), "{}", row.name);
            assert!(table.contains(&row.variable()), "{}", row.name);
        }
    }

    /// CWE-532. Attack: `settings`, an error or the start's words are read by whoever reads the log.
    #[test]
    fn a_servers_password_is_shown_nowhere() {
        for (url, shown) in [
            ("postgres://me:hunter2@db:5432/shop", "postgres://me@db:5432/shop"),
            (
                "postgres://me:a@b:hunter2@db/shop?password=hunter2",
                "postgres://me@db/shop",
            ),
            ("postgresql://db/shop?sslpassword=hunter2", "postgresql://db/shop"),
            ("sqlite:var/db.sqlite3", "sqlite:var/db.sqlite3"),
            ("sqlite:///srv/a@b.sqlite3", "sqlite:///srv/a@b.sqlite3"),
        ] {
            assert_eq!(without_password(url), shown);
            assert_eq!(has_password(url), url.contains("hunter2"), "{url}");
        }
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        let shown = Settings::defaults(Mode::Development);
        for row in ROWS.iter().filter(|row| !row.secret) {
            let text = row.show(&shown);
            let mut again = Settings::defaults(Mode::Release);
            row.set(&mut again, &Raw::One(text.clone()))
                .unwrap_or_else(|e| panic!("{}: {e}", row.name));
            assert_eq!(row.show(&again), text, "{}", row.name);
        }
    }
}

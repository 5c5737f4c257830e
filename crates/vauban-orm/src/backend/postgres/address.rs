//! `postgres://user:password@host:port/database?sslmode=…`: where PostgreSQL is, and how far the way to it is trusted.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use super::failure::Failure;

/// Where a database is.
#[derive(Clone)]
pub(crate) struct Address {
    pub(super) host: Host,
    pub(super) user: String,
    pub(super) password: Option<String>,
    pub(super) database: String,
    pub(super) tls: Tls,
    pub(super) application: Option<String>,
    pub(super) schema: String,
}

/// On which way it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// A socket in this folder, with this number.
    Socket(PathBuf, u16),
    Tcp(String, u16),
}

/// How the server shows who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tls {
    /// Not at all: it is this machine, or the operator says that the network may be read.
    No,
    /// By a certificate for its name, of an authority that this file names, or that the operating system trusts.
    Verified(Option<PathBuf>),
}

/// Never the password, in no log and no error (CWE-532).
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("host", &self.host)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

const FORM: &str = "write `postgres://user:password@host:5432/database`, or `postgres://user@/database?host=/run/postgresql` for a socket";

fn wrong(what: impl fmt::Display) -> Failure {
    Failure::Configuration(format!("`database_url`: {what}"))
}

impl Address {
    /// Reads a URL. `plain` allows a server elsewhere without TLS, if the URL asks for that too.
    ///
    /// # Errors
    /// What is wrong and what to write; never the URL itself, for the password is in it.
    pub(crate) fn parse(url: &str, plain: bool) -> Result<Self, Failure> {
        let rest = url
            .strip_prefix("postgres://")
            .or_else(|| url.strip_prefix("postgresql://"))
            .ok_or_else(|| wrong(FORM))?;
        if rest.contains(['#', '\0']) {
            return Err(wrong("`#` and null characters are written as %23 and not at all"));
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').ok_or_else(|| wrong(FORM))?;
        let (who, place) = match authority.rsplit_once('@') {
            Some((who, place)) => (who, place),
            None => ("", authority),
        };
        let (user, password) = match who.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (who, None),
        };
        let user = decoded(user)?;
        if user.is_empty() {
            return Err(wrong(format!("it names no user; {FORM}")));
        }
        let database = decoded(database)?;
        if database.is_empty() || database.contains('/') {
            return Err(wrong(format!("it names no database; {FORM}")));
        }
        let asked = Asked::read(query)?;
        let (host, port) = host_and_port(place)?;
        let host = match (asked.host, host.as_str()) {
            (None, "") => return Err(wrong(format!("it names no host; {FORM}"))),
            (None, _) => host,
            (Some(host), "") => host,
            (Some(_), _) => return Err(wrong("it names two hosts")),
        };
        let host = if host.starts_with('/') {
            Host::Socket(PathBuf::from(host), port)
        } else {
            Host::Tcp(host, port)
        };
        let tls = match (asked.mode.as_deref(), host.is_here()) {
            // CWE-319: the password and every row would be readable on the way, and the server could be anybody.
            (Some("disable"), false) if !plain => {
                return Err(wrong(
                    "`sslmode=disable` to another machine: everybody on the way reads passwords and rows. Leave `sslmode` \
                     out; where the network itself is trusted and encrypted, say so by `database_plain_text = true`",
                ));
            }
            (None, true) | (Some("disable"), _) => Tls::No,
            (_, true) if matches!(host, Host::Socket(..)) => {
                return Err(wrong("a socket has no TLS: leave `sslmode` out"));
            }
            // CWE-295: `require` of other programs takes any certificate. Here TLS is verified or it is not TLS.
            (None | Some("require" | "verify-ca" | "verify-full"), _) => {
                Tls::Verified(asked.authority.clone())
            }
            (Some(_), _) => {
                return Err(wrong(
                    "`sslmode` is `verify-full` (what is so without it, to another machine) or `disable`",
                ));
            }
        };
        if asked.authority.is_some() && tls == Tls::No {
            return Err(wrong(
                "`sslrootcert` without TLS: add `sslmode=verify-full`, or leave it out",
            ));
        }
        Ok(Self {
            host,
            user,
            password: password.map(decoded).transpose()?,
            database,
            tls,
            application: asked.application,
            schema: asked.schema.unwrap_or_else(|| "public".to_owned()),
        })
    }
}

impl Host {
    /// Whether what is sent stays on this machine.
    fn is_here(&self) -> bool {
        match self {
            Self::Socket(..) => true,
            Self::Tcp(host, _) => {
                host.eq_ignore_ascii_case("localhost")
                    || host
                        .parse()
                        .is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback())
            }
        }
    }
}

/// What stands behind the question mark.
#[derive(Default)]
struct Asked {
    host: Option<String>,
    mode: Option<String>,
    authority: Option<PathBuf>,
    application: Option<String>,
    schema: Option<String>,
}

impl Asked {
    fn read(query: &str) -> Result<Self, Failure> {
        let mut asked = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decoded(value)?;
            let empty = value.is_empty();
            let before = match name {
                "host" => asked.host.replace(value).is_some(),
                "sslmode" => asked.mode.replace(value).is_some(),
                "sslrootcert" => asked.authority.replace(PathBuf::from(value)).is_some(),
                "application_name" => asked.application.replace(value).is_some(),
                "schema" => asked.schema.replace(value).is_some(),
                // Poolers of hosts write it; what it asks for is done where the server offers it.
                "channel_binding" => false,
                other => {
                    return Err(wrong(format!(
                        "`{}` is no part of it; there are `host`, `sslmode`, `sslrootcert`, `application_name` and `schema`",
                        other.escape_debug()
                    )));
                }
            };
            if before || empty {
                return Err(wrong(format!("`{name}` stands twice, or is empty")));
            }
        }
        Ok(asked)
    }
}

fn host_and_port(place: &str) -> Result<(String, u16), Failure> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or_else(|| wrong("a `[` without `]`"))?;
            (
                host,
                if port.is_empty() {
                    None
                } else {
                    Some(port.strip_prefix(':').ok_or_else(|| wrong(FORM))?)
                },
            )
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let host = decoded(host)?;
    if host.contains([',', '@']) || (host.contains(':') && host.parse::<std::net::Ipv6Addr>().is_err()) {
        return Err(wrong(
            "one host; an IPv6 address stands in [ ], an `@` or `:` in the password is written as %40 or %3A",
        ));
    }
    let port = match port {
        None => 5432,
        Some(port) => match port.parse() {
            Ok(port) if port != 0 => port,
            // What stands here may be a part of a password.
            _ => {
                return Err(wrong(
                    "the port is a number from 1 to 65535; an `@` or `/` in the password is written as %40 or %2F",
                ));
            }
        },
    };
    Ok((host, port))
}

/// Without percent signs.
fn decoded(text: &str) -> Result<String, Failure> {
    let bad = || wrong("a `%` that no two hexadecimal digits follow, or bytes that are no UTF-8");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, behind) = rest.split_first_chunk::<2>().ok_or_else(bad)?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (Some(high), Some(low)) = (digit(digits[0]), digit(digits[1])) else {
            return Err(bad());
        };
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| bad())?);
        rest = behind;
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(url: &str) -> Address {
        Address::parse(url, false).unwrap_or_else(|failure| panic!("{url}: {failure}"))
    }

    #[test]
    fn the_usual_forms() {
        let address = good("postgres://app:p%40ss%2F@db.example:6432/shop?application_name=web");
        assert_eq!(address.host, Host::Tcp("db.example".into(), 6432));
        assert_eq!(
            (address.user.as_str(), address.database.as_str()),
            ("app", "shop")
        );
        assert_eq!(address.password.as_deref(), Some("p@ss/"));
        assert_eq!(address.application.as_deref(), Some("web"));
        assert_eq!(
            good("postgresql://app@[2001:db8::1]/shop").host,
            Host::Tcp("2001:db8::1".into(), 5432)
        );
        for socket in [
            "postgres://app@/shop?host=/run/postgresql",
            "postgres://app@%2Frun%2Fpostgresql/shop",
        ] {
            assert_eq!(good(socket).host, Host::Socket("/run/postgresql".into(), 5432));
        }
    }

    /// CWE-319, CWE-295.
    #[test]
    fn another_machine_is_verified_unless_two_places_say_otherwise() {
        for url in [
            "",
            "?sslmode=require",
            "?sslmode=verify-ca",
            "?sslmode=verify-full",
        ] {
            assert_eq!(
                good(&format!("postgres://app@db.example/shop{url}")).tls,
                Tls::Verified(None),
                "{url}"
            );
        }
        let own = good("postgres://app@db.example/shop?sslrootcert=/etc/ca.pem");
        assert_eq!(own.tls, Tls::Verified(Some("/etc/ca.pem".into())));
        let bare = "postgres://app@db.example/shop?sslmode=disable";
        let refused = Address::parse(bare, false).unwrap_err().to_string();
        assert!(refused.contains("database_plain_text = true"), "{refused}");
        assert_eq!(Address::parse(bare, true).unwrap().tls, Tls::No);
        assert_eq!(
            Address::parse("postgres://app@db.example/shop", true)
                .unwrap()
                .tls,
            Tls::Verified(None)
        );
        // Names that only look like this machine.
        for host in [
            "localhost.example",
            "127.0.0.1.example",
            "0.0.0.0",
            "10.0.0.1",
            "[::ffff:10.0.0.1]",
        ] {
            let url = format!("postgres://app@{host}/shop");
            assert_eq!(good(&url).tls, Tls::Verified(None), "{host}");
            assert!(
                Address::parse(&format!("{url}?sslmode=disable"), false).is_err(),
                "{host}"
            );
        }
        for host in ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"] {
            assert_eq!(
                good(&format!("postgres://app@{host}/shop")).tls,
                Tls::No,
                "{host}"
            );
            let asked = format!("postgres://app@{host}/shop?sslmode=verify-full");
            assert_eq!(good(&asked).tls, Tls::Verified(None), "{host}");
        }
    }

    /// CWE-532. Attack: a password that is not written as it should be shows up in a log.
    #[test]
    fn the_password_is_in_no_error_and_no_debug() {
        let shown = format!("{:?}", good("postgres://app:hunter2@db.example/shop"));
        assert!(
            !shown.contains("hunter2") && shown.contains("db.example"),
            "{shown}"
        );
        for url in [
            "postgres://app:hunter2/x@db.example/shop",
            "postgres://app:hunter2@x@db.example/shop?a=b",
            "postgres://app:hunter2#x@db.example/shop",
            "postgres://app:hunter2:x@db.example:y/shop",
            "postgres://app:hunter2%@db.example/shop",
            "postgres://app:hunter2%zz@db.example/shop",
            "postgres://app:hunter2@db.example",
            "postgres://app:hunter2@/shop",
            "postgres://:hunter2@db.example/shop",
            "postgres:app:hunter2@db.example/shop",
            "mysql://app:hunter2@db.example/shop",
            "postgres://app:hunter2@db.example/shop?sslmode=prefer",
            "postgres://app:hunter2@db.example/shop?sslmode=verify-full&sslmode=disable",
            "postgres://app:hunter2@db.example/shop?options=-c%20x",
            "postgres://app:hunter2@a.example,b.example/shop",
        ] {
            let told = Address::parse(url, false).unwrap_err();
            assert!(matches!(told, Failure::Configuration(_)), "{url}");
            let told = format!("{told} {told:?}");
            assert!(
                !told.contains("hunter2") && told.contains("database_url"),
                "{url}: {told}"
            );
        }
    }
}

//! As much of PostgreSQL's protocol as it takes to run a statement, so that this crate needs no driver.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// A connection through the cluster's socket, as its superuser.
#[derive(Debug)]
pub struct Session(UnixStream);

type Rows = Vec<Vec<Option<String>>>;

impl Session {
    /// By a server's socket, as its superuser.
    ///
    /// # Errors
    /// If nobody answers there, or who does refuses.
    pub fn open(socket: &Path, database: &str) -> Result<Self, String> {
        let stream = UnixStream::connect(socket).map_err(|error| format!("{}: {error}", socket.display()))?;
        let mut session = Self(stream);
        let mut hello = 196_608_u32.to_be_bytes().to_vec();
        for text in ["user", "postgres", "database", database] {
            hello.extend_from_slice(text.as_bytes());
            hello.push(0);
        }
        hello.push(0);
        session.send(None, &hello)?;
        session.answer().map(|_| session)
    }

    /// Runs statements, one or several; gives the rows as text.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn run(&mut self, sql: &str) -> Result<Rows, String> {
        self.send(Some(b'Q'), format!("{sql}\0").as_bytes())?;
        self.answer().map_err(|error| format!("{error}\n  in: {sql}"))
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> Result<(), String> {
        let length = u32::try_from(body.len() + 4).map_err(|_| "too long")?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(body);
        self.0.write_all(&message).map_err(|error| error.to_string())
    }

    /// What comes until PostgreSQL is ready for the next statement.
    fn answer(&mut self) -> Result<Rows, String> {
        let mut rows = Rows::new();
        let mut refused = None;
        loop {
            let (kind, body) = self.message()?;
            match kind {
                b'Z' => return refused.map_or(Ok(rows), Err),
                b'D' => rows.push(row(&body).ok_or("a broken row")?),
                b'R' if body != [0; 4] => return Err("it asks for a password".to_owned()),
                b'E' => {
                    let parts = body.split(|byte| *byte == 0);
                    let parts: Vec<String> = parts
                        .map(|part| String::from_utf8_lossy(part).into_owned())
                        .collect();
                    let part = |key: char| {
                        parts
                            .iter()
                            .find_map(|part| part.strip_prefix(key))
                            .unwrap_or_default()
                    };
                    let said = format!("{} {}", part('C'), part('M'));
                    if part('S') == "FATAL" {
                        return Err(said);
                    }
                    refused = Some(said);
                }
                _ => {}
            }
        }
    }

    fn message(&mut self) -> Result<(u8, Vec<u8>), String> {
        let mut head = [0; 5];
        self.0.read_exact(&mut head).map_err(|error| error.to_string())?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let mut body = vec![0; (length as usize).saturating_sub(4)];
        self.0.read_exact(&mut body).map_err(|error| error.to_string())?;
        Ok((head[0], body))
    }
}

fn row(body: &[u8]) -> Option<Vec<Option<String>>> {
    let (count, mut rest) = body.split_first_chunk::<2>()?;
    let mut values = Vec::new();
    for _ in 0..u16::from_be_bytes(*count) {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        rest = behind;
        values.push(match i32::from_be_bytes(*length) {
            -1 => None,
            length => {
                let (value, behind) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                rest = behind;
                Some(String::from_utf8_lossy(value).into_owned())
            }
        });
    }
    Some(values)
}

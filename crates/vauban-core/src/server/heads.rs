//! The bytes of requests, watched before the parser has them: a line of a head ends with CR and LF, and a body's
//! length is said once (CWE-444, RFC 9112 §2.2, §6).
//!
//! hyper ends a line at a bare LF, as RFC 9112 allows; a proxy before us may not, and then the two read different
//! requests. It also forgives what this forbids: two lengths, a length beside `Transfer-Encoding`, another encoding
//! than `chunked`. What passes here has one reading, so that the watch and the parser never disagree about where
//! the next head begins. A broken head gets a NUL in place of the line's end, which no parser takes: hyper answers 400
//! and closes. Requests before it on the connection are answered first. Where a NUL is legal to hyper (in a chunk's
//! extension, a trailer) it asks for more, and gets an error: the connection ends there.

/// Where the watch is in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// In a head; also before one.
    Head,
    /// So many bytes of a body of known length are left.
    Body(u64),
    /// In the line with a chunk's size.
    ChunkSize,
    /// So many bytes of a chunk are left, its line's end included.
    Chunk(u64),
    /// In the lines behind the last chunk.
    Trailers,
    /// A broken head was seen; nothing is read any more.
    Broken,
}

/// Longest line that is kept to be looked at: field names and lengths are shorter. A line that is longer is of no
/// interest here, and the parser's own limit ends it.
const LINE: usize = 256;
/// Longest line with a chunk's size, extensions included. Extensions mean nothing here and pass.
const CHUNK_LINE: usize = 4096;

/// The watch over one connection.
#[derive(Debug)]
pub(super) struct Heads {
    at: At,
    /// The line so far, up to [`LINE`] bytes of it.
    line: Vec<u8>,
    /// The whole line's length so far.
    length: usize,
    /// The last byte was CR.
    cr: bool,
    /// Whether this head has a line already.
    begun: bool,
    /// What this head says of its body's length.
    content_length: Option<u64>,
    chunked: bool,
}

impl Heads {
    pub(super) fn new() -> Self {
        Self {
            at: At::Head,
            line: Vec::with_capacity(LINE),
            length: 0,
            cr: false,
            begun: false,
            content_length: None,
            chunked: false,
        }
    }

    /// Whether a broken head was seen.
    pub(super) fn broken(&self) -> bool {
        self.at == At::Broken
    }

    /// Looks at bytes as they come. `Some(n)`: the byte at `n` breaks the head; what is behind it is not to be read.
    pub(super) fn look(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut next = 0;
        while let Some(rest) = bytes.get(next..).filter(|rest| !rest.is_empty()) {
            match self.at {
                At::Broken => return Some(next),
                At::Body(left) => {
                    let taken = left.min(rest.len() as u64);
                    self.at = match left - taken {
                        0 => At::Head,
                        left => At::Body(left),
                    };
                    next += usize::try_from(taken).unwrap_or(rest.len());
                }
                At::Chunk(left) => {
                    let taken = left.min(rest.len() as u64);
                    self.at = match left - taken {
                        0 => At::ChunkSize,
                        left => At::Chunk(left),
                    };
                    next += usize::try_from(taken).unwrap_or(rest.len());
                }
                At::Head | At::ChunkSize | At::Trailers => {
                    let end = memchr::memchr(b'\n', rest);
                    let part = &rest[..end.unwrap_or(rest.len())];
                    self.keep(part);
                    let Some(end) = end else {
                        return self.too_long(next + rest.len() - 1);
                    };
                    // CWE-444: a bare LF.
                    if !self.cr || self.line_ends().is_none() {
                        self.at = At::Broken;
                        return Some(next + end);
                    }
                    self.line.clear();
                    (self.length, self.cr) = (0, false);
                    next += end + 1;
                }
            }
        }
        None
    }

    fn keep(&mut self, part: &[u8]) {
        if let Some(last) = part.last() {
            self.cr = *last == b'\r';
        }
        self.length = self.length.saturating_add(part.len());
        let room = LINE.saturating_sub(self.line.len());
        self.line.extend_from_slice(&part[..part.len().min(room)]);
    }

    /// CWE-400: an extension is bounded, so that a chunk's line is no way to send for ever without a body.
    fn too_long(&mut self, last: usize) -> Option<usize> {
        (self.at == At::ChunkSize && self.length > CHUNK_LINE).then(|| {
            self.at = At::Broken;
            last
        })
    }

    /// A line has ended with CR and LF. `None`: it breaks the head.
    fn line_ends(&mut self) -> Option<()> {
        let whole = self.length <= LINE;
        let length = self.length - 1;
        let line = std::mem::take(&mut self.line);
        let text = &line[..line.len().min(length)];
        match self.at {
            At::Head if length == 0 => {
                // Empty lines before a request are nothing (RFC 9112 §2.2).
                if self.begun {
                    self.at = match (self.chunked, self.content_length) {
                        (true, Some(_)) => return None,
                        (true, None) => At::ChunkSize,
                        (false, None | Some(0)) => At::Head,
                        (false, Some(length)) => At::Body(length),
                    };
                    (self.begun, self.chunked, self.content_length) = (false, false, None);
                }
            }
            At::Head if self.begun => self.field(text, whole)?,
            At::Head => self.begun = true,
            At::ChunkSize => {
                let end = text.iter().position(|byte| matches!(byte, b';' | b' ' | b'\t'));
                let known = end.is_some() || whole;
                let digits = &text[..end.unwrap_or(text.len())];
                if self.length > CHUNK_LINE {
                    return None;
                }
                let digits = std::str::from_utf8(digits).ok()?;
                let hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                let size = u64::from_str_radix(digits, 16).ok().filter(|_| hex && known)?;
                self.at = match size {
                    0 => At::Trailers,
                    size => At::Chunk(size.checked_add(2)?),
                };
            }
            At::Trailers if length == 0 => self.at = At::Head,
            At::Trailers | At::Body(_) | At::Chunk(_) | At::Broken => {}
        }
        self.line = line;
        Some(())
    }

    /// One field of a head: only the two that say how long the body is are of interest.
    fn field(&mut self, line: &[u8], whole: bool) -> Option<()> {
        if !matches!(line.first(), Some(b'c' | b'C' | b't' | b'T' | b' ' | b'\t')) {
            return Some(());
        }
        // Folded lines: the parser refuses them, too.
        if line[0].is_ascii_whitespace() {
            return None;
        }
        let Some(colon) = memchr::memchr(b':', line) else {
            return Some(());
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        // A space before the colon hides a name from one reader and not from the other; the parser refuses it.
        let name = name.trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let digits = std::str::from_utf8(value).ok()?;
            let plain = whole && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let length = digits.parse().ok().filter(|_| plain)?;
            // Said twice, even alike, is more than once.
            if self.content_length.replace(length).is_some() {
                return None;
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let once = !std::mem::replace(&mut self.chunked, true);
            if !once || !whole || !value.eq_ignore_ascii_case(b"chunked") {
                return None;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn look(bytes: &[u8], step: usize) -> Option<usize> {
        let mut heads = Heads::new();
        let mut at = 0;
        for part in bytes.chunks(step.max(1)) {
            if let Some(bad) = heads.look(part) {
                return Some(at + bad);
            }
            at += part.len();
        }
        None
    }

    const GOOD: &[&str] = &[
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-LENGTH: 3\r\n\r\na\nbGET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length:0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\na\nb\r\n1;x=y\r\n\n\r\n0\r\nT: 1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    ];
    const BAD: &[&str] = &[
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET / HTTP/1.1\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\nx",
        "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\nx",
        "POST / HTTP/1.1\r\nContent-Length : 1\r\nContent-Length: 2\r\n\r\nx",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: 1\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nA: b\r\n c: d\r\n\r\n",
    ];

    /// CWE-444, however the network cuts the bytes.
    #[test]
    fn a_bare_lf_and_two_lengths_break_a_head() {
        for step in [1, 2, 3, 7, 1000] {
            for good in GOOD {
                assert_eq!(look(good.as_bytes(), step), None, "{good:?} by {step}");
            }
            for bad in BAD {
                let at = look(bad.as_bytes(), step).unwrap_or_else(|| panic!("{bad:?} by {step}"));
                assert_eq!(bad.as_bytes()[at], b'\n', "{bad:?} by {step}");
            }
        }
        let endless = [
            &b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;"[..],
            &[b'x'; 5000],
            b"\r\n",
        ]
        .concat();
        for step in [10, 10_000] {
            assert!(look(&endless, step).is_some(), "by {step}");
        }
        // Extensions are legal, longer than what is kept of a line too (RFC 9112 §7.1.1).
        for length in [63, 64, 300, 4000] {
            let long = format!(
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;{}\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\n",
                "x".repeat(length)
            );
            for step in [1, 10, 10_000] {
                assert_eq!(
                    look(long.as_bytes(), step),
                    Some(long.len() - 1),
                    "{length} by {step}"
                );
            }
        }
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 100_000, "values"))]

            /// What follows a body is found, whatever is in the body.
            #[test]
            fn a_body_is_never_taken_for_a_head(body in proptest::collection::vec(any::<u8>(), 0..300), step in 1_usize..50) {
                let whole = [
                    format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(),
                    &body,
                    b"GET / HTTP/1.1\r\nHost: a\n",
                ].concat();
                prop_assert_eq!(look(&whole, step), Some(whole.len() - 1));
                let mut chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
                for chunk in body.chunks(17) {
                    chunked.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                    chunked.extend(chunk);
                    chunked.extend(b"\r\n");
                }
                chunked.extend(b"0\r\n\r\nGET / HTTP/1.1\r\nHost: a\n");
                prop_assert_eq!(look(&chunked, step), Some(chunked.len() - 1));
            }
        }
    }
}

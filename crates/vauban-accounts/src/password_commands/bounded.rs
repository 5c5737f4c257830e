//! Lines of a file, none of them longer than is said.

use std::io::{BufRead, Result};

/// The next line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It is in the buffer, without its end.
    Here,
    /// It was longer, and has been passed over.
    TooLong,
    /// There is none.
    End,
}

/// Reads the next line into `line`. CWE-400: a line without end takes no more memory than `most` bytes.
pub(super) fn next_line(from: &mut impl BufRead, line: &mut Vec<u8>, most: usize) -> Result<Line> {
    line.clear();
    let (mut is_there, mut is_too_long) = (false, false);
    loop {
        let some = from.fill_buf()?;
        if some.is_empty() {
            break;
        }
        is_there = true;
        let end = memchr(some);
        let part = &some[..end.unwrap_or(some.len())];
        if line.len() + part.len() > most {
            is_too_long = true;
        } else {
            line.extend_from_slice(part);
        }
        let taken = part.len() + usize::from(end.is_some());
        from.consume(taken);
        if end.is_some() {
            break;
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(match (is_there, is_too_long) {
        (false, _) => Line::End,
        (true, true) => Line::TooLong,
        (true, false) => Line::Here,
    })
}

fn memchr(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n')
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn lines(text: &[u8], buffer: usize) -> Vec<Option<Vec<u8>>> {
        let (mut from, mut line, mut all) = (BufReader::with_capacity(buffer, text), Vec::new(), Vec::new());
        loop {
            match next_line(&mut from, &mut line, 5).unwrap() {
                Line::Here => all.push(Some(line.clone())),
                Line::TooLong => all.push(None),
                Line::End => return all,
            }
            assert!(line.len() <= 5 && line.capacity() < 64, "CWE-400");
        }
    }

    /// CWE-400. Attack: a line that does not end.
    #[test]
    fn cwe_400_no_line_is_longer_than_is_said() {
        let long = [b'x'].repeat(100_000);
        let text = [b"one\r\n\nthree\n".as_slice(), &long, b"\nfour"].concat();
        for buffer in [1, 3, 8192] {
            let some = |text: &str| Some(text.as_bytes().to_vec());
            assert_eq!(
                lines(&text, buffer),
                [some("one"), some(""), some("three"), None, some("four")]
            );
        }
        assert_eq!(lines(b"", 8), Vec::<Option<Vec<u8>>>::new());
    }
}

//! Segments of a path that are `.` or `..`: browsers drop them, and what stands before a `..`, so that a value behind may be the
//! first segment after all (CWE-22, CWE-352). A segment may be written in pieces, and be one thing or another.

/// What the segment that is being read may be, as bits; none: the path has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dots {
    may_be: u8,
    /// A segment may be all dots.
    pub climbs: bool,
}

const EMPTY: u8 = 1;
const ONE: u8 = 2;
const TWO: u8 = 4;
const TEXT: u8 = 8;
/// A value, which may be empty.
const VALUE: u8 = 16;
/// `{{ name }}.`: alone it is only itself dropped.
const VALUE_ONE: u8 = 32;

impl Default for Dots {
    fn default() -> Self {
        Self {
            may_be: EMPTY,
            climbs: false,
        }
    }
}

impl Dots {
    /// Moves over literal text, decoded, in which no percent escape is cut.
    pub fn read(&mut self, text: &str) {
        // Browsers read `%2e` as a dot, and drop tabs, line breaks and what blank is round the address.
        let text = text.replace("%2e", ".").replace("%2E", ".");
        for c in text.chars().filter(|c| *c > ' ') {
            match c {
                '/' | '\\' => self.end(EMPTY),
                '?' | '#' => self.end(0),
                '.' => self.step(&[
                    (EMPTY, ONE),
                    (ONE, TWO),
                    (TWO | TEXT, TEXT),
                    (VALUE, VALUE_ONE),
                    (VALUE_ONE, TWO),
                ]),
                _ => self.step(&[(u8::MAX, TEXT)]),
            }
        }
    }

    /// Moves over a value, which is no dots itself.
    pub fn value(&mut self) {
        self.climbs |= self.may_be & (ONE | TWO) != 0;
        self.step(&[(EMPTY | VALUE, VALUE), (ONE, ONE), (TWO, TWO), (TEXT, TEXT), (VALUE_ONE, VALUE_ONE)]);
    }

    /// The segment ends; what begins then?
    pub fn end(&mut self, next: u8) {
        self.climbs |= self.may_be & (ONE | TWO) != 0;
        if self.may_be != 0 {
            self.may_be = next;
        }
    }

    /// One way or the other.
    pub fn join(self, other: Self) -> Self {
        Self {
            may_be: self.may_be | other.may_be,
            climbs: self.climbs | other.climbs,
        }
    }

    fn step(&mut self, ways: &[(u8, u8)]) {
        let open = ways.iter().filter(|(from, _)| self.may_be & from != 0);
        self.may_be = open.fold(0, |all, (_, to)| all | to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn climbs(pieces: &[&str]) -> bool {
        let mut dots = Dots::default();
        for piece in pieces {
            match *piece {
                "x" => dots.value(),
                text => dots.read(text),
            }
        }
        dots.end(0);
        dots.climbs
    }

    #[test]
    fn dots_alone_climb_whatever_they_are_cut_by() {
        for pieces in [
            &["/./", "x"][..],
            &["/a/..", "/", "x"],
            &["/a/%2E", ".", "/"],
            &["/a/..", "x", "/b/"],
            &["/.", "x"],
            &["/a/", "x", ".", "x", "./"],
            &["/a/", "x", "/..?b"],
            &["\\..\\", "x"],
        ] {
            assert!(climbs(pieces), "{pieces:?}");
        }
        for pieces in [
            &["/a/", "x", "/b.c/.d/..e/...", "/"][..],
            &["/a/", "x", ".", "x", "/"],
            &["/a?b=/../", "x"],
            &["/.well-known/", "x"],
        ] {
            assert!(!climbs(pieces), "{pieces:?}");
        }
    }
}

//! Segments of a path that are `.` or `..`: browsers drop them, and what stands before a `..`, so that a value behind may be the
//! first segment after all (CWE-22, CWE-352). A segment may be written in pieces, and be one thing or another.

/// What was read of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dots {
    /// What its last segment may be, as bits; none: the path has ended.
    last: u8,
    /// A segment with text has ended: what is only dropped behind it does no harm.
    below: bool,
    /// Before that, a segment was dropped.
    dropped: bool,
    /// Some segment may be what takes back the way to it, or a value the first segment that is left.
    climbs: bool,
    /// A value stands in it.
    valued: bool,
}

const EMPTY: u8 = 1;
const ONE: u8 = 2;
const TWO: u8 = 4;
const TEXT: u8 = 8;

impl Default for Dots {
    fn default() -> Self {
        Self {
            last: EMPTY,
            below: false,
            dropped: false,
            climbs: false,
            valued: false,
        }
    }
}

impl Dots {
    /// Moves over literal text, decoded, in which no percent escape is cut.
    pub fn read(&mut self, text: &str) {
        // Browsers read `%2e` as a dot, and drop tabs, line breaks and what is blank round the address.
        let text = text.replace("%2e", ".").replace("%2E", ".");
        for c in text.chars().filter(|c| *c > ' ') {
            match c {
                '/' | '\\' => self.end(EMPTY),
                '?' | '#' => self.end(0),
                // Three are text.
                '.' => self.last = (self.last & (EMPTY | ONE | TWO)) << 1 | self.last & TEXT,
                _ if self.last != 0 => self.last = TEXT,
                _ => {}
            }
        }
    }

    /// Moves over a value, which is no dots itself, and may be empty.
    pub fn value(&mut self) {
        self.valued |= self.last != 0;
        self.climbs |= self.last & EMPTY != 0 && self.dropped && !self.below;
    }

    /// The value that it moved over may hold slashes: a dot before it is a segment then, and what follows the first that is left.
    pub fn segments(&mut self) {
        self.climbs |= self.last & ONE != 0 && !self.below;
    }

    /// Whether a value stands in a path that dots take back, now that it has ended.
    pub fn take_back(mut self) -> bool {
        self.end(0);
        self.climbs && self.valued
    }

    /// One way or the other.
    pub fn join(self, other: Self) -> Self {
        Self {
            last: self.last | other.last,
            below: self.below && other.below,
            dropped: self.dropped || other.dropped,
            climbs: self.climbs || other.climbs,
            valued: self.valued || other.valued,
        }
    }

    fn end(&mut self, next: u8) {
        self.climbs |= self.last & TWO != 0;
        self.dropped |= self.last & ONE != 0;
        self.below |= self.last == TEXT;
        if self.last != 0 {
            self.last = next;
        }
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
                "x/y" => {
                    dots.value();
                    dots.segments();
                }
                text => dots.read(text),
            }
        }
        dots.take_back()
    }

    #[test]
    fn dots_alone_climb_whatever_they_are_cut_by() {
        for pieces in [
            &["/./", "x"][..],
            &["/a/..", "/", "x"],
            &["/a/%2E", ".", "/", "x"],
            &["/a/..", "x", "/b/"],
            &["/.", "x", "/", "x"],
            &["./", "x"],
            &["/.", "x/y"],
            &["x", "./", "x"],
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
            &["/a/../b?c=", "x"],
            &["/a/.", "x", "/"],
            &["/.", "x"],
            &["/a/.", "x/y"],
            &["x", ".", "x"],
            &["./map/", "x"],
            &["/./notes/", "x", "/"],
            &["/.well-known/", "x"],
        ] {
            assert!(!climbs(pieces), "{pieces:?}");
        }
    }
}

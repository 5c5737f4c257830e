//! Making a filter, line by line.

use unicode_normalization::UnicodeNormalization as _;
use xorf::BinaryFuse16;
use zeroize::Zeroizing;

use super::file::{FilterError, MAX_ENTRIES, Target};
use super::{key, key_of_digest};

/// A filter on its way.
///
/// It takes some 40 bytes of memory for each password, until it is written.
#[derive(Default)]
pub(crate) struct FilterBuilder {
    keys: Vec<u64>,
    at_least: u64,
    taken: Taken,
    /// Of the passwords those that look like digests of another kind.
    strange: u64,
}

/// What was taken, before duplicates were put together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) digests: u64,
    pub(crate) passwords: u64,
}

/// Why a line is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotALine {
    /// Hexadecimal digits and a count, and not those of a SHA-1.
    OfAnotherDigest,
    /// A zero byte is in it: UTF-16 has one beside every letter.
    NotUtf8,
    /// There are as many as a filter holds.
    TooMany,
}

impl FilterBuilder {
    /// Leaves out what was seen less often, where the list tells.
    pub(crate) fn at_least(seen: u64) -> Self {
        Self {
            at_least: seen,
            ..Self::default()
        }
    }

    /// What was taken until now.
    pub(crate) fn taken(&self) -> Taken {
        self.taken
    }

    /// Takes a line: `HEX:count` or `HEX` with the 40 hexadecimal digits of a SHA-1, or a password as it is.
    ///
    /// # Errors
    /// [`NotALine`].
    pub(crate) fn add(&mut self, line: &[u8]) -> Result<(), NotALine> {
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        if line.contains(&0) {
            return Err(NotALine::NotUtf8);
        }
        let before = line.iter().rposition(|byte| b":;, \t".contains(byte));
        let counted = before.and_then(|at| Some((&line[..at], count(&line[at + 1..])?)));
        let (digits, seen) = counted.unwrap_or((line, u64::MAX));
        match digest(digits) {
            // A line of digits alone may be a password, too.
            Some(digest) => {
                if seen == 0 || seen < self.at_least {
                    return Ok(());
                }
                self.push(key_of_digest(&digest))?;
                self.taken.digests += 1;
                match counted {
                    Some(_) => Ok(()),
                    None => self.push(key(line)),
                }
            }
            None if counted.is_some() && is_of_another_digest(digits) => Err(NotALine::OfAnotherDigest),
            None if line.is_empty() => Ok(()),
            None => {
                self.taken.passwords += 1;
                self.strange += u64::from(is_of_another_digest(line));
                self.push(normal(line))
            }
        }
    }

    fn push(&mut self, key: u64) -> Result<(), NotALine> {
        if self.keys.len() as u64 >= MAX_ENTRIES {
            return Err(NotALine::TooMany);
        }
        self.keys.push(key);
        Ok(())
    }

    /// Writes the filter and says how many passwords are in it.
    ///
    /// # Errors
    /// If there are none, or the file cannot be written.
    pub(crate) fn write(self, target: Target) -> Result<u64, FilterError> {
        let (filter, count) = self.filter()?;
        target.write(&filter, count)?;
        Ok(count)
    }

    pub(super) fn filter(mut self) -> Result<(BinaryFuse16, u64), FilterError> {
        // Some people's password is a digest. Where most are, it is a list of digests.
        if 2 * self.strange > self.taken.passwords + self.taken.digests {
            return Err(FilterError::OfAnotherDigest);
        }
        // With duplicates there is no filter, however often it is tried.
        self.keys.sort_unstable();
        self.keys.dedup();
        if self.keys.is_empty() {
            return Err(FilterError::Empty);
        }
        let filter = BinaryFuse16::try_from(&self.keys[..]).map_err(|_| FilterError::NotBuilt)?;
        Ok((filter, self.keys.len() as u64))
    }
}

/// As it is asked for: in the Unicode form that every password is brought into.
fn normal(line: &[u8]) -> u64 {
    match std::str::from_utf8(line) {
        Ok(text) if !text.is_ascii() => key(Zeroizing::new(text.nfc().collect::<String>()).as_bytes()),
        _ => key(line),
    }
}

fn count(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

fn digest(digits: &[u8]) -> Option<[u8; 20]> {
    if digits.len() != 40 {
        return None;
    }
    let mut digest = [0; 20];
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        let nibble = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(nibble(pair[0])? * 16 + nibble(pair[1])?).ok()?;
    }
    Some(digest)
}

/// NTLM (which the same place publishes), SHA-256, or what is left of a SHA-1 in a file that is named by its first five digits: each
/// would be taken for a password, and the filter would know none.
fn is_of_another_digest(digits: &[u8]) -> bool {
    matches!(digits.len(), 32 | 35 | 64) && digits.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use xorf::Filter as _;

    use super::*;

    fn of(lines: &[&str]) -> Vec<u64> {
        let mut builder = FilterBuilder::at_least(2);
        for line in lines {
            builder.add(line.as_bytes()).unwrap();
        }
        builder.keys
    }

    #[test]
    fn passwords_and_their_digests_are_one_entry() {
        let digest = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";
        let password = [key(b"password")];
        assert_eq!(of(&["password"]), password);
        assert_eq!(of(&[&format!("{digest}:9545824")]), password);
        assert_eq!(of(&[&format!("{}:2", digest.to_lowercase())]), password);
        assert_eq!(of(&[digest])[..1], password);
        // Without a count it may be the password itself.
        assert_eq!(of(&[digest])[1], key(digest.as_bytes()));
        // Seen too seldom, or made up to fill a page.
        assert!(of(&[&format!("{digest}:1"), &format!("{digest}:0"), ""]).is_empty());
        for separator in [" ", "\t", ";", ","] {
            assert_eq!(of(&[&format!("{digest}{separator}9")]), password);
        }
        // A password with a colon is one.
        assert_eq!(of(&["a:1"]), [key(b"a:1")]);
        // Two spellings of one text.
        assert_eq!(of(&["caf\u{e9}"]), of(&["cafe\u{301}"]));
    }

    /// The mistake: a list of another digest makes a filter that knows no password.
    #[test]
    fn digests_of_another_kind_are_refused() {
        for digits in [32, 35, 64] {
            let digest = &"A1".repeat(32)[..digits];
            for count in [":3", " 3", "\t3"] {
                let added = FilterBuilder::default().add(format!("{digest}{count}").as_bytes());
                assert_eq!(added, Err(NotALine::OfAnotherDigest), "{digits}{count}");
            }
            // Without a count one may be a password, and most of a list is not.
            let of = |lines: [&str; 2]| {
                let mut builder = FilterBuilder::default();
                lines
                    .iter()
                    .for_each(|line| builder.add(line.as_bytes()).unwrap());
                builder.filter().map(|(_, count)| count)
            };
            assert_eq!(of([digest, "one password"]).unwrap(), 2);
            assert!(matches!(
                of([digest, &"B2".repeat(16)]),
                Err(FilterError::OfAnotherDigest)
            ));
        }
    }

    /// The mistake: a list in UTF-16, of which every line but the first begins in the middle of a letter.
    #[test]
    fn text_of_another_form_is_refused() {
        let list: Vec<u8> = "\u{feff}one\ntwo"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for line in list.split(|byte| *byte == b'\n') {
            assert_eq!(FilterBuilder::default().add(line), Err(NotALine::NotUtf8));
        }
        // What Windows writes before UTF-8 belongs to no password.
        assert_eq!(of(&["\u{feff}one password"]), of(&["one password"]));
        let digest = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9";
        assert_eq!(of(&[&format!("\u{feff}{digest}")]), of(&[digest]));
    }

    /// Attack: a list with duplicates, with which no filter can be built, keeps the command busy for ever.
    #[test]
    fn duplicates_and_few_passwords_make_a_filter() {
        for size in (1..200).chain([1000, 4096]) {
            let mut builder = FilterBuilder::default();
            let line = |n: usize| format!("password number {n}");
            for n in (0..size).chain(0..size).chain([0; 100]) {
                builder.add(line(n).as_bytes()).unwrap();
            }
            let (filter, count) = builder.filter().unwrap();
            assert_eq!(count, size as u64);
            assert!(
                (0..size).all(|n| filter.contains(&key(line(n).as_bytes()))),
                "{size}"
            );
        }
        assert!(matches!(
            FilterBuilder::default().filter(),
            Err(FilterError::Empty)
        ));
    }

    /// Of what was put in nothing is missed; of a million others no more than four times what is to be expected is refused.
    #[test]
    fn asvs_6_2_12_nothing_is_missed_and_little_is_mistaken() {
        let mut builder = FilterBuilder::default();
        let line = |n: u32| format!("stolen {n}");
        (0..50_000).for_each(|n| builder.add(line(n).as_bytes()).unwrap());
        let (filter, _) = builder.filter().unwrap();
        assert!((0..50_000).all(|n| filter.contains(&key(line(n).as_bytes()))));
        let mistaken = (0..1_000_000_u64)
            .filter(|n| filter.contains(&n.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
            .count();
        // 15 are expected.
        assert!((1..60).contains(&mistaken), "{mistaken}");
        // 18 bits each, and a little more where there are few.
        assert!(
            filter.fingerprints.len() < 65_000,
            "{}",
            filter.fingerprints.len()
        );
    }
}

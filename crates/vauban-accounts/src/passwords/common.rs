//! The list of common passwords (ASVS 6.2.4, CWE-521).
//!
//! `common-passwords.txt` is Django 6.1's list (compiled by Royce Williams, shipped by Django under
//! BSD-3-Clause, see `common-passwords.LICENSE`): lower case, one per line. Ours is sorted by bytes, so that
//! it is searched in place: nothing is unpacked or kept in memory, and a reviewer can read it.

const LIST: &str = include_str!("common-passwords.txt");

/// Whether the password, in lower case and without surrounding white space, is on the list.
pub(super) fn is_common(password: &str) -> bool {
    let lower = zeroize::Zeroizing::new(password.to_lowercase());
    let wanted = lower.trim();
    !wanted.is_empty() && contains(LIST, wanted)
}

/// Binary search over sorted lines.
fn contains(list: &str, wanted: &str) -> bool {
    let (bytes, wanted) = (list.as_bytes(), wanted.as_bytes());
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = bytes[low..middle]
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(low, |at| low + at + 1);
        let end = bytes[middle..high]
            .iter()
            .position(|b| *b == b'\n')
            .map_or(high, |at| middle + at);
        match bytes[start..end].cmp(wanted) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_and_its_neighbours_are_not() {
        let mut lines = 0;
        for line in LIST.lines() {
            assert!(is_common(line), "{line}");
            assert!(!contains(LIST, &format!("{line}\u{1}")), "{line}");
            lines += 1;
        }
        assert_eq!(lines, 19_640);
        assert!(LIST.lines().is_sorted_by(|a, b| a.as_bytes() < b.as_bytes()));
    }

    #[test]
    fn case_and_surrounding_space_do_not_help() {
        assert!(is_common(" PassWord\t"));
        assert!(!is_common(""));
        assert!(!is_common("correct horse battery staple"));
    }
}

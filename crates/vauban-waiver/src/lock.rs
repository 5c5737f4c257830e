//! `waivers.lock`: one line per signed exception, `wall | module path | reason | places`.
//!
//! No line numbers: moving code stays quiet. The number of places is the one thing that a check at
//! compile time cannot see; the command `waivers` compares it.

mod entries;

pub use entries::{Difference, Entry, Lock};

/// Whether a reason says something: at least four words, 16 bytes.
pub const fn substantial(reason: &str) -> bool {
    let bytes = reason.as_bytes();
    let (mut words, mut inside, mut i) = (0, false, 0);
    while i < bytes.len() {
        let letter = bytes[i].is_ascii_alphanumeric() || bytes[i] >= 0x80;
        // CWE-93: a line break or a bar would forge another entry of the lock.
        if bytes[i] < 0x20 || bytes[i] == b'|' {
            return false;
        }
        if letter && !inside {
            words += 1;
        }
        inside = letter || (inside && matches!(bytes[i], b'\'' | b'-' | b'_'));
        i += 1;
    }
    words >= 4 && bytes.len() >= 16
}

/// Whether `lock` has a line that starts with `entry`.
pub const fn signed(lock: &str, entry: &str) -> bool {
    let (lock, entry) = (lock.as_bytes(), entry.as_bytes());
    let mut start = 0;
    while start < lock.len() {
        let mut i = 0;
        while i < entry.len() && start + i < lock.len() && lock[start + i] == entry[i] {
            i += 1;
        }
        if i == entry.len() {
            return true;
        }
        while start < lock.len() && lock[start] != b'\n' {
            start += 1;
        }
        start += 1;
    }
    false
}

/// Whether a module's file is named like a module of its path: `a/b.rs` or `a/b/mod.rs` for `a::b` and what stands
/// inline in it. What `include!` and `path = …` bring is not, and no list of waivers follows it (CWE-1059).
pub const fn placed(module: &str, file: &str) -> bool {
    let (module, file) = (module.as_bytes(), file.as_bytes());
    // Documentation's examples have the file of the text around them, build scripts any name.
    if begins(module, b"rust_out") || begins(module, b"doctest_") || begins(module, b"build_script_") {
        return true;
    }
    // Without `.rs`.
    let mut end = file.len().saturating_sub(3);
    let mut start = name_start(file, end);
    if same(file, start, end, b"lib") || same(file, start, end, b"main") {
        return true;
    }
    if same(file, start, end, b"mod") {
        if start == 0 {
            return false;
        }
        end = start - 1;
        start = name_start(file, end);
    }
    let (mut from, mut i) = (0, 0);
    while i <= module.len() {
        if i == module.len() || module[i] == b':' {
            // `r#type::x` lies in `type.rs`.
            if i >= from + 2 && module[from] == b'r' && module[from + 1] == b'#' {
                from += 2;
            }
            if i - from == end - start && part(module, from, file, start, end) {
                return true;
            }
            from = i + 1;
        }
        i += 1;
    }
    false
}

const fn begins(text: &[u8], with: &[u8]) -> bool {
    text.len() >= with.len() && part(text, 0, with, 0, with.len())
}

/// Where the name begins that ends at `end`.
const fn name_start(file: &[u8], end: usize) -> usize {
    let mut start = end;
    while start > 0 && file[start - 1] != b'/' && file[start - 1] != b'\\' {
        start -= 1;
    }
    start
}

const fn same(file: &[u8], start: usize, end: usize, word: &[u8]) -> bool {
    end - start == word.len() && part(word, 0, file, start, end)
}

/// Whether `module` has, from `from` on, what `file` has from `start` to `end`. A program `my-tool.rs` is the crate
/// `my_tool`.
const fn part(module: &[u8], from: usize, file: &[u8], start: usize, end: usize) -> bool {
    let mut i = 0;
    while i < end - start {
        let byte = if file[start + i] == b'-' {
            b'_'
        } else {
            file[start + i]
        };
        if module[from + i] != byte {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_four_words() {
        assert!(substantial("the nightly digest counts all tenants' tasks"));
        for thin in [
            "",
            "ok",
            "we need this",
            "a b c",
            "x | y | z | w | v",
            "one two three\nfour five",
        ] {
            assert!(!substantial(thin), "{thin:?}");
        }
    }

    #[test]
    fn an_entry_starts_a_line() {
        let lock = "# comment\nUnscoped | demo::digest | it counts | 1\n";
        assert!(signed(lock, "Unscoped | demo::digest | it counts | "));
        assert!(!signed(lock, "scoped | demo::digest | it counts | "));
        assert!(!signed(lock, "Unscoped | demo::digest | it counts, too | "));
        assert!(!signed("", "Unscoped | a | b | "));
    }

    #[test]
    fn a_module_lies_in_a_file_of_its_name() {
        for (module, file) in [
            ("app", "src/lib.rs"),
            ("app", "src/main.rs"),
            ("app::a::b", "src/a/b.rs"),
            ("app::a::b", "src/a/b/mod.rs"),
            ("app::a::inline", "src/a.rs"),
            ("app::a", "C:\\app\\src\\a.rs"),
            ("my_tool", "src/bin/my-tool.rs"),
            ("tool", "src/bin/tool/main.rs"),
            ("app::type", "src/type.rs"),
            ("app::r#type::x", "src/type/mod.rs"),
            ("build_script_build", "build.rs"),
            ("doctest_bundle_2024::__doctest_0", "src/db.rs"),
        ] {
            assert!(placed(module, file), "{module} in {file}");
        }
        for (module, file) in [
            ("app::a", "src/hidden.rs"),
            ("app::ab", "src/a.rs"),
            ("app::a", "src/ab.rs"),
            ("app", "mod.rs"),
            ("app::a", "/target/out/generated.rs"),
            ("app", ""),
        ] {
            assert!(!placed(module, file), "{module} in {file}");
        }
    }
}

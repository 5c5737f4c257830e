//! The fuzz targets for a moment on the stable toolchain: the committed corpus, and mutations of it.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]
#![cfg(feature = "compiler")]

#[path = "support/fuzz.rs"]
mod fuzz;
#[path = "support/interpret.rs"]
mod interpret;
#[path = "support/skeleton.rs"]
mod skeleton;

use std::path::PathBuf;

/// A small generator of numbers: the same run every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files.into_iter().map(|p| std::fs::read(p).unwrap()).collect()
}

fn words() -> Vec<String> {
    let dictionary = include_str!("../../../fuzz/templates.dict");
    let mut out: Vec<String> = Vec::new();
    for line in dictionary.lines().filter(|l| l.starts_with('"')) {
        let inside = &line[1..line.len() - 1];
        out.push(
            inside
                .replace("\\\"", "\"")
                .replace("\\x00", "\0")
                .replace("\\xe2\\x80\\xa8", "\u{2028}"),
        );
    }
    out
}

fn run(target: &str, check: fn(&[u8]), rounds: usize) {
    let corpus = corpus(target);
    let words = words();
    let mut numbers = Numbers(0x5eed_5eed_5eed_5eed);
    for input in &corpus {
        check(input);
    }
    for _ in 0..rounds {
        let mut input = corpus[numbers.next(corpus.len())].clone();
        for _ in 0..=numbers.next(4) {
            let at = numbers.next(input.len() + 1);
            match numbers.next(5) {
                0 => drop(input.splice(at..at, words[numbers.next(words.len())].bytes())),
                1 if at < input.len() => drop(input.remove(at)),
                2 if at < input.len() => input[at] = b" \"'<>&;:/\\={}%`$\0a"[numbers.next(18)],
                3 => {
                    let other = &corpus[numbers.next(corpus.len())];
                    let from = numbers.next(other.len());
                    input.extend_from_slice(&other[from..]);
                }
                _ => input.truncate(at.max(1)),
            }
        }
        input.truncate(4096);
        check(&input);
    }
}

#[test]
fn compiler() {
    run("compiler", fuzz::compiler, 20_000);
}

#[test]
fn structure() {
    run("structure", fuzz::structure, 20_000);
}

/// CWE-79: what one branch leaves open must not close, or drop, something of the other's.
#[test]
fn branches_of_a_tag() {
    let mut numbers = Numbers(0x7a65_7a65_7a65_7a65);
    let mut judged = 0;
    for _ in 0..4_000 {
        let bytes: Vec<u8> = (0..24).map(|_| numbers.next(256) as u8).collect();
        judged += usize::from(interpret::ops(&fuzz::tags(&bytes)).is_ok());
        fuzz::branches(&bytes);
    }
    assert!(judged > 500, "{judged}");
}

#[test]
fn filters() {
    run("filters", fuzz::filters, 3_000);
}

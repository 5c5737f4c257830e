//! Loading of vectors, and comparison of text.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout
)]

use serde_json::Value;
use std::path::PathBuf;

/// Reads a vector file, or the committed sample where the folder is missing.
pub fn load(file: &str) -> Value {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        std::env::var("VAUBAN_VECTORS")
            .map(PathBuf::from)
            .unwrap_or_default(),
        package.join("../../../shared/vectors"),
        package.join("tests/samples"),
    ];
    for folder in folders {
        if let Ok(text) = std::fs::read_to_string(folder.join(file)) {
            return serde_json::from_str(&text).unwrap();
        }
    }
    panic!("no {file}")
}

/// The same but for the spelling of references and the blocked marker.
pub fn same_text(actual: &str, expected: &str) -> bool {
    let canonical = |s: &str| {
        let mut s = s
            .replace("about:invalid#blocked", "[blocked]")
            .replace("#ZgotmplZ", "[blocked]");
        for (from, to) in [
            ("&#39;", "&#x27;"),
            ("&#34;", "&quot;"),
            ("&#43;", "+"),
            ("&#61;", "="),
            ("\0", "\u{FFFD}"),
        ] {
            s = s.replace(from, to);
        }
        s
    };
    canonical(actual) == canonical(expected)
}

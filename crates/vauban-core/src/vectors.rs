//! The shared test vectors, and what became of their cases. Tests only.

use serde_json::Value;

/// The cases of the vector file `name`; of the committed `sample` where the shared folder is missing.
/// `VAUBAN_VECTORS` names another folder.
pub fn cases(name: &str, sample: &str) -> Vec<Value> {
    match file(name, sample)["cases"].take() {
        Value::Array(cases) => cases,
        other => panic!("{name}: `cases` is not a list but {other}"),
    }
}

/// The whole file.
pub fn file(name: &str, sample: &str) -> Value {
    let folder = std::env::var("VAUBAN_VECTORS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors").to_owned());
    let text = std::fs::read_to_string(std::path::Path::new(&folder).join(name));
    match serde_json::from_str(text.as_deref().unwrap_or(sample)) {
        Ok(cases) => cases,
        Err(error) => panic!("{name} is no JSON: {error}"),
    }
}

/// A text of a case; empty if there is none.
pub fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap_or("")
}

/// What became of a file's cases.
#[derive(Debug, Default)]
pub struct Tally {
    total: usize,
    same: usize,
    stricter: Vec<String>,
    left_out: Vec<String>,
    pub failures: Vec<String>,
}

impl Tally {
    /// One case: `expected` and `got` are "let through". `rule` is the written reason for being stricter.
    pub fn case(&mut self, id: &str, expected: bool, got: bool, rule: Option<&str>) {
        self.total += 1;
        match (expected, got) {
            (true, true) | (false, false) => self.same += 1,
            (false, true) => self.failures.push(format!("{id}: LOOSER than the reference")),
            (true, false) => match rule {
                Some(rule) => self.stricter.push(format!("{id}: {rule}")),
                None => self
                    .failures
                    .push(format!("{id}: refused without a rule that says why")),
            },
        }
    }

    pub fn leave_out(&mut self, id: &str, reason: &str) {
        self.total += 1;
        self.left_out.push(format!("{id}: {reason}"));
    }

    /// No failures; and for the file as it was when this was written, exactly these numbers.
    pub fn finish(self, pinned_total: usize, pinned: (usize, usize, usize)) {
        assert!(self.failures.is_empty(), "{:#?}", self.failures);
        let numbers = (self.same, self.stricter.len(), self.left_out.len());
        if self.total == pinned_total {
            assert_eq!(numbers, pinned, "{:#?} {:#?}", self.stricter, self.left_out);
        }
    }
}

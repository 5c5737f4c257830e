//! Reading the shared test vectors. Tests only.

use serde_json::Value;

/// The cases of the vector file `name`; of the committed `sample` where the shared folder is missing.
/// `VAUBAN_VECTORS` names another folder.
pub(crate) fn cases(name: &str, sample: &str) -> Vec<Value> {
    match file(name, sample)["cases"].take() {
        Value::Array(cases) => cases,
        other => panic!("{name}: `cases` is not a list but {other}"),
    }
}

/// The whole file.
pub(crate) fn file(name: &str, sample: &str) -> Value {
    let folder = std::env::var("VAUBAN_VECTORS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors").to_owned());
    let text = std::fs::read_to_string(std::path::Path::new(&folder).join(name));
    serde_json::from_str(text.as_deref().unwrap_or(sample)).expect("a vector file is JSON")
}

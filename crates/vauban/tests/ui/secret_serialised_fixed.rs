pub fn export(key: &vauban::Secret<String>) -> String {
    serde_json::to_string(&key.expose().len()).unwrap_or_default()
}

fn main() {}

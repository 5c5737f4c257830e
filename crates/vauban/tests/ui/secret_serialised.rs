pub fn export(key: &vauban::Secret<String>) -> String {
    serde_json::to_string(key).unwrap_or_default()
}

fn main() {}

pub fn key() -> vauban::Secret<String> {
    vauban::Secret::new("correct horse battery staple".to_owned())
}

fn main() {}

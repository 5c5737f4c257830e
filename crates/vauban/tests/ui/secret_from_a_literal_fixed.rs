pub fn key(settings: &vauban::Settings) -> &vauban::Secret<String> {
    &settings.secret_key
}

fn main() {}

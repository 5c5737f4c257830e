pub fn url(settings: &vauban::Settings) -> &vauban::Secret<String> {
    &settings.database_url
}

fn main() {}

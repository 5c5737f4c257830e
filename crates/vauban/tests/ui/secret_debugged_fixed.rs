pub struct Mailer {
    pub host: String,
    pub password: vauban::Secret<String>,
}

fn main() {}

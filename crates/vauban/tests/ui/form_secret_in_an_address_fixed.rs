// CWE-598: a password in a body.
use vauban::Secret;
use vauban::prelude::*;

#[derive(Form)]
struct SignInForm {
    #[field(max_length = 100)]
    name: String,
    #[field(max_length = 100)]
    password: Secret<String>,
}

fn main() {}

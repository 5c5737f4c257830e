// CWE-598: a password in an address.
use vauban::Secret;
use vauban::prelude::*;

#[derive(Form)]
#[form(get)]
struct SignInForm {
    #[field(max_length = 100)]
    name: String,
    #[field(max_length = 100)]
    password: Secret<String>,
}

fn main() {}

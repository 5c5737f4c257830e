// ASVS 2.2.1, CWE-770: free text without a bound.
use vauban::Form;

#[derive(Form)]
struct CommentForm {
    text: String,
}

fn main() {
    let _ = Form::<CommentForm>::empty();
}

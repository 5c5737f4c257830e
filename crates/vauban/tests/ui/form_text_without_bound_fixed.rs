// ASVS 2.2.1, CWE-770: free text without a bound.
use vauban::Form;

#[derive(Form)]
struct CommentForm {
    #[field(max_length = 2000)]
    text: String,
}

fn main() {
    let _ = Form::<CommentForm>::empty();
}

// CWE-20: a type that no rule says how to read.
use vauban::Form;

#[derive(Form)]
struct CommentForm {
    #[field(max_length = 2000)]
    lines: String,
}

fn main() {
    let _ = Form::<CommentForm>::empty();
}

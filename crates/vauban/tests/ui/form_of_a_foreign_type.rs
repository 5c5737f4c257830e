// CWE-20: a type that no rule says how to read.
use vauban::Form;

#[derive(Form)]
struct CommentForm {
    lines: Vec<String>,
}

fn main() {
    let _ = Form::<CommentForm>::empty();
}

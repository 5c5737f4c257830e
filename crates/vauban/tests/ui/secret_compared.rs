pub fn same(a: &vauban::Secret<String>, b: &vauban::Secret<String>) -> bool {
    a == b
}

fn main() {}

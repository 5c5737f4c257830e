pub fn same(a: &vauban::Secret<String>, b: &vauban::Secret<String>) -> bool {
    a.expose().len() == b.expose().len()
}

fn main() {}

pub fn report(key: &vauban::Secret<String>) {
    println!("the key has {} bytes", key.expose().len());
}

fn main() {}

pub fn report(key: &vauban::Secret<String>) {
    println!("the key is {key}");
}

fn main() {}

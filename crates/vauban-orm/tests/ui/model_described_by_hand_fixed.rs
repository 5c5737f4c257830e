#![deny(deprecated)]
use vauban_orm::meta::Derived;

pub fn described(made: Derived) -> Derived {
    made
}

fn main() {}

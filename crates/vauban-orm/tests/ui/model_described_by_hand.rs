#![deny(deprecated)]
use vauban_orm::meta::Derived;

pub fn described(made: Derived) -> Derived {
    Derived::__by_the_derive()
}

fn main() {}

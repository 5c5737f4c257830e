//! A table of routes that names what is no view.
#![allow(dead_code, unused_variables)]

mod site;

mod typo {
    vauban::routes! { show => super::site::views::ticket }
}

mod no_view {
    pub fn helper() {}
    vauban::routes! { show => super::site::views::ticket }
}

fn main() {}

//! Beginners' mistakes in tables of routes.
#![allow(dead_code, unused_variables)]

mod site;

mod colon {
    vauban::routes! { show: super::site::views::ticket }
}

mod prefix {
    vauban::routes! { include tickets at "tickets" = super::site::urls }
}

mod twice {
    vauban::routes! { show => super::site::views::ticket, show => super::site::views::ticket }
}

fn main() {}

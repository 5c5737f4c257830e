//! The site of `../shared/bench` on Vauban.

mod models;
mod urls;
mod views;

fn main() {}

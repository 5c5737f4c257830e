#![allow(unused)]
use vauban_template::SafeHtml;
use vauban_waiver::waiver;

fn main() {
    let name = String::from("Ann");
    let html: SafeHtml = name.into();
}

#![allow(unused)]
use vauban_template::SafeHtml;
use vauban_waiver::waiver;

fn main() {
    let name = String::from("Ann");
    let html: SafeHtml = SafeHtml::trust(name, waiver!(TrustHtml, "a constant of this test only"));
}

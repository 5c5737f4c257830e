use vauban_template::SafeHtml;
#[allow(unused_imports)]
use vauban_waiver::waiver;

fn main() {
    let name = String::from("Ann");
    let _html: SafeHtml = SafeHtml::trust(name, waiver!(TrustHtml, "a constant of this test only"));
}

//! No route can read a slash within a segment: an address is written from a text that has none.
use vauban::prelude::*;

#[view(get, "/hello/{name}/")]
async fn hello(_: Public, name: Path<String>) -> Result<Text> {
    Ok(Text::new(name.into_inner()))
}

mod urls {
    vauban::routes! { hello => super::hello }
}

fn link(band: &PathText) -> vauban::Url {
    urls::hello(band)
}

fn main() {
    if let Ok(band) = PathText::parse("ACDC") {
        let _ = link(&band);
    }
}

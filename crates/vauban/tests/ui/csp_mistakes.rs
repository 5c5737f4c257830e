//! What a policy does not let in: more than one origin, or scripts.

use vauban::{Csp, Public, Result, Text, view};

const WILDCARD: Csp = Csp::strict().images_from("https://*.example.org");
const PLAIN: Csp = Csp::strict().images_from("http://tile.example.org");
const PATH: Csp = Csp::strict().frames_from("https://player.example.org/embed/");
const CASE: Csp = Csp::strict().forms_to("https://Pay.example");
const ADDRESS: Csp = Csp::strict().connect_to("https://192.0.2.7");
const PORT: Csp = Csp::strict().fonts_from("https://fonts.example.org:443");
const ANOTHER: Csp = Csp::strict().framed_by("https://partner.example; script-src *");
const SCRIPT: Csp = Csp::strict().scripts_from("https://cdn.example.org");

#[view(get, "/map/", csp = Csp::strict().images_from("tile.example.org"))]
async fn map(_: Public) -> Result<Text> {
    Ok(Text::new("map"))
}

#[view(get, "/text/", csp = "img-src *")]
async fn text(_: Public) -> Result<Text> {
    Ok(Text::new("text"))
}

fn main() {}

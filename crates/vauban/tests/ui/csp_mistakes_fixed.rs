//! What a policy does not let in: more than one origin, or scripts.

use vauban::{Csp, Public, Result, Text, view};

const HOSTS: Csp = Csp::strict()
    .images_from("https://a.example.org")
    .images_from("https://b.example.org");
const SECURE: Csp = Csp::strict().images_from("https://tile.example.org");
const PATH: Csp = Csp::strict().frames_from("https://player.example.org");
const CASE: Csp = Csp::strict().forms_to("https://pay.example");
const NAME: Csp = Csp::strict().connect_to("https://api.example");
const PORT: Csp = Csp::strict().fonts_from("https://fonts.example.org");
const ONE: Csp = Csp::strict().framed_by("https://partner.example");

#[view(get, "/map/", csp = Csp::strict().images_from("https://tile.example.org"))]
async fn map(_: Public) -> Result<Text> {
    Ok(Text::new("map"))
}

#[view(get, "/text/", csp = HOSTS)]
async fn text(_: Public) -> Result<Text> {
    Ok(Text::new("text"))
}

fn main() {
    let _ = (SECURE, PATH, CASE, NAME, PORT, ONE);
}

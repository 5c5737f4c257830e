//! A site of which one page lets in other origins, and the others do not.

use std::process::ExitCode;

use vauban::prelude::*;

/// What the page at `/wide/` is made of.
const WIDE: Csp = Csp::strict()
    .images_from("https://tile.example")
    .data_images()
    .frames_from("https://player.example")
    .own_frames()
    .own_media()
    .styles_from("https://tile.example")
    .forms_to("https://pay.example");
/// Images alone, with the stricter isolation that they leave.
const TILES: Csp = Csp::strict().images_from("https://tile.example");
const SHOWN: Csp = Csp::strict().framed_by("https://partner.example");

#[derive(Template)]
#[template("strict.html")]
struct StrictPage {}

#[derive(Template)]
#[template("wide.html")]
struct WidePage {}

#[view(get, "/")]
async fn strict(_: Public) -> StrictPage {
    StrictPage {}
}

#[view(get, "/wide/", csp = WIDE)]
async fn wide(_: Public) -> WidePage {
    WidePage {}
}

#[view(get, "/tiles/", csp = TILES)]
async fn tiles(_: Public) -> StrictPage {
    StrictPage {}
}

#[view(get, "/shown/", csp = SHOWN)]
async fn shown(_: Public) -> StrictPage {
    StrictPage {}
}

#[view(get, "/inner/", csp = Csp::strict().framed_by_own())]
async fn inner(_: Public) -> StrictPage {
    StrictPage {}
}

#[view(get, "/healthz/")]
async fn healthz(_: Public) -> Text {
    Text::new("ok\n")
}

mod urls {
    vauban::routes! {
        strict => super::strict,
        wide => super::wide,
        tiles => super::tiles,
        shown => super::shown,
        inner => super::inner,
        healthz => super::healthz,
    }
}

fn main() -> ExitCode {
    let site = Module::new("widened").routes(urls::routes());
    vauban::main(
        App::new(vauban::package!())
            .module(site)
            .static_files(vauban::static_files!("static")),
    )
}

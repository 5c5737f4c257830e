//! Hints for literal markup that compiles and cannot work: what the default content security policy does not load, run or
//! send. A page may widen its policy, so none of them is an error.

use super::origin::{foreign_origin, origin};
use super::state::{Given, Tag, Value};
use crate::compiler::error::{Error, Pos};

/// What an attribute would do that the default policy forbids.
pub(super) fn hint(tag: &Tag, value: &Value, waived: bool) -> Option<Error> {
    let name = value.name.as_str();
    let pos = value.pos;
    if name.len() > 2 && name.starts_with("on") && name.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Some(says(
            pos,
            "csp-handler",
            format!("`{name}=`: the default content security policy runs no code in attributes"),
            format!(
                "listen in a script file: element.addEventListener(\"{}\", …)",
                &name[2..]
            ),
        ));
    }
    let plain = super::names::library_name(name);
    let may_run = matches!(
        plain,
        "hx-vals" | "hx-headers" | "hx-request" | "hx-confirm" | "hx-prompt"
    );
    if plain.starts_with("hx-on") || may_run && super::question::runs(&super::entities::decode(&value.raw)) {
        return Some(says(
            pos,
            "csp-handler",
            format!(
                "`{name}=`: htmx makes code of its text, which the default content security policy forbids"
            ),
            "listen in a script file, for htmx's events as for any other".to_owned(),
        ));
    }
    if name == "style" && value.given != Given::Empty {
        return Some(says(
            pos,
            "csp-style",
            "`style=`: the default content security policy ignores styles in attributes".to_owned(),
            "write a class, or a <style> element, whose nonce is written for you; an attribute such as width= or a <progress> shows a number".to_owned(),
        ));
    }
    // What is known of the address: its literal start.
    let start = super::entities::decode(&value.raw);
    // `cid:` is a part of the same mail.
    let away = value.given != Given::Empty && foreign_origin(&start) && !start.starts_with("cid:");
    let word = |wanted: &str| {
        tag.attributes
            .iter()
            .find(|a| a.name == wanted)
            .map_or("", |a| match &a.value {
                Given::Literal(text) => text,
                _ => "",
            })
    };
    let rel = word("rel").to_ascii_lowercase();
    let is = |wanted: &str| rel.split_ascii_whitespace().any(|word| word == wanted);
    // What lets it in, where something does.
    let from = |what: &str, own: &str| match start.trim_start().get(..5) {
        Some(data) if data.eq_ignore_ascii_case("data:") => format!("data_{what}()"),
        _ if away => format!("{what}_from(\"{}\")", origin(&start)),
        _ => own.to_owned(),
    };
    let image = |how: String| {
        let help = "put the image into static/ and write {% static \"…\" %}, serve it from a view";
        ("csp-image", "shows images of this site only", help, Some(how))
    };
    let (class, what, help, how) = match (tag.name.as_str(), name) {
        ("iframe" | "frame", "src") => (
            "csp-frame",
            "shows no frames, of this site neither",
            "link to the page, show it in a fragment",
            Some(from("frames", "own_frames()")),
        ),
        // A <source> of a <picture> has `srcset`.
        ("video" | "audio" | "track" | "source", "src") => (
            "csp-media",
            "plays no sound and no video, of this site neither",
            "link to the file",
            Some(from("media", "own_media()")),
        ),
        ("object", "data") | ("embed", "src") => (
            "csp-object",
            "loads no plugins and documents into the page",
            "link to it, or use <img>, <video> or <audio>",
            None,
        ),
        ("base", "href") => (
            "csp-base",
            "ignores <base>",
            "write the addresses from the root: /notes/, {% url note %}",
            None,
        ),
        // A signed one is held against the policy of the view that shows it.
        ("form", "action") if waived => return None,
        ("form", "action") | ("button" | "input", "formaction") if away => (
            "csp-form",
            "sends no form to another site",
            "link to the other site, send the form to a view",
            Some(format!("forms_to(\"{}\")", origin(&start))),
        ),
        ("img" | "input" | "body" | "table" | "td" | "th", "src" | "background")
        | ("video", "poster")
        | ("image" | "feimage" | "use", "href" | "xlink:href")
            if away =>
        {
            image(from("images", ""))
        }
        ("img" | "source", "srcset") | ("link", "imagesrcset") => {
            let one = start.split(',').map(str::trim).find(|one| foreign_origin(one))?;
            image(format!("images_from(\"{}\")", origin(one)))
        }
        ("link", "href")
            if away && (is("icon") || is("apple-touch-icon") || is("preload") && word("as") == "image") =>
        {
            image(from("images", ""))
        }
        ("link", "href") if away && (is("stylesheet") || is("preload") && word("as") == "style") => (
            "csp-stylesheet",
            "loads style sheets of this site only",
            INTO_STATIC,
            Some(from("styles", "")),
        ),
        ("link", "href") if away && is("preload") && word("as") == "font" => (
            "csp-file",
            "loads fonts of this site only",
            INTO_STATIC,
            Some(from("fonts", "")),
        ),
        ("link", "href") if away && is("manifest") => {
            ("csp-file", "loads manifests of this site only", INTO_STATIC, None)
        }
        _ => return None,
    };
    let found = format!(
        "<{} {name}=…>: the default content security policy {what}",
        tag.name
    );
    let help = match how {
        None => help.to_owned(),
        Some(how) => format!(
            "{help}, or let it in: #[view(…, csp = Csp::strict().{how})], and allow-hints = [\"{class}\"] in Cargo.toml (the \
             guide's chapter “The policy of a page”)"
        ),
    };
    Some(says(pos, class, found, help))
}

const INTO_STATIC: &str = "put the file into static/ and write {% static \"…\" %}";

fn says(pos: Pos, class: &'static str, found: String, help: String) -> Error {
    Error {
        warning: true,
        ..Error::new(pos, class, found, help)
    }
}

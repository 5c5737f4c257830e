//! Hints for literal markup that compiles and cannot work: what the default content security policy does not load, run or
//! send. A site may widen its policy, so none of them is an error.

use super::state::{Given, Tag, Value};
use super::tags::foreign_origin;
use crate::compiler::error::{Error, Pos};

/// Where a site says more than the default.
const WIDEN: &str =
    "or allow it in the site's content security policy (`csp` in the site; the guide's chapter on escaping)";

/// What an attribute would do that the default policy forbids.
pub(super) fn hint(tag: &Tag, value: &Value) -> Option<Error> {
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
    let plain = name.strip_prefix("data-").unwrap_or(name);
    if plain.starts_with("hx-on") || plain == "hx-vals" && value.raw.trim_start().starts_with("js:") {
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
    let (class, what, help) = match (tag.name.as_str(), name) {
        ("iframe" | "frame", "src") => (
            "csp-frame",
            "shows no frames, of this site neither",
            "link to the page, show it in a fragment,",
        ),
        // A <source> of a <picture> has `srcset`.
        ("video" | "audio" | "track" | "source", "src") => MEDIA,
        ("object", "data") | ("embed", "src") => (
            "csp-object",
            "loads no plugins and documents into the page",
            "link to it, or use <img>, <video> or <audio>;",
        ),
        ("base", "href") => (
            "csp-base",
            "ignores <base>",
            "write the addresses from the root: /notes/, {% url note %};",
        ),
        ("form", "action") | ("button" | "input", "formaction") if away => (
            "csp-form",
            "sends no form to another site",
            "link to the other site, send the form to a view,",
        ),
        ("img" | "input" | "body" | "table" | "td" | "th", "src" | "background")
        | ("video", "poster")
        | ("image" | "feimage" | "use", "href" | "xlink:href")
            if away =>
        {
            IMAGE
        }
        ("img" | "source", "srcset") | ("link", "imagesrcset")
            if start.split(',').any(|one| foreign_origin(one.trim())) =>
        {
            IMAGE
        }
        ("link", "href")
            if away && (is("icon") || is("apple-touch-icon") || is("preload") && word("as") == "image") =>
        {
            IMAGE
        }
        ("link", "href") if away && (is("stylesheet") || is("preload") && word("as") == "style") => (
            "csp-stylesheet",
            "loads style sheets of this site only",
            "put the file into static/ and write {% static \"…\" %},",
        ),
        ("link", "href") if away && (is("manifest") || is("preload") && word("as") == "font") => (
            "csp-file",
            "loads fonts and manifests of this site only",
            "put the file into static/ and write {% static \"…\" %},",
        ),
        _ => return None,
    };
    Some(says(
        pos,
        class,
        format!(
            "<{} {name}=…>: the default content security policy {what}",
            tag.name
        ),
        format!("{help} {WIDEN}"),
    ))
}

const MEDIA: (&str, &str, &str) = (
    "csp-media",
    "plays no sound and no video, of this site neither",
    "link to the file,",
);
const IMAGE: (&str, &str, &str) = (
    "csp-image",
    "shows images of this site only",
    "put the image into static/ and write {% static \"…\" %}, serve it from a view,",
);

fn says(pos: Pos, class: &'static str, found: String, help: String) -> Error {
    Error {
        warning: true,
        ..Error::new(pos, class, found, help)
    }
}

//! `<link href>`: what it loads is said by other attributes of the tag.

use super::attributes::{self, Kind};
use super::state::{Given, Tag};

/// The kind of an attribute's value in a tag that has been read so far.
pub(super) fn kind_in(tag: &Tag, name: &str) -> Kind {
    if tag.name == "link" && name == "href" && !tag.foreign {
        return link_kind(tag);
    }
    attributes::kind(&tag.name, name, tag.foreign)
}

/// What `<link href>` loads is said by `rel`, which has to stand before it, literally.
fn link_kind(tag: &Tag) -> Kind {
    let words = |name: &str| {
        let found = tag.attributes.iter().find(|a| a.name == name && !a.sometimes);
        match found.map(|a| &a.value) {
            Some(Given::Literal(text)) => text.to_ascii_lowercase(),
            _ => String::new(),
        }
    };
    let rel = words("rel");
    let all = |known: &[&str]| {
        let mut rel = rel.split_ascii_whitespace().peekable();
        rel.peek().is_some() && rel.all(|word| known.contains(&word))
    };
    // CWE-829: every word of it, for `alternate stylesheet` is a style sheet.
    if all(&[
        "alternate",
        "author",
        "bookmark",
        "canonical",
        "help",
        "license",
        "me",
        "next",
        "prev",
        "privacy-policy",
        "search",
        "shortlink",
        "tag",
        "terms-of-service",
        "up",
        "first",
        "last",
        "self",
        "amphtml",
        "image_src",
    ]) {
        return Kind::Url;
    }
    let icon = all(&[
        "icon",
        "shortcut",
        "apple-touch-icon",
        "apple-touch-icon-precomposed",
        "apple-touch-startup-image",
        "mask-icon",
        "fluid-icon",
    ]);
    if icon || rel.trim() == "preload" && words("as").trim() == "image" {
        return Kind::Image;
    }
    Kind::Resource
}

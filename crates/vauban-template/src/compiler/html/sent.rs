//! What script libraries send by themselves: a link with a verb, a form or one of its fields, as their attributes say. The page's
//! token goes with it, so where it goes is said as of a form (CWE-352), and how, too (CWE-598).

use super::htmx::is_post_form;
use super::names::{library_name, names_destination, names_verb};
use super::origin::names_origin;
use super::state::{Attribute, Given, Tag};
use crate::compiler::error::{Result, fail};

/// Refuses what data, or another site, would decide of it.
pub(super) fn sent_by_script(tag: &Tag, in_post: bool) -> Result<()> {
    if let Some(asks) = tag.attributes.iter().find(|a| asks_with_fields(tag, in_post, a)) {
        return fail(
            tag.pos,
            "foreign-form",
            format!("`{}` here would send a form's token in an address", asks.name),
            match is_of_validation(&asks.name) {
                true => "remove it; a form that only asks has method=\"get\", and says this itself",
                false => {
                    "a form that only asks has method=\"get\"; what asks for something else stands outside of the POST form"
                }
            },
        );
    }
    let verb = tag.attributes.iter().find(|a| sends(a));
    let of_form = is_of_post_form(tag, in_post);
    // CWE-235: more parameters than those that are written, in a request that changes something.
    let adds = |a: &Attribute| a.name == "data-params" && a.value == Given::Data;
    if (verb.is_some() || of_form) && tag.attributes.iter().any(adds) {
        return fail(
            tag.pos,
            "form-attribute",
            "a value in `data-params`, which is sent as it stands: it may hold more parameters than one",
            "write a form with a field for each value: <input type=\"hidden\" name=\"note\" value=\"{{ note }}\">",
        );
    }
    let mut attributes = tag.attributes.iter();
    if let Some(verb) = verb {
        return match attributes.find(|a| (is_link(a) || is_address(a)) && leads_away(&a.value)) {
            None => Ok(()),
            Some(address) => fail(
                tag.pos,
                "form-action",
                format!(
                    "`{}` sends what `{}` names as a form: data, or another site, would get it and its token",
                    verb.name, address.name
                ),
                format!(
                    "write {}=\"{{% url view value %}}\", the tag itself, or start it literally: /articles/{{{{ slug }}}}/, without |urlencode; \
                     best is a form with method=\"post\"",
                    address.name
                ),
            ),
        };
    }
    match attributes.find(|a| (of_form && is_address(a) || is_validated_at(a)) && leads_away(&a.value)) {
        None => Ok(()),
        Some(address) => fail(
            tag.pos,
            "form-action",
            format!(
                "`{}` on a part of a POST form: where a library sends the form to, data or another site would get its token",
                address.name
            ),
            format!(
                "write {}=\"{{% url view value %}}\", the tag itself, or start it literally: /articles/{{{{ slug }}}}/, without |urlencode{}",
                address.name,
                match is_of_validation(&address.name) {
                    true => "",
                    false =>
                        "; if the form is not sent there (a preview, an address to copy), write it on an element round the field",
                }
            ),
        ),
    }
}

/// A POST form, or one of what libraries send with the form that it belongs to; `form=` names any.
fn is_of_post_form(tag: &Tag, in_post: bool) -> bool {
    is_post_form(tag) || is_field(tag) && (in_post || tag.attributes.iter().any(|a| a.name == "form"))
}

fn is_field(tag: &Tag) -> bool {
    matches!(tag.name.as_str(), "button" | "input" | "select" | "textarea")
}

/// Whether an attribute names a verb that changes something: then any element is sent.
fn sends(attribute: &Attribute) -> bool {
    names_verb(&attribute.name) && may_be(&attribute.value, &["post", "put", "patch", "delete"])
}

/// Whether an attribute has a form's fields sent in an address, whatever the form says. Unpoly asks the elements round a field, too.
/// (A field that is sent alone has no token; htmx's are looked at with htmx.)
fn asks_with_fields(tag: &Tag, in_post: bool, attribute: &Attribute) -> bool {
    let name = attribute.name.as_str();
    let of_form = is_post_form(tag) || is_of_post_form(tag, in_post) && name.starts_with("up-");
    let round_it = is_of_validation(name) && (tag.name != "form" || is_post_form(tag));
    (of_form || round_it)
        && names_verb(name)
        && !library_name(name).starts_with("hx-")
        && may_be(&attribute.value, &["get", "head"])
}

/// Whether a value may be one of some verbs.
fn may_be(value: &Given, verbs: &[&str]) -> bool {
    let is_one = |text: &String| verbs.iter().any(|verb| text.trim().eq_ignore_ascii_case(verb));
    match value {
        Given::Empty => false,
        Given::Literal(text) => is_one(text),
        Given::Differs(texts) => texts.is_empty() || texts.iter().any(is_one),
        Given::Typed | Given::Data => true,
    }
}

/// Of what Unpoly sends while a form is filled in.
fn is_of_validation(name: &str) -> bool {
    name.starts_with("up-validate-") || name.starts_with("up-watch-")
}

fn is_validated_at(attribute: &Attribute) -> bool {
    is_of_validation(&attribute.name) && is_address(attribute)
}

/// In a drawing there may be two.
fn is_link(attribute: &Attribute) -> bool {
    matches!(attribute.name.as_str(), "href" | "xlink:href" | "data-to")
}

/// Whether a library may take from an attribute where something is sent to; some take it before `href`.
fn is_address(attribute: &Attribute) -> bool {
    let rest = attribute.name.strip_prefix("data-");
    rest.or_else(|| attribute.name.strip_prefix("up-"))
        .is_some_and(names_destination)
}

fn leads_away(value: &Given) -> bool {
    match value {
        Given::Literal(text) => names_origin(text),
        Given::Differs(texts) => texts.is_empty() || texts.iter().any(|text| names_origin(text)),
        Given::Data => true,
        Given::Empty | Given::Typed => false,
    }
}

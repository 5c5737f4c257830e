//! What script libraries send by themselves: a link with a verb, a form or one of its fields, as their attributes say. The page's
//! token goes with it, so where it goes is said as of a form (CWE-352), and how, too (CWE-598).

use super::attributes::{library_name, names_verb, sent};
use super::htmx::is_post_form;
use super::origin::foreign_origin;
use super::state::{Attribute, Given, Tag};
use crate::compiler::error::{Result, fail};

/// Refuses what data, or another site, would decide of it.
pub(super) fn sent_by_script(tag: &Tag, in_post: bool) -> Result<()> {
    let verb = tag.attributes.iter().find(|a| names_verb(&a.name) && sends(a));
    let of_form = is_of_post_form(tag, in_post);
    if let Some(asks) = tag.attributes.iter().find(|a| of_form && asks_with_fields(a)) {
        return fail(
            tag.pos,
            "foreign-form",
            format!("`{}` here would send a form's token in an address", asks.name),
            "a form that only asks has method=\"get\"; what asks for something else stands outside of the POST form",
        );
    }
    if verb.is_none() && !of_form {
        return Ok(());
    }
    // CWE-235: more parameters than those that are written, in a request that changes something.
    let adds = |a: &&Attribute| a.name == "data-params" && is_from_data(&a.value);
    if tag.attributes.iter().any(|a| adds(&a)) {
        return fail(
            tag.pos,
            "form-attribute",
            "a value in `data-params`, which is sent as it stands: it may hold more parameters than one",
            "write a form with a field for each value: <input type=\"hidden\" name=\"note\" value=\"{{ note }}\">",
        );
    }
    let Some(address) = tag
        .attributes
        .iter()
        .find(|a| is_address(tag, a) && leads_away(&a.value))
    else {
        return Ok(());
    };
    fail(
        tag.pos,
        "form-action",
        match verb {
            Some(verb) => format!(
                "`{}` sends this link as a form: data, or another site, would get it and its token",
                verb.name
            ),
            None => format!(
                "`{}` on a part of a POST form: where a library sends the form to, data or another site would get its token",
                address.name
            ),
        },
        format!(
            "write {}=\"{{% url view value %}}\", or start it literally: /articles/{{{{ slug }}}}/, without |urlencode; best is a form with \
             method=\"post\"",
            if verb.is_some() { "href" } else { &address.name }
        ),
    )
}

/// A POST form, or one of what libraries send with the form that it belongs to; `form=` names any.
fn is_of_post_form(tag: &Tag, in_post: bool) -> bool {
    let is_field = matches!(tag.name.as_str(), "button" | "input" | "select" | "textarea");
    is_post_form(tag) || is_field && (in_post || tag.attributes.iter().any(|a| a.name == "form"))
}

/// Whether an attribute names a verb that changes something.
fn sends(attribute: &Attribute) -> bool {
    match &attribute.value {
        Given::Empty => false,
        Given::Literal(verb) => ["post", "put", "patch", "delete"]
            .iter()
            .any(|unsafe_verb| verb.trim().eq_ignore_ascii_case(unsafe_verb)),
        _ => true,
    }
}

/// Whether an attribute has a form's fields sent in an address, whatever the form says. (htmx's are looked at with htmx.)
fn asks_with_fields(attribute: &Attribute) -> bool {
    let in_address = |verb: &str| {
        ["get", "head"]
            .iter()
            .any(|it| verb.trim().eq_ignore_ascii_case(it))
    };
    names_verb(&attribute.name)
        && !library_name(&attribute.name).starts_with("hx-")
        && match &attribute.value {
            Given::Literal(verb) => in_address(verb),
            Given::Empty => false,
            _ => true,
        }
}

/// Whether a library may take from an attribute where something is sent to. In a drawing there may be two; some libraries take
/// another one before `href`.
fn is_address(tag: &Tag, attribute: &Attribute) -> bool {
    let name = attribute.name.as_str();
    if matches!(name, "href" | "xlink:href" | "up-href") {
        return true;
    }
    let library = name.strip_prefix("data-").or_else(|| name.strip_prefix("up-"));
    sent(&tag.name)
        && library.is_some_and(|rest| {
            matches!(rest, "action" | "formaction")
                || ["url", "uri", "href"].iter().any(|part| rest.contains(part))
        })
}

fn leads_away(value: &Given) -> bool {
    match value {
        Given::Literal(url) => foreign_origin(url),
        Given::Data | Given::Differs => true,
        Given::Empty | Given::Typed | Given::Below => false,
    }
}

fn is_from_data(value: &Given) -> bool {
    matches!(value, Given::Data | Given::Below | Given::Typed)
}
